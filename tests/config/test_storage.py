"""Static files have addresses with a digest, worked out once; what every page loads is one file of each kind."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import override_settings

from config.storage import BUNDLES, IMPORT, StaticFilesStorage

STORAGES = {"staticfiles": {"BACKEND": "config.storage.StaticFilesStorage"}}


def test_an_address_has_its_digest_and_is_worked_out_once(tmp_path):
    storage = StaticFilesStorage(location=tmp_path, base_url="/static/")
    storage.hashed_files = {"icon.svg": "icon.0123456789ab.svg"}
    assert storage.url("icon.svg") == "/static/icon.0123456789ab.svg"
    storage.hashed_files = {}
    assert storage.url("icon.svg") == "/static/icon.0123456789ab.svg"


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The folder of collected static files."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder, STORAGES=STORAGES):
        call_command("collectstatic", "--no-input", "--verbosity=0")
    return folder


def source(name):
    """The text of the file `name` as it is written."""
    return Path(finders.find(name)).read_text()


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_holds_all_that_it_imports_in_its_order(collected, name):
    folder, _, rest = name.partition("/")
    stem, _, kind = rest.partition(".")
    (file,) = (collected / folder).glob(f"{stem}.*.{kind}")
    text, imports = file.read_text(), IMPORT.findall(source(name))
    assert len(imports) > 2 and not IMPORT.search(text)
    parts = [source(f"{folder}/{path}" if not path.startswith("../") else path[3:]) for path in imports]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


class Loaded(HTMLParser):
    """The addresses of the style sheets and scripts of a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if attributes.get("rel") == "stylesheet" or (tag == "script" and "src" in attributes):
            self.found.append(attributes.get("href") or attributes["src"])


def test_a_page_loads_one_style_sheet_and_one_script():
    assert Loaded(render_to_string("404.html")).found == ["/static/css/site.css", "/static/js/site.js"]
    assert Loaded(render_to_string("500.html")).found == ["/static/css/site.css"]
