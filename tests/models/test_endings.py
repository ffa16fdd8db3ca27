"""§3: who loses a role loses what it made possible. The table "What ends when" in docs/roles.md, row by row."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Action, OrganizationRole, Role
from registry_app.models import (
    AccessRequest,
    Actor,
    OrganizationMembership,
    RegistryMember,
    TeamMembership,
    User,
    make_service_account,
)
from tests.admin.pages import address, save
from tests.assertions import undone
from tests.client import browser, logging, send
from tests.factories import (
    COMMAND_LINE,
    PASSWORD,
    give_factor,
    give_role,
    give_team_role,
    make_member,
    make_team,
    make_user,
)

TABLE = re.search(r"\n## What ends when\n(.*)", (settings.BASE_DIR / "docs/roles.md").read_text(), re.DOTALL)[1]
ROWS = {row[0]: row[1:] for row in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", TABLE, re.MULTILINE)[1:]}


class World:
    """Acme, in which Ora has everything that a role makes possible."""

    subject = "ora"  # who it is about

    def __init__(self, acme, ada, root, golden, vault):
        self.acme, self.ada, self.vault = acme, ada, vault
        self.ora = make_user("ora")
        self.membership = make_member(acme, self.ora)
        self.role = give_role(vault, self.ora, Role.MEMBER)
        self.role.ends_at = timezone.now() + timedelta(days=9)
        self.role.save_by(COMMAND_LINE)
        self.team = make_team(acme, "Crew", leads=[self.ora])
        give_team_role(vault, self.team, Role.VIEWER)
        AccessRequest(registry=golden, user=self.ora, role=Role.ADMIN, reason="To help.").create(Actor(self.ora))
        self.robot = make_service_account(acme, "eval-ci", COMMAND_LINE)
        give_role(vault, self.robot.user, Role.MEMBER)
        self.set_role(OrganizationRole.ADMIN)
        self.admin, self.staff = browser(ada), browser(root)
        self.received = self.invite(self.admin, email="Ora@example.com")
        self.before = Client()
        self.before.post(reverse("account_login"), {"login": "ora", "password": PASSWORD})
        self.made = self.invite(self.before, role="admin")
        self.token = self.issue(reverse("tokens:index"))
        self.service_token = self.issue(self.at("organization_tokens:service", "eval-ci"))
        self.ora.refresh_from_db()
        key = {"uidb36": user_pk_to_url_str(self.ora), "key": default_token_generator.make_token(self.ora)}
        self.reset_link = reverse("account_reset_password_from_key", kwargs=key)

    def at(self, page, *rest):
        """The address of a page of Acme."""
        return reverse(page, args=[self.acme.slug, *rest])

    def set_role(self, role):
        """Make Ora an organization admin or a member, before anything else happens."""
        self.membership.role = role
        self.membership.save_by(COMMAND_LINE)

    def invite(self, client, **data):
        """The link of an invitation that `client` makes."""
        shown = client.post(self.at("invitations:create"), {"role": "member", **data}, follow=True)
        return urlsplit(shown.context["link"]).path

    def issue(self, page):
        """The secret of a token that Ora makes on the page."""
        return self.before.post(page, {"name": "laptop", "life": "90"}, follow=True).context["token"].secret

    def membership_of(self, username):
        """The row as it is stored."""
        return self.acme.memberships.get(user__username=username)

    def works(self):
        """What works now, by the words of the table."""
        found = set()
        for word, probe in PROBES.items():
            with undone():
                found |= {word} if probe(self) else set()
        return found


def answers(client, address, status=200, **options):
    """Whether the address answers with `status`."""
    return client.get(address, **options).status_code == status


def api(secret):
    """Whether a token's secret opens the API."""
    return answers(Client(), "/api/v1/me", headers={"authorization": f"Bearer {secret}"})


def has_role(world, name):
    """Whether the list of who has access names the user or team `name`, with a role that counts."""
    rows = world.admin.get(reverse("registry_members:index", args=[world.acme.slug, world.vault.name])).context["rows"]
    return any(str(member.holder) == name and not member.has_ended for member, *_ in rows)


