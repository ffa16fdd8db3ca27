"""The pages of registries: the list, one of them, its settings, and the two steps that can't be taken back."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from benchmarks.demo.clock import clock_at
from registry_app import rules
from registry_app.choices import Action, Permission, Role
from registry_app.listings import registries
from registry_app.models import AcceptedType, Actor, AuditEvent, FormerName, Registry, RegistryMember
from registry_app.models.change import digest_of, etag_of
from registry_app.views import registries as views
from tests.client import (
    Page,
    at,
    browser,
    codes,
    logging,
    many,
    names,
    nothing_changes,
    nothing_happens,
    refused,
    registries_of,
)
from tests.factories import (
    give_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
    make_user,
    make_version,
)

NEW = {"name": "Silver", "description": "Second best", "visibility": "organization", "types": "dataset, eval-suite"}


def index(user, organization, **query):
    """The list, as `user` asks for it."""
    return browser(user).get(reverse("registries:index", args=[organization.slug]), query)


def create(user, organization, data, **changes):
    """Post the form of a new registry."""
    return browser(user).post(reverse("registries:create", args=[organization.slug]), {**data, **changes})


def details(registry, **changes):
    """What the form of its settings sends."""
    return {"name": registry.name, "description": registry.description, "etag": etag_of(registry), **changes}


def step(client, page, registry, **changes):
    """Post the form of a second step as its page shows it, with the name typed and `changes`."""
    shown = Page(client.get(at(page, registry))).form_to(at(page, registry)).data
    return client.post(at(page, registry), {**shown, "confirmation": registry.name, **changes})


def meanwhile(monkeypatch, act):
    """Let `act` happen after a page's door was passed and before its verb begins, as if by somebody else."""
    real = views.actor_of

    def actor_of(request):
        monkeypatch.setattr(views, "actor_of", real)
        act()
        return real(request)

    monkeypatch.setattr(views, "actor_of", actor_of)


# The list.


def weeks(user, organization):
    """{registry: what its bars say} in the list that `user` gets, core ones too; "" where there are none."""
    shown = index(user, organization).context
    bars = {row["name"]: row["weeks"] for row in [*shown["rows"], *shown["cores"]]}
    return {name: drawing and re.search(r'aria-label="[^"]*: ([^"]*)"', drawing)[1] for name, drawing in bars.items()}


def test_bars_say_how_many_versions_came_in_each_week_of_the_registries_that_one_sees(
    acme, ada, mel, golden, vault, models, vision
):
    for registry, ago in ((golden, 0), (golden, 2), (golden, 12), (vault, 1), (models, 11)):
        type_name = "model" if registry is models else "dataset"
        version = make_version(vision, f"of-{registry.pk}-{ago}", type=type_name)
        place = make_collection(registry, f"Of {ago}", type=type_name)
        with clock_at(timezone.now() - timedelta(weeks=ago)):
            link = make_link(place, version)
    many(acme, 1)
    of_golden, of_vault, of_models = ["0"] * 9 + ["1", "0", "1"], ["0"] * 10 + ["1", "0"], ["1"] + ["0"] * 11
    shown = {"Golden Datasets": of_golden, "Models": of_models}
    drawn = {name: ", ".join(counts) for name, counts in shown.items()} | {"Datasets": "", "Shelf 0000": ""}
    assert weeks(mel, acme) == drawn
    assert weeks(ada, acme) == drawn | {"Vault": ", ".join(of_vault)}
    link.unlink(Actor(ada))
    assert weeks(mel, acme) == drawn | {"Models": ""}


def test_rule_1_core_registries_stand_first_and_apart(acme, mel, golden):
    response = index(mel, acme)
    assert [card["name"] for card in response.context["cores"]] == ["Models", "Datasets"]
    assert [[kept["name"] for kept in card["types"]] for card in response.context["cores"]] == [["model"], ["dataset"]]
    assert names(response) == ["Golden Datasets"]


def test_the_list_says_of_each_what_there_is_to_know(acme, ada, rob, mel, golden, vault):
    golden.edit(Actor(ada), name="Golden Datasets", description="Checked by *hand*.\nAnd twice.")
    golden.add_types(Actor(ada), [f"kind-{number}" for number in range(7)])
    first, second = index(rob, acme).context["rows"]
    assert (first["address"], first["summary"], first["restricted"], first["role"]) == (
        at("registries:detail", golden),
        "Checked by hand.",
        False,
        "Admin",
    )
    assert (first["types"], first["more_types"]) == (["dataset", "eval-suite", *(f"kind-{n}" for n in range(4))], 3)
    assert (second["name"], second["restricted"], second["accepts_all_types"]) == ("Vault", True, True)
    assert [row["role"] for row in index(mel, acme).context["rows"]] == ["Viewer"]
    assert [row["role"] for row in index(ada, acme).context["rows"]] == ["Admin", "Admin"]


