"""Registries as the list of an organization shows them."""

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Left

from .. import rules
from ..choices import Role, Visibility
from ..models import AcceptedType, Collection
from .base import add_line_breaks, registry_addresses

COUNT_CAP = 1000  # registries counted at most

FILTERED_CAP = 100  # the same under a filter, which looks at many for each that it counts

TYPES_SHOWN = 6  # chips in a row of the list

HELD = Coalesce(  # how many collections a registry holds
    Subquery(
        Collection.objects.filter(registry=OuterRef("pk"))
        .order_by()
        .values("registry")
        .annotate(count=Count("pk"))
        .values("count")
    ),
    0,
)


def registry_rows(registries, membership):
    """The columns of the table, as dicts. What was given to an organization admin doesn't count, so isn't asked for."""
    if not membership.is_admin:
        registries = registries.with_given_role(membership.user_id)
    given = () if membership.is_admin else ("given_role",)
    columns = ("id", "name", "name_key", "visibility", "accepts_all_types", "updated_at", *given)
    return registries.values(*columns, summary=Left("description", 160), held=HELD)


def prepare_rows(rows, membership, types):
    """Those rows, with each cell as the template prints it: the table is the page that is asked for most."""
    address = registry_addresses(membership)
    for row in rows:
        names = [type_["name"] for type_ in types.get(row["name"], [])]
        role = membership.effective_role(row["visibility"], row.get("given_role"))
        row["address"] = address(row["name"])
        row["label"] = add_line_breaks(row["name"])
        row["restricted"] = row["visibility"] == Visibility.RESTRICTED
        row["types"], row["more_types"] = names[:TYPES_SHOWN], max(0, len(names) - TYPES_SHOWN)
        row["role"] = Role(role).label
        row["updated"] = naturaltime(row["updated_at"])
        row["summary"] = row["summary"].partition("\n")[0]
    return rows


def types_by_registry(rows, cores):
    """{name of a registry: its types, preconfigured ones first}, of `rows` and of the core registries `cores`.

    Those of core registries also say how many collections these hold.
    """
    ids = [row["id"] for row in rows if not row["accepts_all_types"]]
    custom = (
        AcceptedType.objects.filter(registry__in=ids)
        .order_by()
        .values_list("registry__name", "name", "preconfigured", Value(0))
    )
    core = cores.order_by().values_list("name", "types__name", "types__preconfigured", HELD)
    types: dict[str, list[dict]] = {}
    # A union, for PostgreSQL would answer an OR of the two by reading the types of all registries.
    for registry, name, preconfigured, held in custom.union(core, all=True).order_by("-preconfigured", "name"):
        types.setdefault(registry, []).append({"name": name, "preconfigured": preconfigured, "held": held})
    return types


def core_cards(types):
    """The core registries among `types`, each of which has one, as cards."""
    return [
        {"name": name, "description": description, "types": types[name], "held": types[name][0]["held"]}
        for name, description, _ in rules.CORE_REGISTRIES
        if name in types
    ]


def capped_count(registries, page, first, cap):
    """How many there are, as text; counted to a cap, for a count grows with the table and a page must not."""
    if first and page.after is None:
        return str(len(page.rows))
    count = registries.order_by()[: cap + 1].count()
    return f"{cap:,}+" if count > cap else f"{count:,}"
