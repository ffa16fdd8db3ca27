"""The entries of the audit log: of an organization, a registry or a collection, by day."""

from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime

from .. import rules
from ..choices import Action, Role, Target, Visibility
from ..forms.audit import AuditFilter, HistoryFilter
from ..forms.base import Wanted
from ..models import AuditEvent, Collection, Link, OrganizationMembership
from ..models.event import related_lists
from ..models.event_queryset import AuditEventQuerySet
from ..permissions import RegistryAccess
from .base import Listing
from .event_addresses import add_addresses
from .sentences import sentence_of

LINE_LENGTH, LINE_FIELDS = 160, 3  # characters, and fields, that an entry shows in its line
LABELS = {"ends_at": "Until", "kept": "Keep access", "uri": "Address", "holder": "Who"}
WORDS = {each.value: each.label for kind in (Role, Visibility) for each in kind}
REPEATED = {"alias", "link"}  # the target's name and the changes of the link say the same
ONE_WAY = {Action.RESTRICT, Action.DELETE}


class EventListing(Listing):
    """The entries that a person may read (§5), the newest first; `params` as those of a Listing."""

    form = AuditFilter
    sorts = {"": (["seq"], True)}

    @property
    def of(self) -> tuple:
        """The membership, and the filters."""
        return self.membership, self.filters.wanted

    @staticmethod
    def query(membership: OrganizationMembership, wanted: Wanted) -> AuditEventQuerySet:
        """The entries."""
        events = AuditEvent.objects.readable_by(membership)
        return AuditFilter.narrow(events, wanted, membership.organization)

    @property
    def is_compiled(self) -> bool:
        """Not where words or an alias are looked for: what they mean is asked of the database first."""
        return not self.filters.wanted.keys() & {"q", "alias"}

    @property
    def cursor(self) -> tuple[list, bool]:
        """The number that the entries come before."""
        return [before] if (before := self.wanted["before"]) else [], False

    def prepare(self, rows: list) -> list:
        """The entries, each with what it changed (`rows`), the same in one line, `one_way`, and where it leads."""
        add_addresses(rows, self.membership)
        for event in rows:
            event.one_way = event.action in ONE_WAY and not event.refused
            event.rows = _rows(event.content)
            event.one_line = _one_line(event)
        return rows

    @property
    def older(self) -> int | None:
        """The cursor of the next page: the number of the last entry, or None where there are no older ones."""
        return self.rows[-1].seq if self.page.after else None

    @property
    def context(self) -> dict[str, Any]:
        """The context of the log's templates."""
        return {
            "filters": self.filters,
            "days": [(day, list(entries)) for day, entries in groupby(self.rows, lambda event: localdate(event.at))],
            "older": self.older,
            "newest": not self.wanted["before"],
            "today": localdate(),
        }


class ActivityListing(EventListing):
    """Entries of one registry or collection, each with the `sentence` that tells it."""

    def prepare(self, rows: list) -> list:
        """As in the log, with the sentences."""
        for event in super().prepare(rows):
            event.sentence = sentence_of(event)
        return rows


class RegistryEventListing(ActivityListing):
    """The entries about the registry of `access`."""

    def __init__(self, access: RegistryAccess, params: QueryDict) -> None:
        self.registry = access.registry
        super().__init__(access.membership, params)

    @property
    def of(self) -> tuple:
        """The membership, the registry, and the filters."""
        return self.membership, self.registry.pk, self.filters.wanted

    @staticmethod
    def query(  # type: ignore[override]
        membership: OrganizationMembership, registry: int, wanted: Wanted
    ) -> AuditEventQuerySet:
        """The entries."""
        return AuditFilter.narrow(AuditEvent.objects.filter(registry_id=registry), wanted, membership.organization)


class CollectionEventListing(ActivityListing):
    """The entries about `collection`; under the filter `alias` those that moved this alias."""

    form = HistoryFilter

    def __init__(self, access: RegistryAccess, collection: Collection, params: QueryDict) -> None:
        self.collection = collection
        super().__init__(access.membership, params)

    @property
    def of(self) -> tuple:
        """The membership, the collection, and the filters."""
        return self.membership, self.collection.pk, self.filters.wanted

    @staticmethod
    def query(  # type: ignore[override]
        membership: OrganizationMembership, collection: int, wanted: Wanted
    ) -> AuditEventQuerySet:
        """The entries."""
        return HistoryFilter.narrow(
            AuditEvent.objects.filter(collection_id=collection), wanted, membership.organization
        )

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
    as_text = _time if name == "ends_at" else _text
    return [as_text(value) for value in values if value not in (None, "")]


def _time(text):
    """A moment of an entry, in the reader's zone."""
    return date_format(localtime(datetime.fromisoformat(text)), "j M Y, H:i T")


def _text(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):  # a reference
        name = f"team {value['name']}" if value["type"] == Target.TEAM else value["name"]
        return f"{name} ({WORDS.get(value['role'], value['role'])})" if "role" in value else name
    return WORDS.get(value, value) if isinstance(value, str) else str(value)
