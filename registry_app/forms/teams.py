"""Forms about teams."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from .. import rules
from ..choices import TeamRole
from ..models import OrganizationMembership, Team, User
from .base import ActionForm, CursorForm, Wanted
from .fields import EtagField, RuleField
from .principals import PrincipalsField, ask_for, find_users, names_of_people, refuse_unknown
from .widgets import Radios, search_field, text_input


class TeamFilter(CursorForm):
    """What the list of teams is narrowed to."""

    compared = {"q": rules.name_key}
    q = search_field("Name")

    @staticmethod
    def narrow(teams: QuerySet[Team], wanted: Wanted) -> QuerySet[Team]:
        """`teams`, narrowed to what is `wanted`."""
        return teams.filter(name_key__contains=wanted["q"]) if "q" in wanted else teams


class TeamForm(ActionForm):
    """Name and description of a team."""

    name = RuleField(clean_text=rules.clean_name, refuse=rules.refuse_name, widget=text_input("short"))
    description = forms.CharField(required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class TeamSettingsForm(TeamForm):
    """The same as they are edited (rule 19)."""

    etag = EtagField()


class AddPeopleForm(ActionForm):
    """People whom the membership `looker` puts into a team, several at once, all as one role."""

    people = PrincipalsField()
    role = forms.ChoiceField(
        choices=TeamRole, initial=TeamRole.MEMBER, widget=Radios, error_messages={"required": "Choose a role."}
    )

    def __init__(self, *args: Any, looker: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.looker = looker
        ask_for(self, "people", looker, names_of_people(looker))

    def clean_people(self) -> list[User]:
        """The users; refuses with `not_in_organization` those that nobody here is called."""
        names = self.cleaned_data["people"]
        found = find_users(self.looker, names)
        refuse_unknown(self.looker, names, found)
        return list(dict.fromkeys(found.values()))
