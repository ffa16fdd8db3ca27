"""An organization that people have used for a while: every verb was used on it, by its end nearly all is different."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from registry_app.choices import OrganizationRole, Role, TeamRole
from registry_app.models import (
    AccessRequest,
    Actor,
    GroupMapping,
    Invitation,
    ProtectedAlias,
    RegistryMember,
    TeamMembership,
    follow_groups,
    make_invited_account,
    make_service_account,
)
from tests.factories import (
    PASSWORD,
    give_role,
    give_team_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
    make_team,
    make_token,
    make_user,
    make_version,
    protect,
)

LONG = "x" * 113  # the name of a team, so that the paths of its versions are long


def use(acme, ada, mel, rob):
    """Let them work in Acme; Ada is its admin, Mel and Rob are members."""
    _people(acme, Actor(ada), mel)
    _tokens(acme, Actor(ada), mel)
    release_registry = _registries(acme, Actor(ada), Actor(rob), mel)
    _published(acme, release_registry, Actor(ada), mel, rob)


def _people(acme, ada, mel):
    """Accounts, memberships and teams come, change and go."""
    acme.edit(ada, default_role=Role.RESTRICTED_VIEWER, members_create=False)
    acme.edit(ada, default_role=Role.VIEWER, members_create=True)
    acme.require_second_factor(ada, True)
    left, off, eve = (make_user(name) for name in ("left", "off", "eve"))
    for user in (left, off, eve):
        make_member(acme, user)
    make_token(off, "ends with the account")
    off.deactivate(ada, acme)
    membership = acme.memberships.get(user=eve)
    membership.role = OrganizationRole.ADMIN
    membership.save_by(ada)
    invitation = Invitation(organization=acme, email="new@example.com")
    secret = invitation.create(ada)
    make_invited_account(Invitation.objects.of_token(secret), "new", "new@example.com", PASSWORD)
    make_service_account(acme, "bot", ada)
    vision, gone = make_team(acme, "Vision", leads=[eve], people=[mel, left]), make_team(acme, "Gone", people=[mel])
    gone.delete_by(ada)
    make_team(acme, "Gone", people=[left])  # another one of that name
    TeamMembership.objects.get(team=vision, user=eve).delete_by(ada)
    TeamMembership(team=vision, user=mel, role=TeamRole.ADMIN).save_by(ada)
    _groups(acme, ada, mel)
    registry = make_registry(acme, ada.user, "Left behind")
    give_role(registry, left, Role.VIEWER)
    acme.memberships.get(user=left).delete_by(ada)


def _groups(acme, ada, mel):
    """Mappings of groups come, change and go, and so do those who are in them."""
    by, guest, provider = Actor(None, staff=True, known_as="guest through groups of it"), make_user("guest"), "it"
    team = make_team(acme, "Through groups", people=[mel])
    mapping, gone = (GroupMapping(organization=acme, group=name, provider=provider) for name in ("ml-team", "ml-gone"))
    for each in (mapping, gone):
        each.team = team
        each.save_by(ada)
    mapping.role = OrganizationRole.ADMIN
    mapping.save_by(ada)
    follow_groups(guest, {"ml-team", "ml-gone"}, provider, by)
    follow_groups(mel, {"ml-team"}, provider, by)
    follow_groups(mel, set(), provider, by)
    mapping.role = OrganizationRole.MEMBER
    mapping.save_by(ada)
    follow_groups(guest, {"ml-team"}, provider, by)
    gone.delete_by(ada)


def _tokens(acme, ada, mel):
    """Tokens, with and without an end; one was revoked, and its name is used again."""
    make_token(mel, "laptop").revoke_by(Actor(mel))
    make_token(mel, "laptop", expires_at=timezone.now() + timedelta(days=3), read_only=True)
    make_token(acme.memberships.get(user__username="bot").user, "cluster", by=ada, organization=acme)


def _registries(acme, ada, rob, mel):
    """Registries of both visibilities, renamed, their types changed; roles given, changed, ended and taken."""
    acme.registries.get(name="Models").add_types(ada, ["adapter"])
    release_registry = make_registry(acme, rob.user, "Shelf", types=["model", "dataset"], description="First")
    release_registry.edit(rob, name="Release", description="Second\nline")
    release_registry.edit(rob, name="RELEASE", description="")
    release_registry.add_types(rob, ["report"])
    release_registry.remove_type(rob, "report")
    taker = make_registry(acme, ada.user, "Shelf")  # takes the former name,
    taker.edit(ada, name="Other", description="")  # and has it as a former one itself
    everything = make_registry(acme, ada.user, "Everything", types=None)
    everything.accept_only(ada, ["model"])
    everything.accept_all_types(ada)
    scratch = make_registry(acme, ada.user, "Scratch", types=None)
    scratch.edit(ada, name="Scratched", description="")
    scratch.delete_by(ada)
    vault = make_registry(acme, ada.user, "Vault", restricted=True)
    give_team_role(vault, acme.teams.get(name="Vision"), Role.VIEWER)
    secret = make_registry(acme, ada.user, "Secret")
    secret.restrict(ada, keep=[mel])
    member = give_role(release_registry, mel, Role.VIEWER)
    member.role, member.ends_at = Role.MEMBER, datetime(2999, 1, 1, 10, 30, 15, tzinfo=UTC)
    member.save_by(rob)
    RegistryMember(registry=everything, user=mel, role=Role.VIEWER).save_by(ada)
    everything.members.get(user=mel).delete_by(ada)
    AccessRequest(registry=everything, user=mel, role=Role.MEMBER, reason="Why not?").create(Actor(mel))
    AccessRequest.objects.get(user=mel).grant_by(ada)
    for name in ("production", "Stable"):
        protect(release_registry, name)
    ProtectedAlias.objects.get(name="Stable").delete_by(rob)
    return release_registry


def _published(acme, release_registry, ada, mel, rob):
    """Versions registered and deleted, linked and unlinked; aliases moved and taken, tags changed; the team renamed."""
    team = acme.teams.get(name="Vision")
    versions = [make_version(team) for _ in range(4)]
    make_version(team, "report", made_from=(versions[0], versions[3]))
    versions.pop().delete_by(ada)
    make_version(team, "alone").delete_by(ada)
    make_version(team, "alone")  # v0 once more
    collection = make_collection(release_registry, "Churn", by=Actor(rob), tags=["x", "y"], description="Card")
    collection.edit(Actor(rob), name="churn 2", description="Card 2", tags=["y", "z"])
    collection.remove_tag(Actor(rob), "z")
    links = [make_link(collection, version, "good", f"n{n}") for n, version in enumerate(versions)]
    links[0].edit_labels(Actor(mel), put=["first"], take=["n0"], tags=["a", "b"])
    links[1].set_tags(Actor(mel), ["b"])
    links[2].unlink(Actor(mel))
    links[1].change_aliases(Actor(rob), put=["production"])
    team.edit(ada, name="Sight", description="Sees")
    make_link(collection, versions[2], "back")
    gone = make_collection(release_registry, "Gone", tags=["x"])
    make_link(gone, versions[0], "x")
    gone.delete_by(ada)
    make_link(make_collection(acme.registries.get(name="Models"), "Churn"), versions[1], "good")
    long = make_team(acme, LONG)
    twins = [make_version(long, LONG, project=f"{LONG}{n}") for n in range(2)]
    make_link(collection, twins[0])
    twins[1].delete_by(ada)
