"""§3 between door and verb: whose role is taken while their request runs is refused, and no page answers with a 500."""

from functools import partial
from importlib import import_module
from pkgutil import iter_modules

import pytest
from django.urls import reverse

from registry_app import views
from registry_app.choices import OrganizationRole, Role
from registry_app.models import Actor
from registry_app.models.change import etag_of
from tests.assertions import undone
from tests.client import Page, browser, logging, state
from tests.factories import COMMAND_LINE, PASSWORD, give_role, make_member, make_user, protect
from tests.web.endpoints import ALLAUTH, NAMES, address_of, takes

pytestmark = pytest.mark.django_db
TYPED = {"confirmation": "Golden Datasets"}
VERSION = {"project": "forecasts", "name": "churn", "type": "model", "size": "1", "file_count": "1", "metadata": "{}"}
VERSION |= {"uri": "s3://bucket/churn", "digest": "sha256:" + 64 * "a", "run": "", "run_url": "", "made_from": ""}
PUBLISHED = {"team": "Foundry", "project": "p", "name": "n", "uri": "s3://b", "digest": "sha256:" + 64 * "b"}
ROW = '[{"project": "p", "name": "n", "type": "model", "uri": "s3://b", "digest": "etag:1"}]'
# What Eve, an organization admin, writes into the form of each address that ends in a verb which asks for her role.
SENT = {
    "registries:settings": {"description": "New"},
    "registries:restrict": TYPED,
    "registries:delete": TYPED,
    "registries:create": {"name": "Silver", "visibility": "organization", "accepts_all_types": "on"},
    "registry_members:add": {"holders": "mel", "role": "member"},
    "registry_members:change": {"role": "member"},
    "registry_members:remove": {},
    "access_requests:answer": {"answer": "grant"},
    "access_requests:create": {"role": "admin", "reason": "To help."},
    "accepted_types:add": {"types": "report"},
    "accepted_types:remove": {"types": "eval-suite"},
    "accepted_types:accept": {"accepts_all_types": "on"},
    "collections:create": {"name": "New", "type": "dataset"},
    "collections:edit": {"description": "New"},
    "collections:settings": {},
    "collections:delete": {"confirmation": "Shelf"},
    "alias_requests:answer": {"answer": "grant"},
    "protected_aliases:add": {"alias": "stable"},
    "protected_aliases:remove": {"alias": "production"},
    "publishing:registry": {**PUBLISHED, "collection": "New", "type": "dataset"},
    "publishing:collection": PUBLISHED,
    "links:create": {},
    "links:promote": {"alias": "", "other": "good"},
    "links:edit": {"aliases": "good"},
    "links:unlink": {},
    "invitations:create": {"role": "member"},
    "invitations:detail": {},
    "invitations:revoke": {},
    "group_mappings:index": {"group": "ml-admins", "role": "member"},
    "group_mappings:change": {"role": "admin"},
    "group_mappings:remove": {},
    "members:service": {"username": "robot"},
    "members:role": {"role": "admin"},
    "members:remove": {},
    "members:deactivate": {},
    "members:reactivate": {},
    "teams:create": {"name": "Red"},
    "teams:detail": {"people": "ada", "role": "member"},
    "teams:settings": {"description": "New"},
    "teams:role": {"role": "admin"},
    "teams:remove": {},
    "teams:delete": {"confirmation": "Vision"},
    "artifacts:create": VERSION,
    "imports:create": {"text": ROW},
    "versions:delete": {"confirmation": "churn:v0"},
    "organizations:settings": {"default_role": "member"},
    "organizations:second_factor": {"wanted": "on"},
    "organization_tokens:detail": {},
    "organization_tokens:revoke": {},
    "organization_tokens:service": {"name": "cluster", "life": "30"},
}
# What is posted without a role: one's own, and what leads into the site.
ROLELESS = {
    "site:appearance",
    "site:time_zone",
    "registries:pin",
    "access_requests:withdraw",
    "alias_requests:withdraw",
    "alias_requests:create",  # for those who are no admins
    "invitations:accept",
    "sessions:end",
    "organizations:setup",
    "tokens:index",
    "tokens:detail",
    "tokens:revoke",
}
OPEN_TO_MEMBERS = {"registries:create", "access_requests:create"}


