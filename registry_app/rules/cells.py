"""Cells of a CSV that no spreadsheet takes for a formula."""

import re

# What makes a formula of a cell, narrow or wide, after blanks; and what would begin the next cell or line.
_FORMULA = re.compile("('*)(?:[\t\r\n]|\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def escape_formula(text: str) -> str:
    """`text` as a cell that a spreadsheet shows as text: with an apostrophe before what would be a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(cell: str) -> str:
    """The text that `escape_formula` made `cell` of."""
    found = _FORMULA.match(cell)
    return cell[1:] if found and found[1] else cell