@pytest.mark.parametrize(
    "query, found, cores",
    [
        ({"q": "golden"}, ["Golden Datasets"], []),
        ({"q": "DATASETS"}, ["Golden Datasets"], ["Datasets"]),
        ({"q": " checked by "}, ["Golden Datasets"], []),
        ({"q": "100%"}, ["Open"], []),
        ({"q": "no such thing"}, [], []),
        ({"visibility": "restricted"}, ["Vault"], []),
        ({"visibility": "organization"}, ["Golden Datasets", "Open"], ["Models", "Datasets"]),
        ({"type": "dataset"}, ["Golden Datasets", "Vault"], ["Datasets"]),
        ({"type": " model "}, ["Open", "Vault"], ["Models"]),
        ({"type": "unheard-of"}, ["Vault"], []),
        ({"role": "admin"}, ["Golden Datasets", "Vault"], []),
        ({"role": "viewer"}, ["Open"], ["Models", "Datasets"]),
        ({"role": "member"}, [], []),
        ({"role": "admin", "visibility": "organization", "type": "dataset", "q": "hand"}, ["Golden Datasets"], []),
        ({"sort": "-name"}, ["Vault", "Open", "Golden Datasets"], ["Models", "Datasets"]),
        ({"sort": "updated"}, ["Vault", "Open", "Golden Datasets"], ["Models", "Datasets"]),
        ({"sort": "-updated"}, ["Golden Datasets", "Open", "Vault"], ["Models", "Datasets"]),
        (
            {"q": "", "visibility": "", "type": "", "role": "", "sort": ""},
            ["Golden Datasets", "Open", "Vault"],
            ["Models", "Datasets"],
        ),
    ],
    ids=str,
)
def test_the_list_is_searched_filtered_and_sorted(acme, ada, rob, golden, vault, query, found, cores):
    make_registry(acme, ada, "Open", types=["model"], description="Not 100% checked")
    golden.edit(Actor(ada), name="Golden Datasets", description="Checked by hand")
    response = index(rob, acme, **query)
    assert (response.status_code, names(response)) == (200, found)
    assert [card["name"] for card in response.context["cores"]] == cores
    assert response.context["count"] == str(len(found))


@pytest.mark.parametrize(
    "query, hers, his",
    [
        ({}, ["Golden Datasets"], ["Golden Datasets", "Vault"]),
        ({"q": "vault"}, [], ["Vault"]),
        ({"q": "things"}, [], ["Vault"]),
        ({"visibility": "restricted"}, [], ["Vault"]),
        ({"type": "x"}, [], ["Vault"]),
        ({"role": "admin"}, [], ["Golden Datasets", "Vault"]),
        ({"sort": "-name"}, ["Golden Datasets"], ["Vault", "Golden Datasets"]),
        ({"sort": "-updated"}, ["Golden Datasets"], ["Vault", "Golden Datasets"]),
    ],
    ids=str,
)
def test_section_3_the_list_and_its_counts_know_nothing_hidden(acme, ada, rob, mel, golden, vault, query, hers, his):
    vault.edit(Actor(ada), name="Vault", description="Hidden things")
    for user, seen in ((mel, hers), (rob, his)):
        response = index(user, acme, **query)
        assert (names(response), response.context["count"]) == (seen, str(len(seen)))
        assert ("Vault" in response.text) == (user == rob)


def test_registries_of_another_organization_are_in_no_list(acme, globex, ada, sam, golden):
    make_registry(globex, sam, "Golden Parachutes")
    assert names(index(ada, acme, q="golden")) == ["Golden Datasets"]
    assert names(index(sam, globex, q="golden")) == ["Golden Parachutes"]


def test_a_page_keeps_its_filters_and_says_how_many_there_are(acme, ada, golden):
    many(acme, 30)
    first = index(ada, acme, q="shelf", sort="-name")
    (link,) = [link for link in Page(first).links if "after=" in link]
    second = browser(ada).get(link)
    assert names(first) + names(second) == [f"Shelf {number:04}" for number in reversed(range(30))]
    assert (first.context["count"], second.context["count"]) == ("30", "30")
    assert (bool(first.context["cores"]), second.context["cores"]) == (False, [])


def test_the_way_back_to_the_first_page_ends_at_the_first_page(acme, ada):
    many(acme, 30)
    first = index(ada, acme)
    second = index(ada, acme, after=first.context["page"].after)
    again = index(ada, acme, before=second.context["page"].before)
    assert names(again) == names(first)
    assert len(again.context["cores"]) == len(first.context["cores"]) == 2


def test_counting_stops_where_it_would_cost(acme, ada, monkeypatch):
    many(acme, 30)
    monkeypatch.setattr(registries, "COUNT_CAP", 29)
    monkeypatch.setattr(registries, "FILTERED_CAP", 28)
    assert index(ada, acme).context["count"] == "29+"
    assert index(ada, acme, q="Shelf").context["count"] == "28+"
    assert index(ada, acme, q="Shelf 000").context["count"] == "10"


def test_an_empty_list_says_so(acme, ada, golden):
    assert index(ada, acme, q="nothing like it").context["filters"].active == [("Search", "nothing like it")]
    golden.delete_by(Actor(ada))
    response = index(ada, acme)
    assert (names(response), response.context["count"], response.context["filters"].active) == ([], "0", [])


# htmx: a part for those who ask for it, a page for all others.


