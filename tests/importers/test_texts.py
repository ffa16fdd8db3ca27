"""Files that people bring: which encodings are read, and what is said of the others."""

import codecs
import gzip
import io
import zipfile

import pytest

from registry_app.importers.texts import decode

TEXT = "project;name\nПрогноз;größe 模型"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),  # Excel's “Unicode text”
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
    ],
)
def test_unicode_is_read_with_and_without_its_mark(content):
    assert decode(content) == (TEXT, None)


def workbook():
    """A file as Excel begins it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


@pytest.mark.parametrize(
    "content, told",
    [
        ("a\ngröße".encode("latin-1"), "line 2 has the byte F6"),
        ("a\n“x”".encode("cp1252"), "line 2 has the byte 93"),
        ("Прогноз".encode("cp1251"), "line 1"),
        ("模型".encode("gb18030"), "line 1"),
        (b"\xff\xfea", "UTF-16"),
        (workbook(), "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (gzip.compress(b"project"), "gzip"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "byte 89"),
        (b"project,name\np\0,n", "line 2 holds a NUL"),
    ],
    ids=ascii,
)
def test_what_is_no_text_is_told(content, told):
    text, refusal = decode(content)
    assert (text, refusal.code) == (None, "import_invalid")
    assert told in refusal.message
