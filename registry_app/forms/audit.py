"""The audit log's filters."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Lower
from django.utils import timezone

from .. import rules
from ..choices import Action, EventKind
from ..models import OrganizationMembership, User
from ..models.event import ACTOR_LENGTH
from ..models.event_queryset import AuditEventQuerySet
from .base import FilterForm, Wanted
from .widgets import NameInput, any_field, search_field

# The actions in groups: [(kind, [(action, its words), …]), …].
ACTIONS = [
    (kind.label, [(action.value, action.label) for action in Action if action.kind == kind])
    for kind in EventKind
    if kind != EventKind.REFUSED
]


def _beginning(day: date) -> datetime:
    """Its first moment in the reader's zone."""
    return rules.start_of_day(day, timezone.get_current_timezone())


def _end(day: date) -> datetime:
    """The first moment after it in the reader's zone."""
    return rules.end_of_day(day, timezone.get_current_timezone())


class ActivityFilter(FilterForm):
    """What the activity of a registry is narrowed to: one kind of entries; and where in it one is."""

    place = {"before"}
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All"), *EventKind.choices])
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    @staticmethod
    def narrow(events: AuditEventQuerySet, wanted: Wanted, membership: OrganizationMembership) -> AuditEventQuerySet:
        """`events`, narrowed to what is `wanted` by the membership's person."""
        return events.filter(kind=wanted["kind"]) if "kind" in wanted else events


class HistoryFilter(ActivityFilter):
    """The same of a collection; also the alias whose moves are asked for."""

    alias = forms.CharField(label="Alias", required=False, max_length=rules.LABEL_LENGTH)

    @staticmethod
    def narrow(events: AuditEventQuerySet, wanted: Wanted, membership: OrganizationMembership) -> AuditEventQuerySet:
        """As of a registry, and just those that moved the alias."""
        events = ActivityFilter.narrow(events, wanted, membership)
        return events.for_alias(wanted["alias"]).filter(code="") if "alias" in wanted else events


class AuditFilter(ActivityFilter):
    """The same of the audit log; also words, an account, a registry, an action and days."""

    compared = {"person": str, "registry": rules.name_key, "since": _beginning, "until": _end}
    q = search_field("Name now or then, or request")
    person = any_field("Person or service account", ACTOR_LENGTH, widget=NameInput(placeholder="Any"))
    registry = any_field("Registry", rules.NAME_LENGTH)
    action = forms.ChoiceField(label="Action", required=False, choices=[("", "Any"), *ACTIONS])
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    @staticmethod
    def narrow(events: AuditEventQuerySet, wanted: Wanted, membership: OrganizationMembership) -> AuditEventQuerySet:
        """`events`, narrowed to what is `wanted` by the membership's person."""
        readable, events = events, ActivityFilter.narrow(events, wanted, membership)
        if words := wanted.get("q"):
            events = events.search(words, membership.organization.targets_named(words))
        if "person" in wanted:
            events = events.filter(actor_id=Subquery(_account(wanted["person"], readable, membership).values("pk")))
        if "registry" in wanted:
            registry = membership.registries().filter(name_key=wanted["registry"]).order_by().values("pk")
            events = events.filter(registry_id=Subquery(registry))
        if "action" in wanted:
            events = events.filter(action=wanted["action"])
        return events.between(wanted.get("since"), wanted.get("until"))


def _account(name: str, events: AuditEventQuerySet, looker: OrganizationMembership) -> QuerySet[User]:
    """The account, of those that did any of `events`, that `name` means to `looker`, as in fields of names.

    Who is called exactly so comes before who differs in case. Addresses find people of the organization for its admins.
    """
    accounts = User.objects.filter(Exists(events.filter(actor_id=OuterRef("pk"))))
    accounts = accounts.alias(username_key=Lower("username"), email_key=Lower("email"))
    key = Lower(Value(name))
    called = Q(username_key=key)
    if looker.is_admin:
        called |= Q(email_key=key, memberships__organization=looker.organization_id)
    order = Case(When(username=name, then=0), When(username_key=key, then=1), default=2)
    return accounts.filter(called).order_by(order, "pk")[:1]


class DayForm(FilterForm):
    """The day of the reader at whose end something is to be seen as it was; without one, today."""

    on = forms.DateField(
        label="At the end of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].widget.attrs["max"] = timezone.localdate().isoformat()

    def clean_on(self) -> date | None:
        """A day that has begun somewhere, for addresses are shared: of one that hasn't, nothing is known."""
        day = self.cleaned_data["on"]
        if day and day > (timezone.now() + rules.FIRST_TODAY).astimezone(UTC).date():
            raise ValidationError("That day is to come.", code="day_to_come")
        return day
