"""Collections as the page of a registry shows them."""

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Value
from django.db.models.functions import Left

from .. import rules
from ..models import Alias, Collection, Tag
from .cursor import SORTS, paginate

COUNT_CAP = 1000  # collections counted at most

CARD_READ = 1000  # characters of a card, of which the list shows the first line

MARKS_SHOWN = 6  # aliases, and tags, in a row of the list


def collection_listing(registry, filters):
    """What the table of a registry's collections shows, for valid `filters` (a CollectionFilter)."""
    wanted = filters.cleaned_data
    sort = wanted["sort"] or "-updated"
    keys, descending = SORTS[sort]
    narrowed = filters.apply(registry.collections.all())
    page = paginate(
        narrowed.with_latest().values(
            "id", "name", "name_key", "type", "updated_at", "latest_number", card=Left("description", CARD_READ)
        ),
        keys,
        descending=descending,
        after=wanted["after"],
        before=wanted["before"],
    )
    protected = registry.protected_names()
    return {
        "page": page,
        "rows": _prepared(page.rows, protected),
        "count": _count(narrowed, page),
        "sort": sort,
        "filters": filters,
        "protected": protected,
    }


def _count(collections, page):
    """How many there are, as text; counted where the page doesn't show all, and to a cap."""
    if page.before is None and page.after is None:
        return str(len(page.rows))
    count = collections.order_by()[: COUNT_CAP + 1].count()
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def _prepared(rows, protected):
    """Those rows with what they carry: aliases, `protected` ones marked and first, and the collections' own tags."""
    aliases: dict[int, list] = {}
    tags: dict[int, list] = {}
    for collection, name, is_alias in _carried([row["id"] for row in rows]):
        if is_alias:
            aliases.setdefault(collection, []).append(name)
        else:
            tags.setdefault(collection, []).append(name)
    for row in rows:
        marks = mark_protected(aliases.get(row["id"], ()), protected)
        row["aliases"], row["more_aliases"] = marks[:MARKS_SHOWN], max(0, len(marks) - MARKS_SHOWN)
        names = sorted(tags.get(row["id"], ()))
        row["tags"], row["more_tags"] = names[:MARKS_SHOWN], max(0, len(names) - MARKS_SHOWN)
        row["updated"] = naturaltime(row["updated_at"])
        row["summary"] = Collection(description=row["card"]).summary[:160]
    return rows


def mark_protected(aliases, protected):
    """[(alias, whether it is protected)] of the names `aliases`: the protected ones first."""
    held = rules.protected_among(aliases, protected)
    return [(name, True) for name in held] + [(name, False) for name in sorted(set(aliases) - set(held))]


def _carried(ids):
    """(id of a collection, a name, whether it is an alias, else a tag of its own) of these collections."""
    aliases = Alias.objects.filter(collection__in=ids).order_by().values_list("collection", "name", Value(1))
    tags = Tag.objects.filter(collection__in=ids, link=None).order_by().values_list("collection", "name", Value(0))
    return aliases.union(tags, all=True)
