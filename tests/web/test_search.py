"""Search: what is found, by whom, where it is said to be; nothing that one can't see, and no input that breaks it."""

import re
from datetime import timedelta
from urllib.parse import parse_qsl, quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks.demo.clock import clock_at
from registry_app.choices import Hit, Role
from registry_app.database import fulltext
from registry_app.models import Alias, Collection, Link, Tag, Version
from registry_app.search import results
from tests.assertions import settle
from tests.client import Page, browser, codes, comparable, many, nothing_happens
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_member,
    make_organization,
    make_registry,
    make_team,
    make_version,
    protect,
)

QUERIES = {"sqlite": 18, "postgresql": 17}  # for one word, however much is found
TODAY = timezone.now().date()


def stock(registry, team, name="Churn model"):
    """In `registry` a collection with a card, tags and two versions, the newer one under the alias `production`."""
    collection = make_collection(registry, name, tags=["reviewed"], description="# Card\nPredicts who leaves.")
    for alias in ("staging", "production"):
        link = make_link(collection, make_version(team, "xgb-trees"), alias)
    link.set_tags(COMMAND_LINE, ["fairness checked"])
    return collection


@pytest.fixture
def release(acme, ada, vision):
    """A registry that all see, stocked; its admins keep `production`."""
    registry = make_registry(acme, ada, "Release", types=["model"], description="What customers get")
    protect(registry, "Production")
    stock(registry, vision)
    return registry


def address(organization, query=None):
    """Where `query` is asked; None: the empty page."""
    start = reverse("search:index", args=[organization.slug])
    return start if query is None else f"{start}?q={quote(query)}"


def hits(client, organization, query):
    """The hits that `client` is shown for `query`."""
    response = client.get(address(organization, query))
    assert (response.status_code, codes(response)) == (200, set())
    return response.context.get("hits", [])


def found(user, organization, query):
    """{kind: the names of the hits, in order} that `user` is shown for `query`."""
    names = {}
    for hit in hits(browser(user), organization, query):
        names.setdefault(hit["kind"].label, []).append(hit["name"])
    return names


ALL = {
    "Collections": ["Churn model"],
    "Versions": ["Churn model v1", "Churn model v0"],
}
ARTIFACT = {"Artifacts": ["xgb-trees"]}
NAMED = {"Versions": ALL["Versions"], **ARTIFACT}  # what has the name of the artifact
NEWER = {"Collections": ["Churn model"], "Versions": ["Churn model v1"]}


FOUND = [
    ("customers", {"Registries": ["Release"]}),
    ("rel", {"Registries": ["Release"]}),
    ("what get", {"Registries": ["Release"]}),
    ("leaves", {"Collections": ["Churn model"]}),
    ("CHURN", {"Collections": ["Churn model"]}),
    ('"churn model"', {"Collections": ["Churn model"]}),
    ('"model churn"', {}),
    ("model churn", {"Collections": ["Churn model"]}),
    ("xgb", NAMED),
    ("xgb trees leaves", {}),
    ("prod", NEWER),
    ("Staging", {"Collections": ["Churn model"], "Versions": ["Churn model v0"]}),
    ("churn prod", NEWER),
    ("xgb prod", {"Versions": NEWER["Versions"]}),
    ("prod stag", {"Collections": ["Churn model"]}),
    ("reviewed", {"Collections": ["Churn model"]}),
    ("fairness", NEWER),
    ("churn latest", {"Versions": ["Churn model v1"]}),
    ("v0", {"Versions": ["Churn model v0"]}),
    ("churn nothing", {}),
    ("%", {}),
    ("_", {}),
    ("\\", {}),
    ("' OR 1=1 --", {}),
    ("type:model", {"Registries": ["Models", "Release"], **ALL, **ARTIFACT}),
    ("type:dataset", {"Registries": ["Datasets"]}),
    ("type:mode", {}),
    ("type:model churn", {"Collections": ["Churn model"]}),
    ("tag:reviewed", {"Collections": ["Churn model"]}),
    ('tag:"fairness checked"', NEWER),
    ("tag:review", {}),
    ("alias:production", NEWER),
    ("alias:latest", NEWER),
    ("alias:v0", {"Collections": ["Churn model"], "Versions": ["Churn model v0"]}),
    ("alias:v7", {}),
    ("alias:production tag:reviewed", {"Collections": ["Churn model"]}),
    ("registry:RELEASE", {"Registries": ["Release"], **ALL}),
    ("registry:release xgb", {"Versions": ALL["Versions"]}),
    ("registry:models xgb", {}),
    ("registry:release registry:models", {}),
    (f"created:{TODAY} churn", {"Collections": ["Churn model"]}),
    (f"created:>{TODAY - timedelta(2)} created:<{TODAY + timedelta(2)} xgb", NAMED),
    (f"created:>{TODAY + timedelta(1)}", {}),
    (f"created:<={TODAY - timedelta(2)}", {}),
    ("created:>=0001-01-01 created:<=9999-12-31 xgb", NAMED),
]


