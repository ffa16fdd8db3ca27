"""What a group of the identity provider gave, on the row that it gave."""

from django.conf import settings
from django.db import models

from .. import rules

PROVIDER_LENGTH = 200  # characters, as allauth keeps the ids of providers
GIVEN = ("role", "group", "provider", "own_role")  # the fields of GroupRole


def current_provider() -> str:
    """The id of the identity provider of this site, or ""."""
    return settings.SINGLE_SIGN_ON["provider_id"] if settings.SINGLE_SIGN_ON else ""


def provider_name(provider: str) -> str:
    """What people call the identity provider of this id; of a former one the id is all that is known."""
    return settings.SINGLE_SIGN_ON["name"] if provider and provider == current_provider() else provider


def origin(group: str | None, provider: str | None) -> str:
    """The words for what this group gives: “the group ml-admins of Example login”; "" without a group."""
    return f"the group {group} of {provider_name(provider or '')}" if group else ""


def group_is_whole(name: str) -> models.CheckConstraint:
    """The constraint `name`: what no group gave has neither a provider nor a role of people under it."""
    by_hand = models.Q(group="", provider="", own_role="")
    return models.CheckConstraint(condition=by_hand | ~models.Q(group="") & ~models.Q(provider=""), name=name)


class GroupRole(models.Model):
    """A role that a group of an identity provider may have given: part of OrganizationMembership and TeamMembership.

    `group` and `provider` are empty where people gave `role`. `own_role` is what people gave, under that of a group.
    """

    role: models.CharField
    group = models.CharField(max_length=rules.GROUP_LENGTH, blank=True, editable=False)
    provider = models.CharField(max_length=PROVIDER_LENGTH, blank=True, editable=False)
    own_role = models.CharField(max_length=10, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def origin(self) -> str:
        """The words for the group that gives the role; "" where people gave it."""
        return origin(self.group, self.provider)

    @property
    def facts(self) -> str:
        """What a form shows of it (rule 19)."""
        return str(self.role)

    @property
    def given(self) -> dict[str, str | None]:
        """What was given, as the log says it: the role, and the group that gives it, with its provider, or None."""
        return {"role": str(self.role), "group": self.group or None, "provider": self.provider or None}

    def receive(self, role: str, group: str, provider: str) -> bool:
        """Take the `role` of this `group`, or "" for none, where it is higher than what people gave; else that.

        Answers whether any role remains. Nothing is saved.
        """
        own = self.own_role if self.group else "" if self.pk is None else self.role
        if rules.group_role_counts(role or None, own or None):
            self.role, self.group, self.provider, self.own_role = role, group, provider, own
        else:
            self.give_by_hand(own)
        return bool(self.role)

    def give_by_hand(self, role: str) -> None:
        """Let it be `role`, given by people alone. Nothing is saved."""
        self.role, self.group, self.provider, self.own_role = role, "", "", ""
