"""Accounts, tokens, organizations and teams: what the log expects of them, and what there is."""

from typing import Any

from ...models import ApiToken, GroupMapping, Organization, OrganizationMembership, Team, TeamMembership, User
from ...models.user import NEW_ACCOUNT
from .entries import NEW_ORGANIZATION
from .kind import Actual, Expected, Kind, fields_of


class Accounts(Kind):
    """Every account: its names, address and rights."""

    def expected(self) -> Expected:
        return dict(self.state.accounts)

    def actual(self) -> Actual:
        return fields_of(User, "username", *NEW_ACCOUNT, "is_service")

    def label(self, key: Any) -> str:
        return f"The account {self.user(key)}"


class Tokens(Kind):
    """Every API token: whose it is, how long it works, for what, and whether it was revoked."""

    def expected(self) -> Expected:
        return {
            pk: {"name": token.name, "user": token.user, **token.fields, "revoked": token.is_revoked}
            for pk, token in self.state.tokens.items()
        }

    def actual(self) -> Actual:
        for token in ApiToken.objects.order_by("pk").iterator():
            fields = {name: value for name, (_, value) in token.creation_changes().items()}
            fields |= {"name": token.name, "user": token.user_id, "revoked": token.revoked_at is not None}
            yield token.pk, fields

    def label(self, key: Any) -> str:
        token = self.state.tokens.get(key)
        name, user = (token.name, token.user) if token else ApiToken.objects.values_list("name", "user").get(pk=key)
        return f"The token {key} ({name}) of {self.user(user)}"


class Organizations(Kind):
    """Every organization: its name and settings."""

    def expected(self) -> Expected:
        return {pk: organization.fields for pk, organization in self.state.organizations.items()}

    def actual(self) -> Actual:
        return fields_of(Organization, "name", *NEW_ORGANIZATION)

    def label(self, key: Any) -> str:
        return self.organization(key)


class Memberships(Kind):
    """Who is in which organization, and as what."""

    def expected(self) -> Expected:
        return {
            (pk, user): given
            for pk, organization in self.state.organizations.items()
            for user, given in organization.people.items()
        }

    def actual(self) -> Actual:
        for membership in OrganizationMembership.objects.order_by("pk").iterator():
            yield (membership.organization_id, membership.user_id), membership.given

    def label(self, key: Any) -> str:
        return f"The membership of {self.user(key[1])} in {self.organization(key[0])}"


class Teams(Kind):
    """Every team of an organization."""

    def expected(self) -> Expected:
        return {
            pk: team.fields and {"organization": organization, **team.fields}
            for organization, each in self.state.organizations.items()
            for pk, team in each.teams.items()
        }

    def actual(self) -> Actual:
        return fields_of(Team, "organization", "name", "description")

    def label(self, key: Any) -> str:
        return f"The {self.team(key)}"


class TeamMemberships(Kind):
    """Who is in which team, and as what."""

    def expected(self) -> Expected:
        return {
            (pk, user): given
            for organization in self.state.organizations.values()
            for pk, team in organization.teams.items()
            for user, given in team.people.items()
        }

    def actual(self) -> Actual:
        for membership in TeamMembership.objects.order_by("pk").iterator():
            yield (membership.team_id, membership.user_id), membership.given

    def label(self, key: Any) -> str:
        return f"The membership of {self.user(key[1])} in {self.team(key[0])}"


class GroupMappings(Kind):
    """What each organization gives to a group of the identity provider."""

    def expected(self) -> Expected:
        return {
            pk: {"organization": organization, **given}
            for organization, each in self.state.organizations.items()
            for pk, given in each.group_mappings.items()
        }

    def actual(self) -> Actual:
        for mapping in GroupMapping.objects.order_by("pk").iterator():
            fields = {"organization": mapping.organization_id, "group": mapping.group, "team": mapping.team_id}
            yield mapping.pk, fields | mapping.given

    def label(self, key: Any) -> str:
        told = {pk: given for each in self.state.organizations.values() for pk, given in each.group_mappings.items()}
        found = told.get(key) or GroupMapping.objects.values("group").get(pk=key)
        return f"The mapping {key} of group {found['group']}"


KINDS = (Accounts, Tokens, Organizations, Memberships, Teams, TeamMemberships, GroupMappings)