@pytest.mark.parametrize(
    "headers, whole",
    [
        ({}, True),
        ({"HX-Request": "true"}, False),
        ({"HX-Request": "true", "HX-Boosted": "true"}, True),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, True),
    ],
)
@pytest.mark.parametrize("page, part", [("registries:index", "registries-results"), ("audit:index", "audit-log")])
def test_htmx_gets_a_part_and_everybody_else_the_page(acme, ada, golden, page, part, headers, whole):
    response = browser(ada).get(reverse(page, args=[acme.slug]), headers=headers)
    assert ("<html" in response.text) == whole
    assert response.text.count(f'id="{part}"') == 1
    assert "Golden Datasets" in response.text
    assert "HX-Request" in response["Vary"]
    if not whole:
        assert response.text.strip().startswith('<div class="stack') and response.text.strip().endswith("</div>")


@pytest.mark.parametrize(
    "typed, code",
    [
        ("Silver", None),
        (" Silver ", None),
        ("golden datasets", "name_taken"),
        ("VAULT", "name_taken"),
        ("a/b", "name_invalid"),
        ("", "name_invalid"),
        ("Models", "name_taken"),
    ],
)
def test_rule_14_a_name_can_be_asked_for_while_it_is_typed(acme, mel, golden, vault, typed, code):
    address = reverse("registries:name", args=[acme.slug])
    with nothing_happens():
        response = browser(mel).get(address, {"name": typed}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert (response.context["refusal"] and response.context["refusal"].code) == code
    assert response.text.count("<span") == response.text.count('id="registries-name"') == 1


def test_rule_14_whether_a_name_is_free_is_told_to_whoever_may_create(acme, ada, mel, vault):
    """Nobody else is told, of a name that is free, nor of one that a registry has which they can't see."""
    acme.edit(Actor(ada), default_role="viewer", members_create=False)
    create, name = (reverse(page, args=[acme.slug]) for page in ("registries:create", "registries:name"))
    for typed in ("Vault", "Silver", "a/b", ""):
        for headers in ({}, {"HX-Request": "true"}):
            with nothing_changes():
                response = browser(mel).get(name, {"name": typed}, headers=headers)
            assert response.status_code == browser(mel).get(create).status_code == 403
            assert "taken" not in response.text and "No registry" not in response.text
    assert browser(ada).get(name, {"name": "Vault"}).context["refusal"].code == "name_taken"


# A new one.


def test_the_form_names_types_of_registries_that_one_sees(acme, ada, mel, golden, vault):
    vault.accept_only(Actor(ada), ["trace"])
    page = reverse("registries:create", args=[acme.slug])
    assert "eval-suite" in browser(mel).get(page).context["elsewhere"]
    assert "trace" in browser(ada).get(page).context["elsewhere"]
    assert "trace" not in browser(mel).get(page).text


@pytest.mark.parametrize("types", ["model, Model, models", "eval, EVALS", "model, 𝗆𝗈𝖽𝖾𝗅"])
def test_rule_13_a_new_registry_asks_about_types_that_look_alike(acme, mel, types):
    client, address = browser(mel), reverse("registries:create", args=[acme.slug])
    asked = refused(client, address, {**NEW, "types": types}, "type_looks_alike")
    assert len(asked.context["form"].errors["types"]) == types.count(",")
    confirmed = {**NEW, "types": types, "confirmed": types}
    assert f'name="confirmed" value="{types}"' in asked.text
    refused(client, address, {**confirmed, "types": f"{types}, suite, suites"}, "type_looks_alike")  # another list
    refused(client, address, {**confirmed, "confirmed": "on"}, "type_looks_alike")
    assert client.post(address, confirmed).status_code == 302
    assert acme.registries.get(name="Silver").type_names() == sorted(types.split(", "))


def test_rule_13_where_all_types_are_accepted_none_looks_like_another(acme, mel):
    data = {**NEW, "types": "model, Model", "accepts_all_types": "on"}
    assert browser(mel).post(reverse("registries:create", args=[acme.slug]), data).status_code == 302


def test_rules_7_and_17_a_registry_is_made_as_asked_and_its_maker_is_its_admin(acme, mel):
    with logging() as events:
        response = create(mel, acme, NEW)
    registry = acme.registries.get(name="Silver")
    assert (response.status_code, response.url) == (302, at("registries:detail", registry))
    assert (registry.kind, registry.description, registry.visibility, registry.accepts_all_types) == (
        "custom",
        "Second best",
        "organization",
        False,
    )
    assert (registry.type_names(), registry.created_by, registry.version) == (["dataset", "eval-suite"], mel, 1)
    assert registry.role_of(Actor(mel)) == Role.ADMIN
    (event,) = events
    assert (event.action, event.code, event.actor_name, event.registry_id) == (Action.CREATE, "", "mel", registry.pk)
    assert event.request_id == response["X-Request-ID"]
    assert event.changes == {
        "name": [None, "Silver"],
        "description": [None, "Second best"],
        "visibility": [None, "organization"],
        "accepts_all_types": [None, False],
        "types": [None, ["dataset", "eval-suite"]],
    }
    assert event.related == {"admin": {"type": "user", "id": mel.pk, "name": "mel"}}


def test_rule_7_types_come_one_by_one_or_with_commas(acme, ada):
    create(ada, acme, NEW, types=["model", " dataset,eval-suite,, model "])
    assert acme.registries.get(name="Silver").type_names() == ["dataset", "eval-suite", "model"]


@pytest.mark.parametrize("types", ["", "model", "not/a/type"])
def test_rule_7_what_stands_in_the_list_counts_only_where_the_list_was_chosen(acme, ada, types):
    response = create(ada, acme, NEW, accepts_all_types="on", types=types, visibility="restricted")
    assert response.status_code == 302
    registry = acme.registries.get(name="Silver")
    assert (registry.accepts_all_types, registry.type_names(), registry.is_restricted) == (True, [], True)


@pytest.mark.parametrize("types", ["", " , ,", []])
def test_rule_7_a_list_needs_a_type(acme, ada, types):
    refused(browser(ada), reverse("registries:create", args=[acme.slug]), {**NEW, "types": types}, "types_missing")


BAD_NAMES = ["", "   ", *(f"a{char}b" for char in "/\\#?%:\0\n\u202e\u200b\ufffd"), ".", "..", "x" * 114]
BAD_NAMES += ["wandb-registry-x", "Wandb-Registry-x"]
NOT_NEW = [
    ({"visibility": ""}, "required", "visibility"),
    ({"visibility": "secret"}, "invalid_choice", "visibility"),
    ({"accepts_all_types": "maybe"}, "invalid_choice", "accepts_all_types"),
    ({"types": "a/b"}, "type_invalid", "types"),
    ({"types": "model, " + "x" * 129}, "type_invalid", "types"),
    ({"description": "x" * (64 * 1024 + 1)}, "description_invalid", "description"),
    *(({"name": name}, "name_invalid", "name") for name in BAD_NAMES),
    *(
        ({"name": name}, "name_taken", "name")
        for name in ("golden DATASETS", "  Golden   Datasets ", "vault", "Models", "DATASETS")
    ),
]


def test_rules_7_and_14_what_a_registry_can_not_be_made_of(acme, mel, golden, vault):
    client, address = browser(mel), reverse("registries:create", args=[acme.slug])
    for changes, code, field in NOT_NEW:
        response = refused(client, address, {**NEW, **changes}, code)
        assert list(response.context["form"].errors) == [field]


def test_a_missing_choice_of_visibility_is_a_choice_that_was_not_made(acme, ada):
    data = {name: value for name, value in NEW.items() if name != "visibility"}
    refused(browser(ada), reverse("registries:create", args=[acme.slug]), data, "required")


def test_what_was_typed_stays_when_it_is_refused(acme, ada):
    response = create(ada, acme, NEW, name="a/b", description="line\n<i>", visibility="restricted")
    form = Page(response).form_to(response.wsgi_request.path)
    assert {name: value for name, value in form.data.items() if name != "csrfmiddlewaretoken"} == {
        "name": ["a/b"],
        "description": ["line\n<i>"],
        "visibility": ["restricted"],
        "accepts_all_types": [""],
        "types": ["dataset, eval-suite"],
    }


def test_rule_14_a_refusal_does_not_tell_a_hidden_registry_from_a_seen_one(acme, mel, golden, vault):
    hidden, seen = create(mel, acme, NEW, name="vault"), create(mel, acme, NEW, name="golden datasets")
    told = [response.context["form"].errors.as_json() for response in (hidden, seen)]
    assert told[0] == told[1]
    assert "Vault" not in hidden.text


def test_a_new_form_can_be_filled_in_and_sent(acme, ada):
    address = reverse("registries:create", args=[acme.slug])
    client = browser(ada)
    data = Page(client.get(address)).form_to(address).data
    assert client.post(address, {**data, "name": "Silver", "visibility": "organization"}).status_code == 302
    assert acme.registries.get(name="Silver").accepts_all_types


# One of them.


def test_a_registry_shows_what_it_is(acme, ada, mel, golden):
    golden.edit(Actor(ada), name="Golden Datasets", description="# Checked\n\n*by hand* <script>alert(1)</script>")
    response = browser(mel).get(at("registries:detail", golden))
    context = response.context
    assert (context["registry"], context["role"], context["people"]) == (golden, Role.VIEWER, (3, 0))
    assert [kept.name for kept in context["types"]] == ["dataset", "eval-suite"]
    assert "<em>by hand</em>" in response.text
    assert "<script>alert" not in response.text
    assert (context["tab"], context["allowed"]) == ("detail", frozenset({Permission.SEE, Permission.USE}))


def test_a_restricted_registry_counts_only_those_who_see_it(rob, vault):
    assert browser(rob).get(at("registries:detail", vault)).context["people"] == (2, 0)


# Its settings.


@pytest.mark.parametrize("person, role", [("ada", None), ("rob", None), ("mel", Role.MEMBER)])
def test_rule_10_members_and_admins_edit_name_and_description(golden, person, role, request):
    user = request.getfixturevalue(person)
    if role:
        give_role(golden, user, role)
    client = browser(user)
    shown = Page(client.get(at("registries:settings", golden))).form_to(at("registries:settings", golden)).data
    with logging() as events:
        response = client.post(at("registries:settings", golden), {**shown, "name": " Silver ", "description": "New"})
    golden.refresh_from_db()
    assert (response.status_code, response.url) == (302, at("registries:settings", golden))
    assert (golden.name, golden.description, golden.version) == ("Silver", "New", 2)
    (event,) = events
    assert (event.action, event.actor_name, event.target_name) == (Action.EDIT, person, "Silver")
    assert event.changes == {"name": ["Golden Datasets", "Silver"], "description": ["", "New"]}


def test_rule_10_whoever_may_not_edit_finds_no_form(mel, golden):
    page = Page(browser(mel).get(at("registries:settings", golden)))
    assert [form.action for form in page.forms if "/registry/" in form.action] == [at("registries:pin", golden)]


def test_saving_what_is_there_changes_nothing(ada, golden):
    with nothing_happens():
        response = browser(ada).post(at("registries:settings", golden), details(golden))
    assert response.status_code == 302


@pytest.mark.parametrize("changes", [{"name": "Best Models"}, {"description": "Mine"}, {"name": "models"}])
def test_rule_3_core_metadata_is_fixed(ada, models, changes):
    refused(browser(ada), at("registries:settings", models), details(models, **changes), "core_is_fixed")
    event = AuditEvent.objects.first()
    assert (event.action, event.registry_id, event.target_name) == (Action.EDIT, models.pk, "Models")


@pytest.mark.parametrize(
    "registry, shown",
    [
        ("models", [rules.CORE_IS_FIXED, rules.CORE_IS_SHARED, rules.CORE_STAYS]),
        ("vault", [rules.RESTRICTED_STAYS]),
    ],
)
def test_what_a_rule_refuses_is_said_beforehand(ada, registry, shown, request):
    registry = request.getfixturevalue(registry)
    page = browser(ada).get(at("registries:settings", registry)).text
    assert all(escape(refusal.reason) in page for refusal in shown)
    addresses = {form.action for form in Page(browser(ada).get(at("registries:settings", registry))).forms}
    assert at("accepted_types:remove", registry) not in addresses
    assert at("registries:restrict", registry) not in page


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"name": "vault"}, "name_taken"),
        ({"name": "MODELS"}, "name_taken"),
        ({"name": "a/b"}, "name_invalid"),
        ({"name": ""}, "name_invalid"),
        ({"description": "a\0b"}, "description_invalid"),
    ],
)
def test_rule_14_what_a_registry_can_not_become(rob, golden, vault, changes, code):
    response = refused(browser(rob), at("registries:settings", golden), details(golden, **changes), code)
    assert response.context["registry"].name == "Golden Datasets"