def test_what_is_found(acme, mel, release, subtests):
    for query, names in FOUND:
        with subtests.test(query):
            assert found(mel, acme, query) == names


def test_each_hit_says_where_it_is_and_leads_there(acme, mel, release):
    client = browser(mel)
    shown = {hit["kind"]: hit for hit in hits(client, acme, "prod")}
    churn = Collection.objects.get()
    collection, version = shown[Hit.COLLECTION], shown[Hit.VERSION]
    assert collection["address"] == churn.get_absolute_url()
    assert version["address"] == churn.links.get(number=1).get_absolute_url()
    for hit in (collection, version):
        assert (hit["path"], hit["type"], hit["visibility"]) == (["Release"], "model", "organization")
    named = {"protected": True, "name": "production"}
    assert collection["aliases"] == [{**named, "number": 1}, {"name": "staging", "protected": False, "number": 0}]
    assert version["aliases"] == [named, {"name": "latest", "protected": False}]
    (artifact,) = (hit for hit in hits(client, acme, "xgb") if hit["kind"] == Hit.ARTIFACT)
    assert artifact["address"] == Version.objects.first().artifact.get_absolute_url()
    assert artifact["path"] == ["Vision", "forecasts"]


def test_the_best_come_first(acme, ada, mel, vision):
    for name in ("A set of gold", "Golden", "Gold", "About all that glitters"):
        make_registry(acme, ada, name, description="gold, all of it")
    shelf = acme.registries.get(name="Gold")
    for name in ("Old gold", "gold"):
        make_link(make_collection(shelf, name), make_version(vision, "goldfish"), "gilded")
    make_version(vision, "gold")
    assert [(hit["kind"], hit["name"]) for hit in hits(browser(mel), acme, "gold")] == [
        *[(Hit.REGISTRY, "Gold"), (Hit.COLLECTION, "gold"), (Hit.ARTIFACT, "gold")],
        *[(Hit.REGISTRY, "Golden"), (Hit.ARTIFACT, "goldfish")],
        *[(Hit.REGISTRY, "A set of gold"), (Hit.COLLECTION, "Old gold")],
        *[(Hit.REGISTRY, "About all that glitters"), (Hit.VERSION, "gold v0"), (Hit.VERSION, "Old gold v0")],
    ]


WHY = [
    ("release", {"Release": ""}),
    ("customers", {"Release": "the description"}),
    ("leaves", {"Churn model": "the card"}),
    ("reviewed", {"Churn model": "a tag"}),
    ("fairness", {"Churn model": "a tag of a version", "Churn model v1": "a tag"}),
    ("stag", {"Churn model": "an alias", "Churn model v0": "an alias"}),
    ("churn stag", {"Churn model": "an alias", "Churn model v0": "an alias"}),
    ("leaves reviewed", {"Churn model": "the card and a tag"}),
    ("v0", {"Churn model v0": ""}),
    ("xgb", {"Churn model v1": "", "Churn model v0": "", "xgb-trees": ""}),
    ("type:model churn", {"Churn model": ""}),
]


