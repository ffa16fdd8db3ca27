"""Teams, who is in them, and invitations, in the Django admin."""

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget

from .. import rules
from ..choices import Action, Target
from ..forms.base import RuleField
from ..models import Invitation, Organization, Team, TeamMembership
from ..models.event import AuditTarget
from .base import BulkDeleteAdmin, OptimisticLockForm, ReadOnlyAdmin, actor_of


class TeamForm(OptimisticLockForm):
    """A team."""

    name = RuleField(clean_text=rules.clean_name, refuse=rules.refuse_name, widget=AdminTextInputWidget)


@admin.register(Team)
class TeamAdmin(BulkDeleteAdmin):
    """Teams. Who is in them has pages of its own; the roles that registries give them stand with the registries."""

    form = TeamForm
    list_display = ["name", "organization", "description", "created_at"]
    list_filter = ["organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "description"]
    raw_id_fields = ["organization"]
    fields = ["organization", "name", "description"]
    add_action, change_action, delete_action = Action.TEAM_CREATE, Action.TEAM_EDIT, Action.TEAM_DELETE

    def place(self, obj):
        """The team, in its organization."""
        return AuditTarget(Target.TEAM, obj.pk, obj.name, obj.organization_id)

    def get_readonly_fields(self, request, obj=None):
        """A team stays in its organization."""
        fields = super().get_readonly_fields(request, obj)
        return ["organization", *fields] if obj else fields

    def get_deleted_objects(self, objs, request):
        """What goes along, counted now."""
        counts = {"teams": len(objs)}
        counts["people in them"] = TeamMembership.objects.filter(team__in=objs).count()
        counts["roles in registries"] = sum(team.registry_roles.count() for team in objs)
        return [self.called(obj) for obj in objs], counts, set(), []

    def save_model(self, request, obj, form, change):
        """Make it, or give it another name or description."""
        by = actor_of(request)
        if not change:
            obj.create(by)
        elif form.changed_data:
            Organization.objects.hold(obj.organization_id)
            form.refuse_stale()
            obj.edit(by, name=obj.name, description=obj.description)

    def delete_model(self, request, obj):
        """Delete it, with its roles."""
        obj.delete_by(actor_of(request))


class TeamMembershipForm(OptimisticLockForm):
    """Somebody's role in a team."""


@admin.register(TeamMembership)
class TeamMembershipAdmin(BulkDeleteAdmin):
    """Who is in which team, and as what."""

    form = TeamMembershipForm
    list_display = ["user", "team", "organization", "role"]
    list_filter = ["role", "team__organization"]
    list_select_related = ["user", "team__organization"]
    search_fields = ["user__username", "user__email", "team__name"]
    raw_id_fields = ["team", "user"]
    fields = ["team", "user", "role"]
    add_action, change_action = Action.TEAM_MEMBER_ADD, Action.TEAM_MEMBER_CHANGE
    delete_action = Action.TEAM_MEMBER_REMOVE

    @admin.display(ordering="team__organization__name")
    def organization(self, obj):
        """The team's organization."""
        return obj.team.organization

    def place(self, obj):
        """The team, in its organization."""
        return obj.team if obj.team_id else AuditTarget(Target.TEAM, None, "")

    def get_readonly_fields(self, request, obj=None):
        """Only the role changes."""
        fields = super().get_readonly_fields(request, obj)
        return ["team", "user", *fields] if obj else fields

    def save_model(self, request, obj, form, change):
        """Put the person into the team, or change the role."""
        if change and not form.changed_data:
            return
        Organization.objects.hold(obj.team.organization_id)
        if change:
            form.refuse_stale()
        obj.save_by(actor_of(request))

    def delete_model(self, request, obj):
        """Take the person out of the team."""
        obj.delete_by(actor_of(request))


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations: shown without their secret, which nobody keeps, and revoked. They are made on the site's pages."""

    list_display = ["__str__", "organization", "role", "created_by", "expires_at", "used_by", "revoked_at"]
    list_filter = ["role", "organization"]
    list_select_related = ["organization", "created_by", "used_by"]
    search_fields = ["email", "organization__name"]
    fields = [
        "organization",
        "email",
        "role",
        "created_by",
        "created_at",
        "expires_at",
        "used_by",
        "used_at",
        "revoked_at",
    ]
    actions = ["revoke"]

    @admin.action(description="Revoke selected invitations", permissions=["revoke"])
    def revoke(self, request, queryset):
        """End those that are open; the others have ended already."""
        for invitation in queryset:
            invitation.revoke_by(actor_of(request))
        self.message_user(request, "None of the selected invitations works any more.", messages.SUCCESS)

    def has_revoke_permission(self, request):
        """Whoever may change invitations, as Django counts permissions."""
        return request.user.has_perm("registry_app.change_invitation")