def test_rule_14_another_spelling_of_its_own_name_is_free(ada, golden):
    client = browser(ada)
    assert client.post(at("registries:settings", golden), details(golden, name="GOLDEN datasets")).status_code == 302
    golden.refresh_from_db()
    assert golden.name == "GOLDEN datasets"


# Rule 15: old names lead on.


@pytest.mark.parametrize(
    "page",
    [
        "registries:detail",
        "registries:settings",
        "registries:activity",
        "registries:restrict",
        "registries:delete",
        "accepted_types:add",
    ],
)
def test_rule_15_an_old_name_leads_on(ada, golden, page):
    old = at(page, golden)
    golden.edit(Actor(ada), name="Silver & Söhne", description="")
    response = browser(ada).get(old, {"q": ["a b", "&"], "before": "7"})
    assert response.status_code == 302
    assert response.url == f"{at(page, golden)}?{urlencode([('q', 'a b'), ('q', '&'), ('before', '7')])}"


@pytest.mark.parametrize(
    "spelling", ["golden datasets", "GOLDEN DATASETS", "Golden  Datasets", " Golden Datasets ", "Ｇolden Datasets"]
)
def test_rule_14_another_spelling_leads_to_the_registry(acme, mel, golden, spelling):
    response = browser(mel).get(reverse("registries:detail", args=[acme.slug, spelling]))
    assert (response.status_code, response.url) == (302, at("registries:detail", golden))


