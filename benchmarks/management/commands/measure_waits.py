"""`measure_waits`: how long an import keeps others from saving, looked at and then done.

In an organization of its own: `DJANGO_SETTINGS_MODULE=benchmarks.settings REGISTRY_DATA_DIR=$(mktemp -d)
.venv/bin/python manage.py measure_waits`, with DATABASE_URL for PostgreSQL. Beside the import, a second connection
takes what each change of the organization takes, over and over; how long it had to wait is told, and how long the page
took.
"""

import json
import re
import threading
import time
from html import unescape
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from registry_app.importers.rows import IMPORT_ROWS
from registry_app.models import Actor, Organization, Team, User, create_organization
from registry_app.operations.prepare import prepare

PATIENCE = 60  # seconds for a lock


class Command(BaseCommand):
    """Prints milliseconds: the longest wait, and the answer, of each step; the median of a few rounds. The waits are
    written to `file`, if there is one, as {step: milliseconds}.
    """

    help = "Measure how long an import keeps others from saving."

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=IMPORT_ROWS)
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument("--file", type=Path)

    def handle(self, *, rows, rounds, file, **options):
        prepare(self)
        waits = {"timeout": PATIENCE} if connection.vendor == "sqlite" else {"options": f"-c lock_timeout={PATIENCE}s"}
        connection.settings_dict["OPTIONS"] |= waits
        settings.ALLOWED_HOSTS.append("testserver")
        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        zoe = User.objects.create(username="zoe", email="zoe@example.com")
        organization = create_organization("Import", zoe, Actor(None, staff=True))
        team = Team(organization=organization, name="Vision")
        team.create(Actor(None, staff=True))
        self.client, self.link = Client(), reverse("imports:create", args=[organization.slug, team.name])
        self.client.force_login(zoe)
        found = [self._round(organization, number, rows) for number in range(rounds)]
        waited = {}
        for step, seen in zip(("preview", "import"), zip(*found, strict=True), strict=True):
            waited[step], took = (sorted(values)[rounds // 2] * 1000 for values in zip(*seen, strict=True))
            self.stdout.write(f"{step}: others waited {waited[step]:.0f} ms, the page took {took:.0f} ms")
        if file:
            file.write_text(json.dumps(waited))

    def _round(self, organization, number, count):
        names = [f"artifact-{number}-{row // 2}" for row in range(count)]
        rows = [
            {"project": "p", "name": name, "type": "model", "uri": "s3://b/x", "digest": f"etag:{row}"}
            for row, name in enumerate(names)
        ]
        text = json.dumps(rows)
        looked = _beside(organization, lambda: self.client.post(self.link, {"text": text}))
        etag = re.search(r'name="etag" value="(\w+)"', unescape(looked[2].text))[1]
        done = _beside(organization, lambda: self.client.post(self.link, {"text": text, "etag": etag}))
        assert done[2].status_code == 302
        return looked[:2], done[:2]


def _beside(organization, act):
    """(the longest wait, the time that `act` took, what it answered), in seconds."""
    over, waits = threading.Event(), []

    def change():
        while not over.is_set():
            began = time.perf_counter()
            with transaction.atomic():
                Organization.objects.hold(organization.pk)
                waits.append(time.perf_counter() - began)
            time.sleep(0.01)
        connections.close_all()

    other = threading.Thread(target=change)
    other.start()
    began = time.perf_counter()
    answer = act()
    took = time.perf_counter() - began
    over.set()
    other.join()
    return max(waits), took, answer
