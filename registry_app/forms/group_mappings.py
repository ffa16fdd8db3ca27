"""Forms about what an organization gives to groups of the identity provider."""

from typing import Any

from django import forms

from .. import rules
from ..choices import OrganizationRole, TeamRole
from ..models import OrganizationMembership, Team
from .base import ActionForm
from .fields import EtagField, RuleField
from .widgets import Radios, text_input


class GroupRolesForm(ActionForm):
    """The roles that a mapping gives; `team_role` counts where it names a team."""

    role = forms.ChoiceField(
        choices=OrganizationRole,
        initial=OrganizationRole.MEMBER,
        widget=Radios,
        error_messages={"required": "Choose a role."},
    )
    team_role = forms.ChoiceField(label="Role in the team", choices=TeamRole, initial=TeamRole.MEMBER, required=False)


class ChangeMappingForm(GroupRolesForm):
    """The same as they are changed (rule 19)."""

    etag = EtagField()


class GroupMappingForm(GroupRolesForm):
    """A new mapping that the membership `looker` makes."""

    group = RuleField(
        clean_text=str.strip,
        refuse=rules.refuse_group,
        help_text="Its name or id, exactly as the identity provider sends it. Upper and lower case differ.",
        widget=text_input("mono short"),
    )
    team = forms.ChoiceField(required=False)
    field_order = ("group", "role", "team", "team_role")

    def __init__(self, *args: Any, looker: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = looker.organization.teams.order_by("name_key")
        names = self.teams.values_list("name", flat=True)
        self.fields["team"].choices = [("", "No team"), *((name, name) for name in names)]  # type: ignore[attr-defined]

    def clean_team(self) -> Team | None:
        """The team, or None."""
        name = self.cleaned_data["team"]
        return self.teams.filter(name=name).first() if name else None


class RemoveMappingForm(ActionForm):
    """The second step of removing a mapping, and what its page counted (rule 18)."""

    etag = EtagField()
