"""Secrets that let somebody in, in the Django admin: invitations and API tokens. Those who need them make them."""

from django.contrib import admin, messages

from ..models import ApiToken, Invitation
from .base import AuditedAdmin, actor_of


class SecretAdmin(AuditedAdmin):
    """What is shown without its secret, which nobody keeps, and revoked."""

    actions = ["revoke"]

    @admin.action(description="Revoke selected %(verbose_name_plural)s", permissions=["revoke"])
    def revoke(self, request, queryset):
        """End those that still work, permanently; the others have ended already."""
        for secret in queryset:
            secret.revoke_by(actor_of(request))
        text = f"None of the selected {self.opts.verbose_name_plural} works any more."
        self.message_user(request, text, messages.SUCCESS)

    def has_revoke_permission(self, request):
        """Whoever may change them, as Django counts permissions."""
        return admin.ModelAdmin.has_change_permission(self, request)


@admin.register(Invitation)
class InvitationAdmin(SecretAdmin):
    """Invitations, made on the site's pages."""

    list_display = ["__str__", "organization", "role", "created_by", "expires_at", "used_by", "revoked_at"]
    list_filter = ["role", "organization"]
    list_select_related = ["organization", "created_by", "used_by"]
    search_fields = ["email", "organization__name"]
    fields = ["email", *list_display[1:], "teams_now", "created_at", "used_at"]

    @admin.display(description="teams")
    def teams_now(self, obj):
        """The teams that the invited person joins, by their names now; deleted ones by their last known name."""
        return ", ".join([*map(str, obj.teams_left), *(f"{name} (deleted)" for name in obj.teams_gone)]) or "None"


@admin.register(ApiToken)
class ApiTokenAdmin(SecretAdmin):
    """API tokens of everybody."""

    list_display = ["name", "user", "read_only", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["read_only"]
    search_fields = ["name", "user__username", "user__email"]
