"""Who gets through which door: every address, by every method, for every person; and nothing is told to the others."""

import re
from contextlib import suppress
from copy import copy
from itertools import cycle, product
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse

from registry_app.choices import Role
from registry_app.models import (
    AccessRequest,
    Actor,
    ApiToken,
    Invitation,
    RegistryMember,
    make_service_account,
    setup_token,
)
from tests.assertions import undone
from tests.client import Page, at, browser, crawl, logging, nothing_changes, nothing_happens
from tests.factories import (
    COMMAND_LINE,
    give_role,
    give_team_role,
    make_collection,
    make_invitation,
    make_link,
    make_member,
    make_registry,
    make_team,
    make_token,
    make_user,
    make_version,
)

INVITATION, TOKEN = 77, 78  # their numbers
PEOPLE = ["nobody", "ada", "rob", "mel", "sam", "root"]
# In the order of PEOPLE: organization admin, admin of Golden and Vault, member, stranger, staff in no organization.
SIGNED_IN = "302 200 200 200 200 200"
INSIDE = "302 200 200 200 404 404"
NOT_SO = "302 405 405 405 405 405"
NOT_THERE = "302 404 404 404 404 404"
ASKED_AGAIN = "302 302 302 302 302 302"  # to the sign-in page, or to confirm who one is
ADMIN_ONLY = ("302 200 403 403 404 404", "302 422 403 403 404 404")
LEADS = "302 422 422 403 404 404"  # Rob leads the team, and Mel is in it
OUTSIDE_TOO = "200 200 200 200 200 200"

