"""What the statements of `attacks` are about, and the sessions in which they are tried."""

import pytest

from registry_app.models import Actor, AuditChainHead
from tests.assertions import settle
from tests.database.triggers.attacks import BACK, MERGE, SESSIONS, VENDOR, execute
from tests.factories import make_collection, make_link, make_team, make_version

collect_ignore = {"sqlite": ["test_limited_role.py"], "postgresql": ["test_attached.py"]}[VENDOR]


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


@pytest.fixture
def rows(names, acme, release_registry, churn, versions, vision, globex):
    """The same with what is published: a version that is linked, under an alias, and one that others are made from."""
    unlinked = make_version(vision, metadata={"auc": 1})
    newest = make_version(vision, made_from=(unlinked,))
    link = make_link(churn, versions[0], "production")
    settle()
    return names | {
        "release_registry": release_registry.pk,
        "collection": churn.pk,
        "other_collection": make_collection(release_registry, "Other").pk,
        "link": link.pk,
        "linked": versions[0].pk,
        "unlinked": unlinked.pk,
        "newest": newest.pk,
        "next": newest.number + 1,
        "artifact": unlinked.artifact_id,
        "other_artifact": make_version(vision, "rows", type="dataset").artifact_id,
        "team": vision.pk,
        "other_team": make_team(acme, "Other").pk,
        "end": AuditChainHead.objects.get().seq,
    }


@pytest.fixture(params=SESSIONS)
def session(request, names):
    """The statements above as the site runs them, and with the session loosened as far as it goes."""
    execute(*SESSIONS[request.param][VENDOR])
    yield
    execute(*BACK[VENDOR])
