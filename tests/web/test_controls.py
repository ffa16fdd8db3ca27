"""What is shown can be done: no link leads to an error, no form is forbidden; and what is hidden is named nowhere."""

from copy import copy
from typing import NamedTuple

import pytest
from django.test import Client

from registry_app.choices import Role
from registry_app.models import AccessRequest, Actor
from registry_app.models.change import etag_of
from tests.assertions import undone
from tests.client import Page, at, browser, crawl
from tests.factories import (
    give_role,
    give_team_role,
    make_member,
    make_organization,
    make_registry,
    make_team,
    make_user,
)
from tests.web.world import furnish

pytestmark = pytest.mark.django_db


def make_busy_organization():
    """An Acme in which things happened, in Vault too: renamed, refused, deleted. Answers who looks, by name."""
    ada, rob, mel, sam, eve = map(make_user, ("ada", "rob", "mel", "sam", "eve"))
    acme = make_organization("Acme ML", ada)
    make_organization("Globex", sam)
    for user in (rob, mel, eve):
        make_member(acme, user)
    golden = make_registry(acme, ada, "Golden Datasets", types=["dataset", "eval-suite"])
    vault = make_registry(acme, ada, "Vault", types=None, restricted=True)
    for registry in (golden, vault):
        give_role(registry, rob, Role.ADMIN)
    vision = make_team(acme, "Vision", leads=[rob], people=[mel], description="Image models")
    furnish(acme, rob, mel)
    happen(acme, ada, rob, mel, eve, golden, vault, vision)
    return {"ada": ada, "rob": rob, "mel": mel, "sam": sam, "root": make_user("root", is_staff=True, is_superuser=True)}


def happen(acme, ada, rob, mel, eve, golden, vault, vision):
    """What happened in it."""
    make_registry(acme, ada, "Open <i>Shelf", types=None, description="All *are* welcome\n\n# here")
    gone = make_registry(acme, ada, "Vault annex", restricted=True)
    gone.delete_by(Actor(ada))
    vault.edit(Actor(rob), name="Vault of secrets", description="Vault: keep out\n\nreally")
    give_role(golden, mel, Role.MEMBER)
    give_team_role(golden, vision, Role.VIEWER)
    give_team_role(vault, make_team(acme, "Red", people=[eve]), Role.VIEWER)
    AccessRequest(registry=vault, user=eve, role=Role.ADMIN, reason="For the vault.").create(Actor(eve))
    browser(rob).post(at("registries:delete", vault), {"etag": etag_of(vault), "confirmation": "Vault"})
    browser(mel).post(at("registries:delete", golden), {})


class Walk(NamedTuple):
    """Somebody's way through the site: their browser, and the pages that links led it to, by address."""

    client: Client
    pages: dict
    texts: dict


def walk(user):
    """The Walk of `user`. An export is read at once, for it can be read once only."""
    client = browser(user)
    pages = crawl(client, "/")
    return Walk(client, pages, {address: b"".join(page).decode() for address, page in pages.items()})


@pytest.fixture(scope="module")
def walks(module_rows):
    """Everybody's Walk, by name; the tests of this module change nothing."""
    return {person: walk(user) for person, user in make_busy_organization().items()}


@pytest.mark.parametrize("person", ["ada", "rob", "mel", "sam", "root"])
def test_a_link_that_is_shown_leads_to_a_page(walks, person):
    answers = {address: page.status_code for address, page in walks[person].pages.items()}
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
def test_a_form_that_is_shown_is_never_forbidden(walks, person):
    answers, client = {}, walks[person].client
    signed_in = copy(client.cookies)
    for (method, action, _), data in forms_of(walks[person].pages.values()).items():
        client.cookies = copy(signed_in)
        with undone():
            answer = getattr(client, method)(action, data)
        answers[action, answer.status_code] = data
    assert len({action for action, _ in answers}) > 2
    assert {key: data for key, data in answers.items() if key[1] not in {200, 302, 422}} == {}


@pytest.mark.parametrize("person", ["mel", "sam", "root"])
def test_section_3_no_page_names_what_one_can_not_see(walks, person):
    read = walks[person].texts
    assert [address for address, text in read.items() if "vault" in text.lower() or "secret" in text.lower()] == []
    assert any("Vault" in text for text in walks["ada"].texts.values())  # there was something to leak
    if person == "mel":
        assert any("Golden" in text for text in read.values())


@pytest.mark.parametrize("person", ["sam", "root"])
def test_section_3_strangers_meet_nothing_of_acme(walks, person):
    for address, text in walks[person].texts.items():
        assert "acme" not in (address + text).lower()