# What each address answers to each person. A POST carries nothing that a form would take: 422 is a form that answers.
ADDRESSES = {
    "home": ("302 302 302 302 302 200", NOT_SO),
    "organizations": (SIGNED_IN, NOT_SO),
    "organization": ("302 302 302 302 404 404", NOT_SO),
    "registries:index": (INSIDE, NOT_SO),
    "registries:create": (INSIDE, "302 422 422 422 404 404"),
    "registries:name": (INSIDE, NOT_SO),
    "access_requests:index": (INSIDE, NOT_SO),
    "search": (INSIDE, NOT_SO),
    "audit:index": (INSIDE, NOT_SO),
    "audit:export": (INSIDE, NOT_SO),
    "members:index": (INSIDE, NOT_SO),
    "invitations:create": ADMIN_ONLY,
    "invitations:revoke": (NOT_SO, ADMIN_ONLY[1]),
    "members:service": ADMIN_ONLY,
    "members:detail": (INSIDE, NOT_SO),
    "members:role": ADMIN_ONLY,
    "members:remove": ADMIN_ONLY,
    "members:deactivate": ADMIN_ONLY,
    "members:reactivate": ADMIN_ONLY,
    "teams:index": (INSIDE, NOT_SO),
    "teams:create": ADMIN_ONLY,
    "teams:detail": (INSIDE, LEADS),
    "teams:settings": (INSIDE, LEADS),
    "teams:delete": ADMIN_ONLY,
    "teams:role": ("302 200 200 403 404 404", LEADS),
    "teams:remove": (INSIDE, LEADS.replace("403", "422")),  # Mel herself
    "artifacts:index": (INSIDE, NOT_SO),
    "artifacts:create": (INSIDE, "302 422 422 422 404 404"),
    "artifacts:detail": (INSIDE, NOT_SO),
    "imports:create": (INSIDE, "302 422 422 422 404 404"),
    "versions:detail": (INSIDE, NOT_SO),
    "versions:delete": (INSIDE, "302 422 422 422 404 404"),
    "organizations:settings": (INSIDE, ADMIN_ONLY[1]),
    "invitation": ("200 302 302 302 200 200", "422 302 302 302 422 422"),
    "setup": ("404 404 404 404 404 404", "404 404 404 404 404 404"),
    "appearance": ("405 405 405 405 405 405", "404 404 404 404 404 404"),
    "account_login": ("200 302 302 302 302 302", "200 302 302 302 302 302"),
    "account_logout": ("302 200 200 200 200 200", "302 302 302 302 302 302"),
    "account_signup": ("200 302 302 302 302 302", "200 302 302 302 302 302"),
    "account_inactive": (OUTSIDE_TOO, "405 405 405 405 405 405"),
    "account_reauthenticate": (SIGNED_IN, "302 200 200 200 200 200"),
    "account_change_password": (SIGNED_IN, SIGNED_IN),
    "account_set_password": ("302 302 302 302 302 302", "302 302 302 302 302 302"),
    "account_reset_password": (OUTSIDE_TOO, OUTSIDE_TOO),
    "account_reset_password_done": (OUTSIDE_TOO, "405 405 405 405 405 405"),
    "account_reset_password_from_key": (OUTSIDE_TOO, OUTSIDE_TOO),
    "account_reset_password_from_key_done": (OUTSIDE_TOO, "405 405 405 405 405 405"),
    "api_me": ("401 401 401 401 401 401", "405 405 405 405 405 405"),
    "mfa_index": (SIGNED_IN, NOT_SO),
    "mfa_list_webauthn": (SIGNED_IN, NOT_SO),
    "mfa_activate_totp": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_add_webauthn": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_edit_webauthn": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_remove_webauthn": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_generate_recovery_codes": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_reauthenticate": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_reauthenticate_webauthn": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_deactivate_totp": (NOT_THERE, NOT_THERE),
    "mfa_view_recovery_codes": (NOT_THERE, NOT_SO),
    "mfa_download_recovery_codes": (NOT_THERE, NOT_THERE),
    "mfa_authenticate": (ASKED_AGAIN, ASKED_AGAIN),
    "mfa_login_webauthn": (ASKED_AGAIN, ASKED_AGAIN),
    "openid_connect_login": ("404 404 404 404 404 404", "404 404 404 404 404 404"),
    "openid_connect_callback": ("404 404 404 404 404 404", "404 404 404 404 404 404"),
    "socialaccount_login_cancelled": (OUTSIDE_TOO, "405 405 405 405 405 405"),
    "socialaccount_signup": ("200 302 302 302 302 302", "200 302 302 302 302 302"),
    "organizations:second_factor": (NOT_SO, ADMIN_ONLY[1]),
    "organization_tokens:index": (ADMIN_ONLY[0], NOT_SO),
    "organization_tokens:revoke": ADMIN_ONLY,
    "organization_tokens:service": ADMIN_ONLY,
    "tokens:index": (SIGNED_IN, "302 422 422 422 422 422"),
    "tokens:revoke": (NOT_THERE, NOT_THERE),
    "sessions:end": (NOT_SO, NOT_THERE),
    "usersessions_list": (SIGNED_IN, "302 302 302 302 302 302"),
}
# The addresses of one registry: of a shared one, of a restricted one, and of a core one.
SEEN = (INSIDE, "302 200 200 404 404 404", INSIDE)
ADMINS = ("302 200 200 403 404 404", "302 200 200 404 404 404", "302 200 403 403 404 404")
SENT = tuple(row.replace("200", "422") for row in ADMINS)
STALE = tuple(row.replace("200", "409") for row in ADMINS)  # nothing was shown, so what was shown isn't so any more
MEMBERS, EMPTY = ADMINS, SENT  # nobody has the Member role alone; see test_doors_by_role
REGISTRY_ADDRESSES = {
    "registries:detail": (SEEN, (NOT_SO,) * 3),
    "registries:settings": (SEEN, SENT),
    "registries:activity": (SEEN, (NOT_SO,) * 3),
    "snapshots:registry": (SEEN, (NOT_SO,) * 3),
    "registries:restrict": (ADMINS, STALE),
    "registries:delete": (ADMINS, STALE),
    "registry_members:index": (SEEN, (NOT_SO,) * 3),
    "registry_members:explain": (SEEN, (NOT_SO,) * 3),
    "registry_members:who_can": (SEEN, (NOT_SO,) * 3),
    "registry_members:add": (ADMINS, SENT),
    "registry_members:change": (ADMINS, SENT),
    "registry_members:remove": (ADMINS, SENT),
    "access_requests:create": (SEEN, tuple(row.replace("200", "422") for row in SEEN)),
    "access_requests:answer": (ADMINS, SENT),
    "accepted_types:add": (ADMINS, SENT),
    "accepted_types:remove": ((NOT_SO,) * 3, SENT),
    "accepted_types:accept": ((NOT_SO,) * 3, SENT),
    "collections:create": (MEMBERS, EMPTY),
    "collections:detail": (SEEN, (NOT_SO,) * 3),
    "collections:edit": (MEMBERS, EMPTY),
    "collections:delete": (MEMBERS, tuple(row.replace("422", "409") for row in EMPTY)),
    "collections:activity": (SEEN, (NOT_SO,) * 3),
    "snapshots:collection": (SEEN, (NOT_SO,) * 3),
    "links:compare": (SEEN, (NOT_SO,) * 3),
    "protected_aliases:add": ((NOT_SO,) * 3, SENT),
    "protected_aliases:remove": ((NOT_SO,) * 3, SENT),
    "links:create": (MEMBERS, EMPTY),
    "links:detail": (SEEN, (NOT_SO,) * 3),
    "links:edit": (MEMBERS, EMPTY),
    "links:unlink": (MEMBERS, EMPTY),
}
METHODS = ("GET", "POST")
OF_TEAM = ("artifacts:", "imports:", "sources:")
IN_ORGANIZATION = [
    name
    for name in ADDRESSES
    if name.startswith(("registries:", "audit:", "members:", "teams:", "requests:", "organization", "search", *OF_TEAM))
    and name != "organizations"
]
BELOW = {  # what an address below an organization says beside it
    "invitations:revoke": [INVITATION],
    "organization_tokens:revoke": [TOKEN],
    "organization_tokens:service": ["eval-ci"],
    **{f"members:{page}": ["mel"] for page in ("detail", "role", "remove", "deactivate", "reactivate")},
    **{f"teams:{page}": ["Vision"] for page in ("detail", "settings", "delete")},
    **{f"teams:{page}": ["Vision", "mel"] for page in ("role", "remove")},
    **{name: ["Foundry"] for name in ("artifacts:index", "artifacts:create", "imports:create")},
    "artifacts:detail": ["Foundry", "forecasts", "churn"],
    "versions:detail": ["Foundry", "forecasts", "churn", 0],
    "versions:delete": ["Foundry", "forecasts", "churn", 0],
}


