"""The audit log's filters."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from .. import rules
from ..choices import Action
from ..models import Organization
from ..models.event_queryset import AuditEventQuerySet
from .base import FilterForm, Wanted
from .widgets import search_field

ACTIONS = list(Action.choices)


def _beginning(day: date) -> datetime:
    """Its first moment in the reader's zone."""
    return rules.start_of_day(day, timezone.get_current_timezone())


def _end(day: date) -> datetime:
    """The first moment after it in the reader's zone."""
    return rules.end_of_day(day, timezone.get_current_timezone())


class AuditFilter(FilterForm):
    """What the audit log is narrowed to."""

    compared = {"since": _beginning, "until": _end}
    place = {"before"}
    q = search_field("Person, registry or request")
    action = forms.ChoiceField(label="Action", required=False, choices=[("", "Any"), *ACTIONS])
    outcome = forms.ChoiceField(
        label="Outcome", required=False, choices=[("", "Any"), ("done", "Done"), ("refused", "Refused")]
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    @staticmethod
    def narrow(events: AuditEventQuerySet, wanted: Wanted, organization: Organization) -> AuditEventQuerySet:
        """`events` of `organization`, narrowed to what is `wanted`."""
        if words := wanted.get("q"):
            events = events.search(words, organization.targets_named(words))
        if "action" in wanted:
            events = events.filter(action=wanted["action"])
        if "outcome" in wanted:
            events = events.filter(code="") if wanted["outcome"] == "done" else events.exclude(code="")
        return events.between(wanted.get("since"), wanted.get("until"))


class HistoryFilter(AuditFilter):
    """The same of one collection; also the alias whose moves are asked for."""

    alias = forms.CharField(label="Alias", required=False, max_length=rules.LABEL_LENGTH)

    @staticmethod
    def narrow(events: AuditEventQuerySet, wanted: Wanted, organization: Organization) -> AuditEventQuerySet:
        """As of the audit log, and just those that moved the alias."""
        events = AuditFilter.narrow(events, wanted, organization)
        return events.for_alias(wanted["alias"]).filter(code="") if "alias" in wanted else events


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
