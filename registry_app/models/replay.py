"""Replay: whether every registry is what the audit log says that it became."""

from ..choices import Action
from .audit import AuditEvent
from .registry import TRACKED, Registry

TELLING = (
    Action.CREATE,
    Action.EDIT,
    Action.RESTRICT,
    Action.TYPE_ADD,
    Action.TYPE_REMOVE,
    Action.TYPES_ALL,
    Action.TYPES_LIST,
    Action.DELETE,
)


def differences():
    """Where registries and log disagree, a sentence each: a change that no verb made, or half of one."""
    told = _told()
    for registry in Registry.objects.prefetch_related("types").iterator(chunk_size=1000):
        wanted = told.pop(registry.pk, None)
        if wanted is None:
            yield f"Registry {registry.pk} ({registry}) is not in the audit log."
            continue
        for field, value in _facts(registry).items():
            if field in wanted and wanted[field] != value:
                yield f"Registry {registry.pk} ({registry}): {field} is not what the audit log says."
    for pk, wanted in told.items():
        yield f"Registry {pk} ({wanted.get('name')}) is in the audit log, but gone."


def _told():
    """{registry id: {field: value}} of the registries that exist, by the log."""
    told: dict[int | None, dict] = {}
    done = AuditEvent.objects.filter(code="", action__in=TELLING).order_by("seq")
    for event in done.iterator(chunk_size=5000):
        after = {field: values[1] for field, values in event.changes.items()}
        told.setdefault(event.registry_id, {}).update(after)
        if event.action == Action.DELETE:
            del told[event.registry_id]
    return told


def _facts(registry):
    facts = {field: getattr(registry, field) for field in TRACKED}
    facts["types"] = sorted(type_.name for type_ in registry.types.all())
    return facts
