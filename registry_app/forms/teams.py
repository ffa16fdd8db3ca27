"""Forms about teams."""

import re

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..choices import TeamRole
from .base import LawField, RuleForm, VersionField
from .people import CursorForm

PEOPLE_AT_ONCE = 100


class TeamFilter(CursorForm):
    """What the list of teams is narrowed to."""

    q = forms.CharField(label="Search", required=False, max_length=200)

    def apply(self, teams):
        """`teams`, narrowed to what the valid filters ask for."""
        if words := self.cleaned_data["q"]:
            teams = teams.filter(name_key__contains=rules.name_key(words))
        return teams


class TeamForm(RuleForm):
    """Name and description of a team."""

    name = LawField(clean_text=rules.clean_name, refuse=rules.refuse_name)
    description = forms.CharField(required=False, max_length=200)


class TeamSettingsForm(TeamForm):
    """The same as they are edited (rule 19)."""

    version = VersionField()


class TeamDeleteForm(RuleForm):
    """The second step of deleting a team: its name typed."""

    confirmation = forms.CharField(required=False)

    def __init__(self, *args, team, **kwargs):
        super().__init__(*args, **kwargs)
        self.team = team

    def clean_confirmation(self):
        """The name, to the letter."""
        if rules.clean_name(self.cleaned_data["confirmation"]) != self.team.name:
            raise ValidationError(rules.CONFIRMATION_DIFFERS.reason, code=rules.CONFIRMATION_DIFFERS.code)
        return self.cleaned_data["confirmation"]


class AddPeopleForm(RuleForm):
    """People to put into a team, several at once, all as one role."""

    people = forms.CharField(
        label="People",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Usernames or email addresses, separated by commas or line breaks.",
        error_messages={"required": "Name at least one."},
    )
    role = forms.ChoiceField(choices=TeamRole, initial=TeamRole.MEMBER, error_messages={"required": "Choose a role."})

    def __init__(self, *args, team, **kwargs):
        super().__init__(*args, **kwargs)
        self.team = team

    def clean_people(self):
        """The users; refuses with `not_in_organization` and the names of those that nobody here has."""
        names = dict.fromkeys(name.strip() for name in re.split(r"[,;\n]", self.cleaned_data["people"]) if name.strip())
        if not names:
            raise ValidationError(self.fields["people"].error_messages["required"], code="required")
        if len(names) > PEOPLE_AT_ONCE:
            text = f"At most {PEOPLE_AT_ONCE} people at once; these are {len(names)}."
            raise ValidationError(text, code="people_too_many")
        found = self._found(names)
        if missing := [name for name in names if name not in found]:
            text = f"Nobody here is called {', '.join(missing)[:200]}."
            raise ValidationError(text, code=rules.NOT_HERE.code)
        return list(dict.fromkeys(found.values()))

    def _found(self, names):
        """{name: user} of those here; who is called exactly so comes before who differs in case or by address."""
        here = self.team.organization.memberships.of_active().select_related("user").named(names)
        users = [membership.user for membership in here]
        folded = {user.email.lower(): user for user in users if user.email}
        folded |= {user.username.lower(): user for user in users}
        exact = {user.username: user for user in users}
        found = {name: exact.get(name) or folded.get(name.lower()) for name in names}
        return {name: user for name, user in found.items() if user}