def newest(model):
    """A function from a registry to what an address says of the newest row of `model` in it."""
    return lambda registry: [model.objects.filter(registry=registry).latest("pk").pk]


# What some addresses name beside the registry.
NAMED = {
    "registry_members:change": newest(RegistryMember),
    "registry_members:remove": newest(RegistryMember),
    "access_requests:answer": newest(AccessRequest),
    **{
        f"collections:{page}": lambda registry: ["Shelf"]
        for page in ("detail", "edit", "delete", "activity", "as_it_was", "compare")
    },
    "links:create": lambda registry: ["Shelf"],
    **{f"versions:{page}": lambda registry: ["Shelf", 0] for page in ("detail", "edit", "unlink")},
}
# What an address speaks of that belongs to no registry: things that nobody has, but for the set-up link.
ARGUMENTS = {
    "setup": lambda: [setup_token()],
    "tokens:revoke": lambda: [1],
    "sessions:end": lambda: [1],
    "mfa_edit_webauthn": lambda: [1],
    "mfa_remove_webauthn": lambda: [1],
    "openid_connect_login": lambda: ["other"],
    "openid_connect_callback": lambda: ["other"],
    "account_reset_password_from_key": lambda: ["1", "no-such-key"],
}
ALLAUTHS = ("account", "mfa", "usersessions", "openid", "socialaccount")  # pages of allauth


def walk(resolver, namespace=""):
    """The names of all addresses, with their namespaces."""
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern, inner)
        else:
            yield f"{namespace}{pattern.name}"


def address_of(name, registry):
    """The address called `name`, of `registry` and its organization where it asks for one."""
    if name == "setup":
        return reverse(name, args=[setup_token()])
    if name == "invitation":
        return reverse(name, args=[make_invitation(registry.organization)[1]])
    if name in NAMED:
        return reverse(name, args=[registry.organization.slug, registry.name, *NAMED[name](registry)])
    if name in ARGUMENTS:
        return reverse(name, args=ARGUMENTS[name]())
    if name in REGISTRY_ADDRESSES:
        return at(name, registry)
    return reverse(name, args=[registry.organization.slug, *BELOW.get(name, ())] if name in IN_ORGANIZATION else [])


@pytest.fixture(autouse=True)
def _something_of_everything(acme, rob, mel, vision):
    """A team, another with a version, a service account; an invitation and a token of known numbers."""
    make_version(make_team(acme, "Foundry", people=[rob, mel]))
    robot = make_service_account(acme, "eval-ci", COMMAND_LINE).user
    ApiToken.objects.filter(pk=make_token(robot).pk).update(id=TOKEN)
    Invitation.objects.filter(pk=make_invitation(acme)[0].pk).update(id=INVITATION)


