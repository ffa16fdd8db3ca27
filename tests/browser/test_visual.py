"""Every page, in both themes and on every width: accessible to all, and nothing out of its place."""

import re

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from axe_playwright_python.base import AXE_SCRIPT
from django.db import OperationalError
from django.urls import reverse
from playwright.sync_api import expect

from registry_app.choices import Role
from registry_app.database import triggers
from registry_app.models import AccessRequest, Actor, User, make_service_account, setup_token
from tests.browser.page_checks import COLOUR_RULES, DESK, NARROW, PHONE, TABLET, axe_violations, sideways, spilling
from tests.client import registries_of
from tests.factories import (
    COMMAND_LINE,
    PASSWORD,
    give_team_role,
    make_collection,
    make_invitation,
    make_link,
    make_member,
    make_registry,
    make_team,
    make_token,
    make_version,
    protect,
)

LONG = "Conversations" * 8 + "UntilHere"  # 113 characters and no place to break
UNDERSCORES = "Evaluation_Suites_of_the_Speech_and_Language_Teams_in_Four_Places"[:64]
TWELVE = [f"measurement-of-sensor-{number}" for number in range(10)] + ["m" * 128, "word " * 25 + "end"]

ORG = "/orgs/acme-ml"
GOLDEN, WIDE = f"{ORG}/registry/Golden%20Datasets", f"{ORG}/registry/{LONG}"
SHELF = f"{WIDE}/collection/{'c' * 128}"
LONG_USER = "someone.with.a.name." * 7 + "to.the.end"  # 150 characters
PAGES = {  # who looks: which pages, and how they answer
    "ada": {
        f"{ORG}/registries/": 200,
        f"{ORG}/registries/?q=nothing&visibility=restricted": 200,
        f"{ORG}/registries/?sort=no-such": 400,
        f"{ORG}/registries/new/": 200,
        f"{ORG}/registry/Models/": 200,
        f"{ORG}/registry/Models/settings/": 200,
        f"{ORG}/registry/Models/types/add/": 200,
        f"{ORG}/registry/Models/types/add/?types=models,{'t' * 128}": 200,
        f"{ORG}/registry/Models/delete/": 200,
        f"{GOLDEN}/": 200,
        f"{GOLDEN}/settings/": 200,
        f"{GOLDEN}/restrict/": 200,
        f"{GOLDEN}/delete/": 200,
        f"{GOLDEN}/activity/": 200,
        f"{GOLDEN}/access/": 200,
        f"{GOLDEN}/access/add/": 200,
        f"{GOLDEN}/access/explain/?person=mel": 200,
        f"{GOLDEN}/access/explain/?person=nobody": 422,
        f"{GOLDEN}/access/able/?role=viewer": 200,
        f"{WIDE}/access/": 200,
        f"{ORG}/requests/": 200,
        f"{ORG}/tokens/": 200,
        f"{ORG}/tokens/{{token}}/revoke/": 200,
        f"{ORG}/member/eval-ci/tokens/": 200,
        f"{ORG}/registry/Vault/": 200,
        f"{ORG}/registry/Vault/settings/": 200,
        f"{ORG}/registry/Vault/restrict/": 200,
        f"{WIDE}/": 200,
        f"{WIDE}/settings/": 200,
        f"{WIDE}/restrict/": 200,
        f"{WIDE}/collections/new/": 200,
        f"{WIDE}/as-it-was/": 200,
        f"{WIDE}/as-it-was/?on=2001-01-01": 200,
        f"{SHELF}/": 200,
        f"{SHELF}/edit/": 200,
        f"{SHELF}/publish/": 200,
        f"{WIDE}/publish/": 200,
        f"{ORG}/publish/": 200,
        f"{SHELF}/link/": 200,
        f"{SHELF}/link/?q=nothing": 200,
        f"{SHELF}/v0/": 200,
        f"{SHELF}/v1/": 200,
        f"{SHELF}/v1/promote/": 200,
        f"{SHELF}/v1/edit/": 200,
        f"{SHELF}/v1/unlink/": 200,
        f"{SHELF}/compare/?v=0&v=1": 200,
        f"{SHELF}/compare/": 200,
        f"{SHELF}/card/": 200,
        f"{SHELF}/settings/": 200,
        f"{SHELF}/activity/": 200,
        f"{SHELF}/activity/?alias={'a' * 128}": 200,
        f"{SHELF}/as-it-was/": 200,
        f"{SHELF}/delete/": 200,
        f"{ORG}/members/": 200,
        f"{ORG}/members/?q=nothing": 200,
        f"{ORG}/members/invite/": 200,
        f"{ORG}/members/service/": 200,
        f"{ORG}/member/{LONG_USER}/": 200,
        f"{ORG}/member/{LONG_USER}/remove/": 200,
        f"{ORG}/member/ada/": 200,
        f"{ORG}/member/ada/role/": 200,
        f"{ORG}/member/mel/role/": 200,
        f"{ORG}/member/mel/deactivate/": 200,
        f"{ORG}/teams/": 200,
        f"{ORG}/teams/?q=nothing": 200,
        f"{ORG}/teams/new/": 200,
        f"{ORG}/team/Vision/": 200,
        f"{ORG}/team/Vision/member/mel/role/": 200,
        f"{ORG}/team/{LONG}/": 200,
        f"{ORG}/team/{LONG}/settings/": 200,
        f"{ORG}/team/{LONG}/delete/": 200,
        f"{ORG}/team/{LONG}/member/{LONG_USER}/remove/": 200,
        f"{ORG}/settings/": 200,
        f"{ORG}/artifacts/": 200,
        f"{ORG}/artifacts/?q=nothing": 200,
        f"{ORG}/search/": 200,
        f"{ORG}/search/?q=a": 200,
        f"{ORG}/search/?q=nothing": 200,
        f"{ORG}/search/?q=foo:{LONG}": 200,
        f"{ORG}/audit/": 200,
        f"{ORG}/audit/?q=nothing": 200,
        "/orgs/": 200,
        "/accounts/password/change/": 200,
        "/accounts/sessions/": 200,
        "/accounts/2fa/": 200,
        "/account/tokens/": 200,
        "/account/tokens/{token}/revoke/": 200,
        "/accounts/logout/": 200,
    },
    "mel": {
        f"{ORG}/registries/": 200,
        f"{SHELF}/": 200,
        f"{SHELF}/v1/": 200,
        f"{SHELF}/link/": 403,
        f"{GOLDEN}/settings/": 200,
        f"{GOLDEN}/restrict/": 403,
        f"{GOLDEN}/access/": 200,
        f"{GOLDEN}/requests/new/": 200,
        f"{ORG}/registry/Models/settings/": 200,
        f"{ORG}/registry/Vault/": 404,
        f"{ORG}/members/": 200,
        f"{ORG}/members/invite/": 403,
        f"{ORG}/member/rob/": 200,
        f"{ORG}/team/Vision/": 200,
        f"{ORG}/team/Vision/settings/": 200,
        f"{ORG}/settings/": 200,
        f"{ORG}/audit/": 200,
    },
    "sam": {"/orgs/globex/registries/": 200},
    "root": {
        "/orgs/": 200,
        "/admin/": 200,
        "/admin/registry_app/registry/": 200,
        "/admin/registry_app/registry/{golden}/change/": 200,
        "/admin/registry_app/auditevent/": 200,
        "/admin/registry_app/team/": 200,
        "/admin/registry_app/invitation/": 200,
    },
}


