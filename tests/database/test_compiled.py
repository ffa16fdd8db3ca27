"""Compiled queries answer what their QuerySets would, whoever asks, and whatever was asked before."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone

from registry_app import permissions
from registry_app.choices import OrganizationRole, Role
from registry_app.database.compiled import Compiled
from registry_app.listings import sidebar
from registry_app.listings.collections import CollectionListing
from registry_app.listings.registries import RegistryListing
from registry_app.models import Organization, RegistryMember, User
from tests.factories import (
    give_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
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


def same(settings, ask, *args):
    """What `ask(*args)` answers, which is the same without compiled queries."""
    settings.COMPILED_QUERIES = False
    plain = ask(*args)
    settings.COMPILED_QUERIES = True
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


def test_lookups_find_for_each_person_what_their_queries_would(settings, people, acme, globex):
    found = {
        (user.username, organization.slug, name): same(settings, registry, user, organization, name)
        for user in people
        for organization in (acme, globex)
        for name in ("Models", "Golden Datasets", "Vault", "Payroll", "None")
    }
    assert {user for user, _, name in found if name == "Payroll" and found[user, "acme-ml", name]} == {"ada", "robot"}
    assert {user for user, slug, name in found if slug == "globex" and found[user, slug, name]} == {"sam"}


def test_the_sidebar_lists_for_each_person_what_its_query_would(settings, people, acme):
    for user in people:
        membership = acme.memberships.select_related("user", "organization").get(user=user)
        same(settings, sidebar.sidebar_registries, membership)


PAGES = ["", "visibility=restricted", "visibility=organization", "role=admin", "q=registry", "type=dataset"]


@pytest.mark.parametrize("query", PAGES)
@pytest.mark.parametrize("sort", ["name", "-name", "updated", "-updated"])
def test_the_list_has_for_each_person_the_rows_of_its_query(settings, people, acme, ada, query, sort):
    for number in range(60):
        make_registry(acme, ada, f"Registry {number:02}", types=[f"t{number}"] if number % 3 else None)
    for user in people:
        membership = acme.memberships.select_related("user", "organization").get(user=user)
        for page in walk(settings, listed, membership, f"{query}&sort={sort}"):
            assert all(row["label"] for row in page["rows"])


def walk(settings, listed, of, query):
    """The pages of the list `listed(of, query)` to its end and back, each the same without compiled queries."""
    page, way = same(settings, listed, of, query), []
    while page["page"].after and len(way) < 9:
        way.append(page)
        page = same(settings, listed, of, f"{query}&after={page['page'].after}")
    while page["page"].before:
        way.append(page)
        page = same(settings, listed, of, f"{query}&before={page['page'].before}")
    return [*way, page]


def listed(membership, query):
    """What the list of registries shows."""
    return shown(RegistryListing(membership, QueryDict(query)))


def shown(listing):
    """The context of a list, but for its form."""
    context = listing.context
    del context["filters"]
    return context


@pytest.mark.parametrize("query", ["", "type=dataset", "tag=daily", "q=shelf"])
@pytest.mark.parametrize("sort", ["name", "-name", "updated", "-updated"])
def test_the_collections_of_a_registry_are_those_of_their_query(settings, ada, golden, vision, query, sort):
    for number in range(30):
        collection = make_collection(golden, f"Shelf {number:02}", type="dataset", tags=["daily"])
    link = make_link(collection, make_version(vision, "set", type="dataset", project="p"), "good", "best")
    access = permissions.get_registry(ada, golden.organization.slug, golden.name)
    pages = walk(settings, lambda access, query: shown(CollectionListing(access, QueryDict(query))), access, query)
    assert any(row["aliases"] for page in pages for row in page["rows"])
    found = same(settings, permissions.get_link, ada, golden.organization.slug, golden.name, collection.name, 0)
    assert found[1:] == (collection, link)
    for number, name in ((1, collection.name), (0, "None")):
        with pytest.raises(permissions.Http404):
            permissions.get_link(ada, golden.organization.slug, golden.name, name, number)


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


def test_each_shape_is_a_query_of_its_own(settings, acme, globex):
    settings.COMPILED_QUERIES = True
    sorted_by = Compiled(lambda column, number: Organization.objects.filter(pk__gt=number).order_by(column))
    for column in ("slug", "-slug", "slug"):
        assert sorted_by(0, shape=(column,)) == list(Organization.objects.order_by(column))


def test_a_query_that_changes_its_value_is_refused_at_once(settings, ada):
    settings.COMPILED_QUERIES = True
    changed = Compiled(lambda text: User.objects.filter(username__contains=text))
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


def test_joined_rows_and_expressions_are_as_of_the_query(settings, people, vault):
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

    assert len(same(settings, ask)) == 3
