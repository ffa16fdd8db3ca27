"""The entries of the audit log: of an organization, a registry or a collection, by day."""

from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.timezone import localdate

from .. import rules
from ..choices import Action, EventKind, Role, Target, Visibility
from ..database.compiled import Compiled
from ..forms.audit import ActivityFilter, AuditFilter, HistoryFilter
from ..forms.principals import suggest
from ..models import AuditChainHead, AuditEvent, Collection, Link, OrganizationMembership
from ..models.event import related_lists
from ..models.event_queryset import AuditEventQuerySet
from ..permissions import RegistryAccess
from .base import Listing, RowCount, capped
from .event_addresses import Addresses
from .sentences import ICONS, folded, moment_text, sentence_of

COUNT_CAP = 1000  # entries counted at most, of each kind
LINE_LENGTH, LINE_FIELDS = 160, 3  # characters, and fields, that an entry shows in its line
LABELS = {"ends_at": "Until", "kept": "Keep access", "uri": "Address", "holder": "Who"}
WORDS = {each.value: each.label for kind in (Role, Visibility) for each in kind}
REPEATED = {"alias", "link"}  # the target's name and the changes of the link say the same
ONE_WAY = {Action.RESTRICT, Action.DELETE}


class Facet(NamedTuple):
    """A kind of entries to choose: its name in the address and on the page, its icon, and how many there are."""

    kind: str
    label: str
    icon: str
    number: str


class EventListing(Listing):
    """The entries that a person may read (§5), the newest first; `params` as those of a Listing."""

    form: ClassVar[type[ActivityFilter]] = AuditFilter
    sorts = {"": (["seq"], True)}
    kinds: ClassVar[tuple[EventKind, ...]] = tuple(EventKind)  # those to choose
    is_full: ClassVar[bool] = True  # whether sentences name the registry

    def make_filters(self, params: QueryDict) -> ActivityFilter:
        """The bound filter form; its field of a person suggests those of the organization."""
        filters = super().make_filters(params)
        if "person" in filters.fields:
            suggest(filters, "person", self.membership)
        return filters

    @property
    def place(self) -> tuple:
        """What `entries` takes; first the membership."""
        return (self.membership,)

    @property
    def of(self) -> tuple:
        """The place, and the filters."""
        return *self.place, self.filters.wanted

    @staticmethod
    def entries(membership: OrganizationMembership) -> AuditEventQuerySet:
        """All entries of the place."""
        return AuditEvent.objects.readable_by(membership)

    @classmethod
    def query(cls, *of: Any) -> AuditEventQuerySet:
        """The entries under the filters."""
        *place, wanted = of
        return cls.form.narrow(cls.entries(*place), wanted, place[0])

    @property
    def is_compiled(self) -> bool:
        """Not where words or an alias are looked for: what they mean is asked of the database first."""
        return not self.filters.wanted.keys() & {"q", "alias"}

    @property
    def cursor(self) -> tuple[list, bool]:
        """The number that the entries come before."""
        return [before] if (before := self.wanted["before"]) else [], False

    @cached_property
    def addresses(self) -> Addresses:
        """Where the entries of the page lead."""
        return Addresses(self.page.rows, self.membership)

    def prepare(self, rows: list) -> list:
        """The entries: each with its `sentence`, what it changed (`rows`), and the same in one line."""
        for event in rows:
            event.sentence = sentence_of(event, self.addresses, full=self.is_full)
            event.of_actor = self.addresses.of(Target.USER, event.actor_id)
            event.one_way = event.action in ONE_WAY and not event.refused
            event.rows = _rows(event.content)
            event.one_line = _one_line(event)
        return rows

    def lines(self, events: list[AuditEvent]) -> list[AuditEvent]:
        """The entries of a day as they are shown."""
        return events

    @property
    def older(self) -> int | None:
        """The cursor of the next page: the number of the last entry, or None where there are no older ones."""
        return self.rows[-1].seq if self.page.after else None

    @property
    def is_counted(self) -> bool:
        """Whether an index counts the entries: of the whole place, by kind alone, for who may read all of it."""
        return self.membership.is_admin and self.filters.wanted.keys() <= {"kind"}

    @cached_property
    def _counts(self) -> dict[str, int]:
        """{of_KIND, and of_ for all: how many entries; newer: how many before this page}; COUNT_CAP + 1 at most."""
        first = self.rows[0].seq if self.rows else 0
        shape = type(self), self.wanted["kind"]
        return _counts.first(first, *self.place, shape=shape) if self.is_counted else {}

    @property
    def facets(self) -> list[Facet]:
        """The kinds to choose, all of them together first."""
        shown = [("", "All", ""), *((kind, kind.label, ICONS[kind]) for kind in self.kinds)]
        return [Facet(*each, self._counted(each[0])) for each in shown]

    def _counted(self, kind: str) -> str:
        return capped(self._counts[f"of_{kind}"], COUNT_CAP) if self._counts else ""

    @property
    def shown(self) -> str:
        """Which of how many entries the page shows, as far as they are counted."""
        counts = self._counts
        if not (self.rows and counts) or counts["newer"] > COUNT_CAP:
            return "Newest first" if self.rows else ""
        first = counts["newer"] + 1
        return f"{first:,} to {first + len(self.rows) - 1:,} of {self._counted(self.wanted['kind'])}"

    @property
    def context(self) -> dict[str, Any]:
        """The context of the log's templates."""
        return {
            "filters": self.filters,
            "facets": self.facets,
            "shown": self.shown,
            "days": [
                (day, self.lines(list(entries)))
                for day, entries in groupby(self.rows, lambda event: localdate(event.at))
            ],
            "older": self.older,
            "newest": not self.wanted["before"],
            "today": localdate(),
        }


