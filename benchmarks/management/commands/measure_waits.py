"""`measure_waits`: how long an import and a restriction keep others from saving.

In an organization of its own: `DJANGO_SETTINGS_MODULE=benchmarks.settings REGISTRY_DATA_DIR=$(mktemp -d)
.venv/bin/python manage.py measure_waits`, with DATABASE_URL for PostgreSQL. Beside each, a second connection takes what
each change of the organization takes, over and over; how long it had to wait is told, and what the page took.
"""

import json
import re
import threading
import time
from html import unescape
from pathlib import Path
from statistics import median
from typing import NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse

from registry_app.importers.rows import IMPORT_ROWS
from registry_app.models import Actor, Organization, OrganizationMembership, Registry, Team, User, create_organization
from registry_app.models.event import COMMAND_LINE
from registry_app.operations.prepare import prepare
from tests.html_forms import read_forms

PATIENCE = 60  # seconds for a lock
KEPT = 100  # people who keep access when a registry is restricted, as far as there are so many


class Step(NamedTuple):
    """What one request took: milliseconds that others waited at most, until it was answered, and of the server's CPU;
    and its queries.
    """

    waited: float
    took: float
    cpu: float
    queries: int


class Command(BaseCommand):
    """Prints the Step of each request: an import looked at and done, and a restriction. The medians of a few rounds are
    written to `file`, if there is one, as {name: Step}.
    """

    help = "Measure how long an import and a restriction keep others from saving."

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=IMPORT_ROWS)
        parser.add_argument("--people", type=int, default=1000)
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument("--file", type=Path)

    def handle(self, *, rows, people, rounds, file, **options):
        prepare(self)
        waits = {"timeout": PATIENCE} if connection.vendor == "sqlite" else {"options": f"-c lock_timeout={PATIENCE}s"}
        connection.settings_dict["OPTIONS"] |= waits
        settings.ALLOWED_HOSTS.append("testserver")
        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        self.zoe = User.objects.create(username="zoe", email="zoe@example.com")
        self.organization = create_organization("Import", self.zoe, COMMAND_LINE)
        self.people = User.objects.bulk_create(
            User(username=f"z{n:04}", email=f"z{n:04}@example.com") for n in range(people)
        )
        OrganizationMembership.objects.bulk_create(
            OrganizationMembership(organization=self.organization, user=user) for user in self.people
        )
        self.team = Team(organization=self.organization, name="Vision")
        self.team.create(COMMAND_LINE)
        self.client = Client()
        self.client.force_login(self.zoe)
        found = [{**self._import(number, rows), "restriction": self._restrict(number)} for number in range(rounds)]
        steps = {name: Step(*map(median, zip(*(each[name] for each in found), strict=True))) for name in found[0]}
        for name, step in steps.items():
            self.stdout.write(f"{name}: others waited {step.waited:.0f} ms, the page took {step.took:.0f} ms")
        if file:
            file.write_text(json.dumps(steps))

    def _import(self, number, count):
        names = [f"artifact-{number}-{row // 2}" for row in range(count)]
        rows = [
            {"project": "p", "name": name, "type": "model", "uri": "s3://b/x", "digest": f"etag:{row}"}
            for row, name in enumerate(names)
        ]
        link, text = reverse("imports:create", args=[self.organization.slug, self.team.name]), json.dumps(rows)
        preview, page = self._beside(lambda: self.client.post(link, {"text": text}))
        etag = re.search(r'name="etag" value="(\w+)"', unescape(page.text))[1]
        done, page = self._beside(lambda: self.client.post(link, {"text": text, "etag": etag}))
        assert page.status_code == 302
        return {"preview": preview, "import": done}

    def _restrict(self, number):
        """A registry that all see is restricted to KEPT of them."""
        registry = Registry(organization=self.organization, name=f"Shared {number}", accepts_all_types=True)
        registry.create(Actor(self.zoe))
        link = reverse("registries:restrict", args=[self.organization.slug, registry.name])
        *_, form = (form for form in read_forms(self.client.get(link).text) if "confirmation" in form.data)
        kept = "\n".join(user.username for user in self.people[:KEPT])
        step, page = self._beside(
            lambda: self.client.post(link, {**form.data, "others": kept, "confirmation": registry.name})
        )
        assert page.status_code == 302
        return step

    def _beside(self, act):
        """(the Step of `act`, what it answered)."""
        over, waits, asked = threading.Event(), [], []

        def change():
            while not over.is_set():
                began = time.perf_counter()
                with transaction.atomic():
                    Organization.objects.hold(self.organization.pk)
                    waits.append(time.perf_counter() - began)
                time.sleep(0.01)
            connections.close_all()

        def count(execute, sql, *rest):
            asked.append(sql)
            return execute(sql, *rest)

        other = threading.Thread(target=change)
        other.start()
        began, cpu = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(count):
            answer = act()
        took, cpu = time.perf_counter() - began, time.thread_time() - cpu
        over.set()
        other.join()
        return Step(max(waits) * 1000, took * 1000, cpu * 1000, len(asked)), answer