@pytest.mark.parametrize(
    "page",
    [
        "registries:settings",
        "registries:restrict",
        "registries:delete",
        "accepted_types:add",
        "accepted_types:remove",
        "accepted_types:accept",
    ],
)
def test_rule_15_what_is_sent_to_an_old_name_is_sent_on(ada, golden, page):
    old = at(page, golden)
    golden.edit(Actor(ada), name="Silver", description="")
    with nothing_happens():
        response = browser(ada).post(old, {"types": "x"})
    assert (response.status_code, response.url) == (307, at(page, golden))


def test_rule_15_a_form_sent_on_meets_its_version_check(ada, golden):
    old, stale = at("registries:settings", golden), details(golden, description="Mine")
    golden.edit(Actor(ada), name="Silver", description="")
    with nothing_changes():
        response = browser(ada).post(old, stale, follow=True)
    assert (response.status_code, codes(response)) == (409, {"edit_conflict"})


def test_rule_15_names_lead_on_until_another_takes_them(acme, ada, golden):
    first, client = at("registries:detail", golden), browser(ada)
    golden.edit(Actor(ada), name="Silver", description="")
    golden.edit(Actor(ada), name="Bronze", description="")
    assert client.get(first).url == at("registries:detail", golden)
    assert create(ada, acme, NEW, name="Golden Datasets").status_code == 302
    assert client.get(first).status_code == 200
    assert client.get(reverse("registries:detail", args=[acme.slug, "Silver"])).url == at("registries:detail", golden)
    assert FormerName.objects.count() == 1


def test_rule_15_a_name_taken_back_leads_nowhere_else(ada, golden):
    first, client = at("registries:detail", golden), browser(ada)
    golden.edit(Actor(ada), name="Silver", description="")
    second = at("registries:detail", golden)
    golden.edit(Actor(ada), name="Golden Datasets", description="")
    assert client.get(first).status_code == 200
    assert client.get(second).url == first


