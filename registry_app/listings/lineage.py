"""The lineage of a version: what it was made from, its run, and what was made from it; as a drawing, and as a list."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import QuerySet, Value
from django.http import QueryDict

from ..choices import Side
from ..database.compiled import Compiled, padded
from ..forms.base import Wanted
from ..forms.metrics import LineageFilter
from ..models import Link, OrganizationMembership, Version
from .base import Listing, capped_count

STEPS = 2  # generations up, and down
IN_COLUMN = 8  # versions in a generation, at most
WIDTH, HEIGHT = 164, 50  # of a node, in units of the drawing
GAP_X, GAP_Y = 36, 14
Key = int | str  # of a node: the id of a version, or “run”
COUNT_CAP = 1000  # versions counted at most
EDGES = Version.made_from.through.objects
# Of an edge: here, and there.
ENDS = {Side.INPUTS: ("from_version", "to_version"), Side.OUTPUTS: ("to_version", "from_version")}


class Node(NamedTuple):
    """A version or a run in the drawing. `kind` is version, run, or here for the version itself."""

    label: str
    note: str
    kind: str
    address: str = ""
    x: int = 0
    y: int = 0
    width: int = WIDTH
    height: int = HEIGHT


class Drawing(NamedTuple):
    """The nodes with their places, the lines between them as SVG paths, and the size of the drawing.

    `generations` is the same as a list: [(heading, [Node])]. `totals` says how many `inputs` and `outputs` there are of
    which not all are drawn.
    """

    nodes: list[Node]
    lines: list[str]
    width: int
    height: int
    generations: list[tuple[str, list[Node]]]
    totals: dict[str, str]


def first_edges(membership: OrganizationMembership, version: int) -> list[QuerySet]:
    """(Side, id of the edge, "", id of the other version) of the newest edges of `version` (its id)."""
    return [
        _edges(membership, side, [version]).values_list(Value(side), "pk", Value(""), there)
        for side, (_, there) in ENDS.items()
    ]


def _edges(membership, side, ids):
    """The newest edges that lead from the versions `ids` to their inputs, or outputs, that the person may know."""
    known = Version.objects.known_to(membership).order_by().values("pk")
    here, there = ENDS[side]
    found = EDGES.filter(**{f"{here}__in": ids, f"{there}__in": known}).order_by("-pk").values("pk")
    return EDGES.filter(pk__in=found[: 4 * IN_COLUMN]).order_by()  # by a subquery: SQLite takes no LIMIT inside a UNION


@Compiled
def _next_edges(membership: OrganizationMembership, *ids: int) -> QuerySet:
    """(Side, id of the edge, id, id of the other version): inputs of the first IN_COLUMN `ids`, outputs of the rest."""
    inputs = _edges(membership, Side.INPUTS, ids[:IN_COLUMN])
    outputs = _edges(membership, Side.OUTPUTS, ids[IN_COLUMN:])
    outputs = outputs.values_list(Value(Side.OUTPUTS), "pk", *ENDS[Side.OUTPUTS])
    return inputs.values_list(Value(Side.INPUTS), "pk", *ENDS[Side.INPUTS]).union(outputs, all=True)


def lineage_of(link: Link, membership: OrganizationMembership, rows: Iterable[tuple]) -> Drawing | None:
    """The Drawing of the lineage of a link's version, with the versions that the person may know; None without any.

    `rows` are those of its `first_edges`.
    """
    version = link.version
    levels, edges, totals = _walk(version, membership, rows)
    if len(levels) == 1 and not version.run:
        return None
    found = _nodes(levels.keys() - {version.pk}, membership) if len(levels) > 1 else {}
    shown = {pk: level for pk, level in levels.items() if pk in found or pk == version.pk}
    nodes = {**found, version.pk: Node(link.label, "this version", "here")}
    columns = _columns(shown)
    if version.run:
        nodes["run"] = Node(version.run, "run", "run", version.run_url)
        edges = _through_run(edges, version.pk)
        columns.insert(columns.index([version.pk]), ["run"])
    placed = _place(columns, nodes)
    lines = [_line(placed[one], placed[other]) for one, other in edges if one in placed and other in placed]
    height = max(node.y for node in placed.values()) + HEIGHT
    width = len(columns) * (WIDTH + GAP_X) - GAP_X
    return Drawing(list(placed.values()), lines, width, height, _generations(shown, placed), totals)


def _walk(
    version: Version, membership: OrganizationMembership, rows: Iterable[tuple]
) -> tuple[dict[int, int], list[tuple[Key, Key]], dict[str, str]]:
    """({version id: generation, 0 for this one}, [(id of the source, id of the product)], the totals of a Drawing).

    Only versions that the person may know are followed and counted, so that the drawing reveals nothing about hidden
    ones or about what is behind them.
    """
    levels, edges, totals = {version.pk: 0}, [], {}
    found = [(side, pk, version.pk, other) for side, pk, _, other in rows]
    for step in range(1, STEPS + 1):
        columns: dict[str, list[int]] = {Side.INPUTS: [], Side.OUTPUTS: []}
        for side, _, one, other in sorted(found, reverse=True):  # the newest edges first
            edges.append((one, other) if side == Side.OUTPUTS else (other, one))
            if other not in levels and other not in columns[side]:
                columns[side].append(other)
        for side, others in columns.items():
            if step == 1 and len(others) > IN_COLUMN:
                totals[side] = capped_count(_on(side, version.pk, membership), COUNT_CAP)
            del others[IN_COLUMN:]
            levels |= dict.fromkeys(others, step if side == Side.OUTPUTS else -step)
        ids = [pk for others in columns.values() for pk in padded(others, IN_COLUMN)]
        found = _next_edges(membership, *ids) if any(ids) and step < STEPS else []
    return levels, list(dict.fromkeys(edges)), totals


class LineageListing(Listing):
    """The versions on one `side` of `version` that the person of `membership` may know: its inputs, or its outputs."""

    form = LineageFilter
    sorts = {"": (["id"], True)}

    def __init__(self, membership: OrganizationMembership, version: Version, params: QueryDict) -> None:
        self.version = version
        super().__init__(membership, params)

    @property
    def side(self) -> str:
        """The Side."""
        return self.wanted["side"] or Side.OUTPUTS

    @property
    def of(self) -> tuple:
        """The membership, the version, and the side."""
        return self.membership, self.version.pk, self.filters.wanted

    @staticmethod
    def query(membership: OrganizationMembership, version: int, wanted: Wanted) -> QuerySet:
        """The versions, as dicts."""
        return _on(wanted.get("side", Side.OUTPUTS), version, membership).values("id")

    def prepare(self, rows: list) -> list:
        """A Node of each."""
        found = _nodes([row["id"] for row in rows], self.membership)
        return [found[row["id"]] for row in rows]

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        found = {side: _on(side, self.version.pk, self.membership) for side in Side}
        sides = [(side, side.label, capped_count(rows, COUNT_CAP)) for side, rows in found.items()]
        return {**super().context, "side": self.side, "sides": sides}


def _on(side: str, version: int, membership: OrganizationMembership) -> QuerySet:
    """The inputs, or the outputs, of a version (its id) that the membership's person may know."""
    known = Version.objects.known_to(membership)
    return known.filter(made_into=version) if side == Side.INPUTS else known.filter(made_from=version)


