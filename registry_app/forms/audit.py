"""The audit log's filters."""

from datetime import UTC, date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from .. import rules
from ..choices import Action
from ..models import Organization
from ..models.event_queryset import AuditEventQuerySet
from .base import FilterForm
from .widgets import search_field

ACTIONS = list(Action.choices)


class AuditFilter(FilterForm):
    """What the audit log is narrowed to."""

    q = search_field("Person, registry or request")
    action = forms.ChoiceField(label="Action", required=False, choices=[("", "Any"), *ACTIONS])
    outcome = forms.ChoiceField(
        label="Outcome", required=False, choices=[("", "Any"), ("done", "Done"), ("refused", "Refused")]
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def apply(self, events: AuditEventQuerySet, organization: Organization) -> AuditEventQuerySet:
        """`events` of `organization`, narrowed to what the valid filters ask for; `before` is left to pages."""
        wanted = self.cleaned_data
        if words := wanted["q"]:
            events = events.search(words, organization.targets_named(words))
        if wanted["action"]:
            events = events.filter(action=wanted["action"])
        if wanted["outcome"]:
            events = events.filter(code="") if wanted["outcome"] == "done" else events.exclude(code="")
        return events.between(wanted["since"], wanted["until"])


class HistoryFilter(AuditFilter):
    """The same of one collection; also the alias whose moves are asked for."""

    alias = forms.CharField(label="Alias", required=False, max_length=rules.LABEL_LENGTH)

    def apply(self, events: AuditEventQuerySet, organization: Organization) -> AuditEventQuerySet:
        """As of the audit log, and just those that moved the alias."""
        events, alias = super().apply(events, organization), self.cleaned_data["alias"]
        return events.for_alias(alias).filter(code="") if alias else events


class DayForm(FilterForm):
    """The day of the reader at whose end something is to be seen as it was; without one, today."""

    on = forms.DateField(
        label="As it was at the end of",
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