def test_every_address_that_is_posted_to_is_in_the_table():
    form_data = {name for name in NAMES if takes(name, "POST") and not name.startswith(ALLAUTH)}
    assert form_data == SENT.keys() | ROLELESS


@pytest.fixture
def eve(world):
    """Organization admin of Acme beside Ada; not the newest in Golden, whose role pages change."""
    nora = make_user("nora")
    make_member(world.acme, nora)
    give_role(world.golden, nora, Role.VIEWER)
    membership = world.acme.memberships.get(user__username="eve")
    membership.role = OrganizationRole.ADMIN
    membership.save_by(COMMAND_LINE)
    return membership.user


def demoted(membership, by):
    """Made a member."""
    membership.role = OrganizationRole.MEMBER
    membership.save_by(by)


def removed(membership, by):
    """Taken out of the organization."""
    membership.delete_by(by)


def deactivated(membership, by):
    """The account deactivated."""
    membership.user.deactivate(by, membership.organization)


def meanwhile(monkeypatch, act):
    """Let `act` happen once, after a page's door was passed and before its verb begins, as if by somebody else."""
    acts = [act]

    def acting(real):
        return lambda request: ([acts.pop()() for _ in acts[:]], real(request))[1]

    for found in iter_modules(views.__path__):
        module = import_module(f"{views.__name__}.{found.name}")
        if hasattr(module, "actor_of"):
            monkeypatch.setattr(module, "actor_of", acting(module.actor_of))


def form_of(client, name, address, golden):
    """What the form of the address sends, filled in well."""
    page = client.get(address)
    forms = Page(page).forms if page.status_code == 200 else []
    data = next((form.data for form in forms if (form.method, form.action) == ("post", address)), {})
    if name.startswith("accepted_types:"):  # on the page of settings
        data = {"etag": etag_of(golden)}
    if name == "collections:settings":  # no form is shown without a metric
        data = {"etag": etag_of(golden.collections.get())}
    if name == "links:create":
        data = {**data, "version": golden.collections.get().links.first().version_id}
    return {**data, **SENT[name]}


@pytest.mark.parametrize("name", SENT)
def test_section_3_whose_role_is_taken_meanwhile_is_refused(world, eve, name, monkeypatch):
    protect(world.golden, "production")
    person = world.mel if name == "access_requests:create" else eve  # no admin asks for a higher role
    client, address = browser(), address_of(name, world.golden)
    client.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    data = form_of(client, name, address, world.golden)
    with undone(), logging() as events:  # what follows would prove nothing of a form that is refused anyway
        assert client.post(address, data).status_code in {200, 302}
    assert [event.code for event in events if event.code] == []
    for act in (removed, deactivated) if name in OPEN_TO_MEMBERS else (demoted, removed, deactivated):
        after = []
        take = partial(act, world.acme.memberships.get(user=person), Actor(world.ada))
        meanwhile(monkeypatch, lambda take=take, after=after: (take(), after.append(state())))
        with undone(), logging() as events:
            response = client.post(address, data)
            assert (act, response.status_code) in {(act, 403), (act, 409), (act, 422)}
            assert [state()] == after
        assert {event.code for event in events if event.actor_id == person.pk} == {"role_too_low"}


@pytest.mark.parametrize("name", [name for name in SENT if name.startswith(("members:", "teams:"))])
def test_whoever_is_taken_out_while_a_page_about_them_is_sent_is_no_500(world, eve, name, monkeypatch):
    client, address = browser(world.ada), address_of(name, world.golden)
    data = form_of(client, name, address, world.golden)
    membership = world.acme.memberships.get(user=world.mel)
    meanwhile(monkeypatch, lambda: membership.delete_by(COMMAND_LINE))
    assert client.post(address, data).status_code in {200, 302, 404, 409, 422}