@pytest.fixture
def furnished(ada, mel, rob, sam, root, acme, globex, golden, vault, vision):
    """Acme with something of everything, long names and many types included; Globex has only what it was born with."""
    for name in (LONG, UNDERSCORES):
        make_registry(
            acme, ada, name, types=TWELVE, description=f"{LONG}\n\n# More\n\n- `{LONG}`\n\n| a |\n|---|\n| b |"
        )
    acme.registries.get(name="Models").add_types(Actor(ada), TWELVE)
    someone = User.objects.create_user(LONG_USER, f"{LONG}@example.com")
    make_member(acme, someone)
    crowd = make_team(acme, LONG, leads=[someone], people=[ada], description=f"{LONG} " + "word " * 10)
    for registry, team in ((acme.registries.get(name=LONG), crowd), (vault, crowd), (golden, vision)):
        give_team_role(registry, team, Role.RESTRICTED_VIEWER)
    _shelve(acme.registries.get(name=LONG), vision)
    make_invitation(acme, email=f"{LONG}@example.com")
    robot = make_service_account(acme, "eval-ci", COMMAND_LINE).user
    make_token(robot, UNDERSCORES)
    AccessRequest.objects.create(registry=golden, user=mel, role=Role.MEMBER, reason=LONG)
    token = make_token(ada, LONG)
    return {"golden": golden.pk, "token": token.pk, "users": {user.username: user for user in (ada, mel, sam, root)}}


