"""Makers: one thing each, made the way the product makes it."""

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction

from registry_app.choices import Action, OrganizationRole, TeamRole, Visibility
from registry_app.models import (
    Actor,
    ApiToken,
    Collection,
    GroupMapping,
    Invitation,
    Link,
    Organization,
    OrganizationMembership,
    ProtectedAlias,
    Registry,
    RegistryMember,
    Team,
    TeamMembership,
    User,
    Version,
    VersionData,
    create_organization,
    register,
)
from registry_app.models.event import record

PASSWORD = "correct horse battery staple"
COMMAND_LINE = Actor(None, staff=True)


def make_user(username, **fields) -> User:
    """An account that can sign in with PASSWORD."""
    user = User.objects.create_user(username, f"{username}@example.com", PASSWORD, **fields)
    with transaction.atomic():
        record(COMMAND_LINE, Action.USER_CREATE, user, user.creation_changes())
    return user


def make_organization(name, admin) -> Organization:
    """An organization with its core registries and `admin` as its admin."""
    return create_organization(name, admin, COMMAND_LINE)


def make_member(organization, user, role=OrganizationRole.MEMBER) -> OrganizationMembership:
    """`user` in `organization`."""
    membership = OrganizationMembership(organization=organization, user=user, role=role)
    membership.save_by(COMMAND_LINE)
    return membership


def make_registry(organization, creator, name, *, types=("model",), restricted=False, description="") -> Registry:
    """A custom registry; `types` None accepts all."""
    registry = Registry(
        organization=organization,
        name=name,
        description=description,
        visibility=Visibility.RESTRICTED if restricted else Visibility.ORGANIZATION,
        accepts_all_types=types is None,
    )
    registry.create(Actor(creator), types or ())
    return registry


def make_token(user, name="laptop", *, by=None, organization=None, **fields) -> ApiToken:
    """A token of `user`, with its `secret`."""
    token = ApiToken(user=user, name=name, **fields)
    token.issue(by or Actor(user), organization)
    return token


def give_role(registry, user, role, ends_at=None) -> RegistryMember:
    """`user` as `role` in `registry`, until `ends_at`."""
    member = RegistryMember(registry=registry, user=user, role=role, ends_at=ends_at)
    member.save_by(COMMAND_LINE)
    return member


def make_team(organization, name, *, leads=(), people=(), description="") -> Team:
    """A team that the users `leads` lead, and in which `people` are too."""
    team = Team(organization=organization, name=name, description=description)
    team.create(COMMAND_LINE)
    for role, users in ((TeamRole.ADMIN, leads), (TeamRole.MEMBER, people)):
        for user in users:
            TeamMembership(team=team, user=user, role=role).save_by(COMMAND_LINE)
    return team


def give_team_role(registry, team, role) -> RegistryMember:
    """`team` as `role` in `registry`."""
    member = RegistryMember(registry=registry, team=team, role=role)
    member.save_by(COMMAND_LINE)
    return member


def make_version(team, name="churn", *, type="model", project="forecasts", by=COMMAND_LINE, **facts) -> Version:
    """A version of the team's artifact `name`; each has a digest of its own unless it is said."""
    number = Version.objects.count()
    facts = {"digest": f"sha256:{number:064x}", "uri": f"s3://bucket/{name}/{number}", "size": 1000, **facts}
    return register(team, by, project, name, type, VersionData(**facts))[0]


def make_collection(registry, name="Churn", *, type="model", by=COMMAND_LINE, tags=(), description="") -> Collection:
    """A collection of `registry`."""
    collection = Collection(registry=registry, name=name, type=type, description=description)
    collection.create(by, tags)
    return collection


def make_link(collection, version, *aliases, by=COMMAND_LINE) -> Link:
    """`version`, published in `collection` under `aliases`."""
    return collection.link(by, version, aliases)[0]


def protect(registry, name) -> ProtectedAlias:
    """The alias `name`, protected in `registry`."""
    protected = ProtectedAlias(registry=registry, name=name)
    protected.save_by(COMMAND_LINE)
    return protected


def make_invitation(organization, role=OrganizationRole.MEMBER, email="") -> tuple[Invitation, str]:
    """An open invitation, and the secret part of its link."""
    invitation = Invitation(organization=organization, role=role, email=email)
    return invitation, invitation.create(COMMAND_LINE)


def map_group(organization, group, role=OrganizationRole.MEMBER, team=None, team_role="") -> GroupMapping:
    """What `organization` gives to `group` of the identity provider."""
    mapping = GroupMapping(organization=organization, group=group, role=role, team=team, team_role=team_role)
    mapping.save_by(COMMAND_LINE)
    return mapping


def give_factor(user):
    """A second factor for `user`; answers its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret
