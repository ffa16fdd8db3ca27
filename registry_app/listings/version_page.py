"""What the page of a version shows beside it: its numbers, its neighbours, where production is, and its history."""

from bisect import bisect_left
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.urls import reverse

from .. import rules
from ..choices import Action, Side, Target
from ..database.compiled import Compiled
from ..models import AliasRequest, AuditEvent, Link, OrganizationMembership, Tag, Version
from ..permissions import RegistryAccess
from ..rules import SIZE, Metric
from .access_requests import alias_requests_in, news_begin
from .charts import spark
from .labels import Labels, label_rows
from .lineage import Drawing, first_edges, lineage_of
from .sentences import move_of
from .series import Difference, Series, value_of

BIG_NUMBERS = 4  # the others are folded
EVENTS_READ, EVENTS_SHOWN = 50, 10
PLACES_SHOWN = 25  # links of the same version elsewhere
OWN_TAG, PLACE = "own tag", "place"
DONE = {
    Action.LINK: "linked this version",
    Action.LINK_TAG: "changed its tags",
    Action.UNLINK: "unlinked this version",
}


class BigNumber(NamedTuple):
    """A metric of the version, its difference to the base, and its small line (None where there is none)."""

    metric: Metric
    value: Difference
    spark: dict[str, Any] | None


class Happening(NamedTuple):
    """An entry of the log about the version as a sentence: who `did` what, with the alias `name` in it."""

    event: AuditEvent
    did: str
    name: str = ""
    rest: str = ""


class Place(NamedTuple):
    """Another link of the version: where it is, and its address."""

    path: str
    address: str


class VersionPage:
    """What the page of `link`, a version in a collection of the registry of `access`, shows of others.

    It is compared with the version that has the alias `alias`, by default the protected one (`Labels.base`).
    """

    def __init__(self, access: RegistryAccess, link: Link, alias: str = "") -> None:
        self.access, self.link = access, link
        place = link.collection_id, access.registry.pk, news_begin()
        rows = _around(access.membership, link.pk, link.version_id, *place)
        self.labels, self.rows = Labels(rows), rows
        named = (alias, self.labels.numbers[alias]) if alias in self.labels.numbers else None
        self.compared = named if alias else self.labels.base
        self.series = Series(link.collection)
        self.series.include([link.number, *([self.compared[1]] if self.compared else [])])

    @cached_property
    def row(self) -> dict[str, Any] | None:
        """The version, with the numbers that it states."""
        return self.series.row(self.link.number)

    @cached_property
    def base(self) -> dict[str, Any] | None:
        """The version that it is compared with, unless it is this one."""
        base = self.series.row(self.compared[1]) if self.compared else None
        return base if base is not self.row else None

    @cached_property
    def stated(self) -> list[Metric]:
        """The metrics that it states."""
        return [each for each in self.series.metrics if value_of(self.row, each.path) is not None]

    @property
    def big(self) -> list[BigNumber]:
        """The first metrics, the size last."""
        return [self._big(metric) for metric in sorted(self.stated, key=_is_size)[:BIG_NUMBERS]]

    def _big(self, metric):
        values = self.series.values(metric.path)
        drawn = spark(values, self.link.number, self.base["number"] if self.base else None)
        return BigNumber(metric, self._difference(metric.path), drawn)

    def _difference(self, path):
        return Difference(path, self.series.column(path), value_of(self.row, path), value_of(self.base, path))

    @property
    def more(self) -> list[tuple[str, Difference]]:
        """(name, Difference) of the other metrics."""
        others = sorted(self.stated, key=_is_size)[BIG_NUMBERS:]
        return [(metric.label, self._difference(metric.path)) for metric in others]

    @cached_property
    def neighbours(self) -> dict[str, int | None]:
        """The numbers of the `previous` and the `next` version in the collection."""
        numbers, place = self.series.numbers, bisect_left(self.series.numbers, self.link.number)
        if place or not self.series.has_more:  # else it is the oldest of the newest, or older
            around = [None, *numbers, None][place : place + 3]
            return {"previous": around[0], "next": around[2]}
        links = Link.objects.filter(collection=OuterRef("collection")).values("number")
        before = links.filter(number__lt=OuterRef("number")).order_by("-number")[:1]
        after = links.filter(number__gt=OuterRef("number")).order_by("number")[:1]
        found = Link.objects.filter(pk=self.link.pk).order_by()
        previous, later = found.values_list(Subquery(before), Subquery(after)).get()
        return {"previous": previous, "next": later}

    @property
    def tags(self) -> list[str]:
        """Its own tags."""
        return sorted(name for kind, _, name, _ in self.rows if kind == OWN_TAG)

    @property
    def elsewhere(self) -> list[Place]:
        """Other places in which the person sees the version."""
        found = [(*path.split("/"), pk, number) for kind, pk, path, number in self.rows if kind == PLACE]
        slug = self.access.membership.organization.slug
        return [
            Place(
                f"{registry}/{collection}:v{number}", reverse("links:detail", args=[slug, registry, collection, number])
            )
            for registry, collection, _, number in sorted(found, key=lambda place: (rules.name_key(place[0]), place[2]))
        ]

    @property
    def drawing(self) -> Drawing | None:
        """Its lineage."""
        edges = [row for row in self.rows if row[0] in Side.values]
        return lineage_of(self.link, self.access.membership, edges)

    @property
    def history(self) -> list[Happening]:
        """What happened to it, and to the aliases that it carries, the newest first."""
        ids = [self.labels.ids[name] for name in self.labels.aliases.get(self.link.number, ())]
        return [each for event in _events(self.link.pk, *ids) if (each := self._happening(event))][:EVENTS_SHOWN]

    def _happening(self, event):
        """The entry as a sentence; None if it is about another version."""
        if event.refused:
            return Happening(event, "tried to change it" if event.target_type == Target.LINK else "tried to move it")
        if event.target_type == Target.LINK:
            return Happening(event, DONE.get(event.action, event.summary.lower()))
        before, after = event.changes["link"]
        if self.link.label not in (before, after):
            return None
        name = event.related["alias"]["name"]
        did, *rest = move_of(event.action, before, after)
        return Happening(event, did, name, " ".join(rest))

    @property
    def behind(self) -> int | None:
        """How many versions it is after the base, where both are among the newest."""
        numbers = self.series.by_number
        if not self.base or self.base["number"] not in numbers or self.link.number <= self.base["number"]:
            return None
        return sum(self.base["number"] < number <= self.link.number for number in numbers)

    @cached_property
    def requests(self) -> list[AliasRequest]:
        """Requests to set a protected alias on it."""
        is_asked = self.link.number in self.labels.asked
        return alias_requests_in(self.access, self.link.collection, link=self.link) if is_asked else []

    @property
    def askable(self) -> list[str]:
        """The protected aliases that a person who can't move them may ask for."""
        asked = [each.alias for each in self.requests if not each.answered_at]
        return rules.askable_aliases(self.labels.declared, self.labels.aliases.get(self.link.number, ()), asked)

    @property
    def numbers(self) -> dict[str, Any]:
        """The context of links/_numbers.html."""
        name, _ = self.compared or ("", None)
        return {"link": self.link, "big": self.big, "more": self.more, "base": self.base, "base_name": name}

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates; `locked` says why the person can't move the protected alias."""
        marked = self.labels.marked(self.link.number, self.series.newest)
        return {
            **self.numbers,
            "marked": marked,
            "tags": self.tags,
            "elsewhere": self.elsewhere,
            "drawing": self.drawing,
            "is_protected": any(is_protected for _, is_protected in marked),
            "neighbours": self.neighbours,
            "is_base": bool(self.compared) and self.base is None,
            "declared": self.labels.declared,
            "alias_requests": self.requests,
            "askable": self.askable,
            "behind": self.behind,
            "locked": rules.refuse_protected(self.access.role, self.labels.declared, self.labels.declared),
            "history": self.history,
        }


@Compiled
def _around(
    membership: OrganizationMembership, link: int, version: int, collection: int, registry: int, since: datetime
) -> QuerySet:
    """The `label_rows` of the collection, the `first_edges` of the version, and in the same columns:

    OWN_TAG for the tags of the link, PLACE for the first other links of the version in registries that the person sees.
    """
    others = Version(pk=version).places(membership).exclude(pk=link)[:PLACES_SHOWN].values("pk")
    path = Concat("collection__registry__name", Value("/"), "collection__name")  # neither name has a slash
    first, *more = label_rows(collection, registry, since)
    return first.union(
        *more,
        *first_edges(membership, version),
        Tag.objects.filter(link=link).order_by().values_list(Value(OWN_TAG), "pk", "name", Value(-1)),
        Link.objects.filter(pk__in=others).order_by().values_list(Value(PLACE), "pk", path, "number"),
        all=True,
    )


@Compiled
def _events(link: int, *aliases: int) -> QuerySet:
    """The newest entries about a link, and moves of these aliases."""
    moves = Q(target_type=Target.ALIAS, target_id__in=aliases, action__in=(Action.ALIAS_SET, Action.ALIAS_REMOVE))
    about = Q(target_type=Target.LINK, target_id=link) | moves
    return AuditEvent.objects.filter(about).order_by("-seq")[:EVENTS_READ]


def _is_size(metric: Metric) -> bool:
    return metric.path == SIZE