@pytest.fixture
def people(ada, rob, mel, sam, globex, root):
    """Everybody, by name; nobody is None."""
    return dict(zip(PEOPLE, [None, ada, rob, mel, sam, root], strict=True))


def test_every_address_is_in_the_table():
    named = {name for name in walk(get_resolver()) if not name.startswith("admin:")}
    assert named == ADDRESSES.keys() | REGISTRY_ADDRESSES.keys()


def send(people, person, method, address):
    """What `person` gets; whatever it does is undone. The POST is one that a form has sent, so that forms see that."""
    data = {"csrfmiddlewaretoken": "sent along", "accepts_all_types": "on"} if method == "POST" else {}
    client = browser(people[person])
    with undone():
        return getattr(client, method.lower())(address, data).status_code


@pytest.fixture
def named(acme, golden, vault, models):
    """Somebody's role, request, and a collection with two versions, in a shared, a restricted and a core registry."""
    eve = make_user("eve")
    make_member(acme, eve)
    makers = make_team(acme, "Makers")
    for registry in (golden, vault, models):
        give_role(registry, eve, Role.VIEWER)
        AccessRequest.objects.create(registry=registry, user=eve, role=Role.ADMIN, reason="To help.")
        kind = "dataset" if registry == golden else "model"
        release_registry = make_collection(registry, "Shelf", type=kind)
        for _ in range(2):
            make_link(release_registry, make_version(makers, f"shelved-{kind}", type=kind))


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_address_answers_each_person_as_declared(people, golden, name):
    address = address_of(name, golden)
    with nothing_changes():
        answers = [[send(people, person, method, address) for person in PEOPLE] for method in METHODS]
    assert answers == [[int(status) for status in row.split()] for row in ADDRESSES[name]]


@pytest.mark.parametrize("name", REGISTRY_ADDRESSES)
def test_every_address_of_a_registry_answers_each_person_as_declared(people, golden, vault, models, named, name):
    addresses = [address_of(name, registry) for registry in (golden, vault, models)]
    with nothing_changes():
        answers = [
            [[send(people, person, method, address) for person in PEOPLE] for address in addresses]
            for method in METHODS
        ]
    assert answers == [[[int(status) for status in row.split()] for row in rows] for rows in REGISTRY_ADDRESSES[name]]


@pytest.mark.parametrize(
    "name",
    [name for name, (*_, sent) in {**ADDRESSES, **REGISTRY_ADDRESSES}.items() if sent in (NOT_SO, (NOT_SO,) * 3)],
)
def test_pages_answer_head_like_get(ada, golden, named, name):
    client, address = browser(ada), address_of(name, golden)
    assert client.head(address).status_code == client.get(address).status_code


@pytest.mark.parametrize("name", [name for name in (*ADDRESSES, *REGISTRY_ADDRESSES) if not name.startswith(ALLAUTHS)])
def test_no_address_takes_a_method_that_it_did_not_declare(ada, golden, named, name):
    client, address = browser(ada), address_of(name, golden)
    with nothing_happens():
        for method in ("put", "patch", "delete", "options", "trace"):
            assert getattr(client, method)(address).status_code == 405


def test_the_admin_lets_nobody_in_but_staff(people, golden):
    addresses = [reverse("admin:index"), reverse("admin:registry_app_registry_changelist")]
    addresses.append(reverse("admin:registry_app_registry_change", args=[golden.pk]))
    for address in addresses:
        answers = {person: browser(user).get(address, follow=True).status_code for person, user in people.items()}
        assert answers.pop("nobody") == answers.pop("root") == 200  # the login page, and the page itself
        assert set(answers.values()) == {403}
        assert browser().get(address, follow=True).redirect_chain[-1][0].startswith(reverse("account_login"))


# What says where a request comes from, and where it leads to afterwards.

UNPARSABLE = {
    "host": "http://[",
    "no scheme": "//[",
    "half an IPv6": "http://[::1",
    "no IPv6": "http://[x]/",
    "no port": "http://testserver:port/",
    "forbidden": "http://a\u2100b/",  # with this, urlsplit refuses a host's name
    "script": "javascript:alert(1)",
    "long": "http://[" + "x" * 3000,
    "nul": "/\0",
    "surrogate": "%ED%A0%80",
    "bytes": "%FF%FE",
}