def _shelve(registry, team):
    """Two versions with all that they can have: long names, aliases, tags, a lineage, metadata; one alias protected."""
    release_registry = make_collection(
        registry, "c" * 128, type="m" * 128, tags=["t" * 128, "x"], description=f"{LONG}\n\n## A"
    )
    made_from = tuple(make_version(team, "r" * 128, type="dataset", project="p" * 128) for _ in range(3))
    facts = {"run": "r" * 128, "run_url": f"https://runs.example.com/{'r' * 300}", "made_from": made_from}
    metadata = {"k" * 100: {"deep": {"deeper": ["v" * 300, 1, None]}}, "auc": 0.9}
    for number, uri in enumerate(("s3://bucket/" + "u" * 300, "ftp://host/x")):
        version = make_version(team, "a" * 128, type="m" * 128, uri=uri, metadata={**metadata, "n": number}, **facts)
        make_link(release_registry, version, "a" * 128, "production").set_tags(COMMAND_LINE, ["t" * 128])
    make_version(team, "report", type="report", made_from=(version,))
    protect(registry, "production")


@pytest.fixture(autouse=True)
def _axe(page):
    """Axe, there before the page's own scripts."""
    page.add_init_script(AXE_SCRIPT)


@pytest.mark.parametrize("who", PAGES)
def test_pages_are_accessible_and_fit(page, sign_in, furnished, who):
    sign_in(furnished["users"][who])
    faults = []
    for address, status in PAGES[who].items():
        answer = page.goto(address.format(**furnished)).status
        found = _faults(page) if answer == status else [f"answers {answer}"]
        faults += [f"{address} {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def test_set_up_page_is_accessible_and_fits(page):
    page.goto(reverse("organizations:setup", args=[setup_token()]))
    assert _faults(page) == []


def test_pages_of_an_invitation_are_accessible_and_fit(page, sign_in, ada, acme, sam, globex):
    sign_in(ada)
    page.goto(reverse("invitations:create", args=[acme.slug]))
    page.get_by_role("button", name="Create invitations").click()
    link = page.locator("#secret").inner_text()
    assert _faults(page) == []
    page.context.clear_cookies()
    page.goto(link)
    assert _faults(page) == []
    _send(page, "Create account and join")
    assert _faults(page) == []
    sign_in(sam)
    page.goto(link)
    assert _faults(page) == []


def test_error_500_is_accessible_and_fits(page, monkeypatch):
    monkeypatch.setattr(triggers, "missing", lambda: 1 / 0)
    assert page.goto("/readyz").status == 500
    assert _faults(page) == []


def test_the_page_that_offers_to_try_again_is_accessible_and_fits(page, monkeypatch):
    def busy():
        raise OperationalError("database is locked")

    monkeypatch.setattr("registry_app.middleware.is_ready", busy)
    assert page.goto("/readyz").status == 503
    assert _faults(page) == []


def test_pages_before_sign_in_are_accessible_and_fit(page, db):
    page.goto(reverse("account_login"))
    assert _faults(page) == []
    page.locator("[name=login]").fill("nobody")
    page.locator("[name=password]").fill(PASSWORD)
    _send(page, "Sign in")
    assert _faults(page) == []
    page.context.clear_cookies()
    _send(page, "Sign in")  # without its cookie the form counts as expired
    assert _faults(page) == []
    page.goto(reverse("account_signup"))
    assert _faults(page) == []


def test_refused_form_is_accessible_and_fits(page, sign_in, ada, acme):
    sign_in(ada)
    page.goto(reverse("registries:create", args=[acme.slug]))
    page.locator("[name=name]").fill("Models")
    page.get_by_label("Only these types").check()
    page.locator("[name=types]").fill("no/such, type")
    _send(page, "Create registry")
    assert _faults(page) == []


def test_lookalike_to_confirm_is_accessible_and_fits(page, sign_in, ada, acme, golden):
    sign_in(ada)
    page.goto(reverse("registries:settings", args=[acme.slug, golden.name]))
    page.get_by_label("Add a type").fill("datasets")
    _send(page, "Add type")
    expect(page.locator(".notice[autofocus]")).to_be_focused()
    assert _faults(page) == []


def test_refused_restriction_is_accessible_and_fits(page, sign_in, ada, acme, golden):
    sign_in(ada)
    page.goto(reverse("registries:restrict", args=[acme.slug, golden.name]))
    page.locator("[name=confirmation]").fill("something else")
    _send(page, "Restrict permanently")
    assert _faults(page) == []


def test_conflict_is_accessible_and_fits(page, sign_in, ada, rob, acme, golden):
    sign_in(ada)
    page.goto(reverse("registries:settings", args=[acme.slug, golden.name]))
    golden.edit(Actor(rob), name=golden.name, description="Rob was faster.")
    page.locator("[name=description]").fill("Ada's words.")
    _send(page, "Save details")
    expect(page.locator("[name=description]")).to_have_value("Ada's words.")
    assert _faults(page) == []


def test_opened_entry_of_the_log_is_accessible_and_fits(page, sign_in, furnished):
    sign_in(furnished["users"]["ada"])
    page.goto(f"{ORG}/audit/")
    for summary in page.locator(".log summary").all():
        summary.click()
    assert _faults(page) == []


SECURITY = [
    "/accounts/2fa/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
]


def test_pages_of_the_second_factor_are_accessible_and_fit(page, sign_in, ada):
    sign_in(ada)
    page.goto("/accounts/2fa/totp/activate/")
    assert _faults(page) == []
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.locator("[name=code]").fill("000000")
    _send(page, "Turn on")
    faults = _faults(page)
    TOTP.activate(ada, generate_totp_secret())
    RecoveryCodes.activate(ada)
    for address in SECURITY:
        assert page.goto(address).status == 200
        faults += [f"{address} {fault}" for fault in _faults(page)]
    assert not faults, "\n".join(faults)


def test_pages_around_sign_in_are_accessible_and_fit(page, ada):
    TOTP.activate(ada, generate_totp_secret())
    faults, reset = [], "/accounts/password/reset/"
    for address in (reset, f"{reset}done/", f"{reset}key/1-x/", f"{reset}key/done/", "/accounts/inactive/"):
        assert page.goto(address).status == 200
        faults += [f"{address} {fault}" for fault in _faults(page)]
    for address, status in {"/accounts/sso/cancelled/": 200, "/accounts/oidc/127-0-0-1-9/login/": 502}.items():
        assert page.goto(address).status == status
        faults += [f"{address} {fault}" for fault in _faults(page)]
    page.goto(reverse("account_login"))
    page.locator("[name=login]").fill("ada")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("[name=code]")).to_be_focused()
    faults += _faults(page)
    page.locator("[name=code]").fill("000000")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in", exact=True).click()
    faults += _faults(page)
    assert not faults, "\n".join(faults)


