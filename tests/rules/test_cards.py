"""Cards: what their head is, and which sentence stands in lists."""

import pytest

from registry_app import rules

HEAD = "---\nlicense: mit\ntags:\n- text\n---\n"


@pytest.mark.parametrize(
    "text, head",
    [
        (f"{HEAD}# Churn", "license: mit\ntags:\n- text"),
        (f"\n\n{HEAD}", "license: mit\ntags:\n- text"),
        ("---  \nlicense: mit\n...\nText", "license: mit"),
        ('---\n"license": mit\n---\nText', '"license": mit'),
        ("---\na: [broken\nb: &x *x\n---\nText", "a: [broken\nb: &x *x"),
        ("Text\n---\nlicense: mit\n---", ""),
        ("---\nlicense: mit\nText", ""),
        ("---\n\nText.\n\n---\n", ""),
        ("----\nlicense: mit\n----", ""),
        (f"---\na{' ' * 60_000}\n---\nText", ""),
        ("Text", ""),
        ("", ""),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_the_head_of_a_card(text, head):
    found, body = rules.split_head(text)
    assert found == head
    assert body == text if not head else "license" not in body and "---" not in body


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("Predicts churn. Made in May.", "Predicts churn."),
        ("Predicts churn", "Predicts churn"),
        ("Who\nleaves next. More", "Who leaves next."),
        (f"{HEAD}# Churn\n\nPredicts *who* leaves. More.", "Predicts who leaves."),
        (f"{HEAD}", ""),
        ("---\n\nText here", "Text here"),
        ("---\nlicense: mit\n" + "tags: x\n" * 5000 + "---\nText", ""),  # longer than what lists read
        ("[![CI](https://x/ci.svg)](https://x) ![](y.png)\n\nReal text", "Real text"),
        ('<p align="center"><img src="x" alt="y"></p>\n\nReal text', "Real text"),
        ("<h1>Churn</h1>\n<p>A <b>model</b> &amp; more. Yes.</p>", "A model & more."),
        ("<!-- a note -->\n\nText", "Text"),
        ("<script>alert(1)</script>\n\nText", "Text"),
        ("- [ ] one\n- two\n\nText", "Text"),
        ("- only a list", "only a list"),
        ("| a |\n|---|\n| b |\n\nText", "Text"),
        ("```\ncode\n```\n\nText", "Text"),
        ("Title\n=====\n\nText", "Text"),
        ("See [the `paper`](https://x) and ~~not~~ <b>this</b>.", "See the paper and not this."),
        ("Version 1.2, e.g. of May. Then", "Version 1.2, e.g. of May."),
        ("模型很好。第二句", "模型很好。"),
        ("Is it? Yes!", "Is it?"),
        ("***\n---\n* * *", ""),
        ("", ""),
    ],
)
def test_lists_show_the_first_sentence(text, sentence):
    assert rules.first_sentence(text[: rules.CARD_READ]) == sentence


LONG = "word " * 120


@pytest.mark.parametrize(
    "text, excerpt",
    [
        ("Predicts churn.", "Predicts churn."),
        ("Predicts churn.\n\nBy *month*.\n\nFor Sales.", "By *month*.\n\nFor Sales."),
        ("Predicts churn. By month.", "Predicts churn. By month."),
        (f"{HEAD}# Churn\n\nPredicts churn.\n\nBy month.", "By month."),
        ("---\nlicense: mit\n\ntags: a\n---\nPredicts churn.\n\nBy month.", "By month."),
        ("# Churn\nBy month.\n\n## Use\nFor Sales.\n\n## More\nText.", "For Sales."),
        ("Predicts churn.\r\n\r\nBy month.", "By month."),
        (f"Predicts churn.\n\nBy month.\n\n{LONG}\n\nShort.", "By month."),
        (f"Predicts churn.\n\n{LONG}\n\nShort.", "Predicts churn."),
        (f"Predicts churn.\n\n# {'x' * 900}\n\n{LONG}", "Predicts churn."),
        ("b\n\n" + "a\n\n" * 21_000, "\n\n".join("a" * 332)),
        ("", ""),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_the_beginning_of_a_card_stands_beside_versions(text, excerpt):
    assert rules.excerpt(text) == excerpt
