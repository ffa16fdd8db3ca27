"""Compiled queries: the SQL of a QuerySet is made once, and asked again with other values.

To build a QuerySet and to compile it costs many times what the database needs to answer. So the queries of every page
are written as QuerySets, compiled at their first use, and run with the values of each call. Models, converters and
permissions are Django's and ours as ever. It leans on four private names of Django: `QuerySet._chain`, and that a Query
is run by the compiler that its `get_compiler` gives, with the SQL that `as_sql` and the converters that
`get_converters` gives.
"""

import copy
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import DateTimeField, Expression, QuerySet
from django.utils import timezone

_compiling: ContextVar[bool] = ContextVar("compiling", default=False)
# Values that occur nowhere else, inside the limits of every column, by their number.
MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda number: 2**30 + 715_827 + number,
    str: lambda number: f"\ue000{number}\ue000",
    datetime: lambda number: datetime(9000, 1, 1, tzinfo=UTC) + timedelta(number),
    date: lambda number: date(9000, 1, 1) + timedelta(number),
}
_NOW = object()  # stands for the time of the call among the parameters of a compiled query
SHAPES = 500  # forms of one query that are kept


class CurrentTime(Expression):
    """The time at which the query is run, by the application's clock: of a compiled query, each time that it is."""

    output_field = DateTimeField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """A parameter."""
        return "%s", [_NOW if _compiling.get() else _now(connection)]


def _now(connection: Any) -> Any:
    return _adapted(connection, timezone.now())


class Parts:
    """Several values that queries take as one: `parts` are values or Parts, `shape` is what else it consists of.

    `of_shape(shape, *parts)` makes one of the same shape, in which other values stand.
    """

    shape: Any  # hashable
    parts: tuple[Any, ...]

    @classmethod
    def of_shape(cls, shape: Any, *parts: Any) -> Self:
        raise NotImplementedError


class _Made(NamedTuple):
    """A compiled query: `places` has for each of `params` the place of the value that stands there, or None.

    `converters` make values of Python out of what the database answers.
    """

    queryset: QuerySet
    compiler: Any
    converters: dict
    sql: str
    params: tuple
    places: "tuple[_Place | None, ...]"


class _Place(NamedTuple):
    """The number of a value, and whether it stands there as a pattern: that of texts which contain it."""

    number: int
    is_pattern: bool

    def param(self, connection: Any, values: list) -> Any:
        """The parameter."""
        value = _adapted(connection, values[self.number])
        return _pattern(connection, value) if self.is_pattern else value


class Compiled:
    """A query with values: `build(*values)` gives its QuerySet, which must look the same whatever the values are.

    Values are whole numbers, texts, moments, days, and Parts of them. What is built may depend on a `shape` too, and on
    the shapes of Parts: `build` is asked for each.
    """

    def __init__(self, build: Callable[..., QuerySet]) -> None:
        self.build = build
        self._made = lru_cache(SHAPES)(self._make)

    def __call__(self, *values: Any, shape: tuple[Hashable, ...] = ()) -> list:
        """The rows of `build(*shape, *values)`."""
        if not settings.COMPILED_QUERIES:
            return list(self.build(*shape, *values))
        single: list = []
        kinds = tuple(_take_apart(value, single) for value in values)
        try:
            made = self._made(shape, kinds)
        except EmptyResultSet:  # as of `none()`: no value gives a row
            return []
        connection = connections[made.queryset.db]
        now = _now(connection) if _NOW in made.params else None
        params = [
            (now if param is _NOW else param) if place is None else place.param(connection, single)
            for param, place in zip(made.params, made.places, strict=True)
        ]
        with connection.preparing():  # type: ignore[attr-defined]  # of both our backends
            return list(_with(made, connection, params))

    def first(self, *values: Any, shape: tuple[Hashable, ...] = ()) -> Any:
        """The first of those rows, or None."""
        return next(iter(self(*values, shape=shape)), None)

    def _make(self, shape: tuple, kinds: tuple) -> _Made:
        marks: list = []
        with _marked():
            queryset = self.build(*shape, *(_stand_in(kind, marks) for kind in kinds))
            compiler = queryset.query.get_compiler(queryset.db)
            sql, params = compiler.as_sql()
        marks = [_adapted(compiler.connection, mark) for mark in marks]
        places = tuple(_place(compiler.connection, marks, param) for param in params)
        rest = [sql, *(param for param, place in zip(params, places, strict=True) if place is None)]
        if any(str(mark) in str(text) for mark in marks for text in rest):
            raise ValueError("A compiled query has a value that is no parameter, or a part of one.")
        if any(isinstance(text, date) for text in rest):  # as PostgreSQL takes it
            raise ValueError("A compiled query has a moment or day that would stay in it: see CurrentTime.")
        converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        return _Made(queryset, compiler, converters, sql, tuple(params), places)


def padded(ids: Collection[int], length: int, blank: int = 0) -> list[int]:
    """`ids`, filled up with a value that no row has: one compiled query serves any number of ids."""
    return [*ids, *[blank] * (length - len(ids))]


def _take_apart(value: Any, single: list) -> Hashable:
    """What a value looks like; the single values in it are added to `single`."""
    if isinstance(value, Parts):
        return type(value), value.shape, tuple(_take_apart(part, single) for part in value.parts)
    single.append(value)
    return _kind(value)


def _stand_in(kind: Any, marks: list) -> Any:
    """A value that looks as `_take_apart` says, with new marks in it."""
    if isinstance(kind, tuple):
        whole, shape, parts = kind
        return whole.of_shape(shape, *(_stand_in(part, marks) for part in parts))
    marks.append(MARKS[kind](len(marks)))
    return marks[-1]


def _place(connection: Any, marks: list, param: Any) -> _Place | None:
    """The place of the mark that `param` is, or is the pattern of."""
    if param in marks:
        return _Place(marks.index(param), is_pattern=False)
    patterns = [_pattern(connection, mark) if isinstance(mark, str) else None for mark in marks]
    return _Place(patterns.index(param), is_pattern=True) if param is not None and param in patterns else None


def _pattern(connection: Any, text: str) -> str:
    """The parameter of `contains` for `text`, as Django makes it."""
    return f"%{connection.ops.prep_for_like_query(text)}%"


@contextmanager
def _marked() -> Iterator[None]:
    token = _compiling.set(True)
    try:
        yield
    finally:
        _compiling.reset(token)


def _kind(value: Any) -> type:
    """The kind of a value, by which it is marked; TypeError for None, which is no parameter in SQL, and for others."""
    for kind in MARKS:
        if isinstance(value, kind):
            return kind
    raise TypeError(f"A compiled query takes no {type(value).__name__}.")


def _adapted(connection: Any, value: Any) -> Any:
    """`value` as a parameter."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def _with(made: _Made, connection: Any, params: list) -> QuerySet:
    compiler = copy.copy(made.compiler)
    compiler.connection = connection
    compiler.as_sql = lambda *args, **kwargs: (made.sql, tuple(params))
    compiler.get_converters = lambda expressions: made.converters
    queryset = made.queryset._chain()  # type: ignore[attr-defined]
    queryset.query.get_compiler = lambda *args, **kwargs: compiler
    return queryset
