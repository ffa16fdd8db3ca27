"""The overview of an organization, and the board of an alias: what each person may see of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from benchmarks.demo.clock import clock_at
from registry_app import rules
from registry_app.choices import OrganizationRole, Role
from registry_app.models import Actor, AliasRequest, ApiToken, ProtectedAlias
from tests.client import browser, many
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
    make_version,
    protect,
)

pytestmark = pytest.mark.django_db


def overview(user, organization, **params):
    """The overview as `user` gets it."""
    response = browser(user).get(reverse("organizations:detail", args=[organization.slug]), params)
    assert response.status_code == 200
    return response


def board(user, organization, **params):
    """(collection, version, versions behind the newest) of each row of the board, as `user` gets it."""
    response = browser(user).get(reverse("aliases:index", args=[organization.slug]), params)
    rows = response.context["board"]["rows"]
    return [(row["collection_name"], row["number"], row["behind"]) for row in rows]


@pytest.fixture
def published(acme, rob, golden, vault, vision):
    """A collection of Golden and one of Vault, each with two versions, the first of which is production."""
    made = {}
    for registry in (golden, vault):
        collection = make_collection(registry, f"In {registry.name}", type="dataset")
        versions = [make_version(vision, f"set-{registry.pk}-{n}", type="dataset", project="p") for n in range(2)]
        made[registry.name] = [make_link(collection, versions[0], "production"), make_link(collection, versions[1])]
    return made


def test_the_board_shows_each_person_the_aliases_of_registries_that_they_see(acme, ada, rob, mel, published):
    hidden, shown = ("In Vault", 0, 1), ("In Golden Datasets", 0, 1)
    assert board(ada, acme) == board(rob, acme) == [hidden, shown]  # the last set first
    assert board(mel, acme) == [shown]


def test_section_3_the_overview_says_nothing_of_a_hidden_registry(acme, mel, vault, published, rob):
    ProtectedAlias(registry=vault, name="secret-alias").save_by(Actor(rob))
    give_role(vault, mel, Role.VIEWER, ends_at=timezone.now() + timedelta(days=9))
    assert "Vault" in overview(mel, acme).text
    vault.members.get(user=mel).delete_by(Actor(rob))
    page = overview(mel, acme)
    assert "Vault" not in page.text and "secret-alias" not in page.text
    assert page.context["numbers"]["restricted"] == "0"


def test_the_board_shows_other_aliases_beside_and_protected_ones_first(acme, ada, mel, golden, vault, published):
    """Those that name no version there have no column, and a hidden registry decides nothing."""

    def beside(user):
        return [(row["registry"], row["beside"]) for row in overview(user, acme).context["board"]["rows"]]

    _, second = published["Golden Datasets"]
    hidden, _ = published["Vault"]
    assert beside(mel) == [("Golden Datasets", [])]
    second.change_aliases(Actor(ada), put=["staging", "champion"])
    hidden.change_aliases(Actor(ada), put=["candidate", "sealed"])
    protect(vault, "sealed")
    assert beside(mel) == [("Golden Datasets", [("staging", 1, second.get_absolute_url())])]
    own, none = ("sealed", 0, hidden.get_absolute_url()), ("sealed", None, "")
    staged = ("staging", 1, second.get_absolute_url())
    assert beside(ada) == [("Vault", [own, ("staging", None, "")]), ("Golden Datasets", [none, staged])]
    protect(golden, "champion")
    assert beside(mel) == [("Golden Datasets", [("champion", 1, second.get_absolute_url()), staged])]


@pytest.fixture
def sized(acme, golden, vault, vision):
    """Golden has versions of 3,000 bytes, of this week and of five weeks ago, and Vault one of 7,000."""
    for registry, size, weeks in ((golden, 1000, 0), (golden, 2000, 5), (vault, 7000, 0)):
        version = make_version(vision, f"set-{size}", type="dataset", size=size)
        place = make_collection(registry, f"Sets {size}", type="dataset")
        with clock_at(timezone.now() - timedelta(weeks=weeks)):
            make_link(place, version)


def totals(user, organization):
    """The sums of the overview as `user` gets it: (versions, collections, bytes, {registry: bytes}, last six weeks)."""
    shown = overview(user, organization).context
    numbers, weeks = shown["numbers"], shown["weeks"]
    storage = {strip_tags(row["name"]): row["size"].replace("\xa0", " ") for row in shown["storage"]}
    counts = [int(title.rpartition(" ")[2]) for title, *_ in weeks["chart"].bars]
    assert (len(counts), f"{sum(counts)}") == (26, weeks["total"])
    size = numbers["bytes"].replace("\xa0", " ")
    return numbers["versions"], numbers["collections"], size, storage, counts[-6:]


def test_section_3_nobody_is_told_sums_over_registries_that_they_do_not_see(acme, ada, rob, mel, sized):
    everything = ("3", "3", "10.0 kB", {"Vault": "7.0 kB", "Golden Datasets": "3.0 kB"}, [1, 0, 0, 0, 0, 2])
    assert totals(ada, acme) == totals(rob, acme) == everything
    assert totals(mel, acme) == ("2", "2", "3.0 kB", {"Golden Datasets": "3.0 kB"}, [1, 0, 0, 0, 0, 1])


def test_the_weeks_and_the_bars_have_text(acme, mel, sized):
    page = overview(mel, acme)
    assert f'aria-label="{page.context["weeks"]["label"]}"' in page.text
    assert page.text.count("<title>") == 1 + 26  # that of the page, and of each bar
    assert "Lowest 0, highest 1, this week 1." in page.context["weeks"]["label"]


def test_more_registries_than_are_summed_say_so(settings, monkeypatch, acme, ada, sized):
    settings.COMPILED_QUERIES = False  # in a compiled query the cap stands
    monkeypatch.setattr("registry_app.listings.totals.COUNT_CAP", 2)  # Datasets and Golden
    shown = overview(ada, acme).context
    assert (shown["numbers"]["registries"], shown["numbers"]["versions"], shown["weeks"]["total"]) == ("2+", "2+", "2+")
    assert [strip_tags(row["name"]) for row in shown["storage"]] == ["Golden Datasets"]


def test_the_largest_registries_stand_alone_and_the_others_together(acme, ada, vision, models):
    for number in range(8):
        registry = make_registry(acme, ada, f"R{number}")
        version = make_version(vision, f"m-{number}", size=10**number)
        make_link(make_collection(registry), version)
    make_link(make_collection(models), make_version(vision, "unknown", size=10**9, file_count=0))
    rows = overview(ada, acme).context["storage"]
    assert [row["name"] for row in rows] == ["R7", "R6", "R5", "R4", "R3", "3 others"]
    assert (rows[0]["part"], rows[1]["part"], rows[-1]["bytes"]) == (100, 10, 111)


def test_sizes_without_end_are_shown(acme, ada, vision):
    registries = many(acme, 250, byte_count=rules.SIZE_LIMIT - 1)
    make_link(make_collection(registries[0]), make_version(vision))
    assert overview(ada, acme).context["numbers"]["bytes"].endswith("ZB")


def test_where_nothing_was_published_lately_or_no_size_is_known_there_is_no_chart(acme, mel, models, vision):
    with clock_at(timezone.now() - timedelta(weeks=27)):
        make_link(make_collection(models), make_version(vision, size=0, file_count=0))
    shown = overview(mel, acme).context
    assert (shown["weeks"], shown["storage"], shown["numbers"]["bytes"]) == (None, [], "Unknown")


def test_the_board_follows_an_alias_that_moves(acme, ada, mel, published):
    _, second = published["Golden Datasets"]
    second.change_aliases(Actor(ada), put=["production"])
    assert board(mel, acme) == [("In Golden Datasets", 1, 0)]
    alias = second.aliases.get()
    assert (alias.set_by, timezone.now() - alias.set_at < timedelta(minutes=1)) == (ada, True)


@pytest.mark.parametrize("alias", ["staging", "Production", "é", "a" * 128, "<b>", "pro duction"])
def test_an_alias_that_names_nothing_has_an_empty_board(acme, ada, published, alias):
    assert board(ada, acme, alias=alias) == []
    assert overview(ada, acme, alias=alias).context["board"]["rows"] == []


@pytest.mark.parametrize("query", ["alias=a&alias=b", "after=x", "before=%00", "alias=" + "a" * 129])
@pytest.mark.parametrize("name", ["organizations:detail", "aliases:index"])
def test_a_wrong_parameter_is_a_bad_request(acme, ada, name, query):
    assert browser(ada).get(f"{reverse(name, args=[acme.slug])}?{query}").status_code == 400


def test_the_board_offers_the_names_that_are_protected(acme, ada, golden):
    ProtectedAlias(registry=golden, name="champion").save_by(Actor(ada))
    offered = overview(ada, acme, alias="shadow").context["board"]["choices"]
    usual = [("production", False), ("staging", False), ("candidate", False)]
    assert offered == [("champion", True), *usual, ("shadow", False)]


def test_what_ends_soon_is_shown_to_whom_it_concerns(acme, ada, rob, mel, sam, golden):
    soon, later = timezone.now() + timedelta(days=9), timezone.now() + timedelta(days=90)
    give_role(golden, mel, Role.MEMBER, ends_at=soon)
    give_role(make_registry(acme, ada, "Other"), rob, Role.MEMBER, ends_at=later)
    ending = {
        user.username: [str(role.holder) for role in overview(user, acme).context["ending"]] for user in (ada, rob, mel)
    }
    assert ending == {"ada": ["mel"], "rob": ["mel"], "mel": ["mel"]}


def test_tokens_that_expire_are_shown_to_their_owner_alone(acme, ada, mel):
    for user in (ada, mel):
        ApiToken(user=user, name="laptop", expires_at=timezone.now() + timedelta(days=9)).issue(Actor(user))
    assert [token.user for token in overview(mel, acme).context["tokens"]] == [mel]
    assert [token.user for token in overview(ada, acme).context["tokens"]] == [ada]


def test_an_admin_of_a_new_organization_sees_the_first_steps_until_a_version_is_published(acme, ada, mel, vision):
    assert overview(ada, acme).context["steps"] == {"team": True, "token": False, "version": False, "people": True}
    assert overview(mel, acme).context["steps"] == {}
    collection = make_collection(acme.registries.get(name="Models"), "Churn", type="model")
    make_link(collection, make_version(vision, "churn"))
    assert overview(ada, acme).context["steps"] == {}


def test_the_overview_takes_as_many_queries_for_many_rows_as_for_few(acme, ada, mel, golden, published, vision):
    def more(numbers):
        """Registries that Mel is a member of, and versions in Golden, for each of which she asks for production."""
        for number in numbers:
            collection = make_collection(golden, f"More {number}", type="dataset")
            link = make_link(collection, make_version(vision, f"more-{number}", type="dataset", project="p"), "tried")
            AliasRequest(link=link, alias="production", user=mel, reason="It is better.").create(Actor(mel))
            registry = make_registry(acme, ada, f"More {number}")
            make_link(make_collection(registry), make_version(vision, f"own-{number}", size=number))
            give_role(registry, mel, Role.MEMBER, ends_at=timezone.now() + timedelta(days=9))

    give_role(golden, mel, Role.MEMBER)
    protect(golden, "production")
    more(range(2))
    overview(ada, acme, alias="tried")
    with CaptureQueriesContext(connection) as few:
        overview(ada, acme, alias="tried")
    more(range(2, 10))
    with CaptureQueriesContext(connection) as many:
        shown = overview(ada, acme, alias="tried").context
    assert (len(many), len(shown["requests"]["aliases"]), len(shown["board"]["rows"])) == (len(few), 6, 6)


def test_the_board_shows_the_first_key_metric_where_the_version_states_it(acme, mel, models, vision):
    facts = {"auc": {"metadata": {"auc": 0.91234, "f1": 1}}, "f1": {}, ":size": {"size": 2000}, "": {}}
    for name, fact in facts.items():
        collection = make_collection(models, f"By {name.strip(':') or 'none'}")
        collection.choose_metrics(COMMAND_LINE, [(name, "higher"), ("loss", "")] if name else [])
        make_link(collection, make_version(vision, f"m-{name.strip(':')}", **fact), "production")
    rows = overview(mel, acme).context["board"]["rows"]
    metrics = {row["collection_name"]: row["metric"] and (row["metric"][0], row["metric"][1].text) for row in rows}
    size = ("Size", "2.0\N{NO-BREAK SPACE}kB")
    assert metrics == {"By auc": ("auc", "0.9123"), "By f1": None, "By size": size, "By none": None}


def test_the_board_counts_the_versions_that_came_after(acme, ada, mel, published, vision):
    """A number that was unlinked is no version."""
    first, second = published["Golden Datasets"]
    make_link(first.collection, make_version(vision, "later", type="dataset", project="p"))
    second.unlink(Actor(ada))
    assert board(mel, acme) == [("In Golden Datasets", 0, 1)]


def test_a_protected_alias_is_shown_as_one_however_many_there_are(acme, ada, golden):
    for number in range(9):
        ProtectedAlias(registry=golden, name=f"a{number}").save_by(Actor(ada))
    ProtectedAlias(registry=golden, name="production").save_by(Actor(ada))
    offered = dict(overview(ada, acme, alias="a8").context["board"]["choices"])
    assert (offered["production"], offered["a8"], offered["staging"]) == (True, True, False)


def test_a_token_of_somebody_in_several_organizations_is_listed_once(acme, globex, ada):
    make_member(globex, ada, OrganizationRole.ADMIN)
    ApiToken(user=ada, name="laptop", expires_at=timezone.now() + timedelta(days=9)).issue(Actor(ada))
    assert len(overview(ada, acme).context["tokens"]) == 1
