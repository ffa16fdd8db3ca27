"""Walks through people, teams, roles, visibility and time: after each step §3 holds as a plain model of it says."""

from contextlib import suppress
from datetime import timedelta
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from registry_app import rules
from registry_app.audit.reconcile import find_drift
from registry_app.choices import OrganizationRole, Role, TeamRole, Visibility
from registry_app.models import (
    Actor,
    OrganizationMembership,
    RegistryMember,
    Team,
    TeamMembership,
    make_service_account,
    role_sources,
)
from tests.factories import COMMAND_LINE, make_organization, make_registry, make_user
from tests.stateful.walk import UndoneWalk, run_walks

# The lowest first, as the rulebook's table says it; written here once more, so that the product's own can be wrong.
ORDER = ["restricted_viewer", "viewer", "member", "admin"]
PEOPLE = ["mel", "rob", "eve", "bot"]  # the last is a service account; Ada is there too, and stays
TEAMS, SHELVES = ["red", "blue"], ["open", "shut", "models"]
person, team, release_registry = st.sampled_from(PEOPLE), st.sampled_from(TEAMS), st.sampled_from(SHELVES)
role = st.sampled_from(ORDER)
days = st.sampled_from([None, 1, 2])


class Walk(UndoneWalk):
    """One walk, rolled back in the end. Beside the database it keeps what the rulebook would: plain dicts and sets."""

    def __init__(self):
        super().__init__()
        self.now = timezone.now()
        self.clock = mock.patch("django.utils.timezone.now", lambda: self.now)
        self.clock.start()
        ada = make_user("ada")
        self.acme = make_organization("Acme", ada)
        self.ada = Actor(ada)
        bot = make_service_account(self.acme, "bot", COMMAND_LINE)
        self.users = {name: make_user(name) for name in PEOPLE[:-1]} | {"bot": bot.user, "ada": ada}
        self.shelves = {
            "open": make_registry(self.acme, ada, "open"),
            "shut": make_registry(self.acme, ada, "shut", restricted=True),
            "models": self.acme.registries.get(name="Models"),
        }
        for member in RegistryMember.objects.all():  # what Ada was given as their maker
            member.delete_by(self.ada)
        self.teams = {}
        # The plain model.
        self.inside = {"ada": "admin", "bot": "member"}
        self.active = dict.fromkeys(self.users, True)
        self.restricted = {"shut"}
        self.default = "viewer"
        self.crews = {}
        self.given = {}

    def teardown(self):
        self.clock.stop()
        super().teardown()

    def membership(self, name):
        """The person's membership."""
        found = self.acme.memberships.select_related("organization", "user").get(user=self.users[name])
        found.organization.refresh_from_db()
        return found

    # Steps. What the product refuses, the model doesn't do.

    @rule(name=person, admin=st.booleans())
    def let_in(self, name, admin):
        """Bring somebody in, or change what they are in the organization."""
        wanted = OrganizationRole.ADMIN if admin and name != "bot" else OrganizationRole.MEMBER
        membership = self.acme.memberships.filter(user=self.users[name]).first()
        membership = membership or OrganizationMembership(organization=self.acme, user=self.users[name])
        membership.role = wanted
        membership.save_by(self.ada)
        self.inside[name] = str(wanted)

    @rule(name=person)
    def let_go(self, name):
        """Take somebody out of the organization: teams and roles go too."""
        if name in self.inside:
            self.membership(name).delete_by(self.ada)
            del self.inside[name]
            for crew in self.crews.values():
                crew.discard(name)
            self.given = {key: what for key, what in self.given.items() if key[1] != name}

    @rule(name=person, active=st.booleans())
    def switch(self, name, active):
        """Deactivate or reactivate an account; its organization's admins may."""
        if name in self.inside:
            user = self.users[name]
            user.refresh_from_db()
            (user.reactivate if active else user.deactivate)(self.ada, self.acme)
            self.active[name] = active

    @rule(name=team)
    def gather(self, name):
        """Make a team."""
        if name not in self.teams:
            self.teams[name] = Team(organization=self.acme, name=name)
            self.teams[name].create(self.ada)
            self.crews[name] = set()

    @rule(name=team, who=person, lead=st.booleans())
    def join(self, name, who, lead):
        """Put somebody into a team."""
        if name in self.teams:
            role = TeamRole.ADMIN if lead else TeamRole.MEMBER
            with suppress(ValidationError), transaction.atomic():
                TeamMembership(team=self.teams[name], user=self.users[who], role=role).save_by(self.ada)
            if who in self.inside:
                self.crews[name].add(who)

    @rule(name=team, who=person)
    def leave(self, name, who):
        """Take somebody out of a team."""
        for membership in TeamMembership.objects.filter(team__name=name, user=self.users[who]):
            membership.delete_by(self.ada)
        self.crews.get(name, set()).discard(who)

    @rule(name=team)
    def disband(self, name):
        """Delete a team, and what it was given."""
        if name in self.teams:
            self.teams.pop(name).delete_by(self.ada)
            del self.crews[name]
            self.given = {key: what for key, what in self.given.items() if key[1] != name}

    @rule(place=release_registry, holder=st.one_of(person, person, team), role=role, lasting=days)
    def give(self, place, holder, role, lasting):
        """Give a role, or another one; permanently or for some days."""
        ends = lasting and self.now + timedelta(days=lasting)
        if holder in TEAMS and holder not in self.teams:
            return
        whom = {"team": self.teams[holder]} if holder in TEAMS else {"user": self.users[holder]}
        refused = (holder in PEOPLE and holder not in self.inside) or (holder == "bot" and ORDER.index(role) < 2)
        member = RegistryMember(registry=self.shelves[place], role=role, ends_at=ends, **whom)
        if refused:
            with pytest.raises(ValidationError), transaction.atomic():
                member.save_by(self.ada)
        else:
            member.save_by(self.ada)
            self.given[place, holder] = (role, ends)

    @rule(place=release_registry, holder=st.one_of(person, team))
    def take(self, place, holder):
        """Take a role."""
        for member in self.shelves[place].members.select_related("user", "team"):
            if str(member.holder) == holder:
                member.delete_by(self.ada)
        self.given.pop((place, holder), None)

    @rule()
    def restrict(self):
        """Close the open one permanently."""
        if "open" not in self.restricted:
            self.shelves["open"].restrict(self.ada)
            self.restricted.add("open")

    @rule(role=st.sampled_from(ORDER[:3]))
    def decide(self, role):
        """Another default role."""
        self.acme.edit(self.ada, default_role=role, members_create=True)
        self.default = role

    @rule(number=st.sampled_from([1, 3]))
    def wait(self, number):
        """Days pass."""
        self.now += timedelta(days=number, seconds=1)

    # What the rulebook says.

    def expected(self, name, place):
        """The effective role of somebody in a registry, or None."""
        if not self.active[name] or name not in self.inside:
            return None
        if self.inside[name] == "admin":
            return "admin"
        roles = [] if place in self.restricted else [self.default]
        for (where, holder), (role, ends) in self.given.items():
            reaches = holder == name or name in self.crews.get(holder, set())
            if where == place and reaches and (ends is None or ends > self.now):
                roles.append(role)
        if not roles:
            return None
        best = max(roles, key=ORDER.index)
        return max(best, "member", key=ORDER.index) if name == "bot" else best

    @invariant()
    def every_way_to_ask_answers_alike(self):
        """One registry, lists, filters, the reverse question and the explanation."""
        table = {(name, place): self.expected(name, place) for name in self.users for place in self.shelves}
        for place, registry in self.shelves.items():
            registry.refresh_from_db()
            registry.organization.refresh_from_db()
            assert (registry.visibility == Visibility.RESTRICTED) == (place in self.restricted)
            self.check_reverse(place, registry, table)
        for name, user in self.users.items():
            user.refresh_from_db()
            asked = {place: registry.role_of(Actor(user)) for place, registry in self.shelves.items()}
            assert asked == {place: table[name, place] for place in self.shelves}
            if name in self.inside and self.active[name]:
                self.check_lists(name, {place: table[name, place] for place in self.shelves})

    @invariant()
    def section_5_all_is_what_the_log_says(self):
        assert list(find_drift()) == []

    def check_reverse(self, place, registry, table):
        """Who can: the same people."""
        for wanted in ORDER:
            who_can = {membership.user.username for membership in registry.who_can(wanted).select_related("user")}
            best = {name for name in self.users if table[name, place]}
            assert who_can == {name for name in best if ORDER.index(table[name, place]) >= ORDER.index(wanted)}

    def check_lists(self, name, roles):
        """What lists show to somebody, their filters, and why."""
        membership, ours = self.membership(name), [registry.pk for registry in self.shelves.values()]
        seen = membership.registries().filter(pk__in=ours)
        names = {registry.pk: place for place, registry in self.shelves.items()}
        assert {names[registry.pk] for registry in seen} == {place for place, role in roles.items() if role}
        for registry in seen.with_given_role(membership.user_id):
            assert membership.effective_role(registry.visibility, registry.given_role) == roles[names[registry.pk]]
        for wanted in Role:
            found = {names[registry.pk] for registry in seen.with_role(membership, wanted)}
            assert found == {place for place, role in roles.items() if role == wanted}
        for place, registry in self.shelves.items():
            listed = role_sources(registry, [membership])[membership.user_id]
            assert rules.effective_of(listed, service=name == "bot") == roles[place]


@pytest.mark.django_db
def test_section_3_holds_on_any_walk():
    run_walks(Walk, walks=4, steps=15)
