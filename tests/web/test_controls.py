"""What is shown can be done: no link leads to an error, no form is forbidden; and what is hidden is named nowhere."""

from copy import copy

import pytest
from django.db import transaction

from registry_app.choices import Role
from registry_app.models import AccessRequest, Actor
from registry_app.models.change import etag_of
from tests.client import Page, at, browser, crawl
from tests.factories import give_role, give_team_role, make_member, make_registry, make_team, make_user


@pytest.fixture
def people(ada, rob, mel, sam, globex, root):
    """Who looks, by name."""
    return {"ada": ada, "rob": rob, "mel": mel, "sam": sam, "root": root}


@pytest.fixture
def busy_organization(acme, ada, rob, mel, golden, vault, vision, furnished):
    """An Acme in which things happened, in Vault too: renamed, refused, deleted."""
    make_registry(acme, ada, "Open <i>Shelf", types=None, description="All *are* welcome\n\n# here")
    gone = make_registry(acme, ada, "Vault annex", restricted=True)
    gone.delete_by(Actor(ada))
    vault.edit(Actor(rob), name="Vault of secrets", description="Vault: keep out\n\nreally")
    give_role(golden, mel, Role.MEMBER)
    give_team_role(golden, vision, Role.VIEWER)
    eve = make_user("eve")
    make_member(acme, eve)
    give_team_role(vault, make_team(acme, "Red", people=[eve]), Role.VIEWER)
    AccessRequest(registry=vault, user=eve, role=Role.ADMIN, reason="For the vault.").create(Actor(eve))
    browser(rob).post(at("registries:delete", vault), {"etag": etag_of(vault), "confirmation": "Vault"})
    browser(mel).post(at("registries:delete", golden), {})
    return acme


@pytest.mark.parametrize("person", ["ada", "rob", "mel", "sam", "root"])
def test_a_link_that_is_shown_leads_to_a_page(person, people, busy_organization):
    answers = {address: response.status_code for address, response in crawl(browser(people[person]), "/").items()}
    assert len(answers) >= 3
    assert {address: status for address, status in answers.items() if status not in {200, 302}} == {}


def forms_of(pages):
    """Each form on these pages that sends something else than the others, and what each of its buttons sends."""
    found = {}
    for page in pages:
        if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
            for form in Page(page).forms:
                for button in form.buttons or [()]:
                    data = {**form.data, **dict([button] if button else [])}
                    own = {name: value for name, value in data.items() if name not in {"csrfmiddlewaretoken", "next"}}
                    found[form.method, form.action, str(own)] = data
    return found


@pytest.mark.parametrize("person", ["ada", "rob", "mel", "sam", "root"])
def test_a_form_that_is_shown_is_never_forbidden(person, people, busy_organization):
    answers, client = {}, browser(people[person])
    signed_in = copy(client.cookies)
    for (method, action, _), data in forms_of(crawl(client, "/").values()).items():
        client.cookies = copy(signed_in)
        with transaction.atomic():
            answer = getattr(client, method)(action, data)
            transaction.set_rollback(True)
        answers[action, answer.status_code] = data
    assert len({action for action, _ in answers}) > 2
    assert {key: data for key, data in answers.items() if key[1] not in {200, 302, 422}} == {}


@pytest.mark.parametrize("person", ["mel", "sam", "root"])
def test_section_3_no_page_names_what_one_can_not_see(person, people, busy_organization):
    pages = crawl(browser(people[person]), "/")
    read = {address: b"".join(page).decode() for address, page in pages.items()}
    assert [address for address, text in read.items() if "vault" in text.lower() or "secret" in text.lower()] == []
    seen = crawl(browser(people["ada"]), "/")  # there was something to leak
    assert any("Vault" in b"".join(page).decode() for page in seen.values())
    if person == "mel":
        assert any("Golden" in text for text in read.values())


@pytest.mark.parametrize("person", ["sam", "root"])
def test_section_3_strangers_meet_nothing_of_acme(person, people, busy_organization):
    for address, page in crawl(browser(people[person]), "/").items():
        assert "acme" not in (address + b"".join(page).decode()).lower()
