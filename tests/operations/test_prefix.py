"""The path of REGISTRY_URL: it can't begin as addresses of the site do."""

import pytest
from django.core import checks


@pytest.mark.parametrize("prefix", [None, "/tools", "/tools/registry", "/tools/orgs", "/organization", "/orgs-of-ours"])
def test_other_paths_are_fine(settings, prefix):
    settings.FORCE_SCRIPT_NAME = prefix
    assert checks.run_checks(tags=[checks.Tags.urls]) == []


@pytest.mark.parametrize("first", ["orgs", "admin", "accounts", "account", "api", "invitations", "static", "healthz"])
@pytest.mark.parametrize("rest", ["", "/registry"])
def test_a_path_that_begins_as_an_address_here_is_an_error(settings, first, rest):
    settings.FORCE_SCRIPT_NAME = f"/{first}{rest}"
    (error,) = checks.run_checks(tags=[checks.Tags.urls])
    assert (error.id, error.is_serious(), f"/{first}," in error.msg) == ("registry_app.E001", True, True)
