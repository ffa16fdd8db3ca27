"""Bytes of files that people bring, as text."""

import json

from ..rules.refusals import Refusal

SHEET = "Save the sheet as “CSV UTF-8”, and bring that file."
# How files begin that are no text; what they are; and what to do.
FOREIGN = (
    (b"PK\x03\x04", "an Excel or LibreOffice workbook, or a zip archive", SHEET),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", SHEET),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"PAR1", "a Parquet table", "Save it as CSV."),
    (b"%PDF", "a PDF", "Bring the list as CSV or JSON."),
)


def decode(content: bytes) -> tuple[str, None] | tuple[None, Refusal]:
    """(text, None) for `content` in UTF-8, UTF-16 or UTF-32, without its byte order mark; or (None, the Refusal).

    The Refusal is `import_invalid`. No other encoding is guessed: a wrong guess would register wrong names permanently.
    """
    for start, what, way_out in FOREIGN:
        if content.startswith(start):
            return None, Refusal("import_invalid", f"This file is {what}, not text.", way_out)
    try:
        text = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        reason = f"This file is not text in UTF-8 or UTF-16: line {line} has the byte {content[error.start]:02X}."
        return None, Refusal("import_invalid", reason, SHEET)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return None, Refusal("import_invalid", f"This file is not text: line {line} holds a NUL character.")
    return text, None