def test_a_hit_says_why_it_was_found_where_its_name_does_not(acme, mel, release, subtests):
    for query, why in WHY:
        with subtests.test(query):
            assert {hit["name"]: hit["why"] for hit in hits(browser(mel), acme, query)} == why


def test_a_card_is_shown_where_the_word_is(acme, mel, release):
    make_collection(release, "Long", description=f"First sentence. {'Filling words. ' * 500}Here the NEEDLE <b> lies.")
    response = browser(mel).get(address(acme, "needle"))
    (hit,) = response.context["hits"]
    assert "NEEDLE" in hit["text"] and hit["text"].startswith("… ") and len(hit["text"]) < 200
    assert "<mark>NEEDLE</mark>" in response.text


def test_an_alias_is_protected_where_it_is_declared_and_nowhere_else(acme, ada, mel, release, vision):
    stock(make_registry(acme, ada, "Trials"), vision, "Trial")
    shown = hits(browser(mel), acme, "alias:production")
    assert {
        (hit["registry_name"], alias["protected"])
        for hit in shown
        for alias in hit["aliases"]
        if alias["name"] == "production"
    } == {("Release", True), ("Trials", False)}


def test_of_many_labels_those_that_were_asked_for_are_shown(acme, mel, release, vision):
    collection = make_collection(release, "Labelled", tags=[f"tag {number}" for number in range(9)])
    make_link(collection, make_version(vision, "other"), *(f"alias-{number}" for number in range(9)))
    for query, kind, name in (("alias:alias-8", "aliases", "alias-8"), ('"tag 8"', "tags", "tag 8")):
        hit = hits(browser(mel), acme, query)[0]
        assert (hit[kind][0]["name"], len(hit[kind]), hit[f"more_{kind}"]) == (name, 6, 3)


# §3: nothing but what one can see.


@pytest.fixture
def hidden(acme, ada, rob):
    """A function that makes what Mel can't see, a restricted registry and a team, with something for every question."""

    def make():
        registry = make_registry(acme, ada, "Vault", types=None, restricted=True, description="What customers get")
        protect(registry, "production")
        night = make_team(acme, "Night")
        stock(registry, night)
        stock(registry, night, "Vaulted")
        for number in range(12):
            make_collection(registry, f"Churn {number}", type="secretive", tags=["only here"])
        return registry

    return make


ELSEWHERE = ["registry:Release", "nothing like it"]
ASKED = ["churn", "prod", "vault", "customers", "vualt", "chrun modle", "only here", "latest", "v1", "xgb trees", "a"]
ASKED += ["type:secretive", "tag:reviewed", "alias:production", "alias:latest", "registry:Vault", "nothing like it"]
ASKED += [f"created:>={TODAY}", "xgb", "churn latest", *ELSEWHERE]


def told(user, organization, query, more=""):
    """What `user` is told when they ask `query` in a new browser, and the number of queries that this took."""
    client = browser(user)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address(organization, query) + more)
    assert response.status_code == 200
    status, location, text, headers = comparable(response, "")
    text = re.sub(r"(<time[^>]*>)[^<]*", r"\1", text)  # how long ago something was
    return (status, location, text, {**headers, "Content-Length": len(text)}), len(queries)


def test_section_3_a_hidden_registry_changes_no_answer_and_no_number_of_queries(acme, mel, ada, release, hidden):
    before = {query: told(mel, acme, query) for query in ASKED}
    hidden()
    for query in ASKED:
        shown = browser(ada).get(address(acme, query)).context  # there was something to leak
        places = {hit.get("registry_name") for hit in shown["hits"]}
        places |= {one["registry_name"] for one in shown.get("meant", ())}
        assert ("Vault" in places) == (query not in ELSEWHERE), query
        assert told(mel, acme, query) == before[query], query


