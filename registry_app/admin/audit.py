"""The audit log in the Django admin: to read, never to write."""

import json

from django.contrib import admin
from django.utils.html import format_html_join

from .. import rules
from ..choices import Action
from ..models import AuditChainHead, AuditEvent, Organization
from .base import ReadOnlyAdmin


class OutcomeFilter(admin.SimpleListFilter):
    """Done, or refused by a rule."""

    title, parameter_name = "outcome", "outcome"

    def lookups(self, request, model_admin):
        """The two outcomes."""
        return [("done", "Done"), ("refused", "Refused by a rule")]

    def queryset(self, request, queryset):
        """Entries with that outcome."""
        if self.value() == "done":
            return queryset.filter(code="")
        return queryset.exclude(code="") if self.value() == "refused" else queryset


class ActionFilter(admin.SimpleListFilter):
    """What was done or tried."""

    title, parameter_name = "action", "action"

    def lookups(self, request, model_admin):
        """All words for it."""
        return Action.choices

    def queryset(self, request, queryset):
        """Entries of that action."""
        return queryset.filter(action=self.value()) if self.value() in Action.values else queryset


class OrganizationFilter(admin.SimpleListFilter):
    """The organization that it happened in: entries hold its id alone."""

    title, parameter_name = "organization", "organization"

    def lookups(self, request, model_admin):
        """All organizations."""
        return [(str(pk), name) for pk, name in Organization.objects.values_list("pk", "name")]

    def queryset(self, request, queryset):
        """Entries of that organization."""
        known = self.value() in {value for value, _ in self.lookup_choices}
        return queryset.filter(organization_id=self.value()) if known else queryset


class ImmutableAdmin(ReadOnlyAdmin):
    """What is written once."""

    def refuse_deletion(self, obj):
        """§5."""
        return rules.LOG_STAYS


@admin.register(AuditEvent)
class AuditEventAdmin(ImmutableAdmin):
    """Entries of the audit log."""

    list_display = ["seq", "at", "actor_name", "what", "target_name", "code", "request_id"]
    list_display_links = ["seq", "target_name"]
    list_filter = [OutcomeFilter, ActionFilter, OrganizationFilter]
    search_fields = ["target_name", "actor_name", "code", "request_id"]
    fields = [
        "seq",
        "at",
        "actor_name",
        "what",
        "target_type",
        "target_id",
        "target_name",
        "code",
        "what_changed",
        "why",
        "organization_id",
        "registry_id",
        "request_id",
        "prev_hash",
        "hash",
        "body",
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

    @admin.display(description="Reason")
    def why(self, obj):
        """What the actor, or the rule, said."""
        return obj.reason or "–"


@admin.register(AuditChainHead)
class AuditChainHeadAdmin(ImmutableAdmin):
    """The end of the chain: what to keep elsewhere, to see that nobody rewrote the log."""

    list_display = ["seq", "hash"]
    fields = ["seq", "hash"]
