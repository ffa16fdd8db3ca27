"""Mappings: what an organization gives to the people of a group of the identity provider."""

from collections.abc import Collection
from typing import Any

from django.db import models

from .. import rules
from ..choices import Action, OrganizationRole, Target, TeamRole
from .change import changing, current_row, refuse_stale
from .event import Actor, AuditTarget, differences, reference
from .group_role import PROVIDER_LENGTH, current_provider, provider_name
from .organization import Organization
from .team import Team
from .validation import raise_refusal, refused_as


class GroupMapping(models.Model):
    """That whoever is in `group` is in the organization as `role`, and in `team` as `team_role` where one is named.

    A group is known by the text that the provider sends, to the letter, beside spaces around it. What it gives is given
    and taken when its people sign in.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="group_mappings")
    provider = models.CharField(max_length=PROVIDER_LENGTH, default=current_provider, blank=True, editable=False)
    group = models.CharField(max_length=rules.GROUP_LENGTH, help_text="As the identity provider sends it.")
    role = models.CharField(max_length=10, choices=OrganizationRole, default=OrganizationRole.MEMBER)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="group_mappings")
    team_role = models.CharField(max_length=10, choices=TeamRole, blank=True)

    class Meta:
        ordering = ["organization", "group", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "provider", "group", "team"],
                name="group_mapping_of_team_is_single",
                **refused_as(rules.GROUP_MAPPED),
            ),
            models.UniqueConstraint(
                fields=["organization", "provider", "group"],
                condition=models.Q(team=None),
                name="group_mapping_is_single",
                **refused_as(rules.GROUP_MAPPED),
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=OrganizationRole.values), name="group_mapping_role_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(team=None, team_role="")
                | models.Q(team__isnull=False, team_role__in=TeamRole.values),
                name="group_mapping_team_has_role",
            ),
        ]

    def __str__(self) -> str:
        return self.group

    @property
    def provider_name(self) -> str:
        """What people call the provider."""
        return provider_name(self.provider)

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.GROUP, self.pk, self.group, self.organization_id)

    @property
    def given(self) -> dict[str, str | None]:
        """What it gives, as the log says it."""
        return {"provider": self.provider, "role": str(self.role), "team_role": str(self.team_role) or None}

    @property
    def facts(self) -> list[str]:
        """What a form shows of it (rule 19)."""
        return [str(self.role), str(self.team_role)]

    def clean(self) -> None:
        """The group as it is kept. Refuses with `group_invalid`, `no_provider` or `not_in_organization`."""
        self.team_role = (self.team_role or TeamRole.MEMBER) if self.team else ""
        if self.group:  # that an empty one is refused, its field says
            self.group = self.group.strip()
            raise_refusal(rules.refuse_group(self.group), "group")
        raise_refusal(None if self.provider else rules.NO_PROVIDER, "group")
        here = self.team is None or self.team.organization_id == self.organization_id
        raise_refusal(None if here else rules.NOT_HERE, "team")

    def save_by(self, by: Actor, etag: str | None = None) -> None:
        """Keep this new mapping, or its other roles, and log it. `etag` is that of what was shown (rule 19).

        Refuses with `role_too_low`, `group_mapped` or `edit_conflict`, or as `clean` does.
        """
        action = Action.GROUP_CHANGE if self.pk else Action.GROUP_MAP
        with changing(self.organization, by, action) as change:
            stored = current_row(GroupMapping, organization=change.row.pk, pk=self.pk) if self.pk else None
            refuse_stale(etag, stored)
            self.full_clean()
            if stored and stored.given == self.given:
                return
            self.save()
            self._record(change, action, differences(stored.given if stored else {}, self.given))

    def delete_by(self, by: Actor, etag: str | None = None) -> None:
        """Remove it, and log it: what it gave ends when its people sign in next. `etag` is that of the preview.

        Refuses with `role_too_low` or `stale_preview` (rule 18).
        """
        with changing(self.organization, by, Action.GROUP_UNMAP) as change:
            stored = GroupMapping.objects.select_related("team").filter(pk=self.pk).first()
            if stored is None:
                return
            refuse_stale(etag, stored, stored.reach(), stale=rules.STALE_PREVIEW)
            self.delete()
            stored._record(change, Action.GROUP_UNMAP, differences(stored.given, {}))

    def _record(self, change, action, changes):
        change.record(action, self, changes, {"team": reference(self.team)} if self.team else None)

    def reach(self) -> dict[str, int]:
        """How many have what they have through its group now: people of the organization, admins, people in the team.

        Where a group has several mappings, that is what all of them give.
        """
        here = self.organization.memberships.filter(group=self.group, provider=self.provider)
        inside = self.team.memberships.filter(group=self.group, provider=self.provider) if self.team else here.none()
        admins = here.filter(role=OrganizationRole.ADMIN)
        return {"people": here.count(), "admins": admins.count(), "team": inside.count()}


def mappings_of(groups: Collection[str], provider: str) -> list[GroupMapping]:
    """The mappings of these `groups` of the provider, in all organizations.

    They are compared here: there may be more groups, and other text, than a database takes.
    """
    mappings: Any = GroupMapping.objects.filter(provider=provider).select_related("team").order_by("pk")
    return [mapping for mapping in mappings if mapping.group in groups]