def every_address(registry):
    """The addresses of all pages: ours and allauth's with what they name there, and those of Django's admin."""
    found = [address_of(name, registry) for name in (*ADDRESSES, *REGISTRY_ADDRESSES)]
    for name in sorted({name for name in walk(get_resolver()) if name.startswith("admin:") and name != "admin:None"}):
        arguments = [] if name.endswith(("_add", "_changelist")) or "_" not in name else [registry.pk]
        with suppress(NoReverseMatch):
            found.append(reverse(name, args=arguments))
    assert len(found) > 130
    return found


def failures(user, cases, **headers):
    """Those of `cases` (address, method, text) that end in a 5xx, for `user` with `text` wherever an address can be."""
    client, failed, form = browser(user), [], "application/x-www-form-urlencoded"
    signed_in = copy(client.cookies)
    for address, method, text in cases:
        client.cookies = copy(signed_in)
        cache.clear()  # so many refused posts would be limited
        query = "next=" + (text if text.startswith("%") else quote(text))
        headers |= {"referer": text, "hx-current-url": text}
        with undone():
            response = client.generic(method, f"{address}?{query}", query, form, headers=headers)
        failed += [(address, method, text, response.status_code)] if response.status_code >= 500 else []
    return failed


HTMX = {"hx-request": "true"}


@pytest.mark.parametrize("person, headers", [("nobody", {}), ("nobody", HTMX), ("ada", {}), ("root", {})])
def test_an_address_that_can_not_be_parsed_is_no_servers_fault(people, golden, named, person, headers):
    pages = product(every_address(golden), METHODS)
    cases = [(*page, text) for page, text in zip(pages, cycle(UNPARSABLE.values()), strict=False)]
    assert failures(people[person], cases, **headers) == []


@pytest.mark.parametrize("text", UNPARSABLE.values(), ids=UNPARSABLE)
def test_signing_in_and_out_leads_to_no_address_that_can_not_be_parsed(people, golden, text):
    pages = [address_of(name, golden) for name in ADDRESSES if name.startswith(ALLAUTHS)]
    cases = [(*page, text) for page in product(["/", *pages], METHODS)]
    assert failures(None, cases) == failures(None, cases, **HTMX) == []
    assert failures(people["ada"], cases) == []


# Rule 10 and §3: roles in one registry.


@pytest.mark.parametrize("role", [None, Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN])
@pytest.mark.parametrize(
    "page",
    [
        "registries:settings",
        "registries:restrict",
        "registries:delete",
        *(name for name in REGISTRY_ADDRESSES if name.startswith("types:")),
    ],
)
def test_rule_10_and_section_3_each_page_from_the_role_that_it_needs(mel, golden, page, role):
    if role:
        give_role(golden, mel, role)
    allowed = role == Role.ADMIN or (role == Role.MEMBER and page == "registries:settings")
    with nothing_changes(), logging() as events:
        response = browser(mel).post(at(page, golden), {"unheard": "of", "accepts_all_types": "on"})
    stale = page in {"registries:restrict", "registries:delete"}  # nothing was shown
    assert response.status_code == ((409 if stale else 422) if allowed else 403)
    assert {event.code for event in events} >= ({"unknown_field"} if allowed else {"role_too_low"})
    if not allowed:
        assert [(event.actor_id, event.registry_id, event.target_name) for event in events] == [
            (mel.pk, golden.pk, "Golden Datasets")
        ]
        assert all(f"{name}@example.com" in response.text for name in ("ada", "rob"))  # who can help


def test_looking_where_one_may_not_act_is_no_attempt(mel, golden):
    with nothing_happens():
        assert browser(mel).get(at("registries:delete", golden)).status_code == 403


def test_403_does_not_name_admins_who_can_no_longer_sign_in(mel, rob, golden):
    rob.is_active = False
    rob.save()
    page = browser(mel).get(at("registries:delete", golden)).text
    assert "ada@example.com" in page
    assert "rob" not in page


def test_section_3_rights_end_at_once(acme, ada, mel, rob, vault):
    his = browser(rob)
    assert his.get(at("registries:detail", vault)).status_code == 200
    vault.members.get(user=rob).delete_by(Actor(ada))
    assert his.get(at("registries:detail", vault)).status_code == 404
    hers = browser(mel)
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert hers.get(acme.get_absolute_url()).status_code == 404
    mel.is_active = False
    mel.save()
    assert hers.get(reverse("organizations:index")).status_code == 302


