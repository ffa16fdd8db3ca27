"""What people did with what an import had published: the log says it, and the next import leaves it so."""

from functools import cached_property

from .. import rules
from ..choices import Action, Target
from ..models import AuditEvent, Collection, Registry, Team, Version
from .mlflow_version import OF_MLFLOW

REASON = "import from MLflow"


class History:
    """What became of a `registry`'s collections. The log is read only where none has the name of a model."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @cached_property
    def _made(self) -> dict[str, int]:
        """{key of the name that an import gave: id} of its collections, the newest of each name."""
        made = AuditEvent.objects.of_registry(self.registry).filter(action=Action.COLLECTION_CREATE, code="")
        contents = [event.content for event in made.order_by("seq")]
        named = [each for each in contents if each["reason"] == REASON]
        return {rules.name_key(each["changes"]["name"][1]): each["target_id"] for each in named}

    def renamed(self, key: str, artifact: int) -> Collection | None:
        """The collection that an import made under the name of `key`, where it has another name now.

        It must hold, or have held, a version of `artifact` (id): that of another server may have had the name.
        """
        found = self.registry.collections.filter(pk=self._made.get(key, 0)).first()
        if found and (
            found.links.filter(version__artifact=artifact).exists()
            or Version.objects.filter(artifact=artifact, pk__in=unlinked(found)).exists()
        ):
            return found
        return None

    def is_deleted(self, key: str) -> bool:
        """Whether people deleted the collection that an import made under the name of `key`."""
        return key in self._made and not self.registry.collections.filter(pk=self._made[key]).exists()


def unlinked(collection: Collection) -> set[int]:
    """Ids of the versions that people unlinked from `collection`."""
    events = AuditEvent.objects.of_collection(collection).filter(action=Action.UNLINK, code="")
    return {event.content["related"]["version"]["id"] for event in events}


def deleted_versions(team: Team, project: str) -> set[str]:
    """The digests of the versions from MLflow that people deleted in the `project` of the team."""
    deletions = AuditEvent.objects.filter(organization_id=team.organization_id, action=Action.VERSION_DELETE, code="")
    digests = {event.target_id: event.changes["digest"][0] for event in deletions.iterator()}
    gone = {version: digest for version, digest in digests.items() if digest.startswith(OF_MLFLOW)}
    created = AuditEvent.objects.filter(action=Action.VERSION_CREATE, code="")
    created = created.filter(target_type=Target.VERSION, target_id__in=gone) if gone else created.none()
    return {
        gone[event.target_id]
        for event in created
        if event.related["team"]["id"] == team.pk and event.target_name.split("/")[1] == project
    }