def test_section_3_strangers_are_not_there_and_their_search_is_their_own(acme, globex, sam, release):
    assert browser(sam).get(address(acme, "churn")).status_code == 404
    assert browser().get(address(acme, "churn")).status_code == 302
    stock(globex.registries.get(name="Models"), make_team(globex, "Theirs"), "Churn of Globex")
    assert found(sam, globex, "churn")["Collections"] == ["Churn of Globex"]
    assert found(sam, globex, "release") == {}


def test_section_3_who_has_a_role_finds_what_is_restricted_and_it_says_so(acme, mel, hidden):
    vault = hidden()
    assert found(mel, acme, "vaulted") == {}
    give_role(vault, mel, Role.RESTRICTED_VIEWER)
    assert found(mel, acme, "vaulted")["Collections"] == ["Vaulted"]
    shown = [(hit["name"], hit["visibility"]) for hit in hits(browser(mel), acme, "vaulted prod")]
    assert shown == [("Vaulted", "restricted"), ("Vaulted v1", "restricted")]


@pytest.mark.parametrize("person", ["ada", "mel"])
def test_section_3_nothing_is_found_by_a_part_of_where_it_is_kept_and_no_hit_says_it(
    acme, mel, hidden, person, request
):
    give_role(hidden(), mel, Role.RESTRICTED_VIEWER)
    user, uri = request.getfixturevalue(person), Version.objects.first().uri
    for text in ("bucket", uri.rpartition("/")[0], uri[:-1], f"{uri}0"):
        assert found(user, acme, f'"{text}"') == {}
    assert "s3:" not in browser(user).get(address(acme, "alias:latest")).text


def test_section_3_access_that_ends_ends_at_once(acme, mel, hidden):
    member = give_role(hidden(), mel, Role.MEMBER)
    client = browser(mel)
    assert hits(client, acme, "vaulted")
    member.delete_by(COMMAND_LINE)
    assert hits(client, acme, "vaulted") == []


def test_section_3_artifacts_are_found_by_their_team_and_by_organization_admins(acme, ada, mel, rob, vision):
    make_version(vision, "seen")
    make_version(make_team(acme, "Night"), "unseen", type="secretive")
    assert found(ada, acme, "seen") == {"Artifacts": ["seen", "unseen"]}
    assert found(mel, acme, "seen") == found(rob, acme, "seen") == {"Artifacts": ["seen"]}
    assert found(mel, acme, "type:secretive") == {}


# How much there may be.


def fill(registry, team, number):
    """`number` hits of each kind for the word `hit`, made fast."""
    many(registry.organization, number, description="a hit")
    made = [Collection(registry=registry, name=f"Hit {n}", name_key=f"hit {n}", type="model") for n in range(number)]
    Collection.objects.bulk_create(made)
    artifact = make_version(team, "hit").artifact
    versions = [  # one by one: each number is the next
        Version.objects.create(artifact=artifact, number=n + 1, digest=f"sha256:{n:064x}"[::-1], uri="s3://x", size=1)
        for n in range(number)
    ]
    links = Link.objects.bulk_create(
        Link(collection=collection, version=version, number=0)
        for collection, version in zip(made, versions, strict=True)
    )
    Alias.objects.bulk_create(Alias(collection=link.collection, link=link, name="hit") for link in links)
    Tag.objects.bulk_create(Tag(collection=link.collection, link=link, name="hit") for link in links)


@pytest.mark.parametrize("number", [3, 300])
def test_the_number_of_queries_does_not_grow_with_the_hits(acme, mel, release, vision, number, monkeypatch):
    monkeypatch.setattr(results, "WINDOWS", ())  # of few links none are looked through first
    fill(release, vision, number)
    client = browser(mel)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address(acme, "hit"))
    counts = {each["label"]: each["count"] for each in response.context["kinds"]}
    shown = "3" if number == 3 else "100+"
    assert counts == {"All": "10" if number == 3 else "100+", **dict.fromkeys(KINDS, shown), "Artifacts": "1"}
    assert len(response.context["hits"]) == 10
    kinds = {hit["kind"] for hit in response.context["hits"]}
    assert len(queries) == QUERIES[connection.vendor] - len(set(Hit) - kinds)  # what isn't on the page isn't read


