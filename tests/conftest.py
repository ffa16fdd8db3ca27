"""The people and places of every test.

Acme: Ada is an organization admin, Mel a member without any role of her own, Rob a member who is admin of Golden and of
Vault, and leads the team Vision, in which Mel is too. Globex: Sam, its admin, is a stranger to Acme. Root is
site staff and in no organization.
"""

import os
import signal
import subprocess
import sys
from typing import NamedTuple

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache
from django.core.management import execute_from_command_line
from django.db import connections, transaction

from registry_app.choices import Role
from registry_app.management.server import with_stack_room
from tests.factories import (
    give_role,
    make_collection,
    make_link,
    make_member,
    make_organization,
    make_registry,
    make_team,
    make_user,
    make_version,
)
from tests.servers import oidc_provider
from tests.site import site
from tests.used import use

# Helpers that assert: pytest explains those like its own.
pytest.register_assert_rewrite("tests.client", "tests.assertions")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """With `-n`, run each test once, on the database that TEST_DATABASE names; without it, on both (pyproject.toml)."""
    if config.option.numprocesses and config.option.dist == "each":
        config.option.dist = "load"


def pytest_itemcollected(item):
    """Give tests and their fixtures room on the stack, as the server does: else page faults take a fifth of the CPU."""
    item.setup, item.runtest = with_stack_room(item.setup), with_stack_room(item.runtest)


@pytest.fixture(autouse=True)
def _empty_cache():
    """Limits on login attempts are counted in the cache."""
    cache.clear()


@pytest.fixture(autouse=True)
def _new_site():
    """Middleware that has answered no other test."""
    site.cache_clear()


@pytest.fixture(autouse=True)
def _empty_journal():
    """Restrictions of other tests, rolled back since."""
    site_settings.RESTRICTION_JOURNAL.write_bytes(b"")


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker):
    """Lets a fixture make rows once for all tests of a module; they are undone after its last test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def ada(db):
    """Organization admin of Acme."""
    return make_user("ada")


@pytest.fixture
def acme(ada):
    """Ada's organization."""
    return make_organization("Acme ML", ada)


@pytest.fixture
def mel(acme):
    """A member of Acme, without a role of her own in any registry."""
    user = make_user("mel")
    make_member(acme, user)
    return user


@pytest.fixture
def rob(acme):
    """A member of Acme; admin of the custom registries Golden and Vault where a test asks for them."""
    user = make_user("rob")
    make_member(acme, user)
    return user


@pytest.fixture
def sam(db):
    """Admin of another organization, a stranger to Acme."""
    return make_user("sam")


@pytest.fixture
def globex(sam):
    """Sam's organization."""
    return make_organization("Globex", sam)


@pytest.fixture
def root(db):
    """Site staff, in no organization."""
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def models(acme):
    """Acme's core registry Models."""
    return acme.registries.get(name="Models")


@pytest.fixture
def datasets(acme):
    """Acme's core registry Datasets."""
    return acme.registries.get(name="Datasets")


@pytest.fixture
def golden(acme, ada, rob):
    """A custom registry that all of Acme sees; accepts dataset and eval-suite."""
    registry = make_registry(acme, ada, "Golden Datasets", types=["dataset", "eval-suite"])
    give_role(registry, rob, Role.ADMIN)
    return registry


@pytest.fixture
def vault(acme, ada, rob):
    """A restricted custom registry; Ada and Rob see it, Mel does not."""
    registry = make_registry(acme, ada, "Vault", types=None, restricted=True)
    give_role(registry, rob, Role.ADMIN)
    return registry


# A provider of single sign-on.


@pytest.fixture(scope="session")
def issuer(tmp_path_factory):
    """The address of an OpenID Connect provider that serves."""
    command = [sys.executable, "-m", "tests.servers.oidc_provider", str(tmp_path_factory.mktemp("provider"))]
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    process = subprocess.Popen(command, cwd=site_settings.BASE_DIR, env=kept, stdout=subprocess.PIPE, text=True)
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    process.stdout.close()


@pytest.fixture
def provider(issuer, settings):
    """The same, as the site's own provider."""
    oidc_provider.point(settings, issuer)
    return issuer


@pytest.fixture
def says(issuer):
    """Lets the provider say `claims` of a person in this test."""

    yield lambda username, **claims: oidc_provider.say(issuer, {username: claims})
    oidc_provider.say(issuer, {})


@pytest.fixture
def vision(acme, rob, mel):
    """A team of Acme: Rob leads it, Mel is in it. No registry gives it a role."""
    return make_team(acme, "Vision", leads=[rob], people=[mel], description="Image models")


@pytest.fixture
def used_organization(acme, ada, mel, rob):
    """Acme, after everything was done in it that people do."""
    use(acme, ada, mel, rob)
    return acme


# What is published.


@pytest.fixture
def release_registry(acme, ada, rob, mel):
    """A custom registry that takes model and dataset: Rob is its admin, Mel a member of it."""
    registry = make_registry(acme, ada, "Release", types=["dataset", "model"])
    give_role(registry, rob, Role.ADMIN)
    give_role(registry, mel, Role.MEMBER)
    return registry


@pytest.fixture
def churn(release_registry):
    """An empty collection of models in Release."""
    return make_collection(release_registry)


@pytest.fixture
def versions(vision):
    """Three versions of a model of the team Vision."""
    return [make_version(vision) for _ in range(3)]


@pytest.fixture
def two_links(churn, versions):
    """Two versions linked: v0 has good, v1 has production."""
    return make_link(churn, versions[0], "good"), make_link(churn, versions[1], "production")


# Commands.


class Run(NamedTuple):
    """What a command answered to the shell."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs `manage.py` with these words, and keeps the connections that a command closes in the end."""
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def run(*words):
        status = 0
        try:
            execute_from_command_line(["manage.py", *words])
        except SystemExit as stop:
            status = stop.code
        return Run(status, *capsys.readouterr())

    return run


# What is registered from files.


@pytest.fixture
def notes(tmp_path, settings):
    """Where hashes are noted."""
    settings.HASHES = tmp_path / "data" / "hashes"
    return settings.HASHES


@pytest.fixture
def folder(tmp_path):
    """A folder with files in it, an empty one and one in a folder of its own."""
    path = tmp_path / "model"
    (path / "weights").mkdir(parents=True)
    (path / "config.json").write_bytes(b"{}")
    (path / "empty").write_bytes(b"")
    (path / "weights" / "größe 1.bin").write_bytes(b"x" * 3_000_000)
    return path
