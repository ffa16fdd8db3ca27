"""Artifacts and their versions in the Django admin: to read, and versions to delete. Teams register them."""

from django.contrib import admin

from .. import rules
from ..choices import Action
from ..models import Artifact, Version
from .base import AuditedAdmin


@admin.register(Artifact)
class ArtifactAdmin(AuditedAdmin):
    """Artifacts: made with their first version, gone with their last."""

    list_display = ["name", "project", "team", "team__organization", "type", "created_at"]
    list_filter = ["team__organization", "type"]
    search_fields = ["name", "project", "team__name"]
    fields = [*list_display, "created_by"]
    stays = rules.Refusal("artifacts_stay", "An artifact goes with the last of its versions.", "Delete those.")


@admin.register(Version)
class VersionAdmin(AuditedAdmin):
    """Versions: what they are never changes (rule 28). Those that are linked nowhere can be deleted (rule 27)."""

    list_display = ["__str__", "artifact__team__organization", "digest", "size", "created_at", "created_by"]
    list_filter = ["artifact__team__organization", "artifact__type"]
    list_select_related = ["artifact__team__organization", "created_by"]
    search_fields = ["artifact__name", "artifact__project", "artifact__team__name", "digest", "uri", "run"]
    fields = ["artifact", "number", "digest", "uri", "size", "file_count", "metadata", "run", "run_url", "sources"]
    fields += ["created_by", "created_at"]
    readonly_fields = ["sources"]
    delete_action = Action.VERSION_DELETE
    immutable_fields = dict.fromkeys(["digest", "uri", "size", "file_count"], rules.VERSION_IS_FIXED)

    @admin.display(description="Made from")
    def sources(self, obj):
        """What it was made from."""
        return ", ".join(str(version) for version in obj.made_from.select_related("artifact__team")) or "–"

    def refuse_deletion(self, obj):
        """Rule 27: staff are told all places."""
        return obj.refuse_deletion(None)
