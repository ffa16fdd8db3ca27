"""Forms about who has which role in a registry."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.timezone import get_current_timezone, localdate

from .. import rules
from ..choices import Role
from ..models import OrganizationMembership, Registry, RegistryMember
from ..models.validation import as_error
from .base import ActionForm
from .fields import EtagField, ReasonField
from .principals import PrincipalsField, ask_for, find_teams, find_users, names_of_people, refuse_unknown, suggest
from .widgets import NameInput, Radios

ROLES = list(reversed(Role.choices))  # highest first, as people read them
DOING = [
    (Role.RESTRICTED_VIEWER, "see it"),
    (Role.VIEWER, "download and use what is in it"),
    (Role.MEMBER, "link versions, edit collections and aliases"),
    (Role.ADMIN, "change access, types, visibility, protected aliases"),
]


class LastDayField(forms.DateField):
    """The last day on which a role counts, in the reader's zone; cleaned to the moment after it, as models keep it."""

    widget = forms.DateInput(attrs={"type": "date", "class": "input short"}, format="%Y-%m-%d")

    def clean(self, value: Any) -> datetime | None:
        """The moment, or None for a role without end. After the last days of the calendar is none in every zone."""
        day = super().clean(value)
        if day and day > date.max - timedelta(days=2):
            raise ValidationError("Leave the day empty for a role without end.", code="invalid")
        return day and rules.end_of_day(day, get_current_timezone())

    def prepare_value(self, value: Any) -> Any:
        """The day, of a moment that the model keeps."""
        return localdate(value - timedelta(microseconds=1)) if isinstance(value, datetime) else value


class RoleForm(ActionForm):
    """A role, and the last day on which it counts."""

    role = forms.ChoiceField(choices=ROLES, widget=Radios, error_messages={"required": "Choose a role."})
    ends_at = LastDayField(
        label="Last day", required=False, help_text="The role ends by itself after this day, in your time zone."
    )

    def clean_ends_at(self) -> datetime | None:
        """Refuse a day that is over."""
        moment = self.cleaned_data["ends_at"]
        if moment and moment <= datetime.now(UTC):
            raise as_error(rules.ROLE_ENDS_BEFORE)
        return moment


class AddAccessForm(RoleForm):
    """People, service accounts and teams, several at once, and the role that the membership `looker` gives them."""

    registry: Registry  # this form has one
    holders = PrincipalsField(label="People, teams or service accounts")
    field_order = ("holders", "role", "ends_at")

    def __init__(self, *args: Any, looker: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.looker = looker
        ask_for(self, "holders", looker, names_of_people(looker), "names of teams")

    def clean_holders(self) -> list[RegistryMember]:
        """The RegistryMembers to make, one a holder, unsaved and without their role; people come before teams."""
        names, organization = self.cleaned_data["holders"], self.registry.organization
        found: dict[str, dict] = {name: {"team": team} for name, team in find_teams(organization, names).items()}
        found |= {name: {"user": user} for name, user in find_users(self.looker, names).items()}
        refuse_unknown(self.looker, names, found, teams=True)
        return [RegistryMember(registry=self.registry, **found[name]) for name in names]

    def clean(self) -> dict[str, Any]:
        """Whoever has a role here already isn't given a second one."""
        cleaned = super().clean()
        members = cleaned.get("holders", [])
        named = Q(user__in=[one.user_id for one in members if one.user_id])
        named |= Q(team__in=[one.team_id for one in members if one.team_id])
        given = set(self.registry.members.active().filter(named).values_list("user", "team"))
        for member in members:
            if (member.user_id, member.team_id) in given:
                text = f"{member.holder} has a role here already; change it in the list."
                self.add_error("holders", ValidationError(text, code="already_in"))
        return cleaned


class ChangeAccessForm(RoleForm):
    """The role of one holder, as it is changed (rule 19)."""

    etag = EtagField()


class ExplainForm(forms.Form):
    """Whose access to a registry is explained to the membership `looker`."""

    person = forms.CharField(label="Username", max_length=254, label_suffix=":", required=False, widget=NameInput)

    def __init__(self, *args: Any, looker: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.looker = looker
        if looker.is_admin:
            self.fields["person"].label = "Username or email address"
        suggest(self, "person", looker)

    def clean_person(self) -> OrganizationMembership | None:
        """The membership of the person, or None where nobody is named."""
        name = rules.clean_name(self.cleaned_data["person"])
        if not name:
            return None
        found = find_users(self.looker, [name])
        refuse_unknown(self.looker, [name], found)
        return self.looker.organization.memberships.select_related("organization", "user").get(user=found[name])


class WhoCanForm(forms.Form):
    """What the people that are asked for can do, said by the lowest role that may."""

    role = forms.ChoiceField(label="They can", choices=DOING, required=False)
    is_filter = True


class RequestForm(ActionForm):
    """A role that a person asks for, and why."""

    role = forms.ChoiceField(widget=Radios, error_messages={"required": "Choose a role."})
    reason = ReasonField(
        required=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The admins of the registry read it, and the audit log keeps it.",
        error_messages={"required": "Say what you need it for."},
    )

    def __init__(self, *args: Any, held: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        higher = [(role, label) for role, label in ROLES if rules.rank(role) > rules.rank(held)]
        self.fields["role"].choices = higher  # type: ignore[attr-defined]


class AnswerForm(ActionForm):
    """What becomes of a request."""

    answer = forms.ChoiceField(choices=[("grant", "Grant"), ("decline", "Decline")])
    note = ReasonField()


class AliasAnswerForm(AnswerForm):
    """What becomes of a request for an alias; `etag` is that of what was shown."""

    etag = EtagField()
