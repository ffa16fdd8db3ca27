"""§3: who sees which registry and as what: every way to ask gives the same answer."""

import itertools

import pytest

from registry_app.choices import OrganizationRole, Role, Visibility
from registry_app.database.fulltext import SearchTerm
from registry_app.models import Actor, Registry, RegistryMember
from registry_app.models.change import etag_of
from tests.factories import give_role, make_member, make_registry, make_user

GIVEN = [None, *Role]


@pytest.fixture
def shelves(acme, ada, mel, globex):
    """A registry of every visibility, and in it every role given to Mel: {(visibility, role given): registry}."""
    made = {}
    for visibility, given in itertools.product(Visibility, GIVEN):
        restricted = visibility == Visibility.RESTRICTED
        registry = make_registry(acme, ada, f"{visibility} {given}", restricted=restricted)
        if given:
            give_role(registry, mel, given)
        made[visibility, given] = registry
    return made


def test_section_3_a_member_sees_what_is_shared_and_what_names_her(acme, mel, shelves):
    seen = acme.registries.visible_to(acme.memberships.get(user=mel))
    hidden = acme.registries.exclude(pk__in=seen)
    assert list(hidden) == [shelves[Visibility.RESTRICTED, None]]


def test_section_3_an_organization_admin_sees_all_as_admin(acme, ada, shelves):
    membership = acme.memberships.get(user=ada)
    assert set(membership.registries()) == set(acme.registries.all())
    assert {registry.role_of(Actor(ada)) for registry in acme.registries.all()} == {Role.ADMIN}


def test_section_3_nobody_sees_another_organization(acme, globex, sam, mel, shelves):
    RegistryMember.objects.create(
        registry=shelves[Visibility.ORGANIZATION, None], user=sam, role=Role.ADMIN
    )  # counts for nothing outside
    assert set(globex.memberships.get(user=sam).registries()) == set(globex.registries.all())
    assert {registry.role_of(Actor(sam)) for registry in acme.registries.all()} == {None}
    assert {registry.role_of(Actor(mel)) for registry in globex.registries.all()} == {None}


@pytest.mark.parametrize("person", ["ada", "mel", "rob"])
def test_section_3_whoever_sees_a_registry_has_a_role_in_it(acme, person, request, shelves):
    user = request.getfixturevalue(person)
    seen = set(acme.registries.visible_to(acme.memberships.get(user=user)))
    for registry in acme.registries.all():
        sees = registry in seen
        assert (registry.role_of(Actor(user)) is not None) == sees
        assert registry.people().filter(user=user).exists() == sees
        assert registry.admins().filter(user=user).exists() == (registry.role_of(Actor(user)) == Role.ADMIN)


@pytest.mark.parametrize("person", ["ada", "mel", "rob"])
def test_section_3_the_filter_by_role_finds_the_effective_role(acme, person, request, shelves):
    user = request.getfixturevalue(person)
    seen = acme.registries.visible_to(acme.memberships.get(user=user))
    for role in Role:
        found = set(seen.with_role(acme.memberships.get(user=user), role))
        assert found == {registry for registry in seen if registry.role_of(Actor(user)) == role}


def test_section_3_the_given_role_is_told_beside_each(acme, mel, shelves):
    told = {registry.pk: registry.given_role for registry in acme.registries.with_given_role(mel.pk)}
    assert {key: told[registry.pk] for key, registry in shelves.items()} == {key: key[1] for key in shelves}


def test_section_3_what_came_through_the_organization_ends_with_it(acme, ada, mel, shelves):
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert {registry.role_of(Actor(mel)) for registry in acme.registries.all()} == {None}
    make_member(acme, mel)
    assert shelves[Visibility.RESTRICTED, Role.ADMIN].role_of(Actor(mel)) is None


def test_section_3_the_deactivated_see_nothing(acme, mel, shelves):
    mel.is_active = False
    mel.save()
    assert {registry.role_of(Actor(mel)) for registry in acme.registries.all()} == {None}
    assert not any(registry.people().filter(user=mel).exists() for registry in acme.registries.all())


def test_section_3_staff_doors_ask_for_no_role(vault, root):
    assert vault.role_of(Actor(root)) is None
    assert vault.role_of(Actor(root, staff=True)) == Role.ADMIN


def test_rule_18_the_preview_says_who_would_keep_and_who_would_lose(acme, ada, mel, rob, golden):
    make_member(acme, make_user("eve"), OrganizationRole.ADMIN)
    give_role(golden, mel, Role.RESTRICTED_VIEWER)
    make_member(acme, make_user("new"))
    keeps, loses = golden.sides_of_restriction()
    assert {membership.user.username for membership in keeps} == {"ada", "eve", "rob", "mel"}
    assert {membership.user.username for membership in loses} == {"new"}
    golden.restrict(Actor(ada), etag=etag_of(golden, golden.restriction()))
    assert set(golden.people()) == set(keeps)


# How the list is asked for.


@pytest.mark.parametrize(
    "words, found",
    [
        ("golden", {"Golden Datasets"}),
        ("ＧＯＬＤＥＮ  data", {"Golden Datasets"}),
        ("truth", {"Other"}),
        ("100%", {"Other"}),
        ("0_0", set()),
        ("%", {"Other"}),
        ("_", set()),
        ("nothing like it", set()),
    ],
)
def test_searching_takes_words_literally(acme, ada, golden, words, found):
    make_registry(acme, ada, "Other", description="Ground Truth, 100% checked")
    assert {registry.name for registry in acme.registries.custom().matching(SearchTerm(words))} == found


def test_filtering_by_type_finds_those_that_take_all(acme, golden, vault):
    assert {registry.name for registry in Registry.objects.accepting("dataset")} == {
        "Datasets",
        "Golden Datasets",
        "Vault",
    }
    assert {registry.name for registry in Registry.objects.accepting("data")} == {"Vault"}


def test_rule_1_core_comes_models_first(acme):
    assert [registry.name for registry in acme.registries.core()] == ["Models", "Datasets"]