def _nodes(ids: Iterable[int], membership: OrganizationMembership) -> dict[Key, Node]:
    """{id: Node} of these versions, which the person may know. The address is that of a link that they can see."""
    seen = membership.registries().order_by().values("pk")
    links = Link.objects.filter(version__in=ids, collection__registry__in=seen)
    links = links.select_related("collection__registry__organization").order_by("pk")
    addresses = {link.version_id: link.get_absolute_url() for link in links}  # the last link counts
    found = Version.objects.order_by().select_related("artifact__team").in_bulk(ids)
    return {pk: _node(version, addresses.get(pk, "")) for pk, version in found.items()}


def _node(version: Version, address: str) -> Node:
    """The Node of a version."""
    return Node(
        f"{version.artifact.name}:{version.label}",
        f"{version.artifact.type}, {version.artifact.team}",
        "version",
        address,
    )


def _columns(levels: dict[int, int]) -> list[list[Key]]:
    """The ids in a list a generation, the earliest generation first."""
    return [[pk for pk in levels if levels[pk] == level] for level in sorted(set(levels.values()))]


def _through_run(edges: list[tuple[Key, Key]], pk: int) -> list[tuple[Key, Key]]:
    """The edges, with those into version `pk` replaced by edges through its run."""
    through = [(one, "run") if other == pk else (one, other) for one, other in edges]
    return [*through, ("run", pk)]


def _place(columns: list[list[Key]], nodes: dict[Key, Node]) -> dict[Key, Node]:
    """{key: Node with its place}; each column is centred."""
    tallest = max(map(len, columns))
    placed = {}
    for number, keys in enumerate(columns):
        start = (tallest - len(keys)) * (HEIGHT + GAP_Y) // 2
        for row, key in enumerate(keys):
            x, y = number * (WIDTH + GAP_X), start + row * (HEIGHT + GAP_Y)
            placed[key] = nodes[key]._replace(x=x, y=y)
    return placed


def _line(one: Node, other: Node) -> str:
    """A curve from the right edge of a node to the left edge of another, as an SVG path."""
    x, y = one.x + WIDTH, one.y + HEIGHT // 2
    to_x, to_y = other.x, other.y + HEIGHT // 2
    middle = (x + to_x) // 2
    return f"M{x} {y} C{middle} {y} {middle} {to_y} {to_x - 5} {to_y}"


def _generations(levels: dict[int, int], placed: dict[Key, Node]) -> list[tuple[str, list[Node]]]:
    names = {-2: "Inputs of those", -1: "Inputs", 1: "Outputs", 2: "Outputs of those"}
    listed = [(names[level], [placed[pk] for pk in levels if levels[pk] == level]) for level in names]
    if "run" in placed:
        listed.insert(2, ("Run", [placed["run"]]))
    return [(name, nodes) for name, nodes in listed if nodes]