def role_in_team(world):
    """Ora's role in the team, as its page says it."""
    page = world.admin.get(world.at("teams:detail", "Crew"))
    rows = page.context["page"].rows if page.status_code == 200 else []
    return next((row["role"] for row in rows if row["user__username"] == "ora"), None)


def is_admin(world):
    """Whether the list of people names Ora as an admin."""
    rows = world.admin.get(world.at("members:index")).context["rows"]
    return any(row["is_admin"] for row in rows if row["user__username"] == "ora")


def asks(world):
    """Whether the list of open requests has one of Ora's."""
    found = world.admin.get(world.at("access_requests:index")).context["requests"]
    return any(request.user == world.ora for request in found)


PROBES = {
    "pages": lambda world: answers(browser(User.objects.get(username=world.subject)), world.at("registries:index")),
    "Admin role": is_admin,
    "roles given": lambda world: has_role(world, world.subject),
    "roles through teams": lambda world: has_role(world, "Crew") and role_in_team(world),
    "leading a team": lambda world: role_in_team(world) == "admin",
    "invitations made": lambda world: answers(Client(), world.made),
    "invitations received": lambda world: answers(Client(), world.received),
    "requests": asks,
    "sessions": lambda world: answers(world.before, reverse("tokens:index")),
    "tokens": lambda world: api(world.token),
    "service tokens": lambda world: api(world.service_token),
    "reset links": lambda world: answers(Client(), world.reset_link, 302),
    "Django's admin": lambda world: answers(browser(world.ora), "/admin/"),
}


# The rows: what is prepared, and the ways in which the event happens.


def nothing(world):
    """Ora is an organization admin."""


def as_member(world):
    """Ora is a member of the organization."""
    world.set_role(OrganizationRole.MEMBER)


def as_staff(world):
    """Ora is a member, and site staff."""
    as_member(world)
    User.objects.filter(pk=world.ora.pk).update(is_staff=True)


def as_robot(world):
    """The service account is who it is about."""
    world.subject = "eval-ci"


def as_removed(world):
    """Ora was removed."""
    world.membership_of("ora").delete_by(COMMAND_LINE)


def as_deactivated(world):
    """Ora was deactivated."""
    world.ora.deactivate(Actor(world.ada), world.acme)


def by_page(page, *names, **data):
    """The way through a page of Acme, on which Ada sends the form."""
    return lambda world: send(world.admin, world.at(page, *names), **data)


def by_oneself(page, *names, **data):
    """The way through a page of Acme, on which Ora sends the form herself."""
    return lambda world: send(world.before, world.at(page, *names), **data)


def by_staff(row, **changes):
    """The way through the Django admin, on which staff save `changes` of what `row` finds, or delete it."""

    def way(world):
        thing = row(world)
        page = address("change" if changes else "delete", thing)
        return save(world.staff, page, **changes) if changes else world.staff.post(page, {"post": "yes"})

    return way


