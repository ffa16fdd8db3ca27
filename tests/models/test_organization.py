"""Organizations and their people: rule 1 at birth, and the last admin, who stays."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError

from registry_app.choices import OrganizationRole, Role
from registry_app.models import (
    AccessRequest,
    Actor,
    AuditEvent,
    Invitation,
    Organization,
    OrganizationMembership,
    RegistryMember,
    User,
    create_organization,
    provisioning,
)
from tests.assertions import everything, refused
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_invitation,
    make_member,
    make_organization,
    make_registry,
    make_user,
)

ADMIN, MEMBER = OrganizationRole.ADMIN, OrganizationRole.MEMBER


# Rule 1: how an organization begins.


def test_rule_1_an_organization_is_born_with_its_two_core_registries(acme):
    born = [
        (
            registry.name,
            registry.kind,
            registry.visibility,
            registry.accepts_all_types,
            [(kept.name, kept.preconfigured) for kept in registry.types.all()],
        )
        for registry in acme.registries.order_by("pk")
    ]
    assert born == [
        ("Models", "core", "organization", False, [("model", True)]),
        ("Datasets", "core", "organization", False, [("dataset", True)]),
    ]


def test_rule_1_an_organization_is_born_whole_or_not_at_all(ada, monkeypatch):
    give_one = provisioning._give_core_registry

    def give_models_alone(organization, name, *rest):
        if name == "Datasets":
            raise ZeroDivisionError
        give_one(organization, name, *rest)

    monkeypatch.setattr(provisioning, "_give_core_registry", give_models_alone)
    before = everything()
    with pytest.raises(ZeroDivisionError):
        create_organization("Acme", ada, COMMAND_LINE)
    assert everything() == before


@pytest.mark.parametrize("name", ["", " ", "a/b", "x" * 114, "a\0b", "\u202ea", "wandb-registry-acme"])
def test_a_name_that_is_none_founds_nothing(ada, name):
    with refused("name_invalid"):
        create_organization(name, ada, COMMAND_LINE)


def test_the_founder_is_its_admin(acme, ada):
    assert list(acme.memberships.values_list("user", "role")) == [(ada.pk, ADMIN)]


@pytest.mark.parametrize(
    "names, slugs",
    [
        (["Acme", "acme", "ACME!"], ["acme", "acme-2", "acme-3"]),
        (["数据", "Модели"], ["organization", "organization-2"]),
        (["Acme 2", "Acme", "Acme"], ["acme-2", "acme", "acme-3"]),
        (["new", "x" * 113], ["new", "x" * 50]),
    ],
)
def test_each_organization_has_an_address_of_its_own(ada, names, slugs):
    assert [make_organization(name, ada).slug for name in names] == slugs


# §3: the last organization admin.


def demote(membership, by):
    """Make them a plain member."""
    membership.role = MEMBER
    membership.save_by(by)


def remove(membership, by):
    """Take them out."""
    membership.delete_by(by)


each_end = pytest.mark.parametrize("end", [demote, remove])


@each_end
def test_section_3_the_last_admin_stays(acme, ada, mel, end):
    for by in (Actor(ada), COMMAND_LINE):
        with refused("last_admin"):
            end(acme.memberships.get(user=ada), by)


@each_end
def test_section_3_the_last_admin_stays_beside_deactivated_ones(acme, ada, end):
    make_member(acme, make_user("gone", is_active=False), ADMIN)
    with refused("last_admin"):
        end(acme.memberships.get(user=ada), Actor(ada))


@each_end
def test_section_3_the_last_admin_stays_beside_admins_of_others(acme, ada, globex, end):
    with refused("last_admin"):
        end(acme.memberships.get(user=ada), Actor(ada))


@each_end
def test_section_3_an_admin_goes_when_another_is_there(acme, ada, end):
    eve = make_user("eve")
    make_member(acme, eve, ADMIN)
    end(acme.memberships.get(user=ada), Actor(eve))
    assert [membership.user for membership in acme.memberships.admins()] == [eve]


@each_end
def test_section_3_the_last_admin_is_known_from_the_row(acme, ada, mel, end):
    """Mel's membership was read before she became the only admin."""
    read_before = acme.memberships.get(user=mel)
    promoted = acme.memberships.get(user=mel)
    promoted.role = ADMIN
    promoted.save_by(Actor(ada))
    demote(acme.memberships.get(user=ada), Actor(mel))
    with refused("last_admin"):
        end(read_before, Actor(mel))


