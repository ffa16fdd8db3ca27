"""`measure_published`: times what reads the links and the log of `fill_published`, for Mel.

In this process, without a server between: what is asked is how it grows.
"""

import json
import statistics
import time
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.management.commands.fill_published import RARE_WORD
from registry_app.listings import cursor
from registry_app.management.server import with_stack_room
from registry_app.models import AuditChainHead, AuditEvent, Collection, Organization, User

TURNS = 15  # requests of each kind, after two that warm up


class Command(BaseCommand):
    """Writes {what is asked: {"ms": median, "worst": slowest, "queries": …, "bytes": …}} as JSON."""

    help = "Time the pages that read links and the log."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *, file, **options):
        file.write_text(json.dumps(measured(Organization.objects.get())))


def measured(organization):
    """What the command writes."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="mel"))
    found = {}
    for label, address in addresses(organization).items():
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        queries = len(captured)  # the next request begins a new count
        assert answer.status_code == 200, f"{label}: {answer.status_code}"
        times = [_timed(client, address) for _ in range(2 + TURNS)][2:]
        found[label] = {
            "ms": statistics.median(times),
            "worst": max(times),
            "queries": queries,
            "bytes": len(answer.content),
        }
    return found


@with_stack_room  # as the server runs it
def _timed(client, address):
    start = time.perf_counter()
    client.get(address)
    return (time.perf_counter() - start) * 1000


def addresses(organization):
    """{what is asked: its address}"""
    home = f"/orgs/{organization.slug}/"
    release_registry, big = f"{home}registry/Shelf_000/", f"{home}registry/Shelf_000/collection/Big/"
    first = AuditEvent.objects.earliest("at").at
    rare = Collection.objects.filter(description__contains=RARE_WORD).get().name
    deep = cursor.cursor_of({"number": Collection.objects.get(name="Big").next_number // 10}, ["number"])
    return {
        "collections, first page": release_registry,
        "collections, by name": f"{release_registry}?sort=name",
        "collections, by type": f"{release_registry}?type=model",
        "collections, by tag": f"{release_registry}?tag=reviewed",
        "collections, search": f"{release_registry}?q=amber",
        "a collection, first page": big,
        "a collection, deep page": f"{big}?after={deep}",
        "a version": f"{big}v0/",
        "compare two versions": f"{big}compare/?v=0&v=1",
        "who moved production": f"{big}activity/?alias=production",
        "a collection as it was": f"{big}as-it-was/",
        "search, rare word": f"{home}search/?q={RARE_WORD}",
        "search, common word": f"{home}search/?q=amber",
        "search, two words": f"{home}search/?q=amber+reviewed",
        "search, two letters": f"{home}search/?q=ki",
        "search, a tag's name": f"{home}search/?q=reviewed",
        "search, an alias": f"{home}search/?q=alias:production",
        "search, a tag": f"{home}search/?q=tag:reviewed",
        "search, nothing": f"{home}search/?q=xylophone",
        "log, first page": f"{home}audit/",
        "log, deep page": f"{home}audit/?before={AuditChainHead.objects.get().seq // 10}",
        "log, refused only": f"{home}audit/?kind=refused",
        "log, a rare action": f"{home}audit/?action=registry.restrict",
        "log, an old day": f"{home}audit/?since={first:%Y-%m-%d}&until={first:%Y-%m-%d}",
        "log, search, one collection": f"{home}audit/?q={rare}",
        "log, search, everything": f"{home}audit/?q=production",
        "log, search, nothing": f"{home}audit/?q=xylophone",
        "log, a request": f"{home}audit/?q={7:016x}",
    }
