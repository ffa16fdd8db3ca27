"""The audit log in the Django admin: to read, never to write."""

import json

from django.contrib import admin
from django.db.models import F, Q, Subquery
from django.utils.html import format_html_join

from .. import rules
from ..choices import Action
from ..models import AuditChainHead, AuditEvent, AuditForward, Organization
from .base import AuditedAdmin

OUTCOMES = {"done": Q(code=""), "refused": ~Q(code="")}


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


def organizations():
    """All of them, for a filter: entries hold their ids alone."""
    return Organization.objects.values_list("pk", "name")


@admin.register(AuditEvent)
class AuditEventAdmin(AuditedAdmin):
    """Entries of the audit log, written once (§5)."""

    list_display = ["seq", "at", "actor_name", "what", "target_name", "code", "request_id"]
    list_display_links = ["seq", "target_name"]
    list_filter = [
        log_filter("outcome", lambda: [("done", "Done"), ("refused", "Refused by a rule")], OUTCOMES.get),
        log_filter("action", lambda: Action.choices, lambda value: Q(action=value)),
        log_filter("organization", organizations, lambda value: Q(organization_id=value)),
    ]
    search_fields = ["target_name", "actor_name", "code", "request_id"]
    fields = ["seq", "at", "actor_name", "what", "target_type", "target_id", "target_name", "code", "what_changed"]
    fields += ["reason", "organization_id", "registry_id", "request_id", "prev_hash", "hash", "body"]
    stays = rules.LOG_STAYS

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
class AuditChainHeadAdmin(AuditedAdmin):
    """The end of the chain: what to keep elsewhere, to see that nobody rewrote the log."""

    list_display = ["seq", "hash"]
    stays = rules.LOG_STAYS


@admin.register(AuditForward)
class AuditForwardAdmin(AuditedAdmin):
    """How far the log was forwarded, and what keeps it from going on."""

    list_display = ["target", "seq", "waiting", "forwarded_at", "failed_at", "failure"]
    stays = rules.LOG_STAYS

    def get_queryset(self, request):
        """With the number of entries that were not forwarded yet."""
        head = Subquery(AuditChainHead.objects.values("seq")[:1])
        return super().get_queryset(request).annotate(waiting=head - F("seq"))

    @admin.display(description="Entries waiting")
    def waiting(self, obj):
        """How many were not forwarded yet."""
        return obj.waiting