KINDS = ["Registries", "Collections", "Versions"]


def test_a_kind_narrows_the_hits_and_keeps_the_counts(acme, mel, release, vision):
    fill(release, vision, 3)
    client = browser(mel)
    every = client.get(address(acme, "hit")).context
    assert [(each["label"], each["count"]) for each in every["kinds"]] == [
        *[("All", "10"), ("Registries", "3"), ("Collections", "3"), ("Versions", "3"), ("Artifacts", "1")]
    ]
    for kind in Hit:
        response = client.get(address(acme, "hit") + f"&kind={kind}")
        assert {hit["kind"] for hit in response.context["hits"]} == {kind}
        counts = [(each["label"], each["count"]) for each in response.context["kinds"]]
        assert counts == [(each["label"], each["count"]) for each in every["kinds"]]
    none = client.get(address(acme, "customers") + "&kind=version")
    assert (none.status_code, none.context["hits"], none.context["kinds"][-1]["count"]) == (200, [], "0")
    links = {link for link in Page(none).links if "q=customers" in link}
    assert {client.get(link).status_code for link in links} == {200} and len(links) == 4


def test_hits_come_in_pages_up_to_a_hundred(acme, mel, release, vision):
    fill(release, vision, 120)
    client, seen = browser(mel), []
    for page in range(1, 11):
        response = client.get(address(acme, "hit") + f"&kind=version&page={page}")
        seen += [hit["address"] for hit in response.context["hits"]]
        assert (response.context["first"], response.context["last"]) == (10 * page - 9, 10 * page)
    assert len(set(seen)) == 100
    assert (response.context["count"], response.context["next"]) == ("100+", None)
    beyond = client.get(address(acme, "hit") + "&kind=version&page=99")
    assert [hit["address"] for hit in beyond.context["hits"]] == seen[-10:]


def options(response):
    """{select: {value: the number of hits that its label says}} of the selects beside the box."""
    fields = {field.name: field.field for field in response.context["form"].selects}
    selects = {name: getattr(field, "options", None) or field.widget.choices for name, field in fields.items()}
    return {
        name: {value: int(label.rpartition("(")[2].rstrip(")")) for value, label in choices if value and "(" in label}
        for name, choices in selects.items()
    }


def test_section_3_selects_offer_what_is_found_and_each_leaves_as_many_hits_as_it_says(
    acme, ada, mel, release, vision, hidden
):
    make_registry(acme, ada, "Release notes", types=None)
    stock(acme.registries.get(name="Models"), vision, "Release")
    asked = [("release", ""), ("prod", "&kind=version"), ("type:model", ""), ("xgb", "&sort=newest"), ("", "&alias=v0")]
    nothing, client = ("prod", "&registry=Vault"), browser(mel)
    before = [told(mel, acme, *each) for each in (*asked, nothing)]
    hidden()
    assert "Vault" in options(browser(ada).get(f"{address(acme, 'prod')}&kind=version"))["registry"]  # it could leak
    assert [told(mel, acme, *each) for each in (*asked, nothing)] == before
    places = {"Models": 1, "Release": 1, "Release notes": 1}
    assert options(client.get(address(acme, "release")))["registry"] == places
    for query, more in asked:
        start = address(acme, query) + more
        narrowed = {
            (name, value): (client.get(f"{start}&{name}={quote(value)}").context["count"], str(count))
            for name, counts in options(client.get(start)).items()
            if name not in more
            for value, count in counts.items()
        }
        assert narrowed and all(count == told for count, told in narrowed.values()), (query, narrowed)


