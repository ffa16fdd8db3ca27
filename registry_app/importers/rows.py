"""Lists of versions to register at once, in JSON or CSV."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from ..rules.cells import unescape_formula
from ..rules.json_text import load_json
from ..rules.refusals import IMPORT_TOO_LONG, Refusal

IMPORT_BYTES = 1024 * 1024
IMPORT_ROWS = 1000
IMPORT_INPUTS = 1000  # versions that the rows are made from, together
NEEDED = ("project", "name", "type", "uri", "digest")
COLUMNS = (*NEEDED, "size", "file_count", "metadata", "run", "run_url", "made_from")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

csv.field_size_limit(IMPORT_BYTES)  # of characters: a cell may hold all the metadata that a version may have


class Row(NamedTuple):
    """A row: its number as a spreadsheet shows it, or in a list its place from 1; and {column: text}."""

    number: int
    cells: dict[str, str]


def parse_rows(text: str) -> tuple[list[Row], None] | tuple[None, Refusal]:
    """(the Rows, None) for `text`, a list of objects in JSON or CSV with a header row; or (None, the Refusal).

    The cells of a Row are like the data of a form, which validates them later. The Refusal is `import_invalid` or
    `too_many`.
    """
    if len(text) > IMPORT_BYTES or len(text.encode()) > IMPORT_BYTES:
        return None, IMPORT_TOO_LONG
    try:
        rows = _of_json(text) if text.lstrip("\ufeff \t\r\n")[:1] in {"[", "{"} else _of_csv(text)
        _check_characters(text, rows)
    except (ValueError, RecursionError) as error:
        way_out = "Give a list of objects in JSON, or CSV whose first row names the columns."
        told = str(error)[:300] if isinstance(error, ValueError) else "it is nested too deep"
        return None, Refusal("import_invalid", f"This list can't be read: {told}.", way_out)
    if len(rows) > IMPORT_ROWS:
        return None, Refusal("too_many", f"At most {IMPORT_ROWS:,} rows at a time; these are {len(rows):,}.")
    inputs = sum(len(row.cells.get("made_from", "").splitlines()) for row in rows)
    if inputs > IMPORT_INPUTS:
        reason = f"At most {IMPORT_INPUTS:,} versions that others are made from at a time; these are {inputs:,}."
        return None, Refusal("too_many", reason, "Split the list.")
    return (rows, None) if rows else (None, Refusal("import_invalid", "There are no rows in it."))


def _column(name: str) -> str:
    """The name of a column, however it is written: `File Count` is file_count."""
    return re.sub(r"[\s-]+", "_", name.strip('\ufeff" \t\u00a0').casefold())


def _check_characters(text: str, rows: list[Row]) -> None:
    """ValueError for text that a page or a database can't store: NUL, and surrogates, which JSON can contain."""
    if "\0" in text:
        raise ValueError(f"line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a NUL character")
    for row in rows:
        for cell in (*row.cells, *row.cells.values()):
            if lost := re.search("[\ud800-\udfff]", cell):
                raise ValueError(f"row {row.number} holds U+{ord(lost[0]):04X}, which is no text")


# JSON.


def _of_json(text: str) -> list[Row]:
    listed = load_json(text)
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise ValueError("it is not a list of objects, [{…}, {…}]")
    return [Row(number, _cells(number, row)) for number, row in enumerate(listed, 1)]


def _cells(number: int, row: dict[str, object]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for key, value in row.items():
        column = _column(key) if _column(key) in COLUMNS else key
        if column in cells:
            raise ValueError(f"row {number} has “{column}” twice")
        cells[column] = _cell(column, value)
    return cells


def _cell(column: str, value: object) -> str:
    """A JSON value as the text of a form field."""
    if value is None or isinstance(value, str):
        return value or ""
    if column == "made_from" and isinstance(value, list) and all(isinstance(path, str) for path in value):
        return "\n".join(value)
    return json.dumps(value)


# CSV.


def _of_csv(text: str) -> list[Row]:
    separator, text = _separator(text.lstrip("\ufeff"))
    records = _records(text, separator)
    header = _header(next(records, (0, []))[1], separator)
    places = {place: column for place, column in enumerate(header) if column}
    rows = []
    for number, cells in records:
        if stray := [cell for place, cell in enumerate(cells) if cell.strip() and place not in places]:
            raise ValueError(f"row {number} has “{stray[0].strip()[:40]}” in a column without a name")
        found = {column: cells[place] for place, column in places.items() if place < len(cells)}
        rows.append(Row(number, {column: unescape_formula(cell) for column, cell in found.items()}))
    return rows


def _separator(text: str) -> tuple[str, str]:
    """(what separates the columns, the text without a first line that says so, as `sep=;`).

    Without such a line it is the one that finds the most of our columns in the first row, then the most cells.
    """
    if said := re.match(r'"?sep=(.)"?[,;\t|]*(?:\r?\n|\r|$)', text, re.IGNORECASE):
        if said[1] not in SEPARATORS:
            raise ValueError(f"“{said[1]}” separates no columns; {', '.join(SEPARATORS.values())} do")
        return said[1], text[said.end() :]
    first = next(filter(str.strip, re.split("[\r\n]+", text)), "")
    found = {each: [_column(cell) for cell in first.split(each)] for each in SEPARATORS}
    return max(found, key=lambda each: (len(set(found[each]) & set(COLUMNS)), len(found[each]))), text


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the row, its cells) of each row that isn't blank."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    number = 0
    try:
        for number, cells in enumerate(lines, 1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        fault = "quotes that are never closed, or that stand inside a cell and aren't doubled"
        raise ValueError(f"row {number + 1} has {fault}") from error


def _header(cells: list[str], separator: str) -> list[str]:
    """The columns that the first row names, "" where it names none. ValueError where they are not what is needed."""
    header = [_column(cell) for cell in cells]
    for column, cell in zip(header, cells, strict=True):
        if column and column not in COLUMNS:
            apart = f"columns are separated by {SEPARATORS[separator]} here"
            raise ValueError(f"there is no column called “{cell.strip()[:40]}” ({apart})")
        if column and header.count(column) > 1:
            raise ValueError(f"the column “{column}” is named twice")
    if missing := [column for column in NEEDED if column not in header]:
        raise ValueError(f"its first row names no column {', '.join(missing)}")
    return header
