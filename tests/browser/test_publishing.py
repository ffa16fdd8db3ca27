"""Publishing a version from files: hashed in the browser, in few clicks, with scripts and without."""

import io

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.core.management.base import OutputWrapper
from django.urls import reverse
from playwright.sync_api import expect

from registry_app.importers.digests import hash_path
from registry_app.models import Collection
from tests.browser.page_checks import NARROW, PHONE, SCRIPTS, axe_violations, sideways, spilling
from tests.client import at, of
from tests.factories import make_link, make_version

COUNT_CLICKS = """
addEventListener("click", (event) => {
  if (event.isTrusted && event.detail) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);
"""
FILES = {  # in an order that a sort by UTF-16 would turn round, with names and bytes of all kinds
    "empty": b"",
    "Ä/größe 1.bin": b"x" * 3_000_000,
    "b/\U0001f600.json": b"{}",
    "b/\uffed.json": b"{}",
    "b/c/deep.txt": b"deep\n",
    ".hidden": b"h",
}


def of_command(path):
    """The digest, size and number of files that `register_artifact` gives."""
    return hash_path(str(path), OutputWrapper(io.StringIO()))


@pytest.fixture
def model(tmp_path, notes):
    """A folder of a model's files."""
    for name, content in FILES.items():
        file = tmp_path / "model" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "model"


def digest_field(page):
    """What the form would send as the digest."""
    return page.locator("input[name=digest]")


def test_somebody_with_a_team_publishes_a_file_in_few_clicks(page, sign_in, mel, release_registry, vision, model):
    make_version(vision)
    sign_in(mel)
    page.add_init_script(COUNT_CLICKS)
    page.goto(release_registry.get_absolute_url())
    page.get_by_role("main").get_by_role("link", name="Publish a version").click()
    page.get_by_label("Collection", exact=True).fill("Fraud")
    page.get_by_label("Type of a new collection").select_option("model")
    with page.expect_file_chooser() as chooser:
        page.locator("label", has_text="Choose files").click()
    file = model / "Ä" / "größe 1.bin"
    chooser.value.set_files(file)
    hashed = of_command(file)
    expect(digest_field(page)).to_have_value(hashed.digest)
    page.get_by_label("Where the files are stored (URI)").fill("s3://bucket/fraud/1")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_text("v0 is published")).to_be_visible()
    assert int(page.evaluate("sessionStorage.clicks")) <= 6
    version = Collection.objects.get(name="Fraud").links.get().version
    assert (version.digest, version.size, version.file_count) == tuple(hashed)


def test_a_founder_without_a_team_publishes_a_folder_in_few_clicks(page, sign_in, ada, models, model):
    sign_in(ada)
    page.add_init_script(COUNT_CLICKS)
    page.goto(models.get_absolute_url())
    page.get_by_role("main").get_by_role("link", name="Publish a version").click()
    for label, text in {"Collection": "Fraud", "Team": "Risk", "Project": "fraud"}.items():
        page.get_by_label(label, exact=True).fill(text)
    with page.expect_file_chooser() as chooser:
        page.locator("label", has_text="Choose a folder").click()
    chooser.value.set_files(model)
    hashed = of_command(model)
    expect(digest_field(page)).to_have_value(hashed.digest)
    page.get_by_label("Where the files are stored (URI)").fill("s3://bucket/fraud/1")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_text("v0 is published")).to_be_visible()
    assert int(page.evaluate("sessionStorage.clicks")) <= 6
    version = Collection.objects.get(name="Fraud").links.get().version
    assert (str(version), version.digest, version.size, version.file_count) == ("Risk/fraud/Fraud:v0", *hashed)


def test_several_files_are_hashed_as_a_folder_that_holds_them(page, sign_in, mel, churn, vision, model):
    sign_in(mel)
    page.goto(of("publishing:collection", churn))
    page.locator("#pick-files").set_input_files([model / "empty", model / "b" / "c" / "deep.txt"])
    flat = model.parent / "flat"
    flat.mkdir()
    for name in ("empty", "b/c/deep.txt"):
        (flat / (model / name).name).write_bytes((model / name).read_bytes())
    expect(digest_field(page)).to_have_value(of_command(flat).digest)
    expect(page.get_by_role("list", name="Chosen files").get_by_role("listitem")).to_have_count(2)


def test_the_same_files_once_more_are_the_version_that_is_there(page, sign_in, mel, churn, vision, model):
    make_link(churn, make_version(vision, digest=of_command(model / "empty").digest))
    sign_in(mel)
    page.goto(of("publishing:collection", churn))
    page.locator("#pick-files").set_input_files(model / "empty")
    expect(page.get_by_role("link", name="v0", exact=True)).to_be_visible()
    page.locator("#pick-files").set_input_files(model / ".hidden")
    expect(page.get_by_role("link", name="v0", exact=True)).to_have_count(0)


def test_a_file_too_large_to_hash_leads_to_the_command(page, sign_in, mel, churn, vision, model):
    sign_in(mel)
    page.goto(of("publishing:collection", churn))
    with (model / "huge").open("wb") as file:
        file.truncate(2_000_000_001)
    page.locator("#pick-files").set_input_files(model / "huge")
    expect(page.get_by_text("too large to hash here")).to_be_visible()
    expect(page.get_by_text("sha256sum model.bin")).to_be_visible()
    expect(digest_field(page)).to_have_value("")


def test_a_file_that_goes_while_it_is_read_is_told(page, sign_in, mel, churn, vision, model):
    sign_in(mel)
    page.goto(of("publishing:collection", churn))
    page.evaluate("void (File.prototype.arrayBuffer = () => Promise.reject(new DOMException('', 'NotReadableError')))")
    page.locator("#pick-files").set_input_files(model / "empty")
    expect(page.get_by_text("The files can't be read (NotReadableError)")).to_be_visible()
    expect(digest_field(page)).to_be_visible()


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_a_digest_is_enough_and_what_was_typed_is_kept(page, sign_in, mel, churn, vision):
    make_version(vision)
    sign_in(mel)
    page.goto(of("publishing:collection", churn))
    if not digest_field(page).is_visible():
        page.get_by_text("Enter the digest").click()
    expect(page.get_by_text("sha256sum model.bin")).to_be_visible()
    digest_field(page).fill("sha256:" + 64 * "a")
    page.get_by_role("button", name="Publish v0").click()
    expect(page.locator("#errors")).to_be_visible()
    expect(digest_field(page)).to_have_value("sha256:" + 64 * "a")
    page.get_by_label("Where the files are stored (URI)").fill("s3://bucket/1")
    page.get_by_role("button", name="Publish v0").click()
    expect(page.get_by_text("v0 is published")).to_be_visible()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"viewport": PHONE, "color_scheme": "dark"}, id="phone"),
        pytest.param({"viewport": NARROW}, id="narrow"),
        pytest.param({}, id="desk"),
    ],
    indirect=True,
)
def test_the_pages_are_accessible_and_fit(page, sign_in, ada, acme, models, churn, vision, model):
    sign_in(ada)
    page.add_init_script(AXE_SCRIPT)
    here = [reverse("publishing:organization", args=[acme.slug]), at("publishing:registry", models)]
    for address in [*here, of("publishing:collection", churn), churn.get_absolute_url()]:
        page.goto(address)
        if page.locator("#pick-folder").count():
            page.locator("#pick-folder").set_input_files(model)
            expect(page.get_by_text("Hashed: 6 files")).to_be_visible()
            for summary in page.locator("main summary").all():
                summary.click()
        assert [*axe_violations(page), *sideways(page), *spilling(page)] == []
