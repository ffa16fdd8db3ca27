"""Lists of versions to register at once, in JSON or CSV."""

import csv
import io
import json

from ..rules.refusals import IMPORT_TOO_LONG, Refusal

IMPORT_BYTES = 1024 * 1024
IMPORT_ROWS = 1000
IMPORT_INPUTS = 1000  # versions that the rows are made from, together
COLUMNS = (
    "project",
    "name",
    "type",
    "uri",
    "digest",
    "size",
    "file_count",
    "metadata",
    "run",
    "run_url",
    "made_from",
)


def parse_rows(text: str) -> tuple[list[dict[str, str]], None] | tuple[None, Refusal]:
    """(rows, None) for `text`, a list of objects in JSON or CSV with a header row; or (None, the Refusal).

    A row is {column: text}, like the data of a form, which validates it later. The Refusal is `import_invalid` or
    `too_many`.
    """
    if len(text) > IMPORT_BYTES or len(text.encode()) > IMPORT_BYTES:
        return None, IMPORT_TOO_LONG
    try:
        rows = _of_json(text) if text.lstrip()[:1] in {"[", "{"} else _of_csv(text)
        _check_characters(text, rows)
    except (ValueError, RecursionError, csv.Error) as error:
        way_out = "Give a list of objects in JSON, or CSV whose first row names the columns."
        return None, Refusal("import_invalid", f"This list can't be read: {str(error)[:200]}.", way_out)
    if len(rows) > IMPORT_ROWS:
        return None, Refusal("too_many", f"At most {IMPORT_ROWS:,} rows at a time; these are {len(rows):,}.")
    inputs = sum(len(row.get("made_from", "").splitlines()) for row in rows)
    if inputs > IMPORT_INPUTS:
        reason = f"At most {IMPORT_INPUTS:,} versions that others are made from at a time; these are {inputs:,}."
        return None, Refusal("too_many", reason, "Split the list.")
    return (rows, None) if rows else (None, Refusal("import_invalid", "There are no rows in it."))


def _of_json(text: str) -> list[dict[str, str]]:
    listed = json.loads(text)
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise ValueError("it is not a list of objects")
    return [{name: _cell(name, value) for name, value in row.items()} for row in listed]


def _cell(name: str, value: object) -> str:
    """A JSON value as the text of a form field."""
    if value is None or isinstance(value, str):
        return value or ""
    if name == "made_from" and isinstance(value, list) and all(isinstance(path, str) for path in value):
        return "\n".join(value)
    return json.dumps(value)


def _of_csv(text: str) -> list[dict[str, str]]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(lines, [])]
    if unknown := [name for name in header if name not in COLUMNS]:
        raise ValueError(f"there is no column called “{unknown[0][:40]}”")
    if len(set(header)) < len(header):
        raise ValueError("a column is named twice")
    rows = []
    for line in lines:
        if len(line) > len(header):
            raise ValueError(f"line {lines.line_num} has more cells than the first")
        if any(line):
            rows.append(dict(zip(header, line, strict=False)))  # missing cells are empty
    return rows


def _check_characters(text: str, rows: list[dict[str, str]]) -> None:
    """ValueError for text that a page or a database can't store: NUL, and surrogates, which JSON can contain."""
    if "\0" in text:
        raise ValueError("it holds signs that are no text")
    for row in rows:
        for cell in (*row, *row.values()):
            cell.encode()
