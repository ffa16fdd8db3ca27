"""Cards as HTML: what Markdown people bring, and that nothing in it runs, loads or leads astray."""

from html.parser import HTMLParser

import pytest

from registry_app.templatetags.card_html import render

SAFE = {
    "a": {"href", "rel", "hreflang"},
    "details": {"class"},
    "dl": {"class"},
    "pre": {"tabindex"},
    "table": {"tabindex", "align"},
    "ol": {"start"},
    "td": {"align", "colspan"},
    "th": {"align", "colspan"},
}


class Elements(HTMLParser):
    """The start tags of a page: (tag, {attribute: value})."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note it."""
        self.found.append((tag, dict(attrs)))


def tags(page):
    """The names of the elements of a page, in order."""
    return [tag for tag, _ in Elements(page).found]


def links(page):
    """Where the links of a page lead."""
    return [attributes.get("href") for tag, attributes in Elements(page).found if tag == "a"]


@pytest.mark.parametrize(
    "text, shown",
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("It ~~may~~ does", "<s>may</s>"),
        ("- [ ] todo", "<li>☐ todo</li>"),
        ("1. [x] done\n2. [X] too", "<li>☑ too</li>"),
        ("- [y] no box\n\n[ ] nor here", "[ ] nor here"),
        ("<p><b>bold</b></p>", "<b>bold</b>"),
        ("<details><summary>More</summary>\n\ninside\n\n</details>", "<summary>More</summary>"),
        ("a <br/> b", "a <br> b"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("Foot[^1]\n\n[^1]: A note here.", "A note here."),
    ],
)
def test_markdown_and_html_as_people_write_them(text, shown):
    assert shown in render(text)


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("see https://a.example/x?a=1&b=2.", ["https://a.example/x?a=1&b=2"]),
        ("(https://a.example)", ["https://a.example"]),
        ("<https://a.example>", ["https://a.example"]),
        ("[b](https://a.example) https://c.example", ["https://a.example", "https://c.example"]),
        ("[https://a.example](https://b.example)", ["https://b.example"]),
        ("`https://a.example`", []),
        ("```\nhttps://a.example\n```", []),
        ("[m](mailto:a@example.com)", ["mailto:a@example.com"]),
        ("![Curve](https://a.example/c.png)", ["https://a.example/c.png"]),
        ('<p align="center"><img src="https://a.example/l.png" width=400></p>', ["https://a.example/l.png"]),
        ("[![CI](https://a.example/ci.svg)](https://b.example)", ["https://b.example"]),
        ("![](x.png) ![c](./c.png)", []),
        ("[a](docs/a.md) [b](/acme/x) [c](#usage) [d](?q=1) [e](../..) [f](//x.example) [g](https:/x) [h](\\\\x)", []),
        ('<a href="/acme/x">a</a> <a href=" https:x ">b</a>', []),
    ],
)
def test_links_lead_outside_or_nowhere_and_pictures_are_links(text, wanted):
    page = render(text)
    assert links(page) == wanted
    assert "img" not in tags(page)


def test_a_picture_in_a_link_and_one_without_an_address_leave_their_words():
    assert ">CI</a>" in render("[![CI](https://a.example/ci.svg)](https://b.example)")
    assert ">Picture</a>" in render("![](https://a.example/c.png)")
    assert render("![A curve](c.png)") == "<p>A curve</p>\n"


def test_headings_stand_below_those_of_the_page_and_skip_none():
    assert tags(render("<h1>One</h1>\n\n# Two\n\n### Three\n\n## Four")) == ["h3", "h3", "h4", "h4"]


@pytest.mark.parametrize(
    "head, shown",
    [
        ("license: mit", ["<dt>License</dt><dd>mit</dd>"]),
        ("a: &a [x]\nb: *a", ["<dd>&amp;a [x]</dd>", "<dd>*a</dd>"]),
        ("x: <script>alert(1)</script>", ["<dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>"]),
        ("b: [broken", ["<dd>[broken</dd>"]),
        ("base_model: org/name\nmodel-index:\n- name: x\n  n: 1", ["<dt>Base model</dt>", "<dt>Model index</dt>"]),
        ("a: https://a.example/x", ["<dd>https://a.example/x</dd>"]),
    ],
)
def test_a_head_is_facts_above_the_card(head, shown):
    page = render(f"---\n{head}\n---\n# Churn")
    assert [part for part in shown if part not in page] == []
    assert tags(page)[0] == "dl" and "details" not in tags(page)
    assert "---" not in page and page.index("</dl>") < page.index("Churn")


