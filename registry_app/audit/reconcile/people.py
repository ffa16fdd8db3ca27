"""Accounts, tokens, organizations and teams: what the log expects of them, and what there is."""

from typing import Any

from ...models.organization import NEW_ACCOUNT, Organization, OrganizationMembership, User
from ...models.team import Team, TeamMembership
from ...models.token import ApiToken
from .entries import NEW_ORGANIZATION
from .kind import Actual, Expected, Kind
from .state import Token


class Accounts(Kind):
    """Every account, by username: its address, names and rights."""

    def expected(self) -> Expected:
        return {account.name: account.facts for account in self.state.accounts.all}

    def actual(self) -> Actual:
        fields = (*NEW_ACCOUNT, "is_service")
        for name, *values in User.objects.order_by("pk").values_list("username", *fields).iterator():
            yield name, dict(zip(fields, values, strict=True))

    def called(self, key: Any) -> str:
        return f"The account {key}"


class Tokens(Kind):
    """Every API token, by user, name and fingerprint: how long it works, for what, and whether it was revoked.

    Tokens that were issued before the log told fingerprints are known by user and name, and while they work only.
    """

    def expected(self) -> Expected:
        return {
            _key_of(token): {**token.facts, "revoked": token.is_revoked}
            for token in self.state.tokens
            if "fingerprint" in token.facts or not token.is_revoked
        }

    def actual(self) -> Actual:
        told = {_key_of(token) for token in self.state.tokens}
        for token in ApiToken.objects.select_related("user").order_by("pk").iterator():
            facts = {name: value for name, (_, value) in token.birth().items()}
            facts["revoked"] = token.revoked_at is not None
            key, older = ((token.user.username, token.name, mark) for mark in (facts["fingerprint"], None))
            if key in told or older not in told:
                yield key, facts
            elif not facts["revoked"]:
                yield older, facts

    def called(self, key: Any) -> str:
        return f"The token {key[1]} of {key[0]}"


def _key_of(token: Token) -> tuple:
    return token.account.name, token.name, token.facts.get("fingerprint")


class Organizations(Kind):
    """Every organization: its name and settings."""

    def expected(self) -> Expected:
        return {pk: organization.facts for pk, organization in self.state.organizations.items()}

    def actual(self) -> Actual:
        fields = ("name", *NEW_ORGANIZATION)
        for pk, *values in Organization.objects.order_by("pk").values_list("pk", *fields):
            yield pk, dict(zip(fields, values, strict=True))

    def called(self, key: Any) -> str:
        return self.organization(key)


class Memberships(Kind):
    """Who is in which organization, and as what."""

    def expected(self) -> Expected:
        return {
            (pk, account.name): {"role": role}
            for pk, organization in self.state.organizations.items()
            for account, role in organization.people.items()
        }

    def actual(self) -> Actual:
        rows = OrganizationMembership.objects.order_by("pk").values_list("organization_id", "user__username", "role")
        for pk, name, role in rows.iterator():
            yield (pk, name), {"role": role}

    def called(self, key: Any) -> str:
        return f"The membership of {key[1]} in {self.organization(key[0])}"


class Teams(Kind):
    """Every team of an organization."""

    def expected(self) -> Expected:
        return {
            (pk, team.name): team.facts
            for pk, organization in self.state.organizations.items()
            for team in organization.teams.here()
        }

    def actual(self) -> Actual:
        for pk, name, text in Team.objects.order_by("pk").values_list("organization_id", "name", "description"):
            yield (pk, name), {"description": text}

    def called(self, key: Any) -> str:
        return f"The team {key[1]} of {self.organization(key[0])}"


class TeamMemberships(Kind):
    """Who is in which team, and as what."""

    def expected(self) -> Expected:
        return {
            (pk, team.name, account.name): {"role": role}
            for pk, organization in self.state.organizations.items()
            for team in organization.teams.here()
            for account, role in team.people.items()
        }

    def actual(self) -> Actual:
        fields = ("team__organization_id", "team__name", "user__username", "role")
        for *key, role in TeamMembership.objects.order_by("pk").values_list(*fields).iterator():
            yield tuple(key), {"role": role}

    def called(self, key: Any) -> str:
        return f"The membership of {key[2]} in the team {key[1]} of {self.organization(key[0])}"


KINDS = (Accounts, Tokens, Organizations, Memberships, Teams, TeamMemberships)
