"""Lists in JSON and CSV, as spreadsheets and people write them."""

import csv
import io
import json

import pytest

from registry_app import rules
from registry_app.importers.rows import IMPORT_BYTES, parse_rows

ROW = {"project": "p", "name": "churn", "type": "model", "uri": "s3://b/1", "digest": "etag:1"}
HEADER = ";".join(ROW)
LINE = ";".join(ROW.values())


def cells(text):
    """What each row of a list holds that is taken."""
    rows, refusal = parse_rows(text)
    assert refusal is None, refusal
    return [row.cells for row in rows]


def told(text):
    """What is said of a list that isn't taken."""
    rows, refusal = parse_rows(text)
    assert (rows, refusal.code) == (None, "import_invalid")
    return refusal.message


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_the_separator_is_found(separator, ending, start):
    text = start + ending.join([HEADER, LINE, ""]).replace(";", separator)
    assert cells(text) == [ROW]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;;;"])
def test_a_first_line_may_name_the_separator(first):
    assert cells(f"{first}\r\n{HEADER}\r\n{LINE}") == [ROW]


def test_a_separator_that_is_none_is_told():
    assert "separates no columns" in told(f"sep=^\n{HEADER}\n{LINE}")


def test_commas_in_cells_do_not_decide():
    text = f'{HEADER};metadata\n{LINE};"{{""a"": 1, ""b"": 2, ""c"": [1, 2, 3]}}"\n'
    assert cells(text) == [{**ROW, "metadata": '{"a": 1, "b": 2, "c": [1, 2, 3]}'}]


@pytest.mark.parametrize(
    "header",
    [
        "Project;Name;Type;URI;Digest",
        " project ; name ;type;uri; digest",
        "PROJECT;NAME;TYPE;URI;DIGEST",
        '"Project";"name";"Type";"uri";"digest"',
        "\u00a0project;name\u00a0;type;uri;digest",
        "project;name;type;uri;digest;;;",
        "project;name;type;uri;digest; ; ",
    ],
)
def test_a_header_in_any_case_with_spaces_and_empty_columns(header):
    assert cells(f"{header}\n{LINE};;\n") == [ROW]


@pytest.mark.parametrize("written", ["file_count", "File Count", "file-count", " FILE  COUNT "])
def test_words_of_a_column_are_joined_as_people_join_them(written):
    assert cells(f"{HEADER};{written}\n{LINE};3") == [{**ROW, "file_count": "3"}]
    assert cells(json.dumps([{**ROW, written: 3}])) == [{**ROW, "file_count": "3"}]


@pytest.mark.parametrize(
    "text, numbers",
    [
        (f"{HEADER}\n{LINE}\n{LINE}", [2, 3]),
        (f"{HEADER}\n\n;;;;\n{LINE}\n \n{LINE}\n\n", [4, 6]),
        (f"\n{HEADER}\n{LINE}", [3]),
        (f"sep=;\n{HEADER}\n{LINE}", [2]),
        (f'{HEADER};made_from\n{LINE};"a/b/c:v1\na/b/c:v2"\n{LINE}', [2, 3]),
        (json.dumps([ROW, ROW]), [1, 2]),
    ],
)
def test_rows_are_numbered_as_a_spreadsheet_shows_them(text, numbers):
    assert [row.number for row in parse_rows(text)[0]] == numbers


@pytest.mark.parametrize(
    "text, words",
    [
        (f"{HEADER};colour\n{LINE};red", ["“colour”", "semicolons"]),
        (f"{HEADER}\tcolour\n", ["separated by semicolons"]),
        (f"{HEADER};Name\n{LINE};x", ["“name” is named twice"]),
        ("project;name;type;uri\np;n;model;s3://b", ["no column digest"]),
        ("a,b\n1,2", ["“a”", "commas"]),
        ("just words", ["“just words”"]),
        (f"{HEADER}\n{LINE};extra", ["row 2", "“extra”", "without a name"]),
        (f"{HEADER};;size\n\n{LINE};extra;5", ["row 3", "“extra”"]),
        (f'{HEADER}\n{LINE}\n"p;n', ["row 3", "never closed"]),
        (f'{HEADER}\n"p"x;n;m;u;d', ["row 2", "aren't doubled"]),
        (f"{HEADER}\n{LINE}\0", ["line 2", "NUL"]),
        (HEADER, ["no rows"]),
        (f"sep=;\n{HEADER}\n;;;;\n", ["no rows"]),
        ("sep=;", ["no column"]),
        ("\ufeff", ["no column"]),
        (json.dumps(ROW), ["list of objects"]),
        (json.dumps([{**ROW, "Name": "x"}]), ["row 1", "“name” twice"]),
        ('[{"name": "a", "name": "b"}]', ["“name” stands twice"]),
        ('[{"name": "a",}]', ["line 1, column 15", "comma"]),
        ("[{'name': 'a'}]", ["double quotes"]),
        ('[{"size": %s}]' % ("9" * 5000), ["300 digits"]),
        ('[{"name": "\\ud800"}]', ["row 1", "U+D800"]),
    ],
    ids=ascii,
)
def test_what_is_wrong_is_told_with_its_place(text, words):
    said = told(text)
    assert [word for word in words if word not in said] == []


def test_what_our_spreadsheets_write_is_read():
    texts = ["=1+1", "-x", "@a", "'=b", "' c", "it's", 'a "b"', "two\nlines", "größe"]
    rows = [{**ROW, "name": text} for text in texts]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROW))
    writer.writeheader()
    writer.writerows({column: rules.escape_formula(cell) for column, cell in row.items()} for row in rows)
    assert cells(f"\ufeff{out.getvalue()}") == rows


def test_a_cell_may_hold_all_the_metadata_that_a_version_may_have():
    metadata = json.dumps({"a": "x" * 200_000})
    assert cells(f"{HEADER};metadata\n{LINE};{metadata}") == [{**ROW, "metadata": metadata}]


def test_many_empty_columns_make_no_long_work():
    """Each row costs what it holds, not what the header holds."""
    empty = ";" * (IMPORT_BYTES // 2)
    assert len(cells(f"{HEADER}{empty}\n" + f"{LINE}\n" * 900)) == 900
