"""API tokens in the Django admin."""

from django.contrib import admin, messages

from ..models import ApiToken
from .base import ReadOnlyAdmin, actor_of


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens of everybody: shown without their secret, which nobody keeps, and revoked. Their owners make them."""

    list_display = ["name", "user", "read_only", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["read_only"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username", "user__email"]
    fields = ["user", "name", "read_only", "created_at", "expires_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke selected API tokens", permissions=["revoke"])
    def revoke(self, request, queryset):
        """End those that still work, for good."""
        for token in queryset:
            token.revoke_by(actor_of(request))
        self.message_user(request, "None of the selected tokens works any more.", messages.SUCCESS)

    def has_revoke_permission(self, request):
        """Whoever may change tokens, as Django counts permissions."""
        return request.user.has_perm("registry_app.change_apitoken")