def test_where_not_all_hits_are_known_a_select_says_no_numbers(acme, mel, release, vision):
    fill(release, vision, 120)
    response = browser(mel).get(address(acme, "hit"))
    assert options(response) == {"registry": {}, "type": {}, "alias": {}}
    (alias,) = (field for field in response.context["form"].selects if field.name == "alias")
    assert alias.field.widget.choices == [("", "Any"), ("hit", "hit")]


def test_what_is_chosen_narrows_what_is_typed_and_stays_chosen(acme, mel, release, vision):
    stock(acme.registries.get(name="Models"), vision, "Churn of Models")
    client, start = browser(mel), address(acme)
    for query, names in {
        "q=churn&registry=release": ["Churn model"],
        "registry=Models&alias=production": ["Churn of Models", "Churn of Models v1"],
        "q=xgb&alias=staging&kind=version&sort=newest": ["Churn of Models v0", "Churn model v0"],
        "q=churn&type=nothing": [],
        "q=registry:release+churn&registry=models": [],
    }.items():
        response = client.get(f"{start}?{query}")
        assert [hit["name"] for hit in response.context["hits"]] == names
        _, box = (form for form in Page(response).forms if form.action == start)
        assert {name: [value] for name, value in parse_qsl(query)}.items() <= box.data.items()
    assert client.get(start).context["recent"] == ["registry:release churn", "churn", "xgb"]
    half = client.get(f"{start}?q=%22churn&registry=Release&type=model")  # a quote that is not closed yet
    _, box = (form for form in Page(half).forms if form.action == start)
    assert (half.status_code, box.data["registry"], box.data["type"]) == (422, ["Release"], ["model"])
    for query in ("sort=x", "registry=a&registry=b", f"alias={'a' * 129}", "type=%00"):
        assert client.get(f"{start}?q=churn&{query}").status_code == 400


def test_the_newest_come_first_where_they_are_asked_for(acme, ada, mel, vision):
    for days, name in ((3, "Gold"), (1, "Golden"), (2, "Oldgold")):
        with clock_at(timezone.now() - timedelta(days=days)):
            registry = make_registry(acme, ada, name)
            make_link(make_collection(registry, f"In {name}"), make_version(vision, f"{name}-set"))
    client, newest = browser(mel), f"{address(acme, 'gold')}&sort=newest"
    order = ["Golden", "Oldgold", "Gold"]
    for kind, names in {
        Hit.REGISTRY: order,
        Hit.COLLECTION: [f"In {name}" for name in order],
        Hit.VERSION: [f"In {name} v0" for name in order],
        Hit.ARTIFACT: [f"{name}-set" for name in order],
    }.items():
        assert [hit["name"] for hit in client.get(f"{newest}&kind={kind}").context["hits"]] == names
    kinds = [hit["name"].count("Golden") for hit in client.get(newest).context["hits"][:5]]
    assert kinds == [1, 1, 1, 1, 0]  # whatever kind it is


@pytest.mark.parametrize("query", ["kind=person", "page=0", "page=x", "page=-1", "page=99999999999999999999"])
def test_a_kind_or_a_page_that_there_is_none_of_is_refused(acme, mel, release, query):
    assert browser(mel).get(f"{address(acme, 'churn')}&{query}").status_code == 400


# What one searched for before.


def test_the_last_searches_are_offered_to_whoever_searched(acme, globex, ada, mel, sam, release):
    client = browser(mel)
    for query in ("first", "churn", "type:model", "nothing like it", "prod", "churn", "gold"):
        client.get(address(acme, query))
    client.get(address(acme, "typed"), headers={"HX-Request": "true", "Typed": "true"})
    client.get(address(acme, "type:"))  # can't be read
    assert client.get(address(acme)).context["recent"] == ["gold", "churn", "prod", "nothing like it", "type:model"]
    assert client.get(address(acme, "churn")).context["recent"][0] == "gold"
    assert browser(mel).get(address(acme)).context["recent"] == []
    assert browser(ada).get(address(acme)).context["recent"] == []
    make_member(globex, mel)
    assert client.get(address(globex)).context["recent"] == []
    links = [link for link in Page(client.get(address(acme))).links if link.startswith(f"{address(acme)}?q=nothing")]
    assert client.get(links[0]).status_code == 200


