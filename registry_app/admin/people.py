"""Accounts, organizations and who is in them, in the Django admin."""

from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth import admin as auth
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction

from .. import rules
from ..choices import Action
from ..models import Organization, OrganizationMembership, User, create_organization, raise_refusal
from ..models.event import record
from .base import AuditedAdmin, RowsInline, actor_of
from .forms import AdminForm, OptimisticLockForm, name_field

ACCOUNT_STAYS = rules.Refusal(
    "account_stays", "Accounts are never deleted, for what they did keeps their name.", "Deactivate it instead."
)
ORGANIZATION_IS_FOUNDED = rules.Refusal(
    "organization_is_founded", "Organizations are never deleted: their core registries stay."
)


class NewUserForm(AdminForm, AdminUserCreationForm):
    """A new account."""


class UserForm(OptimisticLockForm, UserChangeForm):
    """An account as it is."""


class ConnectionInline(RowsInline):
    """To whom of an identity provider an account is connected. Single sign-on connects; here it ends."""

    model = SocialAccount
    verbose_name, verbose_name_plural = "connection", "single sign-on: ending a connection ends the sessions too"
    fields = ["provider", "uid", "date_joined", "last_login"]
    readonly_fields = ["provider", "uid", "date_joined", "last_login"]

    def has_add_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        """Of whoever may change the account."""
        return self.admin_site.get_model_admin(User).has_change_permission(request, obj)

    has_delete_permission = has_view_permission


@admin.register(User)
class UserAdmin(AuditedAdmin, auth.UserAdmin):
    """Accounts. Permissions are two flags: staff come in here, superusers may do all here."""

    form, add_form = UserForm, NewUserForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_staff", "is_service"]
    list_filter = ["is_active", "is_staff", "is_superuser", "is_service"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password", "email", "first_name", "last_name"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "is_service"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "email", "usable_password", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined", "is_service"]
    add_action = Action.USER_CREATE
    change_action = delete_action = Action.USER_EDIT
    stays = ACCOUNT_STAYS

    def immutable(self, obj):
        """The last admin of an organization stays active."""
        return {"is_active": rules.LAST_ADMIN} if obj and obj.is_last_admin_somewhere() else {}

    def has_change_permission(self, request, obj=None):
        """Superusers are for superusers to change."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or not (obj and obj.is_superuser))

    def get_readonly_fields(self, request, obj=None):
        """Nobody but a superuser gives rights here."""
        rights = [] if request.user.is_superuser else ["is_staff", "is_superuser"]
        return [*super().get_readonly_fields(request, obj), *rights]

    def save_model(self, request, obj, form, change):
        """Save, and log what changed. Refuses to leave an organization without an admin."""
        by = actor_of(request)
        if not change:
            obj.save()
            record(by, Action.USER_CREATE, obj, obj.creation_changes())
            return
        for organization in obj.memberships.order_by("organization_id").values_list("organization_id", flat=True):
            Organization.objects.hold(organization)
        before = User.objects.select_for_update().get(pk=obj.pk)
        form.refuse_stale()
        closing = before.is_active and not obj.is_active
        raise_refusal(rules.LAST_ADMIN if closing and obj.is_last_admin_somewhere() else None, "is_active")
        obj.save()
        obj.emailaddress_set.exclude(email=obj.email.lower()).delete()  # else one could still sign in with the old one
        if closing:
            obj.end_access(by)
        changes = {name: [getattr(before, name), getattr(obj, name)] for name in form.changed_data}
        if changes:
            record(by, Action.USER_EDIT, obj, changes)

    def get_inlines(self, request, obj):
        return [ConnectionInline] if obj and obj.socialaccount_set.exists() else []

    def save_formset(self, request, form, formset, change):
        """End connections to identity providers."""
        formset.save(commit=False)
        for connection in formset.deleted_objects:
            request.attempted_action = Action.SSO_DISCONNECT
            form.instance.disconnect(actor_of(request), connection)

    def user_change_password(self, request, id, form_url=""):
        """Django's page; that the password changed is logged, and nothing of it. Service accounts have none."""
        account = self.get_object(request, unquote(id))
        if account and account.is_service:
            raise PermissionDenied
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            after = self.get_object(request, unquote(id))
            if account and after and account.password != after.password:
                changes = {"password": [None, "changed"]}
                record(actor_of(request), Action.USER_EDIT, after, changes)
        return response


class NewOrganizationForm(AdminForm):
    """A new organization and its first admin."""

    name = name_field(rules.refuse_name)
    admin = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        widget=ForeignKeyRawIdWidget(OrganizationMembership._meta.get_field("user").remote_field, admin.site),
        help_text="Its first admin.",
    )


@admin.register(Organization)
class OrganizationAdmin(AuditedAdmin):
    """Organizations: created with core registries and a first admin; their settings change, nothing is deleted."""

    add_form = NewOrganizationForm
    add_fieldsets = [(None, {"fields": ["name", "admin"]})]
    list_display = ["name", "slug", "default_role", "members_create", "created_at"]
    fields = ["name", "slug", "default_role", "members_create", "created_at"]
    search_fields = ["name", "slug"]
    chosen_once = ["name", "slug", "created_at"]
    add_action, change_action = Action.ORGANIZATION_CREATE, Action.ORGANIZATION_EDIT
    stays = ORGANIZATION_IS_FOUNDED

    def create(self, by, obj, form):
        """Rules 1 and 17."""
        created = create_organization(obj.name, form.cleaned_data["admin"], by)
        obj.pk, obj.slug = created.pk, created.slug

    def edit(self, by, obj):
        obj.edit(by, default_role=obj.default_role, members_create=obj.members_create)


@admin.register(OrganizationMembership)
class OrganizationMembershipAdmin(AuditedAdmin):
    """Who is in which organization, and as what."""

    list_display = ["user", "organization", "role"]
    fields = ["user", "organization", "role"]
    list_filter = ["role", "organization"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__username", "user__email", "organization__name"]
    raw_id_fields = chosen_once = ["organization", "user"]
    add_action, change_action = Action.PERSON_ADD, Action.PERSON_CHANGE
    delete_action = Action.PERSON_REMOVE

    def immutable(self, obj):
        """The last admin stays one."""
        return {"role": rules.LAST_ADMIN} if obj and self.refuse_deletion(obj) else {}

    def refuse_deletion(self, obj):
        """The last admin stays."""
        return obj.refuse_last_admin() if obj else None
