"""Cells of a CSV: what would be a formula stays text, and comes back as it was."""

import pytest

from registry_app import rules

FORMULAS = ["=1+1", "+1", "-1", "@a", "＝1", "－1", "\t=1", "\r=1", "\n-1", " =1", "\u00a0@x", "'=1", "''-1", "' +x"]
TEXTS = ["", "churn", "a=b", "'quoted'", "it's", "''", "1-2", "größe", "{}"]


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_a_formula_gets_an_apostrophe(text):
    assert rules.escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_other_text_stays_as_it_is(text):
    assert rules.escape_formula(text) == rules.unescape_formula(text) == text


@pytest.mark.parametrize("text", FORMULAS + TEXTS, ids=ascii)
def test_what_was_written_is_read(text):
    assert rules.unescape_formula(rules.escape_formula(text)) == text