def test_rule_15_old_names_end_with_the_registry(ada, golden):
    first, client = at("registries:detail", golden), browser(ada)
    golden.edit(Actor(ada), name="Silver", description="")
    golden.delete_by(Actor(ada))
    assert client.get(first).status_code == 404


# Rule 19: two people save.


def test_rule_19_the_second_to_save_sees_both_and_overwrites_nothing(ada, rob, golden):
    stale = details(golden, name="Platinum", description="What Rob wrote")
    golden.edit(Actor(ada), name="Silver", description="What Ada wrote")
    response = refused(browser(rob), at("registries:settings", golden), stale, "edit_conflict", 409)
    page = Page(response)
    assert "What Ada wrote" in response.text and response.context["stored"].name == "Silver"
    assert response.context["theirs"].actor_name == "ada"
    form = page.form_to(at("registries:settings", golden))
    assert (form.data["name"], form.data["description"]) == (["Platinum"], ["What Rob wrote"])
    assert browser(rob).post(form.action, form.data).status_code == 302  # he has seen hers, and replaces it
    golden.refresh_from_db()
    assert (golden.name, golden.description, golden.version) == ("Platinum", "What Rob wrote", 3)


def test_rule_19_the_version_of_tomorrow_is_a_conflict_too(ada, golden):
    refused(
        browser(ada),
        at("registries:settings", golden),
        details(golden, etag=digest_of(golden.pk, 2)),
        "edit_conflict",
        409,
    )


def test_rule_19_somebody_saves_between_door_and_lock(ada, rob, golden, monkeypatch):
    client, data = browser(rob), details(golden, description="Rob's")
    meanwhile(monkeypatch, lambda: Registry.objects.get(pk=golden.pk).edit(Actor(ada), name="Silver", description=""))
    response = client.post(at("registries:settings", golden), data)
    golden.refresh_from_db()
    assert (response.status_code, codes(response)) == (409, {"edit_conflict"})
    assert (golden.name, golden.description) == ("Silver", "")
    assert response.context["stored"].name == "Silver"
    form = Page(response).form_to(at("registries:settings", golden))
    assert client.post(form.action, form.data).status_code == 302  # what it shows is what is stored


FORMS = {
    "registries:settings": {"description": "New"},
    "registries:restrict": {"confirmation": "Golden Datasets"},
    "registries:delete": {"confirmation": "Golden Datasets"},
}


@pytest.mark.parametrize("page", FORMS)
def test_somebody_deletes_it_between_door_and_lock(ada, rob, golden, page, monkeypatch):
    client, address = browser(rob), at(page, golden)
    data = Page(client.get(address)).form_to(address).data
    meanwhile(monkeypatch, lambda: Registry.objects.get(pk=golden.pk).delete_by(Actor(ada)))
    response = client.post(address, {**data, **FORMS[page]})
    assert not Registry.objects.filter(pk=golden.pk).exists()
    assert response.status_code == 404


@pytest.mark.parametrize("page", FORMS)
def test_section_3_somebody_takes_the_role_between_door_and_lock(ada, mel, golden, page, monkeypatch):
    member = give_role(golden, mel, Role.ADMIN)
    client, address = browser(mel), at(page, golden)
    data = Page(client.get(address)).form_to(address).data
    meanwhile(monkeypatch, lambda: member.delete_by(Actor(ada)))
    response = client.post(address, {**data, **FORMS[page]})
    stored = Registry.objects.get(pk=golden.pk)
    assert (stored.visibility, stored.description, stored.version) == ("organization", "", 1)
    assert (response.status_code, codes(response)) == (422, {"role_too_low"})
    assert AuditEvent.objects.first().code == "role_too_low"


# Rules 8, 9 and 18: going restricted.


def test_rule_18_looking_at_a_restriction_changes_nothing(acme, ada, mel, rob, golden):
    with nothing_happens():
        response = browser(ada).get(at("registries:restrict", golden))
    context = response.context
    assert response.status_code == 200
    assert context["now"] == (2, 1)
    assert [kept.user for kept, *_ in context["kept"]] == [ada, rob]
    assert [lost.user for lost, _ in context["lost"]] == [mel]


@pytest.mark.parametrize("person", ["ada", "rob"])
def test_rules_8_and_18_a_confirmed_restriction_is_done(golden, mel, person, request):
    client = browser(request.getfixturevalue(person))
    with logging() as events:
        response = step(client, "registries:restrict", golden, reason="Audit season")
    golden.refresh_from_db()
    assert (response.status_code, golden.visibility, golden.version) == (302, "restricted", 2)
    (event,) = events
    assert (event.action, event.actor_name, event.reason) == (Action.RESTRICT, person, "Audit season")
    assert event.changes == {"visibility": ["organization", "restricted"], "people": [3, 2]}
    assert browser(mel).get(at("registries:detail", golden)).status_code == 404


def test_rule_8_the_name_may_be_typed_in_parts(acme, ada):
    registry = make_registry(acme, ada, "Café")
    assert step(browser(ada), "registries:restrict", registry, confirmation=" Cafe\u0301 ").status_code == 302


