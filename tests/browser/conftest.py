"""A real browser for every test of this folder: one program a session, a fresh profile a test."""

import os

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from playwright.sync_api import expect, sync_playwright

from tests.browser.page_checks import DESK
from tests.servers import chromium

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop in the tests' thread

# How a page looks, and what stands in front of the site, is no matter of the database: looked at on one of the two.
collect_ignore = ["test_visual.py", "test_behind_proxies.py"] if os.environ.get("TEST_DATABASE") == "postgresql" else []
WAIT = 20_000  # milliseconds until a step counts as failed; the machine may be busy
expect.set_options(timeout=WAIT)


@pytest.fixture(scope="session")
def browser():
    """The browser that is installed, or the word that there is none."""
    program = chromium.find()
    if program is None:
        pytest.fail("The tests need Chromium or Google Chrome: python -m tests.servers.chromium says how to get one.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=os.geteuid() != 0,  # Chromium has no sandbox for root
            args=["--disable-dev-shm-usage"],
        )
        yield running
        running.close()


@pytest.fixture(scope="session", autouse=True)
def _static_files_stay():
    """Static files are fetched once a profile, as in production."""
    serve = StaticFilesHandler.serve

    def serve_for_long(handler, request):
        response = serve(handler, request)
        response["Cache-Control"] = "max-age=3600"
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", serve_for_long)
        yield


@pytest.fixture
def forgiven():
    """What the browser may complain of in this test: texts, of which a complaint contains one."""
    return []


@pytest.fixture
def page(request, browser, live_server, forgiven):
    """A page in a profile of its own, at desk size; `parametrize(…, indirect=True)` gives other context options.

    What the browser complains of fails the test: a script that broke, a style or script that the CSP blocked, a file
    that is missing. That a whole page answered 4xx or 5xx is the test's own business.
    """
    options = {"viewport": DESK, "reduced_motion": "reduce", "color_scheme": "light"}
    context = browser.new_context(base_url=live_server.url, **options | getattr(request, "param", {}))
    context.set_default_timeout(WAIT)
    page = context.new_page()
    pages, errors, messages = set(), [], []
    page.on("request", lambda asked: pages.add(asked.url) if asked.is_navigation_request() else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: messages.append(message) if message.type in {"error", "warning"} else None)
    yield page
    messages = [message for message in messages if not _says_how_a_page_answered(message, pages)]
    errors += [f"{message.location['url']}: {message.text}" for message in messages]
    context.close()
    assert [error for error in errors if not any(text in error for text in forgiven)] == []


def _says_how_a_page_answered(message, pages):
    return message.text.startswith("Failed to load resource") and message.location["url"] in pages


@pytest.fixture
def sign_in(page, client, live_server):
    """Function: give `page` the session of a user, without the sign-in page."""

    def signed_in(user):
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return signed_in
