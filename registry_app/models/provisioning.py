"""How organizations and accounts begin, and how staff edit accounts: with all that belongs to it, or not at all."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.text import slugify

from .. import rules
from ..choices import Action, Kind, OrganizationRole, Visibility
from .accepted_type import AcceptedType
from .change import locked, refuse_stale
from .event import Actor, AuditChainHead, differences, record
from .invitation import Invitation
from .organization import Organization
from .organization_membership import OrganizationMembership
from .registry import Registry
from .user import User
from .validation import check_password_rules, raise_refusal


@transaction.atomic
def create_organization(name: str, admin: User, by: Actor) -> Organization:
    """Create an organization called `name`, with `admin` (a User) as its first admin (rules 1 and 17). Answers it.

    Raises ValidationError with `name_invalid`.
    """
    name = rules.clean_name(name)
    raise_refusal(rules.refuse_name(name), "name")
    AuditChainHead.objects.select_for_update().get()  # one at a time, or two of one name would get the same slug
    organization = Organization(name=name, slug=_free_slug(name))
    organization.full_clean()
    organization.save()
    record(by, Action.ORGANIZATION_CREATE, organization, {"name": [None, name]})
    for core in rules.CORE_REGISTRIES:
        _give_core_registry(organization, *core, by)
    OrganizationMembership(organization=organization, user=admin, role=OrganizationRole.ADMIN).save_by(by)
    return organization


@transaction.atomic
def create_organization_with_admin(name: str, username: str, email: str, password: str, by: Actor) -> Organization:
    """Create an organization whose admin is the account `username`, made here where there is none. Answers it.

    The admin of the installation's first organization becomes site staff. Raises ValidationError on `name`,
    `username`, `email` or `password`.
    """
    AuditChainHead.objects.select_for_update().get()  # one at a time, or two would both be the first
    first = not Organization.objects.exists()
    admin = User.objects.filter(username=username).first() or make_account(username, email, password, by)
    if not admin.is_active:
        raise_refusal(
            rules.Refusal("account_inactive", f"{username} is deactivated and can't be an admin."), "username"
        )
    if first:
        admin.give_all_rights(by)
    return create_organization(name, admin, by)


def set_up(name: str, username: str, email: str, password: str, request_id: str = "") -> Organization:
    """What the set-up page does: the first organization and its admin. Refuses with `already_set_up`."""
    with transaction.atomic():
        AuditChainHead.objects.select_for_update().get()
        if Organization.objects.exists():
            raise_refusal(rules.Refusal("already_set_up", "This installation has its first organization already."))
        by = Actor(None, request_id, staff=True, known_as=f"{username} through the set-up link")
        return create_organization_with_admin(name, username, email, password, by)


def setup_token() -> str:
    """The secret part of the set-up link. It works while there is no organization, and none is ever deleted."""
    return salted_hmac("registry_app.models.provisioning", "set-up", algorithm="sha256").hexdigest()[:40]


@transaction.atomic
def make_account(username: str, email: str, password: str | None, by: Actor) -> User:
    """Make an account that can sign in, and log it. Answers it. Without a password: through single sign-on alone.

    Raises ValidationError on `username`, `email` or `password`.
    """
    user = User(username=username, email=email)
    if password is not None:
        check_password_rules(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    record(by, Action.USER_CREATE, user, user.creation_changes())
    return user


@transaction.atomic
def edit_account(account: User, by: Actor, wanted: dict[str, Any], *, etag: str | None = None) -> None:
    """Let the fields `wanted` of the User `account` have these values, and log what changed.

    A closed account loses all access. `etag` is that of what was shown (rule 19). Refuses with `edit_conflict` or, on
    `is_active`, with `last_admin`.
    """
    for organization in account.memberships.order_by("organization_id").values_list("organization_id", flat=True):
        Organization.objects.hold(organization)
    row = locked(User, pk=account.pk)
    refuse_stale(etag, row)
    before, was_active = row.edited_fields, row.is_active
    vars(row).update(wanted)
    closing = was_active and not row.is_active
    raise_refusal(rules.LAST_ADMIN if closing and row.is_last_admin_somewhere() else None, "is_active")
    row.save(update_fields=[*before])
    # One could still sign in with another.
    EmailAddress.objects.filter(user=row).exclude(email=row.email.lower()).delete()
    if closing:
        row.end_access(by)
    if changes := differences(before, row.edited_fields):
        record(by, Action.USER_EDIT, row, changes)


@transaction.atomic
def take_over(account: User, by: Actor, said: dict[str, str]) -> None:
    """Give the User `account` the address and names that its provider says, {field: value or ""}, and log what changed.

    Refuses with `address_taken` where the address is that of another account; then nothing changes.
    """
    account = User.objects.get(pk=account.pk)
    if said["email"].casefold() == account.email.casefold():
        said = {**said, "email": ""}
    changed = {name: value for name, value in said.items() if value and value != getattr(account, name)}
    if "email" in changed:
        taken = User.objects.exclude(pk=account.pk).filter(email__iexact=changed["email"]).exists()
        raise_refusal(rules.ADDRESS_TAKEN if taken else None, "email")
    if changed:
        edit_account(account, by, changed)


@transaction.atomic
def make_superuser(username: str, email: str, password: str, by: Actor) -> User:
    """Make an account of site staff, with all rights, and log both. Answers it.

    Raises ValidationError as `make_account` does.
    """
    user = make_account(username, email, password, by)
    user.give_all_rights(by)
    return user


@transaction.atomic
def make_invited_account(
    invitation: Invitation, username: str, email: str, password: str, request_id: str = ""
) -> User:
    """Make an account for the holder of the link of `invitation`, and add it as a member: both, or nothing. Answers it.

    Raises ValidationError as `make_account` does, or with `invitation_used`.
    """
    Organization.objects.hold(invitation.organization_id)
    raise_refusal(None if Invitation.objects.open().filter(pk=invitation.pk).exists() else rules.INVITATION_USED)
    newcomer = Actor(User(username=username), request_id)  # who acts has no account before this
    user = make_account(username, email, password, newcomer)
    invitation.accept(newcomer._replace(user=user))
    return user


@transaction.atomic
def make_service_account(organization: Organization, username: str, by: Actor) -> OrganizationMembership:
    """Make an account of `organization` that signs in with tokens alone, and log it. Answers its membership.

    Raises ValidationError on `username`, or with `role_too_low`.
    """
    organization.lock_for_change(by, Action.SERVICE_CREATE)
    user = User(username=username, is_service=True)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    record(by, Action.SERVICE_CREATE, user.audit_target._replace(organization=organization.pk))
    membership = OrganizationMembership(organization=organization, user=user)
    membership.save_by(by)
    return membership


def _give_core_registry(organization, name, description, preconfigured, by):
    registry = Registry(
        organization=organization,
        kind=Kind.CORE,
        name=name,
        name_key=rules.name_key(name),
        description=description,
        visibility=Visibility.ORGANIZATION,
    )
    registry.save(force_insert=True)
    AcceptedType.objects.create(registry=registry, name=preconfigured, preconfigured=True)
    record(by, Action.CREATE, registry, registry.creation_changes([preconfigured]))


def _free_slug(name):
    stem = slugify(name)[:50].strip("-_") or "organization"
    taken = set(Organization.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if (stem if n == 1 else f"{stem}-{n}") not in taken)
    return stem if number == 1 else f"{stem}-{number}"