# What can't be asked.


@pytest.mark.parametrize(
    "query",
    [
        *("type:", "created:soon", "created:>2026-13-01", '"open', "a\0b", "x " * 11),
        *("x" * 201, "y" * 10_000, '"<script>', "type:a\x01"),
    ],
    ids=lambda query: query[:20],
)
def test_a_search_that_can_not_be_read_is_told_so_and_kept(acme, mel, release, query):
    with nothing_happens():
        response = browser(mel).get(address(acme, query))
    assert (response.status_code, codes(response)) == (422, {"search_invalid"})
    _, box = (form for form in Page(response).forms if form.action == address(acme))  # that of the navigation is first
    assert box.data["q"] == [query]
    assert all(f"{operator}:" in response.text for operator in ("type", "tag", "alias", "registry", "created"))
    assert "<script>" not in response.text.partition("<main")[2]


@pytest.mark.parametrize(
    "raw", ["%ED%A0%80", "%FF%FE", "%25%25", "%C3%28", "%F0%9F%90%8D", "a%E2%80%AEb", "%0A%09", "%22%22"]
)
def test_bytes_of_any_kind_break_nothing(acme, mel, release, raw):
    assert browser(mel).get(f"{address(acme)}?q={raw}").status_code == 200


def test_a_search_for_two_texts_is_refused(acme, mel):
    assert browser(mel).get(f"{address(acme)}?q=a&q=b").status_code == 400


def test_ten_words_of_any_length_are_answered(acme, mel, release):
    assert found(mel, acme, " ".join(["churn"] * 10)) == {"Collections": ["Churn model"]}
    assert found(mel, acme, "tag:reviewed alias:production type:model churn prod xgb leaves v1 latest registry:x") == {}


def test_names_that_look_like_markup_are_text(acme, ada, mel, vision):
    registry = make_registry(acme, ada, "<img src=x onerror=alert(1)>")
    stock(registry, vision, "\"'><script>alert(1)<")
    for query in ("img", "script", "prod", "onerro"):
        response = browser(mel).get(address(acme, query))
        assert Page(response).inline == []
        assert "<img" not in response.text and "<script>alert" not in response.text


# The page, and its part.


def test_without_a_question_it_says_what_can_be_asked(acme, mel, release):
    for query in (None, "", "  ", '""'):
        response = browser(mel).get(address(acme, query))
        assert (response.status_code, response.context.get("hits")) == (200, None)
        examples = [link for link in Page(response).links if link.startswith(f"{address(acme)}?q=")]
        assert len(examples) == 6
        assert {browser(mel).get(link).status_code for link in examples} == {200}


def test_htmx_gets_the_part_and_everybody_else_the_page(acme, mel, release):
    client = browser(mel)
    part = client.get(address(acme, "churn"), headers={"HX-Request": "true"})
    assert "<main" not in part.text and "hx-swap-oob" in part.text
    assert part["Vary"].count("HX-Request") == 1
    for headers in ({}, {"HX-Request": "true", "HX-Boosted": "true"}):
        page = client.get(address(acme, "churn"), headers=headers)
        assert "<main" in page.text and "hx-swap-oob" not in page.text
    refused = client.get(address(acme, "type:"), headers={"HX-Request": "true"})
    assert (refused.status_code, "<main" in refused.text, codes(refused)) == (422, False, {"search_invalid"})


def test_every_page_of_the_organization_leads_to_it(acme, mel, release):
    for page in (acme.get_absolute_url(), release.get_absolute_url(), reverse("members:index", args=[acme.slug])):
        assert address(acme) in {form.action for form in Page(browser(mel).get(page, follow=True)).forms}


# What may have been meant.


