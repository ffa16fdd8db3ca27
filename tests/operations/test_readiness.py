"""What probes are told: that a process answers, and that it can work."""

import pytest
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from registry_app.database import triggers
from registry_app.middleware import READY_FOR
from tests.client import browser
from tests.outages import held, out_of_reach

PROBES = ["/healthz", "/readyz"]
ANYWHERE = [
    {},
    {"host": "10.0.0.7:8000"},
    {"host": "evil.example"},
    {"host": "a b"},
    {"X-Forwarded-Proto": "http"},
    {"Cookie": "session=x"},
]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("headers", ANYWHERE, ids=str)
def test_a_probe_is_answered_whatever_the_host(path, headers):
    response = browser().get(path, headers=headers)
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"ok\n", "text/plain")
    assert not response.cookies
    assert browser().head(path, headers=headers).status_code == 200
    assert browser().post(path, headers=headers).status_code == 405


def test_healthz_asks_no_database(db):
    with CaptureQueriesContext(connection) as captured:
        assert browser().get("/healthz").status_code == 200
    assert captured.captured_queries == []


def lose_a_trigger():
    triggers.drop()


def lose_a_migration():
    MigrationRecorder.Migration.objects.filter(app="registry_app").latest("pk").delete()


@pytest.mark.django_db
@pytest.mark.parametrize("lose", [lose_a_trigger, lose_a_migration])
def test_without_its_triggers_and_migrations_the_site_is_not_ready(lose):
    with transaction.atomic():
        lose()
        answers = [browser().get(path) for path in PROBES]
        transaction.set_rollback(True)
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"ok\n"), (503, b"not ready\n")]
    assert browser().get("/readyz").status_code == 200


def test_without_its_database_the_site_is_not_ready(transactional_db):
    with out_of_reach():
        answers = [browser().get(path) for path in PROBES]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"ok\n"), (503, b"not ready\n")]
    assert browser().get("/readyz").status_code == 200


def test_while_the_database_is_held_the_site_is_ready_to_be_read(transactional_db):
    with held():
        assert [browser().get(path).status_code for path in PROBES] == [200, 200]


def test_a_good_answer_is_kept_for_seconds_and_a_bad_one_is_not(db, monkeypatch):
    client, clock = browser(), [1000.0]
    monkeypatch.setattr("registry_app.middleware.time.monotonic", lambda: clock[0])
    with transaction.atomic():
        triggers.drop()
        assert client.get("/readyz").status_code == 503
        transaction.set_rollback(True)
    assert client.get("/readyz").status_code == 200
    with CaptureQueriesContext(connection) as captured:
        clock[0] += READY_FOR - 1
        assert client.get("/readyz").status_code == 200
    assert captured.captured_queries == []
    with transaction.atomic():
        triggers.drop()
        clock[0] += 1
        assert client.get("/readyz").status_code == 503
        transaction.set_rollback(True)
