"""Registries, the roles that they give and the aliases that they protect: what the log expects, and what there is."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from ... import rules
from ...choices import Target
from ...models import FormerName, Link, LinkCounts, ProtectedAlias, Registry, RegistryMember, RegistryWeek
from ...models.registry import TRACKED
from ...models.registry_week import COUNTED_OF_LINK, NO_LINKS
from .kind import Actual, Expected, Kind

COUNTED = ("collection_count", "link_count")


class Registries(Kind):
    """Every registry: where it is, its fields, the types on its list, and how much it says that it holds."""

    def expected(self) -> Expected:
        return {
            pk: _fields(organization_id, registry)
            for organization_id, organization in self.state.organizations.items()
            for pk, registry in organization.registries.items()
        }

    def actual(self) -> Actual:
        for registry in Registry.objects.order_by("pk").prefetch_related("types").iterator(chunk_size=1000):
            fields = {field: getattr(registry, field) for field in ("organization_id", *TRACKED, *COUNTED)}
            yield registry.pk, {**fields, "types": sorted(accepted.name for accepted in registry.types.all())}

    def label(self, key: Any) -> str:
        return self.registry(key)


def _fields(organization_id, then):
    """The fields of a RegistrySnapshot; None where no entry told of its creation."""
    if not then.name:
        return None
    fields = {field: getattr(then, field) for field in ("name", "description", "visibility")}
    lists = {"accepts_all_types": then.types is None, "types": sorted(then.types or [])}
    links = sum(len(collection.links) for collection in then.collections.values())
    counts = {"collection_count": len(then.collections), "link_count": links}
    return {"organization_id": organization_id, **fields, **lists, **counts}


class Counts(Kind):
    """What every registry keeps of its links: their bytes, and how many were made in each week. The log tells no sizes,
    so this is compared with the links, which `published.Links` compares with the log.
    """

    source = "the table of links"

    def expected(self) -> Expected:
        registry = "collection__registry_id"
        links = Link.objects.order_by(registry).values_list(registry, *COUNTED_OF_LINK).iterator()
        found = {pk: LinkCounts.of(link[1:] for link in those) for pk, those in groupby(links, itemgetter(0))}
        return {pk: found.get(pk, NO_LINKS)._asdict() for pk in Registry.objects.values_list("pk", flat=True)}

    def actual(self) -> Actual:
        weeks: dict[int, dict] = {}
        for pk, week, count in RegistryWeek.objects.exclude(link_count=0).values_list("registry", "week", "link_count"):
            weeks.setdefault(pk, {})[week] = count
        for pk, byte_count in Registry.objects.order_by("pk").values_list("pk", "byte_count"):
            yield pk, {"weeks": weeks.get(pk, {}), "byte_count": byte_count}

    def label(self, key: Any) -> str:
        return self.registry(key)


class FormerNames(Kind):
    """Every former name of a registry that redirects to it (rule 15)."""

    def expected(self) -> Expected:
        return {
            (pk, name): {"registry": registry}
            for pk, organization in self.state.organizations.items()
            for name, registry in organization.former_names.items()
        }

    def actual(self) -> Actual:
        for pk, name, registry in FormerName.objects.order_by("pk").values_list("organization_id", "name", "registry"):
            yield (pk, rules.name_key(name)), {"registry": registry}

    def label(self, key: Any) -> str:
        return f"The former name {key[1]} in {self.organization(key[0])}"


class Roles(Kind):
    """Every role that a registry gave to a person or a team, and when it ends."""

    def expected(self) -> Expected:
        return {
            (pk, *holder): {"role": given.role, "ends_at": given.ends_at}
            for pk, registry in self.state.registries()
            for holder, given in registry.roles.items()
        }

    def actual(self) -> Actual:
        for member in RegistryMember.objects.order_by("pk").iterator():
            kind, holder = (Target.USER, member.user_id) if member.user_id else (Target.TEAM, member.team_id)
            yield (member.registry_id, str(kind), holder), member.given

    def label(self, key: Any) -> str:
        registry, kind, holder = key
        name = self.user(holder) if kind == Target.USER else self.team(holder)
        return f"The role of {name} in {self.registry(registry)}"


class ProtectedAliases(Kind):
    """Every alias that a registry protects."""

    def expected(self) -> Expected:
        return {(pk, name): {} for pk, registry in self.state.registries() for name in registry.protected}

    def actual(self) -> Actual:
        for key in ProtectedAlias.objects.order_by("pk").values_list("registry_id", "name").iterator():
            yield key, {}

    def label(self, key: Any) -> str:
        return f"The protected alias {key[1]} of {self.registry(key[0])}"


KINDS = (Registries, Counts, FormerNames, Roles, ProtectedAliases)
