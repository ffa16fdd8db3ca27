"""Forms about who has which role in a registry."""

import re
from datetime import UTC, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..choices import Role
from ..models import RegistryMember
from .base import RuleForm

HOLDERS_AT_ONCE = 100
ROLES = list(reversed(Role.choices))  # highest first, as people read them


class LastDayField(forms.DateField):
    """The last day on which a role counts; cleaned to the moment after it (UTC), as models keep it."""

    widget = forms.DateInput(attrs={"type": "date", "class": "input short"}, format="%Y-%m-%d")

    def clean(self, value):
        """The moment, or None for a role without end."""
        day = super().clean(value)
        return day and datetime.combine(day + timedelta(days=1), time(), UTC)

    def prepare_value(self, value):
        """The day, of a moment that the model keeps."""
        return (value - timedelta(days=1)).date() if isinstance(value, datetime) else value


class RoleForm(RuleForm):
    """A role, and the last day on which it counts."""

    role = forms.ChoiceField(choices=ROLES, error_messages={"required": "Choose a role."})
    ends_at = LastDayField(label="Last day", required=False)

    def clean_ends_at(self):
        """Refuse a day that is over."""
        moment = self.cleaned_data["ends_at"]
        if moment and moment <= datetime.now(UTC):
            raise ValidationError(rules.ROLE_ENDS_BEFORE.reason, code=rules.ROLE_ENDS_BEFORE.code)
        return moment


class AddAccessForm(RoleForm):
    """People, service accounts and teams, several at once, and the role that all of them get."""

    holders = forms.CharField(
        label="People, teams or service accounts",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=20_000,
        help_text="Usernames, email addresses or names of teams, separated by commas or line breaks.",
        error_messages={"required": "Name at least one."},
    )
    field_order = ("holders", "role", "ends_at")

    def clean_holders(self):
        """The RegistryMembers to make, one a holder, unsaved and without their role."""
        names = list(dict.fromkeys(filter(None, map(rules.clean_name, re.split(r"[,;\n]", self.data["holders"])))))
        if len(names) > HOLDERS_AT_ONCE:
            raise ValidationError(f"At most {HOLDERS_AT_ONCE} at once; these are {len(names)}.", code="too_many")
        found = _found(self.registry.organization, names)
        errors = [
            ValidationError(f"Nobody here is called {name[:60]}.", code=rules.NOT_HERE.code)
            for name in names
            if name.casefold() not in found
        ]
        if errors:
            raise ValidationError(errors)
        return [RegistryMember(registry=self.registry, **found[name.casefold()]) for name in names]

    def clean(self):
        """Whoever has a role here already isn't given a second one."""
        cleaned = super().clean()
        given = {(one.user_id, one.team_id): one for one in self.registry.members.counting()}
        for member in cleaned.get("holders", []):
            if (member.user_id, member.team_id) in given:
                text = f"{member.holder} has a role here already; change it in the list."
                self.add_error("holders", ValidationError(text, code="already_in"))
        return cleaned


class ChangeAccessForm(RoleForm):
    """The role of one holder; `seen` is what was shown (rule 19)."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class ExplainForm(forms.Form):
    """Whose access to a registry is explained."""

    person = forms.CharField(label="Username or email address", max_length=254, required=False)

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        self.organization = organization

    def clean_person(self):
        """The membership of the person, or None where nobody is named."""
        name = rules.clean_name(self.cleaned_data["person"])
        if not name:
            return None
        found = _found(self.organization, [name]).get(name.casefold(), {})
        if "user" not in found:
            raise ValidationError(f"Nobody here is called {name[:60]}.", code=rules.NOT_HERE.code)
        return self.organization.memberships.select_related("organization", "user").get(user=found["user"])


class AbleForm(forms.Form):
    """What the people that are asked for can do, said by the lowest role that may."""

    role = forms.ChoiceField(choices=ROLES, required=False)


class RequestForm(RuleForm):
    """A role that somebody asks for, and why."""

    role = forms.ChoiceField(error_messages={"required": "Choose a role."})
    reason = forms.CharField(
        max_length=rules.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The admins of the registry read it, and the audit log keeps it.",
        error_messages={"required": "Say what you need it for."},
    )

    def __init__(self, *args, held, **kwargs):
        super().__init__(*args, **kwargs)
        higher = [(role, label) for role, label in ROLES if rules.rank(role) > rules.rank(held)]
        self.fields["role"].choices = higher  # type: ignore[attr-defined]


class AnswerForm(RuleForm):
    """What becomes of a request."""

    answer = forms.ChoiceField(choices=[("grant", "Grant"), ("decline", "Decline")])
    note = forms.CharField(required=False, max_length=rules.REASON_LENGTH)


def _found(organization, names):
    """{name, casefolded: {"user": …} or {"team": …}} of those among `names` that are here; people come first."""
    wanted = {name.casefold() for name in names}
    teams = organization.teams.filter(name_key__in=[rules.name_key(name) for name in names])
    found = {
        name.casefold(): {"team": team} for team in teams for name in names if rules.name_key(name) == team.name_key
    }
    people = organization.memberships.of_active().select_related("user").named(names)
    for user in (membership.user for membership in people):
        for written in wanted & {user.username.casefold(), user.email.casefold()}:
            found[written] = {"user": user}
    return found
