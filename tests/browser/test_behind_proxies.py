"""The site below a path, behind two proxies (an nginx that keeps its path, or strips it), with single sign-on alone."""

import os
import re

import pytest
import requests
from django.conf import settings
from playwright.sync_api import expect
from requests.adapters import HTTPAdapter

from tests.factories import PASSWORD
from tests.html_forms import read_forms
from tests.servers import nginx, oidc_provider
from tests.servers.site import free_port, manage, start

PATH = "/tools/registry"


@pytest.fixture(scope="module")
def site(tmp_path_factory, issuer):
    """The environment of an installation whose admin and staff is Mel, which runs: (its environment, its server)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "DJANGO_"))}
    kept.pop("DATABASE_URL", None)
    site = {
        **kept,
        "REGISTRY_DATA_DIR": str(tmp_path_factory.mktemp("data") / "new"),
        "REGISTRY_STATIC_DIR": str(tmp_path_factory.mktemp("static")),
        "REGISTRY_WORKERS": "1",
        "REGISTRY_URL": f"https://localhost:{free_port()}{PATH}",
        "REGISTRY_PROXIES": "2",
        "REGISTRY_SSO_ONLY": "true",
        "REGISTRY_OIDC_URL": issuer,
        "REGISTRY_OIDC_CLIENT_ID": oidc_provider.CLIENT,
        "REGISTRY_OIDC_CLIENT_SECRET": oidc_provider.SECRET,
        "REGISTRY_OIDC_NAME": "Example login",
        "REGISTRY_ADMIN_PASSWORD": PASSWORD,
        "PORT": str(free_port()),
    }
    assert manage(site, "collectstatic", "--no-input", "--verbosity=0").returncode == 0
    made = manage(site, "create_organization", "Acme ML", "--admin", "mel", "--email", "mel@example.com")
    assert (made.returncode, f"{PATH}/orgs/acme-ml/" in made.stdout) == (0, True), made.stderr
    with start(site) as server:
        yield site, server


@pytest.fixture(params=[False, True], ids=["kept", "stripped"])
def address(request, tmp_path, site, issuer):
    """The address of the site, as people use it. The provider knows that they come back there."""
    environment, server = site
    outer = int(environment["REGISTRY_URL"].split(":")[2].partition("/")[0])
    address = environment["REGISTRY_URL"]
    callback = f"{address}/accounts/oidc/127-0-0-1-{issuer.rpartition(':')[2]}/login/callback/"
    known = {"uri": callback, "after": f"{address}/accounts/signed-out/"}
    assert requests.get(f"{issuer}/allow/", params=known, timeout=30).ok
    ports = {"outer": outer, "inner": free_port(), "site": server.port}
    with nginx.proxies(tmp_path, path=PATH, strips=request.param, **ports):
        yield address


def sign_in_there(page):
    """Sign in at the provider, whose page is shown, and let it tell the site."""
    page.locator("[name=login]").fill("mel-there")
    page.locator("[name=password]").fill(oidc_provider.PASSWORD)
    page.get_by_role("button", name="Sign In").click()
    page.get_by_role("button", name="Authorize").click()


@pytest.mark.parametrize("page", [{"ignore_https_errors": True}], indirect=True)
def test_a_day_of_somebody_who_comes_by_the_provider(page, address, issuer):
    wanted = f"{address}/account/tokens/"
    page.goto(wanted)
    expect(page).to_have_url(re.compile(f"^{re.escape(issuer)}/login/"))
    sign_in_there(page)
    expect(page).to_have_url(wanted)
    assert {cookie["path"] for cookie in page.context.cookies(f"{address}/")} == {f"{PATH}/"}
    assert {cookie["name"] for cookie in page.context.cookies(f"{address}/")} >= {"__Secure-session", "__Secure-csrf"}
    assert {link.partition(PATH)[0] for link in links(page)} == {""}

    page.goto(f"{address}/orgs/acme-ml/members/invite/")
    page.get_by_role("button", name="Create invitations").click()
    expect(page.locator("body")).to_contain_text(f"{address}/invitations/")

    page.goto(address)
    expect(page).to_have_url(f"{address}/orgs/acme-ml/")
    page.goto(f"{address}/admin/")
    page.locator("#logout-form button").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page).to_have_url(f"{address}/accounts/signed-out/")
    page.get_by_role("link", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"^{re.escape(issuer)}/login/"))  # who leaves here leaves there too


def links(page):
    """The addresses on this site that the page leads to, by links and by forms."""
    found = page.locator("a[href^='/'], link[href^='/'], script[src^='/'], form[action^='/']")
    return found.evaluate_all(
        "all => all.map(one => ['href', 'src', 'action'].map(name => one.getAttribute(name) || '').join(''))"
    )


@pytest.mark.parametrize("page", [{"ignore_https_errors": True}], indirect=True)
def test_staff_get_in_without_the_provider(page, address):
    page.goto(f"{address}/accounts/staff/?next={PATH}/account/tokens/")
    page.locator("[name=login]").fill("mel")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{address}/account/tokens/")


@pytest.mark.parametrize("host", ["10.0.0.7", "localhost", "evil.example", "a b"])
def test_probes_and_programs_are_answered(site, address, tmp_path, host):
    ask = program(tmp_path)
    for path in ("healthz", "readyz"):
        assert ask.get(f"{address}/{path}", timeout=30).text == "ok\n"
        for place in ("", PATH):
            near = f"http://127.0.0.1:{site[1].port}{place}/{path}"
            answer = ask.get(near, headers={"Host": host}, allow_redirects=False, timeout=30)
            assert (answer.status_code, answer.text) == (200, "ok\n")
    answer = ask.get(f"{address}/api/v1/me", timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert ask.get(f"{address}/no/such/page/", timeout=30, allow_redirects=False).status_code in {302, 404}


def program(folder):
    """A session of a program that knows the certificate of the proxies in `folder`."""
    session = requests.Session()
    session.verify, session.trust_env = f"{folder}/cert.pem", False  # the environment may name other certificates
    return session


class From(HTTPAdapter):
    """Asks from another address of this machine."""

    def __init__(self, source):
        self.source = source
        super().__init__()

    def init_poolmanager(self, *args, **options):
        """As ever, but from there."""
        super().init_poolmanager(*args, **options, source_address=(self.source, 0))


@pytest.mark.parametrize("source", ["127.0.0.5", "127.0.0.6"])
@pytest.mark.parametrize("forged", ["192.0.2.7", "192.0.2.7, 192.0.2.8", "127.0.0.9, 192.0.2.7, 192.0.2.8", "x"])
def test_a_client_is_where_it_is_whatever_it_says_of_itself(address, tmp_path, source, forged):
    client, page = program(tmp_path), f"{address}/accounts/staff/"
    client.mount("https://", From(source))
    client.headers["X-Forwarded-For"] = forged
    form = next(form for form in read_forms(client.get(page, timeout=60).text) if form.method == "post")
    sent = {**form.data, "login": "mel", "password": PASSWORD}
    assert client.post(page, data=sent, headers={"Referer": page}, timeout=60, allow_redirects=False).status_code == 302
    shown = client.get(f"{address}/accounts/sessions/", timeout=60).text
    assert source in shown
    assert "192.0.2." not in shown


def test_the_site_says_where_it_is(site):
    environment, server = site
    assert any(environment["REGISTRY_URL"] in line for line in server.lines)
    link = manage(environment, "reset_password", "mel").stdout.split()[-1]
    assert link.startswith(f"{environment['REGISTRY_URL']}/accounts/password/reset/key/")
    assert settings.PUBLIC_URL not in link