# §3: what one can't see isn't there.


def comparable(response, *own):
    """A page as bytes, without what is the request's own: token, request id, and `own` parts of its address."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
    for part in (response["X-Request-ID"], *own):
        text = text.replace(part, "")
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.status_code, headers.pop("Location", "").replace(own[0], ""), text, headers


def told(client, method, page, *places, but=""):
    """What `client` is told at the address that `places` make, apart from `but` (else the last of them), and the
    number of queries that this took.
    """
    but = but or places[-1]
    address = reverse(page, args=places)
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method.lower())(address, {"name": "x", "version": "1", "confirmation": "x"})
    return comparable(response, quote(but), but), len(queries)


@pytest.mark.parametrize("name", REGISTRY_ADDRESSES)
def test_section_3_a_hidden_registry_is_answered_like_one_that_is_not_there(acme, mel, vault, named, name):
    client = browser(mel)
    more = NAMED[name](vault) if name in NAMED else []
    for number, method in enumerate(METHODS):
        with nothing_happens():
            hidden = told(client, method, name, acme.slug, "Vault", *more, but="Vault")
            absent = told(client, method, name, acme.slug, "Fault", *more, but="Fault")
        assert hidden == absent
        assert hidden[0][0] == (405 if REGISTRY_ADDRESSES[name][number][1] == NOT_SO else 404)


@pytest.mark.parametrize("name", [*REGISTRY_ADDRESSES, *IN_ORGANIZATION])
def test_section_3_a_strange_organization_is_answered_like_one_that_is_not_there(acme, globex, sam, vault, named, name):
    client = browser(sam)
    rest = ["Vault"] if name in REGISTRY_ADDRESSES else BELOW.get(name, [])
    rest = [*rest, *(NAMED[name](vault) if name in NAMED else [])]
    for method in METHODS:
        with nothing_happens():
            strange = told(client, method, name, acme.slug, *rest, but=acme.slug)
            absent = told(client, method, name, "no-such", *rest, but="no-such")
        assert strange == absent


def test_section_3_a_former_name_of_a_hidden_registry_is_answered_like_none(acme, ada, mel, vault):
    vault.edit(Actor(ada), name="Safe", description="")
    client = browser(mel)
    assert told(client, "GET", "registries:detail", acme.slug, "Vault") == told(
        client, "GET", "registries:detail", acme.slug, "Fault"
    )


def test_section_3_a_restriction_closes_the_door_behind_it(acme, ada, mel, golden):
    client = browser(mel)
    before = told(client, "GET", "registries:settings", acme.slug, "Golden Datasets")
    golden.restrict(Actor(ada))
    after = told(client, "GET", "registries:settings", acme.slug, "Golden Datasets")
    assert (before[0][0], after[0][0]) == (200, 404)
    assert after == told(client, "GET", "registries:settings", acme.slug, "Silver Datasets")


# What is shown can be done, and what is hidden is named nowhere.


@pytest.fixture
def used_organization(acme, ada, rob, mel, golden, vault, vision):
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
    browser(rob).post(at("registries:delete", vault), {"version": "2", "confirmation": "Vault"})
    browser(mel).post(at("registries:delete", golden), {})
    return acme


@pytest.mark.parametrize("person", ["ada", "rob", "mel", "sam", "root"])
def test_a_link_that_is_shown_leads_to_a_page(person, people, used_organization):
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
def test_a_form_that_is_shown_is_never_forbidden(person, people, used_organization):
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
def test_section_3_no_page_names_what_one_can_not_see(person, people, used_organization):
    pages = crawl(browser(people[person]), "/")
    read = {address: b"".join(page).decode() for address, page in pages.items()}
    assert [address for address, text in read.items() if "vault" in text.lower() or "secret" in text.lower()] == []
    seen = crawl(browser(people["ada"]), "/")  # there was something to leak
    assert any("Vault" in b"".join(page).decode() for page in seen.values())
    if person == "mel":
        assert any("Golden" in text for text in read.values())


@pytest.mark.parametrize("person", ["sam", "root"])
def test_section_3_strangers_meet_nothing_of_acme(person, people, used_organization):
    for address, page in crawl(browser(people[person]), "/").items():
        assert "acme" not in (address + b"".join(page).decode()).lower()