@Compiled
def _counts(listing: type[EventListing], kind: str, first: int, *place: Any) -> QuerySet:
    """The one row of EventListing's `_counts`; `first`: the number of the first entry on a page of this `kind`."""
    entries = listing.entries(*place).order_by()
    found = {f"of_{each}": entries.filter(kind=each) if each else entries for each in ("", *listing.kinds, kind)}
    found["newer"] = found[f"of_{kind}"].filter(seq__gt=first)
    counts = {name: RowCount(rows.values("pk")[: COUNT_CAP + 1]) for name, rows in found.items()}
    return AuditChainHead.objects.order_by().annotate(**counts).values(*counts)


class ActivityListing(EventListing):
    """Entries of one registry or collection."""

    is_full = False

    def lines(self, events: list[AuditEvent]) -> list[AuditEvent]:
        """In which a burst is one line."""
        return folded(events, self.addresses)

    @property
    def is_counted(self) -> bool:
        """Whoever sees the place may read all of it."""
        return self.filters.wanted.keys() <= {"kind"}


class RegistryEventListing(ActivityListing):
    """The entries about the registry of `access`."""

    form = ActivityFilter
    kinds = tuple(kind for kind in EventKind if kind != EventKind.ACCOUNT)

    def __init__(self, access: RegistryAccess, params: QueryDict) -> None:
        self.registry = access.registry
        super().__init__(access.membership, params)

    @property
    def place(self) -> tuple:
        """The membership and the registry."""
        return self.membership, self.registry.pk

    @staticmethod
    def entries(membership: OrganizationMembership, registry: int) -> AuditEventQuerySet:  # type: ignore[override]
        """All entries about the registry."""
        return AuditEvent.objects.filter(registry_id=registry)


class CollectionEventListing(ActivityListing):
    """The entries about `collection`; under the filter `alias` those that moved this alias."""

    form = HistoryFilter
    kinds = EventKind.VERSION, EventKind.ALIAS, EventKind.COLLECTION, EventKind.REFUSED

    def __init__(self, access: RegistryAccess, collection: Collection, params: QueryDict) -> None:
        self.collection = collection
        super().__init__(access.membership, params)

    @property
    def place(self) -> tuple:
        """The membership and the collection."""
        return self.membership, self.collection.pk

    @staticmethod
    def entries(membership: OrganizationMembership, collection: int) -> AuditEventQuerySet:  # type: ignore[override]
        """All entries about the collection."""
        return AuditEvent.objects.filter(collection_id=collection)

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates; `holder` is the link that carries the alias now, or None."""
        return {**super().context, "alias": self.wanted["alias"], "holder": self._holder(self.wanted["alias"])}

    def _holder(self, alias: str) -> Link | None:
        if alias == rules.LATEST:
            return self.collection.links.order_by("-number").first()
        found = self.collection.aliases.filter(name=alias).select_related("link").first() if alias else None
        return found.link if found else None


def _one_line(event):
    """What changed in a few words, or the reason of a refusal; "" if it would be long."""
    if event.refused:
        return event.reason if len(event.reason) <= LINE_LENGTH else f"{event.reason[: LINE_LENGTH - 1]}…"
    parts = []
    for field, before, after in event.rows:
        new = ", ".join(after) or "none"
        parts.append(f"{field}: {', '.join(before)} → {new}" if before else f"{field}: {new}")
    text = "; ".join(parts)
    return text if len(event.rows) <= LINE_FIELDS and len(text) <= LINE_LENGTH and "\n" not in text else ""


def _rows(content: dict[str, Any]) -> list[tuple[str, list, list]]:
    """[(label, values before, values after)] of an entry: the other things it is about, then what changed."""
    things = related_lists(content["related"]).items()
    related: list[tuple] = [(what, [], found) for what, found in things if what not in REPEATED]
    changes: list[tuple] = [(field, *_compared(*values)) for field, values in content["changes"].items()]
    return [(_label(name), _texts(name, before), _texts(name, after)) for name, before, after in [*related, *changes]]


def _label(name):
    """A key of an entry in words."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def _compared(before, after):
    """Two values; of two lists only what was removed and what was added."""
    if isinstance(before, list) or isinstance(after, list):
        old, new = before or [], after or []
        return [each for each in old if each not in new], [each for each in new if each not in old]
    return [before], [after]


def _texts(name, values):
    """The values of `name` as people read them; nothing for what is empty."""
    as_text = moment_text if name == "ends_at" else _text
    return [as_text(value) for value in values if value not in (None, "")]


def _text(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):  # a reference
        name = f"team {value['name']}" if value["type"] == Target.TEAM else value["name"]
        more = value.get("asked") or WORDS.get(value.get("role", ""), value.get("role"))
        return f"{name} ({more})" if more else name
    return WORDS.get(value, value) if isinstance(value, str) else str(value)