@pytest.mark.parametrize(
    "head, facts",
    [
        ("a:\n" * 999, 0),
        ("x: " + "y" * 60_000, 1),
        ("\n".join(f"k{number}: x" for number in range(31)), 30),
        ("a:\n" + "- b: c\n" * 500, 1),
        ('a: "' + '"' * 60_000, 1),
        ("a: [" + "'," * 900 + "]", 1),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_head_that_facts_do_not_hold_is_folded_below_them(head, facts):
    page = render(f"---\n{head}\n---\n# Churn")
    assert (tags(page).count("dt"), tags(page).count("details")) == (facts, 1)
    assert len(page) < len(head) * 7 + 30 * 400


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "<script\n>alert(1)</script\n>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://x.example/x.png" onerror="alert(1)" alt="<script>alert(1)</script>">',
    "<img src='https://x\" onmouseover=\"alert(1)'>",
    '![" onerror="alert(1)](https://x.example/" onerror="alert(1))',
    "![<img src=x onerror=alert(1)>](https://x.example/a)",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\tscript:alert(1))",
    '<a href="&#106;avascript:alert(1)">a</a>',
    '<a href="\x01javascript:alert(1)">a</a>',
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)",
    "<a href='https://x' onclick=alert(1) style='position:fixed' id=main class=btn target=_blank>a</a>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe src=https://x.example></iframe>",
    "<object data=x><embed src=x>",
    "<form action=/x><input name=a><button>Go</button></form>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=https://x.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://x.example'>",
    "<base href=https://x.example>",
    "<video src=x onerror=alert(1)><source src=x></video>",
    "<picture><source srcset=https://x.example/x><img src=https://x.example/y></picture>",
    "<div style='background:url(https://x.example)'>a</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></div><script>alert(1)</script>",
    "<div>\n<![foo[ x ]]><!DOCTYPE x><?php x ?>\n</div>",
    "</div></section></main><h1>Ours</h1>",
    'https://x.example/"onmouseover="alert(1)',
    "https://x.example/<script>alert(1)</script>",
    '<https://x.example/"onclick=alert(1)>',
    "`<script>alert(1)</script>`",
    "---\na: </code></pre></details><script>alert(1)</script>\n---\n",
    "<a href=https://x.example><a href=https://y.example><img src=https://z.example alt='</a><script>'></a>",
    "<details open ontoggle=alert(1)>x</details>",
    "[x]: javascript:alert(1)\n\n[x]",
    "\ud83d\ude00<x-y onfocus=alert(1) tabindex=1>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:40])
@pytest.mark.parametrize("around", ["{}", "<div>\n{}\n</div>", "- {}", "**{}**", "| a |\n|---|\n| {} |"])
def test_nothing_runs_or_loads(text, around):
    for tag, attributes in Elements(render(around.format(text.encode(errors="replace").decode()))).found:
        assert tag not in {"script", "style", "img", "iframe", "svg", "math", "form", "input", "link", "meta", "base"}
        assert set(attributes) <= SAFE.get(tag, {"align", "cite"})
        assert attributes.get("href", "https://").startswith(("https://", "mailto:"))


@pytest.mark.parametrize(
    "part",
    ["[", "<a", "<p>", "<b>", "<div>\n", "<ul><li>", "<table><tr><td>", ">", "![[", "*a_ ", "<![x[", "- ", "&", "|a"],
)
def test_no_text_is_too_odd_or_too_deep(part):
    assert isinstance(render(part * 5000), str)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("A claim.[^1]\n\n[^1]: See *there*.", ["A claim.<sup>[1]</sup>", "<li><p>See <em>there</em>."]),
        ("x[^b] y[^a]\n\n[^a]: Second\n[^b]: First", ["x<sup>[1]</sup> y<sup>[2]</sup>", "First", "Second"]),
        ("x[^1]\n\n[^1]: <script>alert(1)</script>ok", ["x<sup>[1]</sup>", "<ol>"]),
        ("Text [^none] stays.", ["Text [^none] stays."]),
        ("[^x[^1]]: [^1]", ["[^"]),
    ],
)
def test_footnotes_stand_at_the_end(text, shown):
    html = render(text)
    places = [html.find(part) for part in shown]
    assert -1 not in places
    assert places == sorted(places)
    assert "<script" not in html and "↩" not in html
