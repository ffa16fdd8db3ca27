"""Linking, moving an alias, protecting it, comparing: with scripts and without; and what can't be injected."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry_app import rules
from tests.browser.page_checks import SCRIPTS
from tests.factories import make_collection, make_link, make_version, protect


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_a_version_is_linked_and_an_alias_moves(page, sign_in, mel, release_registry, versions):
    sign_in(mel)
    page.goto(release_registry.get_absolute_url())
    page.get_by_role("link", name="New collection").click()
    page.get_by_label("Name").fill("Churn")
    page.get_by_label("Type").select_option("model")
    page.get_by_role("button", name="Create collection").click()
    for number in range(2):
        page.get_by_role("link", name="Link a version").click()
        page.get_by_role("radio", name=f"churn:v{number}").check()
        page.get_by_label("Aliases").fill("candidate" if number == 0 else "")
        page.get_by_role("button", name="Link version").click()
    expect(page.get_by_role("row", name="v0 ")).to_contain_text("candidate")
    page.get_by_role("button", name="Actions for v1").click()
    page.get_by_role("link", name="Edit aliases and tags").click()
    page.get_by_role("checkbox", name="candidate moves here from v0").check()
    page.get_by_role("button", name="Save aliases and tags").click()
    expect(page.get_by_role("row", name="v1 ")).to_contain_text("candidate")
    expect(page.get_by_role("row", name="v0 ")).not_to_contain_text("candidate")
    page.get_by_role("row", name="v1 ").get_by_role("link", name="candidate").click()
    expect(page.get_by_role("heading", name="Who moved candidate")).to_be_visible()
    expect(page.locator(".told > li")).to_have_count(2)


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_a_protected_alias_is_refused_for_a_member_and_said_beforehand(
    page, sign_in, mel, rob, release_registry, churn, versions, forgiven
):
    forgiven.append("status of 422")  # as an answer in the dialog
    make_link(churn, versions[0], "production")
    make_link(churn, versions[1])
    sign_in(rob)
    page.goto(reverse("registries:settings", args=[release_registry.organization.slug, release_registry.name]))
    page.get_by_label("Protect an alias").fill("production")
    page.get_by_role("button", name="Protect alias").click()
    expect(page.get_by_role("button", name="Stop protecting production")).to_be_visible()
    sign_in(mel)
    page.goto(churn.get_absolute_url())
    expect(page.get_by_role("row", name="v0 ").get_by_role("img", name="Protected")).to_be_visible()
    page.get_by_role("button", name="Actions for v0").click()
    expect(page.get_by_text("only admins move a protected alias")).to_be_visible()
    expect(page.get_by_role("link", name="Unlink v0")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Actions for v1").click()
    page.get_by_role("link", name="Edit aliases and tags").click()
    expect(page.get_by_text("On v0. Protected: only admins of the registry move it.")).to_be_visible()
    page.get_by_label("New aliases").fill("production")
    page.get_by_role("button", name="Save aliases and tags").click()
    expect(page.locator("#errors")).to_contain_text("production")
    expect(page.get_by_label("New aliases")).to_have_value("production")


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_two_versions_are_compared(page, sign_in, mel, churn, vision):
    for auc in (0.8, 0.85, 0.9):
        make_link(churn, make_version(vision, metadata={"auc": auc, "rows": 10}))
    sign_in(mel)
    page.goto(churn.get_absolute_url())
    expect(page.get_by_role("img", name="Line chart of auc by version")).to_be_visible()
    page.get_by_role("checkbox", name="Select v0").check()
    page.get_by_role("checkbox", name="Select v2").check()
    page.get_by_role("button", name="Compare selected").click()
    expect(page.get_by_role("heading", name="Compare 2 versions")).to_be_visible()
    expect(page.get_by_role("row", name="auc")).to_contain_text("differs")
    expect(page.get_by_role("row", name="rows")).not_to_contain_text("differs")
    expect(page.get_by_role("row", name="auc")).to_contain_text("−0.10")
    page.get_by_role("link", name="Make base v0").click()
    expect(page.get_by_role("row", name="auc")).to_contain_text("+0.10")
    page.get_by_role("link", name="Only differences").click()
    expect(page.get_by_role("row", name="rows")).to_have_count(0)
    page.get_by_label("Add a version").select_option("1")
    page.get_by_role("button", name="Add version").click()
    expect(page.get_by_role("heading", name="Compare 3 versions")).to_be_visible()


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_key_metrics_become_columns(page, sign_in, mel, churn, vision):
    for number in range(3):
        make_link(churn, make_version(vision, metadata={"auc": number, "loss": number, "rows": number}))
    sign_in(mel)
    page.goto(churn.get_absolute_url())
    page.get_by_role("link", name="Columns").click()
    page.get_by_label("Column of loss").select_option("1")
    page.get_by_label("Direction of loss").select_option("Lower is better")
    page.get_by_role("button", name="Save key metrics").click()
    expect(page.get_by_role("heading", name="loss by version")).to_be_visible()
    expect(page.get_by_text("Lower is better")).to_be_visible()
    expect(page.get_by_role("columnheader", name="auc")).to_have_count(0)
    page.get_by_role("columnheader", name="loss").get_by_role("link").click()
    expect(page.locator("tbody tr").first).to_contain_text("v2")
    page.get_by_role("columnheader", name="loss").get_by_role("link").click()
    expect(page.locator("tbody tr").first).to_contain_text("v0")


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_a_version_is_promoted_with_a_reason(page, sign_in, rob, churn, two_links, forgiven):
    forgiven.append("status of 422")
    protect(churn.registry, "stable")
    sign_in(rob)
    page.goto(two_links[1].get_absolute_url())
    page.get_by_role("link", name="Promote…").click()
    expect(page.get_by_role("radio", name="stable")).to_be_checked()
    page.get_by_role("button", name="Promote v1").click()
    expect(page.locator("#errors")).to_contain_text("Reason")
    page.get_by_label("Reason").fill("Gate passed")
    page.get_by_role("button", name="Promote v1").click()
    expect(page.get_by_role("heading", name="Churn v1")).to_be_visible()
    expect(page.get_by_role("heading", name="This is stable")).to_be_visible()
    assert two_links[1].alias_names() == ["production", "stable"]


def test_typing_narrows_the_versions_to_choose_from(page, sign_in, mel, churn, vision):
    for name in ("apple", "pear"):
        make_version(vision, name)
    sign_in(mel)
    page.goto(reverse("links:create", args=[churn.registry.organization.slug, churn.registry.name, churn.name]))
    page.get_by_label("Search versions").press_sequentially("pea")
    expect(page.get_by_role("radio")).to_have_count(1)
    page.get_by_role("radio").check()
    page.get_by_role("button", name="Link version").click()
    expect(page.get_by_role("row", name="v0 ")).to_be_visible()


def test_a_name_is_copied_and_the_graph_is_walked_by_keyboard(page, sign_in, mel, churn, vision):
    source = make_version(vision, "rows", type="dataset")
    data = make_collection(churn.registry, "Rows", type="dataset")
    make_link(data, source)
    make_link(churn, make_version(vision, made_from=(source,)))
    sign_in(mel)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(reverse("links:detail", args=[churn.registry.organization.slug, churn.registry.name, churn.name, 0]))
    page.get_by_role("button", name="Copy Vision/forecasts/churn:v0").click()
    assert page.evaluate("navigator.clipboard.readText()") == "Vision/forecasts/churn:v0"
    node = page.get_by_role("link", name="rows:v0, dataset, Vision")
    node.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rows v0")).to_be_visible()


ATTACKS = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<svg onload='window.hacked = 1'>",
    "[click](javascript:window.hacked=1)",
    "[click](JaVaScRiPt&#58;window.hacked=1)",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)",
    "<javascript:window.hacked=1>",
    "`</code><script>window.hacked = 1</script>`",
    "```\n</pre><script>window.hacked = 1</script>\n```",
    '[a]: javascript:window.hacked=1 "x"\n\n[a]',
    "<style>body { display: none }</style>",
    "<a href='data:text/html,<script>window.hacked=1</script>'>x</a>",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>",
    "<form action=//evil.example><input name=x autofocus onfocus='window.hacked=1'></form>",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "\u202e<b onmouseover=window.hacked=1>x</b>",
    "| a |\n|---|\n| <script>window.hacked=1</script> |",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hacked=1>",
]


def test_cards_and_metadata_inject_nothing(page, sign_in, mel, release_registry, vision):
    """Every complaint of the browser, one of its CSP included, fails a test: see the fixture `page`."""
    metadata = {attack[:100]: attack for attack in ATTACKS} | {"list": ATTACKS, "deep": {"er": {"a": ATTACKS[0]}}}
    writable = [attack for attack in ATTACKS if rules.refuse_description(attack) is None]
    collection = make_collection(release_registry, description="\n\n".join(writable))
    for digest in ("md5:a", "md5:b"):
        make_link(collection, make_version(vision, metadata={**metadata, "d": digest}, digest=digest))
    protect(release_registry, ATTACKS[0].replace("/", "|"))
    sign_in(mel)
    start = collection.get_absolute_url()
    for address in (
        start,
        f"{start}v0/",
        f"{start}compare/?v=0&v=1",
        f"{start}as-it-was/",
        f"{start}activity/",
    ):
        page.goto(address)
        assert page.evaluate("window.hacked") is None
        assert (
            page.locator(
                "main :is(script, iframe, style, object, embed, form[action^='//'], [onerror], [onload])"
            ).count()
            == 0
        )
        assert page.locator("main a[href^='javascript' i], main a[href^='data' i]").count() == 0
        expect(page.locator("h1")).to_be_visible()
