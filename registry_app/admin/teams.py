"""Teams, who is in them, and what groups of the identity provider give, in the Django admin."""

from django.contrib import admin

from ..choices import Action
from ..models import GroupMapping, RegistryMember, Team, TeamMembership
from .base import AuditedAdmin


@admin.register(Team)
class TeamAdmin(AuditedAdmin):
    """Teams. Who is in them has pages of its own; the roles that registries give them stand with the registries."""

    list_display = ["name", "organization", "description", "created_at"]
    list_filter = ["organization"]
    search_fields = ["name", "description"]
    fields = ["organization", "name", "description"]
    add_action, change_action, delete_action = Action.TEAM_CREATE, Action.TEAM_EDIT, Action.TEAM_DELETE

    def goes_along(self, objs):
        people, roles = (kind.objects.filter(team__in=objs).count() for kind in (TeamMembership, RegistryMember))
        return {"teams": len(objs), "people in them": people, "roles in registries": roles}


@admin.register(TeamMembership)
class TeamMembershipAdmin(AuditedAdmin):
    """Who is in which team, and as what."""

    list_display = ["user", "team", "team__organization", "role"]
    list_filter = ["role", "team__organization"]
    search_fields = ["user__username", "user__email", "team__name"]
    fields = ["team", "user", "role"]
    add_action, change_action = Action.TEAM_MEMBER_ADD, Action.TEAM_MEMBER_CHANGE
    delete_action = Action.TEAM_MEMBER_REMOVE


@admin.register(GroupMapping)
class GroupMappingAdmin(AuditedAdmin):
    """What organizations give to groups of the identity provider, when their people sign in."""

    list_display = ["group", "provider", "organization", "role", "team", "team_role"]
    list_select_related = ["organization", "team"]
    list_filter = ["role", "organization"]
    search_fields = ["group", "team__name", "organization__name"]
    chosen_once = ["group"]
    readonly_fields = ["provider"]
    add_fields = ["organization", "group", "role", "team", "team_role"]
    add_action, change_action, delete_action = Action.GROUP_MAP, Action.GROUP_CHANGE, Action.GROUP_UNMAP