def meant(user, organization, query):
    """The names that `user` is offered for `query`."""
    response = browser(user).get(address(organization, query))
    assert response.context.get("hits") == []
    assert all(browser(user).get(one["address"]).status_code == 200 for one in response.context.get("meant", ()))
    return [one["name"] for one in response.context.get("meant", ())]


@pytest.mark.parametrize(
    "query, names",
    [
        ("goldn", ["Golden Datasets"]),
        ("Goldne datasts", ["Golden Datasets"]),
        ("chrun", ["Churn model"]),
        ("realease", ["Release"]),
        ("nothing like it", []),
        ("zz", []),
        ("x" * 150, []),
        ("goldn type:dataset", []),
    ],
)
def test_a_misspelt_name_is_offered(acme, mel, release, golden, query, names):
    assert meant(mel, acme, query) == names


def test_without_an_index_the_same_names_are_offered(acme, mel, release, golden):
    settle()
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE registry_search" if connection.vendor == "sqlite" else "DROP INDEX IF EXISTS registry_search"
        )
    assert not fulltext.is_whole()
    assert meant(mel, acme, "goldn") == ["Golden Datasets"]
    assert meant(mel, acme, "chrun") == ["Churn model"]


def test_section_3_no_hidden_name_is_offered(acme, ada, mel, hidden):
    hidden()
    assert meant(ada, acme, "vualt") == ["Vaulted"] or "Vault" in meant(ada, acme, "vualt")
    assert meant(mel, acme, "vualt") == []


def test_section_3_hidden_names_do_not_crowd_out_those_one_may_see(acme, ada, mel, golden):
    vault = make_registry(acme, ada, "Vault", restricted=True)
    Collection.objects.bulk_create(
        Collection(registry=vault, name=f"goldnn{n}", name_key=f"goldnn{n}", type="model")
        for n in range(fulltext.NEAREST + 5)
    )
    assert meant(mel, acme, "goldn") == ["Golden Datasets"]


def test_names_of_another_organization_are_not_offered(acme, mel, sam):
    make_registry(make_organization("Initech", sam), sam, "Golden Datasets")
    assert meant(mel, acme, "goldn") == []


# Letters that not every keyboard has.


@pytest.mark.parametrize(
    "name, query",
    [
        ("Résumé", "resume"),
        ("Resume", "résumé"),
        ("Größe", "GROSSE"),
        ("Ørsted", "orsted"),
        ("Ｗｉｄｅ", "wide"),
        ("İstanbul", "istanbul"),
        ("ISPARTA", "ısparta"),
        ("ΑΘΉΝΑ", "αθηνα"),
        ("Ёлочка", "ЕЛОЧКА"),
    ],
)
def test_a_name_is_found_with_and_without_marks(acme, ada, mel, vision, name, query):
    stock(make_registry(acme, ada, f"{name} kept"), vision, f"{name} model")
    collection = Collection.objects.get()
    make_link(collection, make_version(vision, f"{name}-trees"), f"{name}-alias").set_tags(COMMAND_LINE, [name])
    response = browser(mel).get(address(acme, query))
    assert [(hit["kind"], hit["name"]) for hit in response.context["hits"]] == [
        *[(Hit.REGISTRY, f"{name} kept"), (Hit.COLLECTION, f"{name} model"), (Hit.ARTIFACT, f"{name}-trees")],
        (Hit.VERSION, f"{name} model v2"),
    ]
    assert f"<mark>{name}</mark>" in response.text
    lists = (reverse("registries:index", args=[acme.slug]), Collection.objects.get().registry.get_absolute_url())
    for start in lists:
        assert len(browser(mel).get(f"{start}?q={quote(query)}").context["rows"]) == 1


def test_a_name_that_was_changed_is_found_by_the_new_one(acme, ada, mel, release):
    release.edit(COMMAND_LINE, name="Résumés", description="")
    assert found(mel, acme, "resumes") == {"Registries": ["Résumés"]}
    assert found(mel, acme, "release") == {}
    assert meant(mel, acme, "resmues") == ["Résumés"]
