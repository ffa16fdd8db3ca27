"""The browser of the tests: Chromium or Chrome as installed, else Playwright's own, else the distribution's package.

`python -m tests.servers.chromium` makes sure that there is one; `make test` runs it first.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from tests.servers.packages import install

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    """The path of a browser that runs, or None. The environment's CHROMIUM goes first, and then alone."""
    if "CHROMIUM" in os.environ:
        return _running(os.environ["CHROMIUM"])
    return next(filter(None, map(_running, NAMES)), None) or _running(_playwrights_own())


def get():
    """Install a browser: Playwright's own, or as root on Debian the package `chromium`. Says what it does."""
    print("No Chromium is installed: asking Playwright for its own.", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if not find():
        install("chromium")


def _playwrights_own():
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _running(name):
    path = shutil.which(name)
    works = path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
    return path if works else None


def main():
    """Make sure that there is a browser, or end with what to do."""
    if "CHROMIUM" not in os.environ and not find():
        get()
    browser = find()
    if browser is None:
        sys.exit(
            "The tests need a browser, and none could be found or installed."
            " Install Chromium or Google Chrome, or name one: CHROMIUM=/path/to/chromium make test"
        )
    print(f"Browser: {browser}", flush=True)


if __name__ == "__main__":
    main()
