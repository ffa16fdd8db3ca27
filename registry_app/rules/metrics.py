"""What a metric is: a number that the versions of a collection state in their metadata, and that differs among them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from ..choices import Direction
from .numbers import Number
from .refusals import Refusal

CONFIG = frozenset({"config", "args", "params", "hyperparameters"})  # what is below these keys is no metric
DEPTH = 3  # keys of a path, at most
PATH_LENGTH = 100  # characters; longer paths are no metrics
NUMBERS_KEPT = 100  # of one version
KEY_METRICS = 8  # of one collection
SIZE = ":size"  # the size of a version counts as a metric; no path is called so


class Metric(NamedTuple):
    """A metric of a collection, and by how many of its versions it is stated. A key metric may have a direction."""

    path: str
    stated: int
    is_key: bool = False
    direction: str = ""

    @property
    def label(self) -> str:
        """How pages call it."""
        return metric_label(self.path)

    @property
    def better(self) -> str:
        """Its direction in words, or ""."""
        return Direction(self.direction).label if self.direction else ""


def metric_label(path: str) -> str:
    """How pages call the metric `path`."""
    return "Size" if path == SIZE else path


def key_text(key: str) -> str:
    """A key as it stands in a path: one that could be taken for something else is quoted."""
    return json.dumps(key, ensure_ascii=False) if not key or "." in key or key[0] in ':"' else key


def leaves_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """{path: value} of each leaf: the keys that lead to it, with dots between."""
    return {".".join(map(key_text, keys)): value for keys, value in _walk(metadata, ())}


def numbers_of(metadata: Mapping[str, Any]) -> dict[str, Number]:
    """{path: number} of what can be a metric in the metadata of one version, the first NUMBERS_KEPT."""
    found: dict[str, Number] = {}
    for keys, value in _walk(metadata, ()):
        if type(value) not in (int, float) or not isfinite(value) or len(keys) > DEPTH or CONFIG & {*keys[:-1]}:
            continue
        path = ".".join(map(key_text, keys))
        if len(path) <= PATH_LENGTH:
            found[path] = value
        if len(found) == NUMBERS_KEPT:
            break
    return found


def metrics_among(stated: Sequence[Mapping[str, Number]], keys: Iterable[Sequence[str]] = ()) -> list[Metric]:
    """The metrics of versions that state these numbers.

    First the key metrics, `keys` [(path, direction)], that any of them states; then those stated by most, then by name.
    Those are stated by two at least, and not the same in all.
    """
    values: dict[str, list[Number]] = {}
    for numbers in stated:
        for path, value in numbers.items():
            values.setdefault(path, []).append(value)
    chosen = [Metric(path, len(values[path]), True, direction) for path, direction in keys if path in values]
    known = {metric.path for metric in chosen}
    differing = (path for path, found in values.items() if path not in known and len(set(found)) > 1)
    return [*chosen, *sorted((Metric(path, len(values[path])) for path in differing), key=_by_rank)]


def refuse_key_metrics(keys: Sequence[Sequence[str]]) -> Refusal | None:
    """Why `keys` [(path, direction)] may not be the key metrics of a collection."""
    if len(keys) > KEY_METRICS:
        return Refusal("too_many", f"At most {KEY_METRICS} key metrics; these are {len(keys)}.")
    paths = [path for path, _ in keys]
    if len({*paths}) < len(paths) or not all(0 < len(path) <= PATH_LENGTH for path in paths):
        return Refusal("metric_invalid", f"Each metric once, by its path of at most {PATH_LENGTH} characters.")
    if any(direction and direction not in Direction.values for _, direction in keys):
        return Refusal("metric_invalid", "Higher or lower is better, or neither.")
    return None


def key_metric_texts(keys: Iterable[Sequence[str]]) -> list[str]:
    """Key metrics as the log tells of them, in their order."""
    return [
        f"{metric_label(path)}, {Direction(way).label.lower()}" if way else metric_label(path) for path, way in keys
    ]


def _walk(metadata: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(the keys that lead to it, the value) of each leaf; an empty object is a leaf."""
    for key, value in metadata.items():
        if isinstance(value, dict) and value:
            yield from _walk(value, (*keys, key))
        else:
            yield (*keys, key), value


def _by_rank(metric: Metric) -> tuple[bool, int, str]:
    return metric.path == SIZE, -metric.stated, metric.path