def test_a_new_token_and_a_refused_one_are_accessible_and_fit(page, sign_in, ada):
    sign_in(ada)
    page.goto(reverse("tokens:index"))
    page.locator("[name=name]").fill(LONG)
    with page.expect_navigation():
        page.get_by_role("button", name="Create token").click()
    expect(page.locator("#secret")).to_have_text(re.compile("local-[0-9a-f]{40}"))
    assert _faults(page) == []
    page.reload()
    expect(page.get_by_role("button", name="Replace token")).to_be_visible()
    assert _faults(page) == []
    page.goto(reverse("tokens:index"))
    page.locator("[name=name]").fill(LONG)
    _send(page, "Create token")
    assert _faults(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_opened_drawer_and_menu_are_accessible(page, sign_in, furnished, theme):
    sign_in(furnished["users"]["ada"])
    page.emulate_media(color_scheme=theme)
    page.goto(f"{ORG}/registries/")
    page.locator(".who").click()
    expect(page.locator("#me")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.locator("#nav")).to_be_visible()
    assert axe_violations(page) == []
    page.locator(".who").click()
    expect(page.locator("#me")).to_be_in_viewport(ratio=1)
    assert axe_violations(page) == []


def test_forced_colours_keep_the_current_ones_distinct(page, sign_in, ada, acme, models):
    sign_in(ada)
    page.emulate_media(forced_colors="active")
    page.goto(reverse("registries:settings", args=[acme.slug, models.name]))
    page.locator(".who").click()
    current, other = ".tabs [aria-current]", ".tabs a:not([aria-current])"
    assert _style(page, current, "borderBottomColor") != _style(page, other, "borderBottomColor")
    for current, other in (
        (".nav [aria-current=page]", ".nav a:not([aria-current])"),
        ("[aria-pressed=true]", "[aria-pressed=false]"),
    ):
        assert _style(page, current, "backgroundColor") != _style(page, other, "backgroundColor")
    assert _style(page, ".oneway [aria-current]", "borderTopStyle") == "solid"
    assert _style(page, ".oneway .closed", "borderTopStyle") == "dashed"
    assert _style(page, ".badge", "borderTopStyle") == "solid"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_print_shows_the_content_only_and_in_light(page, sign_in, ada, acme, golden, theme):
    sign_in(ada)
    page.emulate_media(media="print", color_scheme=theme)
    page.goto(registries_of(acme))
    for away in ("#nav", ".topbar", ".filters", ".btn"):
        expect(page.locator(away).first).to_be_hidden()
    expect(page.get_by_role("rowheader").filter(has_text=golden.name)).to_be_visible()
    page.locator("html").evaluate("root => root.dataset.theme = 'dark'")
    assert _style(page, "html", "colorScheme") == "light"


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}, {"reduced_motion": "no-preference"}], indirect=True)
def test_motion_is_reduced_where_that_is_asked_for(page, sign_in, ada, acme):
    sign_in(ada)
    page.goto(registries_of(acme))
    moves = page.locator("*").evaluate_all("all => all.some(one => getComputedStyle(one).transitionDuration !== '0s')")
    assert moves == page.evaluate("matchMedia('(prefers-reduced-motion: no-preference)').matches")


