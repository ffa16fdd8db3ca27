"""Accounts, organizations and who is in them, in the Django admin."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth import admin as auth
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html_join

from .. import rules
from ..choices import Action
from ..models import Organization, OrganizationMembership, User, create_organization
from ..models.event import record
from ..models.provisioning import edit_account
from .base import AuditedAdmin, actor_of
from .forms import AdminForm

CONNECTION = "admin:socialaccount_socialaccount_change"


class NewUserForm(AdminForm, AdminUserCreationForm):
    """A new account."""


class UserForm(AdminForm, UserChangeForm):
    """An account as it is."""


@admin.register(User)
class UserAdmin(AuditedAdmin, auth.UserAdmin):
    """Accounts. Permissions are two flags: staff come in here, superusers may do all here."""

    form, add_form = UserForm, NewUserForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_staff", "is_service"]
    list_filter = ["is_active", "is_staff", "is_superuser", "is_service"]
    filter_horizontal = []
    add_fieldsets = [(None, {"fields": ["username", "email", "usable_password", "password1", "password2"]})]
    fieldsets = None
    fields = [*list_display, "is_superuser", "password", "last_login", "date_joined", "connections"]
    readonly_fields = ["last_login", "date_joined", "is_service", "connections"]
    add_action = Action.USER_CREATE
    change_action = delete_action = Action.USER_EDIT
    stays = rules.Refusal("account_stays", "Accounts are never deleted.", "Deactivate it instead.")

    def immutable(self, obj):
        """The last admin of an organization stays active."""
        return {"is_active": rules.LAST_ADMIN} if obj and obj.is_last_admin_somewhere() else {}

    def has_change_permission(self, request, obj=None):
        """Superusers are for superusers to change."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def shown_fields(self, request, obj, fields):
        """The same. Its connections are for whoever may end them."""
        shown = super().shown_fields(request, obj, fields)
        return shown if self.has_change_permission(request, obj) else [name for name in shown if name != "connections"]

    @admin.display(description="single sign-on")
    def connections(self, obj):
        """Each person of a provider that it is connected to, as a link to the page that ends the connection."""
        shown = [
            (reverse(CONNECTION, args=[row.pk]), row.provider, row.uid) for row in obj.socialaccount_set.order_by("pk")
        ]
        return format_html_join(", ", '<a href="{}">{}: {}</a>', shown) or "Not connected."

    def get_readonly_fields(self, request, obj=None):
        """Nobody but a superuser gives rights here."""
        rights = [] if request.user.is_superuser else ["is_staff", "is_superuser"]
        return [*super().get_readonly_fields(request, obj), *rights]

    def create(self, by, obj, form):
        obj.save()
        record(by, Action.USER_CREATE, obj, obj.creation_changes())

    def edit(self, by, obj, form):
        edit_account(obj, by, obj.edited_fields, etag=form.cleaned_data["etag"])

    @transaction.atomic
    def user_change_password(self, request, id, form_url=""):
        """Django's page; that the password changed is logged, and nothing of it. Service accounts have none."""
        account = self.get_object(request, unquote(id))
        if account and account.is_service:
            raise PermissionDenied
        response = super().user_change_password(request, id, form_url)
        if account and response.status_code == 302:
            record(actor_of(request), Action.USER_EDIT, account, {"password": [None, "changed"]})
        return response


class ConnectionAdmin(AuditedAdmin):
    """Who at an identity provider an account is connected to. Ending a connection ends the sessions too."""

    list_display = ["user", "provider", "uid", "date_joined", "last_login"]
    search_fields = ["user__username", "uid"]
    delete_action = Action.SSO_DISCONNECT

    def get_queryset(self, request):
        """Those of superusers are for superusers to see."""
        connections = super().get_queryset(request)
        return connections if request.user.is_superuser else connections.exclude(user__is_superuser=True)

    def audit_target(self, obj):
        return obj.user.audit_target

    def has_view_permission(self, request, obj=None):
        """Of whoever may change the account."""
        return self.admin_site.get_model_admin(User).has_change_permission(request, obj and obj.user)

    has_delete_permission = has_module_permission = has_view_permission

    def delete_model(self, request, obj):
        obj.user.disconnect(actor_of(request), obj)


class OrganizationForm(AdminForm):
    """An organization; a new one has a first admin."""

    admin = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        widget=ForeignKeyRawIdWidget(OrganizationMembership._meta.get_field("user").remote_field, admin.site),
        help_text="Its first admin.",
    )


@admin.register(Organization)
class OrganizationAdmin(AuditedAdmin):
    """Organizations: created with core registries and a first admin; their settings change, nothing is deleted."""

    form = OrganizationForm
    list_display = ["name", "slug", "default_role", "members_create", "created_at"]
    search_fields = ["name", "slug"]
    add_fields = ["name", "admin"]
    chosen_once = ["name", "slug", "created_at"]
    add_action, change_action = Action.ORGANIZATION_CREATE, Action.ORGANIZATION_EDIT
    stays = rules.Refusal("organizations_stay", "Organizations are never deleted: their core registries stay.")

    def create(self, by, obj, form):
        """Rules 1 and 17."""
        created = create_organization(obj.name, form.cleaned_data["admin"], by)
        obj.pk, obj.slug = created.pk, created.slug


@admin.register(OrganizationMembership)
class OrganizationMembershipAdmin(AuditedAdmin):
    """Who is in which organization, and as what."""

    list_display = ["user", "organization", "role"]
    list_filter = ["role", "organization"]
    search_fields = ["user__username", "user__email", "organization__name"]
    add_action, change_action = Action.PERSON_ADD, Action.PERSON_CHANGE
    delete_action = Action.PERSON_REMOVE

    def immutable(self, obj):
        """The last admin stays one."""
        return {"role": rules.LAST_ADMIN} if obj and self.refuse_deletion(obj) else {}

    def refuse_deletion(self, obj):
        """The last admin stays."""
        return obj.refuse_last_admin()
