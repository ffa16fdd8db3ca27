"""Forms about the people of an organization: who is in it, as what, and who is asked to join."""

import re
from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.db.models import Q, QuerySet

from .. import rules
from ..choices import OrganizationRole
from ..models import OrganizationMembership, Team
from .base import ActionForm, CursorForm, Wanted
from .fields import EtagField
from .organizations import AccountForm
from .principals import AT_ONCE, PrincipalsField, ask_for, find_teams, refuse_unknown
from .widgets import Radios, any_field, search_field, text_input

STATES = [("active", "Active"), ("deactivated", "Deactivated")]


class PeopleFilter(CursorForm):
    """What the list of people is narrowed to for `looker`, a membership: addresses are for admins."""

    compared = {"q": str, "team": rules.name_key}
    q = search_field("Username")
    role = forms.ChoiceField(
        label="Organization role", required=False, choices=[("", "Any role"), *reversed(OrganizationRole.choices)]
    )
    team = any_field("Team", rules.NAME_LENGTH)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any state"), *STATES])

    def __init__(self, *args: Any, looker: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if looker.is_admin:
            self.fields["q"].widget.attrs["placeholder"] = "Username or email"

    @staticmethod
    def narrow(
        people: QuerySet[OrganizationMembership], wanted: Wanted, looker: OrganizationMembership
    ) -> QuerySet[OrganizationMembership]:
        """`people`, narrowed to what is `wanted`."""
        if "q" in wanted:
            found = Q(user__username__icontains=wanted["q"])
            people = people.filter(found | Q(user__email__icontains=wanted["q"]) if looker.is_admin else found)
        if "role" in wanted:
            people = people.filter(role=wanted["role"])
        if "team" in wanted:
            teams = looker.organization.teams.filter(name_key__contains=wanted["team"])
            people = people.filter(user__in=teams.values("memberships__user").order_by())
        if "state" in wanted:
            people = people.filter(user__is_active=wanted["state"] == "active")
        return people


class MemberRoleForm(ActionForm):
    """Somebody's role in an organization or in a team, and the one that was shown (rule 19)."""

    role = forms.ChoiceField(choices=OrganizationRole, widget=Radios, error_messages={"required": "Choose a role."})
    etag = EtagField()


class ConfirmForm(ActionForm):
    """A second step that asks for nothing but to be taken."""


class SecondFactorForm(ActionForm):
    """Whether an organization asks its members for a second factor."""

    wanted = forms.BooleanField(required=False)


class ServiceForm(ActionForm):
    """A new service account."""

    username = UsernameField(
        label="Name",
        max_length=150,
        help_text="Letters, digits and @ . + - _, such as eval-ci. It can't be changed.",
        widget=text_input("mono short"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autocomplete"] = "off"  # it is nobody's own


class AddressesField(forms.CharField):
    """Email addresses with commas, semicolons or white space between, as a list without doubles.

    Refuses with `invalid` or `too_many`.
    """

    widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: Any) -> list[str]:
        """The addresses; order kept."""
        found = list(dict.fromkeys(filter(None, re.split(r"[,;\s]+", super().clean(value)))))
        if len(found) > AT_ONCE:
            raise forms.ValidationError(f"At most {AT_ONCE} at once; these are {len(found)}.", code="too_many")
        return [forms.EmailField().clean(address) for address in found]


class InviteForm(ActionForm):
    """New invitations that the membership `looker` makes: one for each address, or one for anybody."""

    email = AddressesField(
        label="Email addresses",
        required=False,
        max_length=20_000,
        help_text="Separate them with commas. Each gets its own link. Leave empty for one link that anybody can use.",
    )
    role = forms.ChoiceField(
        choices=OrganizationRole,
        initial=OrganizationRole.MEMBER,
        widget=Radios,
        error_messages={"required": "Choose a role."},
    )
    teams = PrincipalsField(required=False)

    def __init__(self, *args: Any, looker: OrganizationMembership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.looker = looker
        ask_for(self, "teams", looker, teams="Teams that the invited person joins at once")

    def clean_teams(self) -> list[Team]:
        """The teams; refuses with `not_in_organization` the names that none here has."""
        names = self.cleaned_data["teams"]
        found = find_teams(self.looker.organization, names)
        refuse_unknown(self.looker, names, found, people=False, teams=True)
        return list(dict.fromkeys(found.values()))


class JoinForm(AccountForm):
    """The account that a person makes to accept an invitation."""