def _style(page, selector, name):
    return page.locator(selector).first.evaluate("(element, name) => getComputedStyle(element)[name]", name)


def _send(page, name):
    with page.expect_navigation() as arrival:
        page.get_by_role("button", name=name, exact=True).click()
    assert 400 <= arrival.value.status < 500 or page.locator("#errors").is_visible()


def _faults(page):
    """What is wrong with the page that stands open, in both themes and at five sizes: a line each.

    Light is asked all of axe's rules at desk size, dark those on colour; narrower pages all the others, for their
    colours are the same.
    """
    found = {"desk": axe_violations(page) + sideways(page) + spilling(page)}
    page.emulate_media(color_scheme="dark")
    found["desk, dark"] = axe_violations(page, only=COLOUR_RULES)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(TABLET)
    found["tablet"] = sideways(page) + spilling(page)
    page.set_viewport_size(PHONE)
    found["phone"] = axe_violations(page, without=COLOUR_RULES) + sideways(page) + spilling(page)
    page.set_viewport_size(NARROW)
    found["narrow"] = sideways(page) + spilling(page)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.set_viewport_size(DESK)
    found["text twice as large"] = sideways(page) + spilling(page)
    page.evaluate("document.documentElement.style.fontSize = ''")
    return [f"{where}: {fault}" for where, faults in found.items() for fault in faults]
