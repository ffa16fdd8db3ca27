"""`fill_published`: fills an empty database with collections, links and a long log.

One organization with 100 custom registries, a tenth of them restricted. Mel is a member without any role of her own. A
tenth of all links is in one collection, Big; the others hold 200 each. There are five entries of the log for each link,
of which one in a thousand was refused.
"""

import random
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from benchmarks.contents import note_contents
from registry_app import rules
from registry_app.choices import Action, Target, Visibility
from registry_app.database import fulltext, triggers
from registry_app.models import (
    Actor,
    Alias,
    Artifact,
    AuditChainHead,
    AuditEvent,
    Collection,
    Link,
    OrganizationMembership,
    Registry,
    Tag,
    Team,
    User,
    Version,
    create_organization,
)
from registry_app.models.event import canonical_json, entry_hash
from registry_app.operations.prepare import prepare

BATCH = 5000  # rows made at a time
ROWS = 500  # rows a statement
REGISTRIES, LINKS_EACH, EVENTS_A_LINK = 100, 200, 5
WORDS = ("amber", "basalt", "cedar", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kelp")
RARE_WORD = "zirconium"


class Command(BaseCommand):
    """Everything bulk-loaded as the verbs would have left it: triggers in place afterwards, and the chain whole."""

    help = "Fill an empty database with links."

    def add_arguments(self, parser):
        parser.add_argument("links", type=int)

    def handle(self, *, links, **options):
        prepare(self)
        fill(links)
        assert not triggers.missing()


def fill(links):
    """An organization with `links` links, and EVENTS_A_LINK entries of the log for each."""
    ada = User.objects.create(username="ada", email="ada@example.com")
    organization = create_organization("Bench", ada, Actor(None, staff=True))
    mel = User.objects.create(username="mel", email="mel@example.com")
    OrganizationMembership.objects.create(organization=organization, user=mel)
    chance = random.Random(links)  # noqa: S311
    has_index = fulltext.is_whole()  # not on a PostgreSQL without pg_trgm
    if connection.vendor == "sqlite":  # hashes come in no order: with little memory, each means a page of the disk
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -2000000")
    with triggers.disabled():
        registries = _registries(organization)
        versions = _versions(organization, links // 4, chance)
        collections = _collections(registries, links, chance)
        _links(collections, versions, links, ada, chance)
        note_contents()
        _log(organization, collections, links * EVENTS_A_LINK, ada)
        connection.check_constraints()
    fulltext.install()  # apart: PostgreSQL makes no index in the transaction that wrote the rows
    assert fulltext.is_whole() == has_index
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


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
        Artifact(
            organization=organization,
            team=team,
            project="bench",
            name=f"{chance.choice(WORDS)}-{number:06}",
            type="model",
            next_number=100,
        )
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
                numbers={"auc": number % 1000 / 1000},
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
    parked = {"sqlite": "TRIGGER IF EXISTS event_search_insert", "postgresql": "INDEX IF EXISTS event_search"}
    with connection.cursor() as cursor:  # an index is made faster of all entries at once
        cursor.execute(f"DROP {parked[connection.vendor]}")
    head, now = AuditChainHead.objects.get(), timezone.now() - timedelta(days=30)
    for start in range(0, count, BATCH):
        _insert(
            AuditEvent,
            [
                _entry(head, organization, collections[number % len(collections)], number, ada, now)
                for number in range(start, min(start + BATCH, count))
            ],
        )
    AuditChainHead.objects.update(seq=head.seq, hash=head.hash)


def _entry(head, organization, collection, number, ada, start):
    """The columns of entry `number`, which follows `head`, two a second from `start` on."""
    refused = number % 1000 == 999
    columns = {
        "action": str(Action.RESTRICT if number % 5000 == 0 else Action.ALIAS_SET),
        "code": rules.ALIAS_PROTECTED.code if refused else "",
        "actor_id": ada.pk,
        "actor_name": "ada",
        "organization_id": organization.pk,
        "registry_id": collection.registry_id,
        "collection_id": collection.pk,
        "target_type": str(Target.ALIAS),
        "target_id": collection.pk,
        "target_name": f"{collection.registry_id}/{collection.name}:production",
        "request_id": f"{number:016x}",
    }
    at = start + timedelta(seconds=number / 2)
    label = f"v{number % max(1, collection.next_number)}"
    alias = {"id": collection.pk, "name": "production", "type": str(Target.ALIAS)}
    link = {"id": collection.pk, "name": f"{collection.name}:{label}", "type": str(Target.LINK)}
    related = {"alias": alias, "link": link}
    more = {"changes": {"link": [None, label]}, "related": related, "reason": "", "staff": False}
    content = {**columns, **more, "at": at.isoformat()}
    body, previous, head.seq = canonical_json(content), head.hash, head.seq + 1
    head.hash = entry_hash(previous, head.seq, body)
    at = connection.ops.adapt_datetimefield_value(at)
    return {**columns, "seq": head.seq, "prev_hash": previous, "hash": head.hash, "body": body, "at": at}


def _insert(model, rows):
    """Write `rows`, a dict of columns each, many a statement: millions are too many for objects."""
    names, places = ", ".join(rows[0]), f"({', '.join(['%s'] * len(rows[0]))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({names}) VALUES {', '.join([places] * len(part))}",
                [value for row in part for value in row.values()],
            )
