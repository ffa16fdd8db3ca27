"""Forms of the pages, and the world that tests of all addresses share."""

import pytest
from django.urls import reverse

from registry_app.models.change import etag_of
from tests.client import at
from tests.web.bad_input import Sent
from tests.web.world import make_world


@pytest.fixture
def registry_form(acme, golden, mel):
    """A function: the form called so, filled in well, about Golden where it is about a registry."""
    forms = {
        "create": Sent(
            reverse("registries:create", args=[acme.slug]),
            name="Silver",
            description="Second best",
            visibility="organization",
            accepts_all_types="",
            types="model",
        ),
        "settings": Sent(at("registries:settings", golden), name="Silver", description="", etag=etag_of(golden)),
        "restrict": Sent(
            at("registries:restrict", golden),
            confirmation="Golden Datasets",
            reason="",
            etag=etag_of(golden, (2, 1)),
        ),
        "delete": Sent(
            at("registries:delete", golden),
            confirmation="Golden Datasets",
            etag=etag_of(golden, (0, 0, 0, 0)),
            reason="",
        ),
        "add": Sent(at("accepted_types:add", golden), types="model", reason="", etag=etag_of(golden)),
        "remove": Sent(at("accepted_types:remove", golden), types="dataset", etag=etag_of(golden)),
        "accept": Sent(at("accepted_types:accept", golden), accepts_all_types="on", etag=etag_of(golden)),
    }
    return forms.__getitem__


@pytest.fixture(scope="module")
def world(module_rows):
    """The World; what a test does to it is undone at its end."""
    return make_world()
