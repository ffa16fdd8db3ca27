"""`fill_log`: fills an empty database with a log, and with just what it says, for `verify_audit` to be measured.

.venv/bin/python manage.py fill_log 100000 --settings=benchmarks.settings
time .venv/bin/python manage.py verify_audit --settings=benchmarks.settings
"""

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from registry_app.choices import Action
from registry_app.database import triggers
from registry_app.models import (
    Actor,
    Alias,
    Artifact,
    AuditChainHead,
    AuditEvent,
    Collection,
    Link,
    Registry,
    Tag,
    Team,
    Version,
    create_organization,
    make_account,
)
from registry_app.models.event import canonical_json, entry_hash
from registry_app.operations.prepare import prepare

SHELVES, ENTRIES_A_TURN, BATCH = 50, 5, 5000
BY = Actor(None, staff=True)


class Command(BaseCommand):
    """A team and registries by their verbs; then versions, links, aliases and tags as their verbs would leave them."""

    help = "Fill an empty database with a log of that many entries."

    def add_arguments(self, parser):
        parser.add_argument("entries", type=int)

    def handle(self, *, entries, **options):
        prepare(self)
        team, collections = _begin()
        turns = range((entries - AuditChainHead.objects.get().seq) // ENTRIES_A_TURN)
        with triggers.disabled():
            log = Log(team.organization_id)
            _publish(log, team, collections, turns)
            log.save()
            connection.check_constraints()


class Log:
    """The end of the log, to which entries are added in bulk."""

    def __init__(self, organization):
        self.organization, self.head, self.new = organization, AuditChainHead.objects.get(), []

    def add(self, action, subject, changes, collection=None):
        """One entry."""
        where = {"registry_id": collection and collection.registry_id, "collection_id": collection and collection.pk}
        columns = {
            "action": str(action),
            "code": "",
            "actor_id": None,
            "actor_name": "command line",
            "organization_id": self.organization,
            **where,
            "target_name": subject,
            "request_id": "",
        }
        now, previous = timezone.now(), self.head.hash
        body = canonical_json(columns | {"at": now.isoformat(), "changes": changes, "reason": "", "staff": True})
        self.head.seq += 1
        self.head.hash = entry_hash(previous, self.head.seq, body)
        seal = {"seq": self.head.seq, "prev_hash": previous, "hash": self.head.hash}
        self.new.append(AuditEvent(**seal, body=body, at=now, **columns))

    def save(self):
        """Keep what was added."""
        AuditEvent.objects.bulk_create(self.new, batch_size=BATCH)
        AuditChainHead.objects.update(seq=self.head.seq, hash=self.head.hash)


def _begin():
    admin = make_account("ada", "ada@example.com", "only for measuring", BY)
    organization = create_organization("Bench", admin, BY)
    team = Team(organization=organization, name="Bench")
    team.create(BY)
    collections = []
    for n in range(SHELVES):
        registry = Registry(organization=organization, name=f"Shelf {n}", accepts_all_types=True)
        registry.create(BY)
        collections.append(Collection(registry=registry, name=f"Collection {n}", type="model"))
        collections[-1].create(BY)
    return team, collections


def _publish(log, team, collections, turns):
    """In each turn a version of a new artifact is registered, and linked with two aliases and two tags."""
    versions, links, aliases, tags = [], [], [], []
    made = (Artifact(team=team, project="bench", name=f"m{n}", type="model", next_number=1) for n in turns)
    for n, artifact in enumerate(Artifact.objects.bulk_create(made, batch_size=BATCH)):
        collection = collections[n % SHELVES]
        version = Version(artifact=artifact, number=0, digest=f"sha256:{n:064x}", uri=f"s3://bench/{n}", size=1)
        link = Link(collection=collection, version=version, number=n // SHELVES)
        versions.append(version)
        links.append(link)
        own = f"turn-{n}"
        aliases.append(Alias(collection=collection, link=link, name=own))
        tags += [Tag(collection=collection, link=link, name=name) for name in ("reviewed", own)]
        facts = {"type": [None, "model"], "digest": [None, version.digest], "uri": [None, version.uri]}
        log.add(Action.VERSION_CREATE, str(version), facts)
        log.add(Action.LINK, collection.path, {link.label: [None, str(version)]}, collection)
        before = f"v{link.number - 1}" if link.number else None
        log.add(Action.ALIAS_SET, f"{collection.path}:good", {"good": [before, link.label]}, collection)
        log.add(Action.ALIAS_SET, f"{collection.path}:{own}", {own: [None, link.label]}, collection)
        log.add(Action.LINK_TAG, str(link), {"tags": [[], ["reviewed", own]]}, collection)
    aliases += [Alias(collection=link.collection, link=link, name="good") for link in links[-SHELVES:]]
    for model, rows in ((Version, versions), (Link, links), (Alias, aliases), (Tag, tags)):
        model.objects.bulk_create(rows, batch_size=BATCH)
    for n, collection in enumerate(collections):
        Collection.objects.filter(pk=collection.pk).update(next_number=len(links[n::SHELVES]))
