"""The product's main job as one person does it, from the empty installation to the audit log: with scripts, without."""

import csv

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry_app.choices import Action, Visibility
from registry_app.models import AuditEvent, Organization, Registry, User, setup_token
from tests.browser.page_checks import SCRIPTS
from tests.factories import PASSWORD

NEW_PASSWORD = "another horse, another battery"


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_main_job(page):
    _found_the_organization(page)
    _create_a_registry_at_the_second_attempt(page)
    _rename_it(page)
    _change_its_types(page)
    _restrict_it_at_the_second_attempt(page)
    _see_that_there_is_no_way_back(page)
    _add_a_type_to_models(page)
    _delete_another(page)
    _read_the_log(page)
    _take_the_log_along(page)
    _go_dark(page)
    _change_the_password_and_come_back(page)


def _press(page, name, role="button"):
    """Press the first that is called so, which leads to another page. Answers that page's status."""
    with page.expect_navigation() as arrival:
        page.get_by_role(role, name=name, exact=True).first.click()
    return arrival.value.status


def _fill(page, **values):
    for name, value in values.items():
        page.locator(f"main [name={name}]:not([type=hidden])").fill(value)


def _golden():
    return Registry.objects.get(name="Golden Datasets")


def _found_the_organization(page):
    page.goto(reverse("organizations:setup", args=[setup_token()]))
    _fill(page, name="Acme ML", username="ada", email="ada@example.com", password=PASSWORD, password_again=PASSWORD)
    assert _press(page, "Create organization") == 200
    organization = Organization.objects.get()
    expect(page).to_have_url(organization.get_absolute_url())
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Registries", exact=True).click()
    for core in organization.registries.core():
        expect(page.get_by_role("article").filter(has_text=core.name)).to_be_visible()


def _create_a_registry_at_the_second_attempt(page):
    _press(page, "Create registry", "link")
    _fill(page, description="Hand-checked rows.")
    page.get_by_label("Only these types").check()
    _fill(page, types="dataset")
    assert _press(page, "Create registry") == 422
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#id_name")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=description]")).to_have_value("Hand-checked rows.")
    expect(page.locator("#id_types")).to_have_value("dataset")
    assert page.title().startswith("Error:")
    _fill(page, name="Golden")
    assert _press(page, "Create registry") == 200
    assert Registry.objects.get(name="Golden").type_names() == ["dataset"]


def _rename_it(page):
    _press(page, "Settings", "link")
    _fill(page, name="Golden Datasets", description="Rows that two people checked.")
    assert _press(page, "Save details") == 200
    assert _golden().description == "Rows that two people checked."
    expect(page.get_by_role("heading", level=1)).to_have_text("Golden Datasets")


def _change_its_types(page):
    page.get_by_label("Add a type").fill("eval-suite")
    _press(page, "Add type")
    page.get_by_label("Add a type").fill("datasets")
    assert _press(page, "Add type") == 422
    assert _press(page, "Add datasets") == 200
    assert _golden().type_names() == ["dataset", "datasets", "eval-suite"]
    _press(page, "Remove datasets")
    assert _golden().type_names() == ["dataset", "eval-suite"]
    page.get_by_text("Accept all types instead").click()
    _press(page, "Accept all types")
    assert _golden().accepts_all_types
    page.get_by_text("Accept only some types").click()
    _fill(page, types="dataset, report")
    _press(page, "Accept only these types")
    assert _golden().type_names() == ["dataset", "report"]


def _restrict_it_at_the_second_attempt(page):
    _press(page, "Review restriction", "link")
    _fill(page, reason="Held-out answers.", confirmation="Golden")
    assert _press(page, "Restrict permanently") == 422
    assert _golden().visibility == Visibility.ORGANIZATION
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("[name=reason]")).to_have_value("Held-out answers.")
    expect(page.locator("[name=confirmation]")).to_have_value("Golden")
    _fill(page, confirmation="Golden Datasets")
    assert _press(page, "Restrict permanently") == 200
    assert _golden().visibility == Visibility.RESTRICTED


def _see_that_there_is_no_way_back(page):
    end = page.locator(".oneway li").last
    expect(end).to_have_attribute("aria-current", "true")
    expect(end.locator("use")).to_have_attribute("href", "/static/icons.svg#key")
    expect(page.locator("main input[name=visibility]")).to_have_count(0)
    expect(page.get_by_role("link", name="Review restriction")).to_have_count(0)
    page.goto(reverse("registries:restrict", args=["acme-ml", "Golden Datasets"]))
    expect(page.locator("main form")).to_have_count(0)


def _add_a_type_to_models(page):
    models = Registry.objects.get(name="Models")
    _press(page, "Models", "link")
    _press(page, "Settings", "link")
    page.get_by_label("Add a type permanently").fill("tokenizer")
    assert _press(page, "Review type") == 200
    assert models.type_names() == ["model"]
    assert _press(page, "Add tokenizer permanently") == 200
    assert models.type_names() == ["model", "tokenizer"]
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)


def _delete_another(page):
    _press(page, "Registries", "link")
    _press(page, "Create registry", "link")
    _fill(page, name="Scratch")
    page.get_by_label("Organization", exact=True).check()
    _press(page, "Create registry")
    _press(page, "Settings", "link")
    _press(page, "Delete registry", "link")
    assert _press(page, "Delete registry") == 422
    assert Registry.objects.filter(name="Scratch").exists()
    _fill(page, confirmation="Scratch", reason="Only a try.")
    assert _press(page, "Delete registry") == 200
    assert not Registry.objects.filter(name="Scratch").exists()


def _read_the_log(page):
    _press(page, "Audit log", "link")
    expect(page.locator(".log > li")).to_have_count(AuditEvent.objects.exclude(organization_id=None).count())
    page.locator("[name=action]").select_option(Action.RESTRICT)
    if page.get_by_role("button", name="Filter").is_visible():
        page.get_by_role("button", name="Filter").click()
    entries = page.locator(".log > li")
    expect(entries).to_have_count(1)
    entries.first.locator("summary").click()
    expect(entries.first.locator(".actor")).to_have_text("ada")
    expect(entries.first.get_by_text("Held-out answers.", exact=True)).to_be_visible()
    visibility = entries.first.get_by_role("row").filter(has_text="visibility")
    expect(visibility.locator("del")).to_have_text("Organization")
    expect(visibility.locator("ins")).to_have_text("Restricted")


def _take_the_log_along(page):
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    with download.value.path().open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rule"] for row in rows if row["action"] == Action.RESTRICT] == [""]


def _go_dark(page):
    _open_menu(page)
    _press(page, "Dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    _open_menu(page)
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def _open_menu(page):
    page.locator(".who").click()


def _change_the_password_and_come_back(page):
    _press(page, "Account", "link")
    _press(page, "Password", "link")
    _fill(page, oldpassword=PASSWORD, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    assert _press(page, "Change password") == 200
    assert User.objects.get().check_password(NEW_PASSWORD)
    _open_menu(page)
    _press(page, "Sign out")
    page.goto("/")
    expect(page).to_have_url(f"{reverse('account_login')}?next=/")
    _fill(page, login="ada", password=NEW_PASSWORD)
    assert _press(page, "Sign in") == 200
    expect(page).to_have_url(Organization.objects.get().get_absolute_url())
