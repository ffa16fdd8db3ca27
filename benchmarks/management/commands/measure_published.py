"""`measure_published`: fills an empty database with collections, links and a long log, and times what reads them.

One organization with 100 custom registries. Mel is a member without any role of her own, and a tenth of the registries
is restricted. A tenth of all links is in one collection, Big; the others hold 200 each. There are five entries of the
log for each link. Timed in this process, without a server between: what is asked is how it grows.
"""

import json
import random
import statistics
import time
from datetime import timedelta
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry_app import guards, rules
from registry_app.choices import Action, Visibility
from registry_app.management.database import prepare
from registry_app.models import (
    Actor,
    Alias,
    Artifact,
    AuditEvent,
    AuditHead,
    Collection,
    Link,
    OrganizationMembership,
    Registry,
    Tag,
    Team,
    User,
    Version,
    audit,
    found_organization,
)
from registry_app.views import paging

BATCH = 5000  # rows a statement
REGISTRIES, LINKS_EACH, EVENTS_A_LINK = 100, 200, 5
WORDS = ("amber", "basalt", "cedar", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kelp")
RARE_WORD = "zirconium"
TURNS = 15  # requests of each kind, after two that warm up


class Command(BaseCommand):
    """Everything bulk-loaded as the verbs would have left it: guards in place afterwards, and the chain whole."""

    help = "Fill an empty database with links, and time the pages that read them."

    def add_arguments(self, parser):
        parser.add_argument("links", type=int)
        parser.add_argument("file", type=Path)

    def handle(self, *, links, file, **options):
        prepare(self)
        organization = fill(links)
        assert not guards.missing()
        file.write_text(json.dumps(measured(organization)))


def fill(links):
    """The organization with `links` links, and EVENTS_A_LINK entries of the log for each."""
    ada = User.objects.create(username="ada", email="ada@example.com")
    organization = found_organization("Bench", ada, Actor(None, staff=True))
    mel = User.objects.create(username="mel", email="mel@example.com")
    OrganizationMembership.objects.create(organization=organization, user=mel)
    chance = random.Random(links)  # noqa: S311
    if connection.vendor == "sqlite":  # hashes come in no order: with little memory, each means a page of the disk
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -2000000")
    with guards.off():
        registries = _registries(organization)
        versions = _versions(organization, links // 4, chance)
        collections = _collections(registries, links, chance)
        _links(collections, versions, links, ada, chance)
        _log(organization, collections, links * EVENTS_A_LINK, ada)
        connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    connection.close()  # what is measured begins with the memory that the settings give it
    return organization


def _registries(organization):
    return Registry.objects.bulk_create(
        Registry(
            organization=organization,
            name=f"Shelf_{number:03}",
            name_key=f"shelf_{number:03}",
            visibility=Visibility.RESTRICTED if number % 10 == 9 else Visibility.ORGANIZATION,
            accepts_all_types=True,
        )
        for number in range(REGISTRIES)
    )


def _versions(organization, count, chance):
    """Ids of `count` versions, 100 an artifact."""
    team = Team.objects.create(organization=organization, name="Bench", name_key="bench")
    artifacts = Artifact.objects.bulk_create(
        Artifact(team=team, project="bench", name=f"{chance.choice(WORDS)}-{number:06}", type="model", next_number=100)
        for number in range(count // 100 + 1)
    )
    ids = []
    for start in range(0, count, BATCH):
        made = Version.objects.bulk_create(
            Version(
                artifact=artifacts[number // 100],
                number=number % 100,
                digest=f"sha256:{number:064x}",
                uri=f"s3://bench/{number}",
                size=number,
                metadata={"auc": number % 1000 / 1000},
            )
            for number in range(start, min(start + BATCH, count))
        )
        ids += [version.pk for version in made]
    return ids


def _collections(registries, links, chance):
    """The collections, Big first: each with the number of links that it gets."""
    sizes = [links // 10, *[LINKS_EACH] * (links * 9 // 10 // LINKS_EACH)]
    made = []
    for number, size in enumerate(sizes):
        words = f"{chance.choice(WORDS)}_{chance.choice(WORDS)}_{number:06}"
        name = "Big" if number == 0 else words
        made.append(
            Collection(
                registry=registries[0 if number == 0 else number % len(registries)],
                name=name,
                name_key=rules.name_key(name),
                type="model",
                description=" ".join(chance.choices(WORDS, k=12)) + (f" {RARE_WORD}" if number == 1 else ""),
                next_number=size,
            )
        )
    return Collection.objects.bulk_create(made, batch_size=BATCH)


def _links(collections, versions, links, ada, chance):
    """The links, with an alias on two of each collection and a tag on every tenth."""
    used = 0
    for collection in collections:
        start, size = used, collection.next_number
        for low in range(0, size, BATCH):
            numbers = range(low, min(low + BATCH, size))
            made = Link.objects.bulk_create(
                Link(collection=collection, version_id=versions[(start + n) % len(versions)], number=n, linked_by=ada)
                for n in numbers
            )
            Tag.objects.bulk_create(
                Tag(collection=collection, link=link, name="reviewed") for link in made if link.number % 10 == 0
            )
        used += size
        Alias.objects.bulk_create(
            Alias(collection=collection, link=link, name=name)
            for name, link in zip(("production", "candidate"), made[-2:], strict=False)
        )


def _log(organization, collections, count, ada):
    """`count` entries, sealed one to the next, about links of the collections in turn."""
    head, now = AuditHead.objects.get(), timezone.now() - timedelta(days=30)
    for start in range(0, count, BATCH):
        _insert(
            AuditEvent,
            [
                _entry(head, organization, collections[number % len(collections)], number, ada, now)
                for number in range(start, min(start + BATCH, count))
            ],
        )
    AuditHead.objects.update(seq=head.seq, hash=head.hash)


def _entry(head, organization, collection, number, ada, start):
    """The columns of entry `number`, which follows `head`, two a second from `start` on."""
    columns = {
        "action": str(Action.ALIAS_PUT),
        "code": "",
        "actor_id": ada.pk,
        "actor_name": "ada",
        "organization_id": organization.pk,
        "registry_id": collection.registry_id,
        "collection_id": collection.pk,
        "subject": f"{collection.registry_id}/{collection.name}:production",
        "request_id": "",
    }
    at = start + timedelta(seconds=number / 2)
    label = f"v{number % max(1, collection.next_number)}"
    facts = {"at": at.isoformat(), "changes": {"production": [None, label]}, "reason": "", "staff": False}
    body, previous, head.seq = audit.canonical({**columns, **facts}), head.hash, head.seq + 1
    head.hash = audit.sealed(previous, head.seq, body)
    at = connection.ops.adapt_datetimefield_value(at)
    return {**columns, "seq": head.seq, "prev_hash": previous, "hash": head.hash, "body": body, "at": at}


def _insert(model, rows):
    """Write `rows`, a dict of columns each, as the database takes them fastest: millions are too many for objects."""
    names = ", ".join(rows[0])
    places = ", ".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places})",
            [tuple(row.values()) for row in rows],
        )


def measured(organization):
    """{what is asked: {"ms": median, "worst": slowest, "queries": …, "bytes": …}}, for Mel."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="mel"))
    found = {}
    for label, address in addresses(organization).items():
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        queries = len(captured)  # the next request begins a new count
        assert answer.status_code == 200, f"{label}: {answer.status_code}"
        client.get(address)
        times = [_timed(client, address) for _ in range(TURNS)]
        size = len(answer.content)
        facts = {"ms": statistics.median(times), "worst": max(times), "queries": queries, "bytes": size}
        found[label] = facts
    return found


def _timed(client, address):
    start = time.perf_counter()
    client.get(address)
    return (time.perf_counter() - start) * 1000


def addresses(organization):
    """{what is asked: its address}"""
    home = f"/orgs/{organization.slug}/"
    shelf, big = f"{home}registry/Shelf_000/", f"{home}registry/Shelf_000/collection/Big/"
    deep = paging.cursor_of({"number": Collection.objects.get(name="Big").next_number // 10}, ["number"])
    return {
        "collections, first page": shelf,
        "collections, by name": f"{shelf}?sort=name",
        "collections, by type": f"{shelf}?type=model",
        "collections, by tag": f"{shelf}?tag=reviewed",
        "collections, search": f"{shelf}?q=amber",
        "a collection, first page": big,
        "a collection, deep page": f"{big}?after={deep}",
        "a version": f"{big}v0/",
        "compare two versions": f"{big}compare/?one=v0&other=v1",
        "who moved production": f"{big}activity/?alias=production",
        "search, rare word": f"{home}search/?q={RARE_WORD}",
        "search, common word": f"{home}search/?q=amber",
        "search, an alias": f"{home}search/?q=alias:production",
        "search, a tag": f"{home}search/?q=tag:reviewed",
        "search, nothing": f"{home}search/?q=xylophone",
        "log, first page": f"{home}audit/",
        "log, deep page": f"{home}audit/?before={AuditHead.objects.get().seq // 10}",
        "log, refused only": f"{home}audit/?outcome=refused",
    }
