"""Where the words of a search are in a text. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_app.search.found import in_name, passage, pieces


def marked(text, *words):
    """`text` with brackets around what is found."""
    return "".join(f"[{piece}]" if is_found else piece for piece, is_found in pieces(text, words))


@pytest.mark.parametrize(
    "text, words, shown",
    [
        ("Fraud_Detector", ["fraud"], "[Fraud]_Detector"),
        ("fraud and fraud", ["FRAUD"], "[fraud] and [fraud]"),
        ("Churn model", ["model", "chu"], "[Chu]rn [model]"),
        ("banana", ["ana"], "b[anana]"),
        ("abc", ["ab", "bc"], "[abc]"),
        ("Résumé", ["resume"], "[Résumé]"),
        ("Re\u0301sume\u0301s", ["resume"], "[Re\u0301sume\u0301]s"),
        ("Straße 1", ["strasse"], "[Straße] 1"),
        ("golden  datasets", ["datasets"], "golden  [datasets]"),
        ("churn", ["x"], "churn"),
        ("churn", [], "churn"),
        ("churn", [""], "churn"),
        ("", ["x"], ""),
    ],
)
def test_words_are_found_as_search_finds_them(text, words, shown):
    assert marked(text, *words) == shown


@given(st.text(max_size=60), st.lists(st.text(max_size=5), max_size=3))
def test_the_pieces_are_the_text(text, words):
    assert "".join(piece for piece, _ in pieces(text, words)) == text


@given(st.text(max_size=60), st.text(min_size=1, max_size=4))
def test_a_passage_is_found_in_any_text(text, word):
    shown = passage(text + word + text, [word])
    assert len(shown) <= 200


def test_a_passage_is_the_words_around_the_first_word():
    text = f"# Title\n{'before ' * 40}the **needle** [lies]\nhere {'after ' * 40}"
    shown = passage(text, ["Needle", "here"])
    assert shown.startswith("… before") and shown.endswith("after …")
    assert "the needle [lies] here" in shown
    assert passage("A needle.", ["needle"]) == "A needle."
    assert passage("A needle.", ["x"]) == ""
    assert passage("x" * 500 + "needle" + "y" * 500, ["needle"]).count("needle") == 1


def test_a_name_has_a_word_with_or_without_its_marks():
    assert in_name("Résumé", "resume") and in_name("Resume", "résumé") and not in_name("Resume", "resumes")
