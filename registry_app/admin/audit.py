"""The audit log in the Django admin: to read, never to write."""

import json

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html_join

from .. import rules
from ..choices import Action
from ..models import AuditChainHead, AuditEvent, Organization
from .base import AuditedAdmin


def log_filter(name, choices, condition):
    """A filter of the log, whose columns know no choices: `condition` answers a Q for one of the `choices()`."""

    class LogFilter(admin.SimpleListFilter):
        title = parameter_name = name

        def lookups(self, request, model_admin):
            return choices()

        def queryset(self, request, queryset):
            known = self.value() in {str(value) for value, _ in self.lookup_choices}
            return queryset.filter(condition(self.value())) if known else queryset

    return LogFilter


OUTCOMES = {"done": Q(code=""), "refused": ~Q(code="")}
FILTERS = [
    log_filter("outcome", lambda: [("done", "Done"), ("refused", "Refused by a rule")], OUTCOMES.get),
    log_filter("action", lambda: Action.choices, lambda value: Q(action=value)),
    log_filter(  # entries hold its id alone
        "organization",
        lambda: Organization.objects.values_list("pk", "name"),
        lambda value: Q(organization_id=value),
    ),
]


class ImmutableAdmin(AuditedAdmin):
    """What is written once (§5)."""

    stays = rules.LOG_STAYS


@admin.register(AuditEvent)
class AuditEventAdmin(ImmutableAdmin):
    """Entries of the audit log."""

    list_display = ["seq", "at", "actor_name", "what", "target_name", "code", "request_id"]
    list_display_links = ["seq", "target_name"]
    list_filter = FILTERS
    search_fields = ["target_name", "actor_name", "code", "request_id"]
    fields = [
        *(
            "seq",
            "at",
            "actor_name",
            "what",
            "target_type",
            "target_id",
            "target_name",
            "code",
            "what_changed",
            "reason",
        ),
        *("organization_id", "registry_id", "request_id", "prev_hash", "hash", "body"),
    ]

    @admin.display(ordering="action")
    def what(self, obj):
        """What was done, or tried."""
        return obj.summary

    @admin.display(description="Changes")
    def what_changed(self, obj):
        """Field by field, before and after."""
        rows = [(name, json.dumps(before), json.dumps(after)) for name, (before, after) in obj.changes.items()]
        return format_html_join("", "<div>{}: {} → {}</div>", rows) or "–"


@admin.register(AuditChainHead)
class AuditChainHeadAdmin(ImmutableAdmin):
    """The end of the chain: what to keep elsewhere, to see that nobody rewrote the log."""

    list_display = ["seq", "hash"]
    fields = ["seq", "hash"]
