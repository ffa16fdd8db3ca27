"""What the statements of `attacks` are about, and the sessions in which they are tried."""

import pytest

from registry_app.models import Actor
from tests.guards.attacks import BACK, MERGE, SESSIONS, VENDOR, execute
from tests.models.refusals import settle

collect_ignore = [] if VENDOR == "postgresql" else ["test_limited_role.py"]  # SQLite has no roles


@pytest.fixture
def names(acme, globex, models, datasets, golden, vault, ada):
    """What stands in the statements for rows and for words of the engine."""
    models.add_types(Actor(ada), ["adapter"])
    settle()
    yes, no = ("1", "0") if VENDOR == "sqlite" else ("true", "false")
    return {
        "acme": acme.pk,
        "globex": globex.pk,
        "models": models.pk,
        "datasets": datasets.pk,
        "golden": golden.pk,
        "vault": vault.pk,
        "merge_models": MERGE.format(models.pk),
        "merge_golden": MERGE.format(golden.pk),
        "merge_vault": MERGE.format(vault.pk),
        "yes": yes,
        "no": no,
    }


@pytest.fixture(params=SESSIONS)
def session(request, names):
    """The statements above as the site runs them, and with the session loosened as far as it goes."""
    execute(*SESSIONS[request.param][VENDOR])
    yield
    execute(*BACK[VENDOR])
