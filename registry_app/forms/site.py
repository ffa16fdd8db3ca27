"""The forms of settings of how pages look to one person."""

from django import forms

from .. import rules
from .base import ActionForm


class TimeZoneForm(ActionForm):
    """The zone in which a person sees times."""

    time_zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        choices=[("", "That of the browser"), *((name, name.replace("_", " ")) for name in rules.zone_names())],
        help_text="Days in filters, and the last day of a role, are days in this zone too. Exports and mails say UTC.",
    )
