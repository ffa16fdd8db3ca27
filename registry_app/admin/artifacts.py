"""Artifacts and their versions in the Django admin: to read, and versions to delete. Teams register them."""

from django.contrib import admin

from .. import rules
from ..choices import Action
from ..models import Artifact, Version
from .base import BulkDeleteAdmin, ReadOnlyAdmin, actor_of

ARTIFACT_STAYS = rules.Refusal("artifacts_stay", "An artifact goes with the last of its versions.", "Delete those.")


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    """Artifacts: made with their first version, gone with their last."""

    list_display = ["name", "project", "team", "organization", "type", "created_at"]
    list_filter = ["team__organization", "type"]
    list_select_related = ["team__organization"]
    search_fields = ["name", "project", "team__name"]
    fields = ["team", "project", "name", "type", "created_by", "created_at"]

    @admin.display(ordering="team__organization__name")
    def organization(self, obj):
        """The team's organization."""
        return obj.team.organization

    def refuse_deletion(self, obj):
        """Not by itself."""
        return ARTIFACT_STAYS


@admin.register(Version)
class VersionAdmin(BulkDeleteAdmin):
    """Versions: what they are never changes (rule 28). Those that are linked nowhere can be deleted (rule 27)."""

    list_display = ["__str__", "organization", "digest", "size", "created_at", "created_by"]
    list_filter = ["artifact__team__organization", "artifact__type"]
    list_select_related = ["artifact__team__organization", "created_by"]
    search_fields = ["artifact__name", "artifact__project", "artifact__team__name", "digest", "uri", "run"]
    fields = [
        "artifact",
        "number",
        "digest",
        "uri",
        "size",
        "file_count",
        "metadata",
        "run",
        "run_url",
        "sources",
        "created_by",
        "created_at",
    ]
    delete_action = Action.VERSION_DELETE

    @admin.display(ordering="artifact__team__organization__name")
    def organization(self, obj):
        """The team's organization."""
        return obj.artifact.team.organization

    @admin.display(description="Made from")
    def sources(self, obj):
        """What it was made from."""
        return ", ".join(str(version) for version in obj.made_from.select_related("artifact__team")) or "–"

    def has_add_permission(self, request, obj=None):
        """Teams register versions."""
        return False

    def has_change_permission(self, request, obj=None):
        """Never (rule 28)."""
        return False

    def fixed(self, obj):
        """Rule 28."""
        return dict.fromkeys(["digest", "uri", "size", "file_count"], rules.VERSION_IS_FIXED)

    def get_readonly_fields(self, request, obj=None):
        """What it was made from is told as text."""
        return [*super().get_readonly_fields(request, obj), "sources"]

    def refuse_deletion(self, obj):
        """Rule 27: staff are told all places."""
        links = obj.links.select_related("collection__registry") if obj else ()
        return rules.refuse_version_deletion([str(link) for link in links], 0)

    def place(self, obj):
        """The version, in its organization."""
        return obj

    def delete_model(self, request, obj):
        """Delete it; the last takes its artifact along."""
        obj.delete_by(actor_of(request))