def by_staff_in_bulk(model):
    """The way through a list of the Django admin, whose action deletes Ora's row."""

    def way(world):
        rows = [row.pk for row in model.objects.filter(user=world.ora)]
        return world.staff.post(
            address("changelist", model), {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
        )

    return way


def by_new_invitation(world):
    """Ora comes back by an invitation that Ada made afterwards."""
    return send(world.before, world.fresh)


def by_staff_again(world):
    """Staff add Ora."""
    add = reverse("admin:registry_app_organizationmembership_add")
    return save(world.staff, add, organization=world.acme.pk, user=world.ora.pk, role="member")


def by_the_clock(world):
    """The last day of the role passes."""
    RegistryMember.objects.filter(pk=world.role.pk).update(ends_at=timezone.now() - timedelta(seconds=1))


def by_registry_page(world):
    """Ada removes the role on the page of its registry."""
    return send(
        world.admin, reverse("registry_members:remove", args=[world.acme.slug, world.vault.name, world.role.pk])
    )


def by_button(world):
    """Ada requires a second factor, and has one."""
    give_factor(world.ada)
    return world.admin.post(world.at("organizations:second_factor"), {"wanted": "on"})


def membership(world):
    """The row of who it is about, in the organization."""
    return world.membership_of(world.subject)


def team_membership(world):
    """The row of Ora in the team."""
    return TeamMembership.objects.get(user=world.ora)


STAFF_REMOVE = [by_staff(membership), by_staff_in_bulk(OrganizationMembership)]
CASES = {
    "An organization admin becomes a member": (
        nothing,
        by_page("members:role", "ora", role="member"),
        by_oneself("members:role", "ora", role="member"),
        by_staff(membership, role="member"),
    ),
    "A person is removed from the organization": (
        nothing,
        by_page("members:remove", "ora"),
        by_oneself("members:remove", "ora"),
        *STAFF_REMOVE,
    ),
    "A removed person comes back": (as_removed, by_new_invitation, by_staff_again),
    "A service account is removed from the organization": (
        as_robot,
        by_page("members:remove", "eval-ci"),
        by_staff(membership),
    ),
    "An organization admin deactivates an account": (nothing, by_page("members:deactivate", "ora")),
    "Site staff deactivate an account": (nothing, by_staff(lambda world: world.ora, is_active=None)),
    "An organization admin reactivates an account": (as_deactivated, by_page("members:reactivate", "ora")),
    "Site staff reactivate an account": (as_deactivated, by_staff(lambda world: world.ora, is_active="on")),
    "A person leaves a team": (
        as_member,
        by_page("teams:remove", "Crew", "ora"),
        by_oneself("teams:remove", "Crew", "ora"),
        by_staff(team_membership),
        by_staff_in_bulk(TeamMembership),
    ),
    "A team admin becomes a member of the team": (
        as_member,
        by_page("teams:role", "Crew", "ora", role="member"),
        by_oneself("teams:role", "Crew", "ora", role="member"),
        by_staff(team_membership, role="member"),
    ),
    "A team is deleted": (
        as_member,
        by_page("teams:delete", "Crew", confirmation="Crew"),
        by_staff(lambda world: world.team),
    ),
    "A role in a registry is removed": (
        as_member,
        by_registry_page,
        by_staff(lambda world: world.role),
        by_staff_in_bulk(RegistryMember),
    ),
    "The last day of a role is over": (as_member, by_the_clock),
    "The staff flag of an account is removed": (as_staff, by_staff(lambda world: world.ora, is_staff=None)),
    "The organization requires a second factor": (nothing, by_button),
}
ENDINGS = {Action.INVITE_REVOKE, Action.REQUEST_DECLINE, Action.TOKEN_REVOKE, Action.SESSION_END}
RETURNS = {name: {"pages"} for name in CASES if "comes back" in name or "reactivate" in name}  # and nothing else


@pytest.fixture
def world(acme, ada, root, golden, vault):
    """Acme with Ora in it, and an invitation for later."""
    world = World(acme, ada, root, golden, vault)
    world.fresh = world.invite(world.admin)
    return world


def test_each_row_of_the_documentation_has_its_cases():
    assert list(ROWS) == list(CASES)
    assert {word for ends, *_ in ROWS.values() for word in ends.split(", ")} <= PROBES.keys() | {"nothing"}


@pytest.mark.parametrize(
    "name, way",
    [pytest.param(name, way, id=f"{name} {n}") for name, (_, *ways) in CASES.items() for n, way in enumerate(ways)],
)
def test_section_3_what_a_role_made_possible_ends_with_it_and_nothing_else_does(world, name, way):
    ends, _, logged_as = ROWS[name]
    CASES[name][0](world)
    before = world.works()
    with logging() as events:
        way(world)
    after = world.works()
    assert (before - after, after - before) == (set(ends.split(", ")) - {"nothing"}, RETURNS.get(name, set()))
    assert {event.action for event in events} == set(re.findall("`(.+?)`", logged_as))
    assert {event.code for event in events} <= {""}
    ended = [event for event in events if event.action in ENDINGS]
    assert all(re.match(rf"{world.subject} (is no longer|was) .+\.$", event.reason) for event in ended)