@pytest.mark.parametrize("page", ["registries:restrict", "registries:delete"])
def test_rules_16_and_18_the_name_is_typed_to_the_letter(ada, golden, page):
    client = browser(ada)
    data = Page(client.get(at(page, golden))).form_to(at(page, golden)).data
    for typed in ("", "golden datasets", "Golden Dataset", "Golden  Datasets", "Vault", "x" * 10_000):
        sent = {**data, "confirmation": typed, "reason": "Tidying <b>up</b>"}
        response = refused(client, at(page, golden), sent, "confirmation_differs")
        assert Page(response).form_to(at(page, golden)).data["reason"] == ["Tidying <b>up</b>"]


def test_rule_18_a_preview_whose_counts_changed_is_shown_again(acme, ada, rob, golden):
    client, address = browser(ada), at("registries:restrict", golden)
    shown = {**Page(client.get(address)).form_to(address).data, "confirmation": golden.name, "reason": "Because"}
    make_member(acme, make_user("new"))
    response = refused(client, address, shown, "stale_preview", 409)
    assert response.context["now"] == (2, 1)
    fresh = Page(response).form_to(address).data
    assert (fresh["etag"], fresh["reason"]) == ([etag_of(golden, (2, 1))], ["Because"])
    assert client.post(address, {**fresh, "confirmation": golden.name}).status_code == 302


def test_rule_18_a_preview_of_what_has_changed_is_shown_again(acme, ada, mel, golden):
    client, address = browser(ada), at("registries:restrict", golden)
    shown = {**Page(client.get(address)).form_to(address).data, "confirmation": golden.name}
    golden.edit(Actor(ada), name="Golden Datasets", description="Changed")
    refused(client, address, shown, "stale_preview", 409)


def test_rule_18_a_preview_that_was_never_shown(ada, golden):
    client, address = browser(ada), at("registries:restrict", golden)
    for etag in ("", "2-1", etag_of(golden), etag_of(golden, (1, 2)), etag_of(golden, (2, 1, 0)), "9" * 5000):
        data = {"etag": etag, "confirmation": golden.name}
        refused(client, address, data, "stale_preview", 409)


@pytest.mark.parametrize("registry, code", [("models", "core_is_shared"), ("vault", "restricted_stays")])
def test_rules_2_and_9_what_can_not_be_restricted(ada, registry, code, request):
    registry = request.getfixturevalue(registry)
    data = {"etag": etag_of(registry, registry.restriction()), "confirmation": registry.name}
    response = refused(browser(ada), at("registries:restrict", registry), data, code)
    assert response.context["refusal"].code == code
    page = browser(ada).get(at("registries:restrict", registry))
    assert (page.status_code, page.context["refusal"].code) == (200, code)
    assert not [form for form in Page(page).forms if form.action == at("registries:restrict", registry)]


# Rules 5, 16 and 18: deleting.


def test_rule_18_looking_at_a_deletion_changes_nothing(ada, mel, golden):
    with nothing_happens():
        response = browser(ada).get(at("registries:delete", golden))
    assert response.status_code == 200
    assert (response.context["people"], response.context["types"]) == ((3, 0), ["dataset", "eval-suite"])


@pytest.mark.parametrize("person", ["ada", "rob"])
def test_rule_16_a_confirmed_deletion_takes_all_but_the_log(acme, ada, golden, vault, person, request):
    golden.edit(Actor(ada), name="Silver", description="Once golden")
    client, pk, history = browser(request.getfixturevalue(person)), golden.pk, AuditEvent.objects.count()
    with logging() as events:
        response = step(client, "registries:delete", golden, reason="Superseded")
    assert (response.status_code, response.url) == (302, registries_of(acme))
    for model, key in (
        (Registry, "pk"),
        (AcceptedType, "registry"),
        (RegistryMember, "registry"),
        (FormerName, "registry"),
    ):
        assert not model.objects.filter(**{key: pk}).exists()
    assert {registry.name for registry in acme.registries.all()} == {"Models", "Datasets", "Vault"}
    (event,) = events
    assert (event.action, event.actor_name, event.reason) == (Action.DELETE, person, "Superseded")
    assert (event.target_name, event.registry_id) == ("Silver", pk)
    assert event.changes["name"] == ["Silver", None] and event.changes["types"] == [["dataset", "eval-suite"], None]
    assert AuditEvent.objects.count() == history + 1
    assert client.get(at("registries:detail", golden)).status_code == 404


def test_rule_5_core_stays(ada, models):
    data = {"etag": etag_of(models, (0, 0, 0, 0)), "confirmation": "Models"}
    response = refused(browser(ada), at("registries:delete", models), data, "core_stays")
    assert response.context["refusal"].code == "core_stays"
    page = browser(ada).get(at("registries:delete", models))
    assert (page.status_code, page.context["refusal"].code) == (200, "core_stays")
    assert not [form for form in Page(page).forms if form.action == at("registries:delete", models)]


def test_rule_18_a_deletion_of_what_has_changed_is_shown_again(ada, golden):
    client, address = browser(ada), at("registries:delete", golden)
    shown = {**Page(client.get(address)).form_to(address).data, "confirmation": golden.name}
    golden.add_types(Actor(ada), ["model"])
    response = refused(client, address, shown, "stale_preview", 409)
    assert response.context["types"] == ["dataset", "eval-suite", "model"]
    fresh = Page(response).form_to(address).data
    assert client.post(address, {**fresh, "confirmation": golden.name}).status_code == 302


