"""The replay of the log: whatever a verb does it follows, and whatever no verb did it names."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from registry_app.audit.chain import verify
from registry_app.audit.reconcile import find_drift
from registry_app.choices import Action, OrganizationRole, Role, Target, TeamRole
from registry_app.database import triggers
from registry_app.models import (
    AcceptedType,
    Actor,
    Alias,
    ApiToken,
    Artifact,
    AuditEvent,
    Collection,
    FormerName,
    GroupMapping,
    Link,
    Organization,
    OrganizationMembership,
    ProtectedAlias,
    Registry,
    RegistryMember,
    RegistryWeek,
    Tag,
    Team,
    TeamMembership,
    User,
    Version,
)
from registry_app.models.event import AuditTarget, record
from registry_app.models.token import digest
from tests.admin.pages import address, save
from tests.assertions import undone
from tests.client import browser
from tests.factories import COMMAND_LINE, give_role, make_member, make_team, make_version


def test_what_verbs_did_is_what_the_log_says(used_organization):
    assert verify()[1] == []
    assert list(find_drift()) == []


def user(name):
    """An account of the used organization."""
    return User.objects.filter(username=name)


def release_registry():
    """The registry that most of it happened in."""
    return Registry.objects.get(name="RELEASE")


def churn():
    """The collection that most of it happened in."""
    return Collection.objects.get(name="churn 2")


def link(number):
    """A link in it."""
    return Link.objects.get(collection=churn(), number=number)


def owned_by(name):
    """What a new artifact of the team says of it."""
    team = Team.objects.get(name=name)
    return {"team": team, "organization": team.organization}


def in_vault():
    """The role that the team has in Vault."""
    return RegistryMember.objects.filter(registry__name="Vault", team__name="Sight")


# What no verb does, and no trigger stops; and what the replay's sentences must name of it.
CHANGES = {
    "account": {
        "superuser": (lambda: user("mel").update(is_superuser=True), ["mel", "is_superuser"]),
        "staff": (lambda: user("mel").update(is_staff=True), ["mel", "is_staff"]),
        "active": (lambda: user("off").update(is_active=True), ["off", "is_active"]),
        "service": (lambda: user("mel").update(is_service=True), ["mel", "is_service"]),
        "email": (lambda: user("mel").update(email="eve@evil.example"), ["mel", "email"]),
        "name": (lambda: user("mel").update(first_name="Ada"), ["mel", "first_name"]),
        "username": (lambda: user("mel").update(username="ghost"), ["mel", "username"]),
        "row": (lambda: User.objects.create(username="ghost", is_superuser=True), ["ghost"]),
        "no row": (lambda: user("left").delete(), ["left"]),
    },
    "token": {
        "digest": (lambda: ApiToken.objects.filter(name="cluster").update(digest=digest("mine")), ["cluster", "bot"]),
        "owner": (
            lambda: ApiToken.objects.filter(name="cluster").update(user=user("ada").get()),
            ["cluster", "user is not"],
        ),
        "working again": (
            lambda: ApiToken.objects.filter(user__username="off").update(revoked_at=None),
            ["ends with the account", "revoked"],
        ),
        "revoked": (
            lambda: ApiToken.objects.filter(name="cluster").update(revoked_at=timezone.now()),
            ["cluster", "revoked"],
        ),
        "for writing": (
            lambda: ApiToken.objects.filter(read_only=True).update(read_only=False),
            ["laptop", "read_only"],
        ),
        "for longer": (
            lambda: ApiToken.objects.exclude(expires_at=None).update(expires_at=F("expires_at") + timedelta(days=1)),
            ["laptop", "expires"],
        ),
        "row": (lambda: ApiToken.objects.create(user=user("ada").get(), name="mine", digest=digest("x")), ["mine"]),
        "no row": (lambda: ApiToken.objects.filter(name="cluster").delete(), ["cluster"]),
    },
    "organization": {
        "default role": (lambda: Organization.objects.update(default_role=Role.MEMBER), ["Acme ML", "default_role"]),
        "who creates": (lambda: Organization.objects.update(members_create=False), ["Acme ML", "members_create"]),
        "factor": (
            lambda: Organization.objects.update(requires_second_factor=False),
            ["Acme ML", "requires_second_factor"],
        ),
        "name": (lambda: Organization.objects.update(name="Evil"), ["Acme ML", "name"]),
        "row": (lambda: Organization.objects.create(name="Quiet", slug="quiet"), ["Quiet"]),
    },
    "membership": {
        "role": (
            lambda: OrganizationMembership.objects.filter(user__username="mel").update(role=OrganizationRole.ADMIN),
            ["mel", "Acme ML", "role"],
        ),
        "row": (
            lambda: OrganizationMembership.objects.create(
                organization=Organization.objects.get(), user=user("left").get()
            ),
            ["left", "Acme ML"],
        ),
        "no row": (lambda: OrganizationMembership.objects.filter(user__username="rob").delete(), ["rob", "Acme ML"]),
        "of people, that a group gave": (
            lambda: OrganizationMembership.objects.exclude(group="").update(group="", provider="", own_role=""),
            ["guest", "Acme ML", "group"],
        ),
    },
    "mapping": {
        "group": (lambda: GroupMapping.objects.update(group="everybody"), ["ml-team", "group"]),
        "role": (lambda: GroupMapping.objects.update(role=OrganizationRole.ADMIN), ["ml-team", "role"]),
        "role in the team": (lambda: GroupMapping.objects.update(team_role=TeamRole.ADMIN), ["ml-team", "team_role"]),
        "row": (
            lambda: GroupMapping.objects.create(organization=Organization.objects.get(), group="quiet"),
            ["quiet"],
        ),
        "no row": (lambda: GroupMapping.objects.all().delete(), ["ml-team"]),
    },
    "team": {
        "name": (lambda: Team.objects.filter(name="Sight").update(name="Vision", name_key="vision"), ["Sight"]),
        "description": (lambda: Team.objects.filter(name="Sight").update(description=""), ["Sight", "description"]),
        "row": (
            lambda: Team.objects.create(organization=release_registry().organization, name="Quiet", name_key="q"),
            ["Quiet"],
        ),
        "no row": (lambda: Team.objects.filter(name="Gone").delete(), ["Gone"]),
    },
    "team membership": {
        "role": (lambda: TeamMembership.objects.update(role=TeamRole.MEMBER), ["mel", "Sight", "role"]),
        "row": (
            lambda: TeamMembership.objects.create(team=Team.objects.get(name="Sight"), user=user("rob").get()),
            ["rob", "Sight"],
        ),
        "no row": (lambda: TeamMembership.objects.filter(team__name="Sight").delete(), ["mel", "Sight"]),
        "of people, that a group gave": (
            lambda: TeamMembership.objects.exclude(group="").update(group="", provider="", own_role=""),
            ["guest", "group"],
        ),
    },
    "registry": {
        "name": (
            lambda: Registry.objects.filter(name="Other").update(name="X", name_key="x", version=F("version") + 1),
            ["Other", "name"],
        ),
        "description": (
            lambda: Registry.objects.filter(name="Other").update(description="X", version=F("version") + 1),
            ["Other", "description"],
        ),
        "visibility": (
            lambda: Registry.objects.filter(name="Other").update(visibility="restricted", version=F("version") + 1),
            ["Other", "visibility"],
        ),
        "all types": (
            lambda: Registry.objects.filter(name="Other").update(accepts_all_types=True, version=F("version") + 1),
            ["Other", "accepts_all_types"],
        ),
        "type": (lambda: AcceptedType.objects.create(registry=release_registry(), name="quiet"), ["RELEASE", "types"]),
        "no type": (lambda: release_registry().types.filter(name="dataset").delete(), ["RELEASE", "types"]),
        "a type where all are accepted": (
            lambda: AcceptedType.objects.create(registry=Registry.objects.get(name="Everything"), name="x"),
            ["Everything", "types"],
        ),
        "row": (
            lambda: Registry.objects.create(
                organization=release_registry().organization, name="Quiet", name_key="quiet"
            ),
            ["Quiet"],
        ),
        "no row": (lambda: Registry.objects.filter(name="Other").delete(), ["Other"]),
    },
    "counts": {
        "bytes": (
            lambda: Registry.objects.filter(name="RELEASE").update(byte_count=F("byte_count") + 1),
            ["RELEASE", "byte_count", "table of links"],
        ),
        "links of a week": (lambda: RegistryWeek.objects.update(link_count=99), ["RELEASE", "weeks"]),
        "other week": (
            lambda: RegistryWeek.objects.update(week=F("week") - timedelta(days=7)),
            ["RELEASE", "weeks"],
        ),
        "row": (
            lambda: Registry.objects.get(name="Vault").weeks.create(week=date(2026, 11, 23), link_count=1),
            ["Vault", "weeks"],
        ),
        "no row": (lambda: RegistryWeek.objects.all().delete(), ["RELEASE", "weeks"]),
    },
    "former name": {
        "place": (lambda: FormerName.objects.update(registry=Registry.objects.get(name="Vault")), ["shelf"]),
        "row": (
            lambda: FormerName.objects.create(
                organization=release_registry().organization, registry=release_registry(), name="Prod", name_key="prod"
            ),
            ["prod"],
        ),
        "no row": (lambda: FormerName.objects.all().delete(), ["shelf"]),
    },
    "role": {
        "role": (lambda: in_vault().update(role=Role.ADMIN), ["Sight", "Vault", "role"]),
        "end": (
            lambda: in_vault().update(ends_at=datetime(2999, 1, 1, tzinfo=UTC)),
            ["Sight", "Vault", "ends_at"],
        ),
        "a second later": (
            lambda: RegistryMember.objects.exclude(ends_at=None).update(ends_at=F("ends_at") + timedelta(seconds=1)),
            ["mel", "RELEASE", "ends_at"],
        ),
        "holder": (lambda: in_vault().update(team=None, user=user("mel").get()), ["mel", "Sight", "Vault"]),
        "other holder": (lambda: in_vault().update(team=Team.objects.get(name="Gone")), ["Gone", "Vault"]),
        "row of a person": (
            lambda: RegistryMember.objects.create(
                registry=Registry.objects.get(name="Vault"), user=user("rob").get(), role=Role.ADMIN
            ),
            ["rob", "Vault"],
        ),
        "row of a team": (
            lambda: RegistryMember.objects.create(registry=release_registry(), team=Team.objects.get(name="Sight")),
            ["Sight", "RELEASE"],
        ),
        "no row": (lambda: in_vault().delete(), ["Sight", "Vault"]),
    },
    "protected alias": {
        "name": (
            lambda: ProtectedAlias.objects.update(name="other", name_key="other"),
            ["production", "other", "RELEASE"],
        ),
        "row": (
            lambda: ProtectedAlias.objects.create(registry=release_registry(), name="x", name_key="x"),
            ["x", "RELEASE"],
        ),
        "no row": (lambda: ProtectedAlias.objects.all().delete(), ["production", "RELEASE"]),
    },
    "collection": {
        "name": (lambda: Collection.objects.filter(pk=churn().pk).update(name="x", name_key="x"), ["churn 2", "name"]),
        "card": (lambda: Collection.objects.filter(pk=churn().pk).update(description="x"), ["churn 2", "description"]),
        "row": (
            lambda: Collection.objects.create(
                registry=release_registry(), name="Quiet", name_key="quiet", type="model"
            ),
            ["Quiet"],
        ),
        "no row": (lambda: churn().delete(), ["churn 2"]),
    },
    "link": {
        "row": (
            lambda: Link.objects.create(
                collection=churn(), number=churn().next_number, version=Version.objects.get(artifact__name="alone")
            ),
            ["v5", "churn 2"],
        ),
        "no row": (lambda: link(0).delete(), ["v0", "churn 2"]),
    },
    "alias": {
        "moved": (lambda: Alias.objects.filter(name="production").update(link=link(0)), ["production", "churn 2"]),
        "name": (lambda: Alias.objects.filter(name="production").update(name="prod"), ["production", "prod"]),
        "elsewhere": (
            lambda: Alias.objects.filter(name="production").update(link=Link.objects.exclude(collection=churn()).get()),
            ["production", "churn 2"],
        ),
        "row": (lambda: Alias.objects.create(collection=churn(), link=link(0), name="quiet"), ["quiet", "churn 2"]),
        "no row": (lambda: Alias.objects.filter(name="production").delete(), ["production", "churn 2"]),
    },
    "tag": {
        "name": (lambda: Tag.objects.filter(name="a").update(name="c"), ["tag a", "tag c", "v0", "churn 2"]),
        "moved": (lambda: Tag.objects.filter(name="a").update(link=link(1)), ["tag a", "v0", "v1", "churn 2"]),
        "of the link": (lambda: Tag.objects.create(collection=churn(), link=link(1), name="q"), ["tag q", "v1"]),
        "of the collection": (lambda: Tag.objects.create(collection=churn(), name="q"), ["tag q", "churn 2"]),
        "no row": (lambda: Tag.objects.filter(link=None).delete(), ["tag y", "churn 2"]),
    },
    "version": {
        "row": (
            lambda: Version.objects.create(
                artifact=Artifact.objects.get(name="alone"), number=1, digest="sha256:0", uri="s3://x/y", size=1
            ),
            ["alone:v1"],
        ),
        "no row": (lambda: Version.objects.get(artifact__name="alone").delete(), ["alone:v0"]),
        "source": (
            lambda: Version.objects.get(artifact__name="alone").made_from.add(link(0).version),
            ["alone:v0", "made_from"],
        ),
        "no source": (
            lambda: Version.objects.get(artifact__name="report").made_from.clear(),
            ["report:v0", "made_from"],
        ),
        "name": (lambda: Artifact.objects.filter(name="alone").update(name="other"), ["other:v0", "path"]),
        "artifact": (
            lambda: Artifact.objects.create(**owned_by("Sight"), project="p", name="empty", type="model"),
            ["Sight/p/empty"],
        ),
    },
}


def test_what_no_verb_did_is_named(used_organization, subtests):
    for kind, changes in CHANGES.items():
        for name, (change, words) in changes.items():
            with subtests.test(f"{kind}: {name}"), undone():
                change()
                found = "\n".join(find_drift())
                assert [word for word in words if word not in found] == []
    assert list(find_drift()) == []


def test_what_the_triggers_would_stop_is_named_where_they_were_lifted(used_organization):
    with undone(), triggers.disabled():
        Version.objects.filter(pk=link(0).version_id).update(digest="sha256:0", uri="s3://evil/x")
        Link.objects.filter(pk=link(1).pk).update(version=Version.objects.get(artifact__name="alone"))
        Collection.objects.filter(pk=churn().pk).update(type="dataset")
        found = "\n".join(find_drift())
    assert [word for word in ("digest", "uri", "link v1", "churn 2): type") if word not in found] == []


# Names that change.


def test_an_account_that_staff_rename_is_followed(used_organization, root, mel):
    client = browser(root)
    assert save(client, address("change", mel), username="melanie").status_code == 302
    assert list(find_drift()) == []
    make_member(used_organization, make_other("mel"))  # another one takes the name
    give_role(release_registry(), user("mel").get(), Role.VIEWER)
    assert save(client, address("change", user("melanie").get()), is_active="", is_staff="on").status_code == 302
    assert list(find_drift()) == []


def make_other(name):
    """An account of this name, which somebody else had."""
    made = User.objects.create_user(name, f"{name}2@example.com")
    record(COMMAND_LINE, Action.USER_CREATE, made, made.creation_changes())
    return made


def test_a_name_that_was_read_just_before_it_changed_is_followed(acme, ada, mel, rob, golden):
    team = make_team(acme, "Vision")
    stale = Team.objects.get(pk=team.pk)
    team.edit(Actor(ada), name="Sight", description="")
    TeamMembership(team=stale, user=mel).save_by(Actor(ada))
    RegistryMember(registry=golden, team=stale, role=Role.VIEWER).save_by(Actor(ada))
    make_version(stale)
    assert save(browser(ada_as_staff(ada)), address("change", rob), username="robert").status_code == 302
    RegistryMember(registry=golden, user=rob, role=Role.MEMBER).save_by(Actor(ada))
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert list(find_drift()) == []


def ada_as_staff(ada):
    """Ada, who is site staff from now on."""
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    rights = {"is_staff": [False, True], "is_superuser": [False, True]}
    record(COMMAND_LINE, Action.USER_EDIT, ada, rights)
    return User.objects.get(pk=ada.pk)


@pytest.mark.parametrize(
    "action, changes",
    [
        (Action.TOKEN_REVOKE, {}),
        (Action.PERSON_ADD, {}),
        (Action.TEAM_CREATE, {"name": [None, "x"]}),
        (Action.USER_EDIT, {"username": None}),
        (Action.VERSION_CREATE, {"digest": [None, "x"]}),
    ],
)
def test_an_entry_that_no_verb_wrote_is_told(acme, mel, action, changes):
    record(COMMAND_LINE, action, AuditTarget(Target.SITE, 0, "nothing", acme.pk), changes)
    seq = AuditEvent.objects.latest("seq").seq
    assert f"Entry {seq} doesn't follow" in "\n".join(find_drift())
