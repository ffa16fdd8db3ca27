"""Checks that the core registries are as rules 1 to 4 say."""

from collections.abc import Iterator

from django.db.models import Prefetch

from .. import rules
from ..choices import Visibility
from ..models import Organization, Registry


def core_faults() -> Iterator[str]:
    """A sentence for each core registry that rules 1 to 4 don't allow, or that is missing."""
    cores = Prefetch("registries", Registry.objects.core().prefetch_related("types"))
    for organization in Organization.objects.prefetch_related(cores):
        found = {registry.name: registry for registry in organization.registries.all()}
        for name, description, preconfigured in rules.CORE_REGISTRIES:
            if not _is_as_given(found.pop(name, None), description, preconfigured):
                yield f"{organization}: the core registry {name} is missing or altered."
        for name in found:
            yield f"{organization}: {name} is a core registry too many."


def _is_as_given(registry: Registry | None, description: str, preconfigured: str) -> bool:
    return (
        registry is not None
        and registry.description == description
        and registry.visibility == Visibility.ORGANIZATION
        and not registry.accepts_all_types
        and [kind.name for kind in registry.types.all() if kind.preconfigured] == [preconfigured]
    )