def test_rule_16_deleting_twice_finds_nothing(ada, golden):
    client, address = browser(ada), at("registries:delete", golden)
    data = {"etag": etag_of(golden, (0, 0, 0, 0)), "confirmation": golden.name}
    assert client.post(address, data).status_code == 302
    with nothing_happens():
        assert client.post(address, data).status_code == 404


@pytest.mark.parametrize("page", ["registries:restrict", "registries:delete"])
def test_a_reason_has_an_end_and_is_text(ada, golden, page):
    client, address = browser(ada), at(page, golden)
    data = {**Page(client.get(address)).form_to(address).data, "confirmation": golden.name}
    for wrong in ("x" * 501, "a\u202eb", "a\u2066b", "a\ue000b", "a\uffffb", "a\x07b"):
        response = refused(client, address, {**data, "reason": wrong}, "reason_invalid")
        assert "reason" in response.context["form"].errors
    assert client.post(address, {**data, "reason": "é" * 500}).status_code == 302
    assert AuditEvent.objects.first().reason == "é" * 500


# What happened in it.


def test_activity_tells_of_this_registry_alone_newest_first(ada, rob, golden, vault):
    golden.edit(Actor(ada), name="Silver", description="")
    browser(rob).post(at("registries:settings", golden), {**details(golden), "kind": "core"})
    response = browser(rob).get(at("registries:activity", golden))
    events = [event for _, events in response.context["days"] for event in events]
    assert [(event.action, event.code) for event in events] == [
        (Action.EDIT, "kind_stays"),
        (Action.EDIT, ""),
        (Action.MEMBER_ADD, ""),
        (Action.CREATE, ""),
    ]
    assert {event.registry_id for event in events} == {golden.pk}
    assert response.context["tab"] == "activity"


# What pages cost.


def cost(client, address):
    """How many queries a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("query", ["", "?q=shelf&visibility=organization&type=model&sort=-updated"])
@pytest.mark.parametrize("person", ["ada", "rob"])
def test_the_list_costs_the_same_whether_of_two_pages_or_of_300(acme, golden, vault, person, query, request):
    """A list of one page costs less: its rows needn't be counted."""
    client = browser(request.getfixturevalue(person))
    address = registries_of(acme) + query
    costs = []
    for number in (3, 26, 300):
        many(acme, number, types=("a", "b", "model"), description="Shelf")
        costs.append(cost(client, address))
        Registry.objects.filter(name__startswith="Shelf").delete()
    assert costs[0] <= costs[1] == costs[2] <= 6


def fill(acme, ada, registry, number):
    """`number` types, people with roles, and audit entries more, in this registry."""
    users = [make_user(f"person{registry.pk}x{index}") for index in range(number)]
    for user in users:
        make_member(acme, user)
    RegistryMember.objects.bulk_create(RegistryMember(registry=registry, user=user, role=Role.ADMIN) for user in users)
    for index in range(number):
        registry.edit(Actor(ada), name=registry.name, description=f"Number {index}")
    registry.add_types(Actor(ada), [f"kind {'i' * (index + 1)}x" for index in range(min(number, 100))], confirmed=True)


def test_pages_of_a_registry_cost_the_same_for_3_and_for_300(acme, ada):
    small, large, client = make_registry(acme, ada, "Small"), make_registry(acme, ada, "Large"), browser(ada)
    fill(acme, ada, small, 3)
    fill(acme, ada, large, 300)
    client.get(at("registries:detail", make_registry(acme, ada, "Visited")))  # the navigation asks for what was visited
    pages = {"registries:detail": 8, "registries:settings": 6, "registries:activity": 10}
    pages |= {"registries:restrict": 18, "registries:delete": 18, "accepted_types:add": 12}
    costs = {page: [cost(client, at(page, registry)) for registry in (small, large)] for page in pages}
    assert {page: few - many for page, (few, many) in costs.items()} == dict.fromkeys(pages, 0)
    assert {page: costs[page][1] for page in pages if costs[page][1] > pages[page]} == {}


def test_rule_18_a_restriction_costs_few_queries_however_many_people_it_keeps(acme, ada):
    people = [make_user(f"person-{number}") for number in range(100)]
    for person in people:
        make_member(acme, person)
    client = browser(ada)
    for kept, queries_allowed in ((0, 20), (100, 25)):
        registry = make_registry(acme, ada, f"Shelf {kept}")
        address = at("registries:restrict", registry)
        data = {**Page(client.get(address)).form_to(address).data, "confirmation": registry.name}
        with CaptureQueriesContext(connection) as queries:
            client.post(address, {**data, "others": ", ".join(person.username for person in people[:kept])})
        registry.refresh_from_db()
        assert (registry.visibility, registry.members.exclude(user=ada).count()) == ("restricted", kept)
        assert len(queries) <= queries_allowed


def test_the_log_costs_the_same_for_3_and_for_300(acme, globex, ada, sam, golden):
    few = cost(browser(sam), reverse("audit:index", args=[globex.slug]))
    for number in range(300):
        golden.edit(Actor(ada), name="Golden Datasets", description=f"Number {number}")
    assert few == cost(browser(ada), reverse("audit:index", args=[acme.slug])) <= 10
