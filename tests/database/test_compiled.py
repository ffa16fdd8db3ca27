"""Compiled queries answer what their QuerySets would, whoever asks, and whatever was asked before."""

from datetime import timedelta
from functools import partial
from itertools import product

import pytest
from django.db.models import F
from django.http import QueryDict
from django.test.utils import override_settings
from django.utils import timezone

from registry_app import permissions
from registry_app.choices import OrganizationRole, Role
from registry_app.database.compiled import Compiled
from registry_app.listings import sidebar
from registry_app.listings.artifacts import ArtifactListing, TeamArtifactListing
from registry_app.listings.collections import CollectionListing
from registry_app.listings.events import CollectionEventListing, EventListing, RegistryEventListing
from registry_app.listings.invitations import InvitationListing
from registry_app.listings.links import LinkListing
from registry_app.listings.members import MemberListing, PersonRegistryListing
from registry_app.listings.registries import RegistryListing
from registry_app.listings.registry_members import RegistryMemberListing
from registry_app.listings.teams import TeamListing, TeamMemberListing
from registry_app.listings.tokens import OrganizationTokenListing
from registry_app.listings.versions import VersionListing
from registry_app.models import Organization, RegistryMember, TeamMembership, User
from registry_app.models.artifact import usable_version
from tests.client import many
from tests.factories import (
    give_role,
    make_collection,
    make_invitation,
    make_link,
    make_member,
    make_registry,
    make_team,
    make_token,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(acme, globex, ada, mel, rob, sam, golden, vault):
    """Persons of every kind, and registries that only some of them see."""
    robot = make_user("robot", is_service=True)
    make_member(acme, robot)
    make_member(acme, sam)
    give_role(make_registry(globex, sam, "Vault", restricted=True), sam, Role.MEMBER)
    give_role(make_registry(acme, ada, "Payroll", restricted=True), robot, Role.MEMBER)
    give_role(vault, mel, Role.RESTRICTED_VIEWER, ends_at=timezone.now() + timedelta(hours=1))
    return [ada, mel, rob, sam, robot]


def same(ask, *args):
    """What `ask(*args)` answers, which is the same without compiled queries."""
    with override_settings(COMPILED_QUERIES=False):
        plain = ask(*args)
    with override_settings(COMPILED_QUERIES=True):
        assert ask(*args) == ask(*args) == plain
    return plain


def registry(user, organization, name):
    """What a lookup of the registry finds for the user."""
    try:
        access = permissions.get_registry(user, organization.slug, name)
    except permissions.Http404:
        return None
    found = access.registry
    return found.pk, found.name, str(found.created_by), found.given_role, access.role, access.membership.waiting


def test_lookups_find_for_each_person_what_their_queries_would(people, acme, globex):
    found = {
        (user.username, organization.slug, name): same(registry, user, organization, name)
        for user in people
        for organization in (acme, globex)
        for name in ("Models", "Golden Datasets", "Vault", "Payroll", "None")
    }
    assert {user for user, _, name in found if name == "Payroll" and found[user, "acme-ml", name]} == {"ada", "robot"}
    assert {user for user, slug, name in found if slug == "globex" and found[user, slug, name]} == {"sam"}


def test_a_version_may_be_linked_by_whom_its_query_says(people, acme, models, vault, sam):
    """Whose team has it, or who sees it linked as viewer or more."""
    owners = make_team(acme, "Owners")
    secret, shared = make_version(owners, "secret"), make_version(owners, "shared")
    make_link(make_collection(vault), secret)
    make_link(make_collection(models), shared)
    alone = make_version(make_team(acme, "Foundry", people=[sam]), "alone")
    who = {secret: set(), shared: set(), alone: set()}
    for user in people:
        membership = permissions.get_organization(user, acme.slug)
        who = {
            version: names | {user.username} if same(usable_version, membership, version.pk) else names
            for version, names in who.items()
        }
    assert who == {
        secret: {"ada", "rob"},
        shared: {"ada", "mel", "rob", "sam", "robot"},
        alone: {"ada", "sam"},
    }


def test_the_sidebar_lists_for_each_person_what_its_query_would(people, acme):
    for user in people:
        membership = acme.memberships.select_related("user", "organization").get(user=user)
        same(sidebar.sidebar_registries, membership)


def seen(row):
    """What a row says: a dict, an object with its columns, or a tuple of such."""
    if isinstance(row, tuple):
        return tuple(seen(each) for each in row)
    return {name: value for name, value in vars(row).items() if name[0] != "_"} if hasattr(row, "pk") else row


def shown(listing):
    """The page of a list, its rows as the database has them, and how many there are."""
    return [seen(row) for row in listing.page.rows], listing.page[1:], listing.count if listing.cap else None


def walk(make, query):
    """The pages of the list `make(query)` to its end and back, each the same without compiled queries."""

    def page(where):
        return same(lambda: shown(make(QueryDict(f"{query}{where}"))))

    pages = [page("")]
    while (after := pages[-1][1][1]) and len(pages) < 9:
        pages.append(page(f"&after={after}"))
    while before := pages[-1][1][0]:
        pages.append(page(f"&before={before}"))
    return pages


SORTS = ["name", "-name", "updated", "-updated"]
SEARCHES = ["q=shelf", "q=Shelf+0", "q=sh", "q=100%25", "q=_", "q=nothing+like+it"]
PAGES = ["", "visibility=restricted", "visibility=organization", "role=admin", "role=viewer", "type=t7", *SEARCHES]


def test_the_list_has_for_each_person_the_rows_of_its_query(people, acme, ada, subtests):
    many(acme, 60, types=["t7"])
    make_registry(acme, ada, "Shelf", description="100% A_b", types=["t7"])
    for user, query in product(people, [*PAGES, "q=shelf&role=viewer&type=t7&visibility=organization"]):
        membership = acme.memberships.select_related("user", "organization").get(user=user)
        with subtests.test(query, person=user.username):
            for sort in SORTS if query in {"", "q=shelf"} else SORTS[1:3]:
                walk(partial(RegistryListing, membership), f"{query}&sort={sort}")


def test_the_collections_of_a_registry_are_those_of_their_query(ada, golden, vision, subtests):
    for number in range(30):
        collection = make_collection(golden, f"Shelf {number:02}", type="dataset", tags=["daily"])
    link = make_link(collection, make_version(vision, "set", type="dataset", project="p"), "good", "best")
    access = permissions.get_registry(ada, golden.organization.slug, golden.name)
    for query in ("", "type=dataset", "type=+dataset+", "tag=daily", "q=daily", *SEARCHES):
        with subtests.test(query):
            for sort in SORTS:
                walk(partial(CollectionListing, access), f"{query}&sort={sort}")
    found = same(permissions.get_link, ada, golden.organization.slug, golden.name, collection.name, 0)
    assert found[1:] == (collection, link)
    for number, name in ((1, collection.name), (0, "None")):
        with pytest.raises(permissions.Http404):
            permissions.get_link(ada, golden.organization.slug, golden.name, name, number)


def long_list(access, collection, params):
    """The versions of a collection as if it had more of them than are read at once."""
    listing = LinkListing(access, collection, params)
    listing.series.has_more = True
    return listing


# {what is listed: (the filters to try, the list as `user` may see it)}
LISTINGS = {
    "links": (
        ["", "sort=:number", "sort=-:number"],
        lambda user, org: partial(long_list, *permissions.get_collection(user, org, "Models", "Churn")),
    ),
    "roles": ([""], lambda user, org: partial(RegistryMemberListing, permissions.get_registry(user, org, "Models"))),
    "people": (
        ["", "q=e", "q=example.com", "role=admin", "team=VIS", "state=active", "state=deactivated", "q=a&team=vis"],
        lambda user, org: partial(MemberListing, permissions.get_organization(user, org)),
    ),
    "registries of a person": (
        [""],
        lambda user, org: partial(PersonRegistryListing, *permissions.get_person(user, org, "rob")),
    ),
    "teams": (["", "q=VIS", "q=%25"], lambda user, org: partial(TeamListing, permissions.get_organization(user, org))),
    "people of a team": ([""], lambda user, org: partial(TeamMemberListing, permissions.get_team(user, org, "Vision"))),
    "tokens": ([""], lambda user, org: partial(OrganizationTokenListing, permissions.get_organization(user, org))),
    "invitations": ([""], lambda user, org: partial(InvitationListing, permissions.get_organization(user, org))),
}
OF_TEAMS = {  # the same, for people of the team
    "artifacts": (
        ["", "q=CHURN", "type=model", "q=e&type=model", "sort=-updated", "q=%25", "sort=-name"],
        lambda user, org: partial(TeamArtifactListing, permissions.get_artifacts(user, org, "Vision")),
    ),
    "artifacts of all teams": (
        ["", "q=CHURN", "type=model", "sort=-updated"],
        lambda user, org: partial(ArtifactListing, permissions.get_organization(user, org)),
    ),
    "versions": (
        [""],
        lambda user, org: partial(VersionListing, *permissions.get_artifact(user, org, "Vision", "forecasts", "churn")),
    ),
}


@pytest.fixture
def filled(acme, globex, ada, sam, vision, models):
    """Of everything that is listed more than a page, and the like in another organization."""
    churn = make_collection(models)
    for number in range(28):
        make_link(churn, make_version(vision), *["good"] * (number % 9 == 0))
        make_version(vision, f"model-{number}")
        user = make_user(f"eve-{number:02}", is_active=number % 5 > 0)
        make_member(acme, user)
        give_role(models, user, Role.MEMBER)
        make_team(acme, f"Team {number:02}", people=[user])
        TeamMembership.objects.create(team=vision, user=user)
        if user.is_active:
            make_token(user)
            make_token(user, "desk")
        make_invitation(acme)
    make_invitation(globex)
    make_token(sam)
    many(acme, 27)


def test_every_list_has_for_each_person_the_rows_of_its_query(people, filled, acme, subtests):
    ada, mel, rob, sam, robot = people
    for name, (queries, ask) in (LISTINGS | OF_TEAMS).items():
        with subtests.test(name):
            for user in (ada, rob) if name in OF_TEAMS else (ada, mel, rob, sam, robot):
                for query in queries:
                    walk(ask(user, acme.slug), query)
            assert len(walk(ask(ada, acme.slug), "")) > 1


LOGS = {
    "events": (
        [
            *("", "action=link.create", "kind=version", "kind=refused", "since=2026-01-01", "until=2020-01-01"),
            *("person=ada", "person=nobody", "registry=models", "registry=VAULT", "person=ada&registry=models"),
            *("since=2026-01-01&until=2100-01-01&action=registry.create", "q=churn", "before=9"),
        ],
        lambda user, org: partial(EventListing, permissions.get_organization(user, org)),
    ),
    "events of a registry": (
        ["", "kind=version", "before=9"],
        lambda user, org: partial(RegistryEventListing, permissions.get_registry(user, org, "Models")),
    ),
    "events of a collection": (
        ["", "alias=good", "kind=alias"],
        lambda user, org: partial(CollectionEventListing, *permissions.get_collection(user, org, "Models", "Churn")),
    ),
}


def test_the_log_has_for_each_person_the_entries_of_its_query(people, filled, acme, subtests):
    for name, (queries, ask) in LOGS.items():
        with subtests.test(name):
            for user, query in product(people, queries):
                rows, _, _ = same(lambda: shown(ask(user, acme.slug)(QueryDict(query))))  # noqa: B023
            assert rows


def test_a_role_that_ends_between_two_calls_counts_no_more(settings, people, acme, mel, vault, monkeypatch):
    settings.COMPILED_QUERIES = True
    assert registry(mel, acme, "Vault")[-2] == Role.RESTRICTED_VIEWER
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert registry(mel, acme, "Vault") is None


def test_a_role_that_changes_between_two_calls_counts_at_once(settings, people, acme, mel, golden):
    settings.COMPILED_QUERIES = True
    assert registry(mel, acme, "Golden Datasets")[-2] == Role.VIEWER
    acme.memberships.filter(user=mel).update(role=OrganizationRole.ADMIN)
    assert registry(mel, acme, "Golden Datasets")[-2] == Role.ADMIN


@pytest.mark.parametrize("name", ["", "%", "'; --", "\ue0000\ue000", "é" * 100, "%s", "{}"])
def test_values_of_any_text_are_values(settings, ada, name):
    settings.COMPILED_QUERIES = True
    named = Compiled(lambda text, number: User.objects.filter(username=text, pk__gt=number).order_by("pk"))
    assert named("ada", 0) == [ada]
    assert named(name, 0) == named("ada", ada.pk) == []


@pytest.mark.parametrize("text", ["d", "da", "", "%", "_", "a_a", "\\\\", "A", "'", "\ue0000\ue000"])
def test_texts_that_contain_a_value_are_those_of_the_query(ada, mel, text):
    for lookup in ("contains", "icontains"):
        found = Compiled(lambda text, of=lookup: User.objects.filter(**{f"username__{of}": text}).order_by("pk"))
        same(found, text)
    assert found("d") == [ada]


def test_an_invitation_that_ends_between_two_calls_is_listed_no_more(settings, acme, ada, monkeypatch):
    settings.COMPILED_QUERIES = True
    make_invitation(acme)
    membership = acme.memberships.get(user=ada)
    assert len(InvitationListing(membership, QueryDict()).rows) == 1
    later = timezone.now() + timedelta(days=365)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert InvitationListing(membership, QueryDict()).rows == []


def test_each_shape_is_a_query_of_its_own(settings, acme, globex):
    settings.COMPILED_QUERIES = True
    sorted_by = Compiled(lambda column, number: Organization.objects.filter(pk__gt=number).order_by(column))
    for column in ("slug", "-slug", "slug"):
        assert sorted_by(0, shape=(column,)) == list(Organization.objects.order_by(column))


def test_a_query_that_changes_its_value_is_refused_at_once(settings, ada):
    settings.COMPILED_QUERIES = True
    changed = Compiled(lambda text: User.objects.filter(username__startswith=text))
    with pytest.raises(ValueError):
        changed("ada")


def test_none_is_no_value(settings, ada):
    settings.COMPILED_QUERIES = True
    named = Compiled(lambda text: User.objects.filter(username=text))
    with pytest.raises(TypeError):
        named(None)


def test_a_query_of_nothing_has_no_rows(settings, ada):
    settings.COMPILED_QUERIES = True
    nothing = Compiled(lambda text: User.objects.none().filter(username=text))
    assert nothing("ada") == nothing("ada") == []


def test_joined_rows_and_expressions_are_as_of_the_query(people, vault):
    query = Compiled(
        lambda number: (
            RegistryMember.objects.filter(registry=number)
            .select_related("user", "registry__organization")
            .annotate(next=F("pk") + 1)
            .order_by("pk")
        )
    )

    def ask():
        return [
            (one.pk, one.user.username, one.registry.organization.slug, one.ends_at, one.next)
            for one in query(vault.pk)
        ]

    assert len(same(ask)) == 3