# People come and go.


def test_a_person_is_in_an_organization_once(acme, mel):
    with refused("already_in"):
        make_member(acme, mel, ADMIN)


def test_a_role_is_one_of_the_list(acme, mel):
    membership = acme.memberships.get(user=mel)
    membership.role = "owner"
    with refused("invalid_choice"):
        membership.save_by(COMMAND_LINE)
    with pytest.raises(IntegrityError):
        OrganizationMembership.objects.update(role="owner")


def test_leaving_takes_the_roles_in_its_registries_and_no_others(acme, ada, mel, golden, vault, globex):
    make_member(globex, mel)
    elsewhere = give_role(globex.registries.first(), mel, Role.MEMBER)
    give_role(golden, mel, Role.ADMIN)
    give_role(vault, mel, Role.VIEWER)
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert list(RegistryMember.objects.filter(user=mel)) == [elsewhere]
    assert [membership.organization for membership in mel.memberships.all()] == [globex]


def test_section_3_what_is_of_another_organization_stays(acme, ada, mel, golden, globex, sam):
    make_member(globex, mel, ADMIN)
    release_registry = make_registry(globex, sam, "Shelf")
    Invitation(organization=globex).create(Actor(mel))
    make_invitation(globex, email=mel.email)
    make_invitation(acme, email=mel.email)
    for registry in (golden, release_registry):  # as if she had asked as a member
        AccessRequest.objects.create(registry=registry, user=mel, role=Role.ADMIN, reason="To help.")
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert (globex.invitations.open().count(), acme.invitations.open().count()) == (2, 0)
    assert [asked.registry for asked in AccessRequest.objects.filter(answered_at=None)] == [release_registry]
    demote(globex.memberships.get(user=mel), Actor(sam))
    assert [invitation.email for invitation in globex.invitations.open()] == [mel.email]


def test_somebody_removed_twice_leaves_once(acme, ada, mel):
    first, second = acme.memberships.get(user=mel), acme.memberships.get(user=mel)
    first.delete_by(Actor(ada))
    before = AuditEvent.objects.count()
    with suppress(OrganizationMembership.DoesNotExist):
        second.delete_by(Actor(ada))
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("delete", [lambda user: user.delete(), lambda user: User.objects.filter(pk=user.pk).delete()])
def test_accounts_are_never_deleted(mel, rob, golden, delete):
    for user in (mel, rob):
        with pytest.raises(ProtectedError):
            delete(user)


def test_an_address_is_one_accounts_whatever_its_case(mel):
    with pytest.raises(ValidationError) as caught:
        User(username="other", email="MEL@example.com", password="!").full_clean()
    assert [error.code for errors in caught.value.error_dict.values() for error in errors] == ["email_taken"]
    with pytest.raises(IntegrityError):
        make_user("Mel")


def test_accounts_without_an_address_are_many(db):
    assert [User.objects.create_user(name).email for name in ("one", "two")] == ["", ""]


def test_what_it_is_called_is_kept_composed(ada):
    create_organization("  Cafe\u0301 ", ada, COMMAND_LINE)
    assert Organization.objects.get().name == "Café"


def test_a_change_of_role_keeps_what_the_person_pinned_meanwhile(acme, ada, mel, golden):
    read = acme.memberships.get(user=mel)
    acme.memberships.get(user=mel).pin(golden, wanted=True)
    read.role = ADMIN
    read.save_by(Actor(ada))
    read.refresh_from_db()
    assert (read.role, read.pinned) == (ADMIN, [golden.pk])
