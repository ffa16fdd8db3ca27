"""`fill_log`: fills an empty database with a log, and with just what it says, for `verify_audit` to be measured.

.venv/bin/python manage.py fill_log 100000 --settings=benchmarks.settings
time .venv/bin/python manage.py verify_audit --settings=benchmarks.settings
"""

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from benchmarks.contents import note_contents
from registry_app.choices import Action
from registry_app.database import triggers
from registry_app.models import (
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
from registry_app.models.event import COMMAND_LINE, canonical_json, entry_hash, reference
from registry_app.operations.prepare import prepare

SHELVES, ENTRIES_A_TURN, BATCH = 50, 5, 5000


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
            note_contents()
            connection.check_constraints()


class Log:
    """The end of the log, to which entries are added in bulk."""

    def __init__(self, organization):
        self.organization, self.head, self.new = organization, AuditChainHead.objects.get(), []

    def add(self, action, thing, changes=None, related=None):
        """One entry."""
        target = thing.audit_target
        columns = {
            "action": str(action),
            "code": "",
            "actor_id": None,
            "actor_name": "command line",
            "target_type": str(target.type),
            "target_id": target.id,
            "target_name": target.name,
            "organization_id": self.organization,
            "registry_id": target.registry,
            "collection_id": target.collection,
            "request_id": "",
        }
        now, previous = timezone.now(), self.head.hash
        more = {"at": now.isoformat(), "changes": changes or {}, "related": related or {}, "reason": "", "staff": True}
        body = canonical_json(columns | more)
        self.head.seq += 1
        self.head.hash = entry_hash(previous, self.head.seq, body)
        seal = {"seq": self.head.seq, "prev_hash": previous, "hash": self.head.hash}
        self.new.append(AuditEvent(**seal, body=body, at=now, **columns))

    def save(self):
        """Keep what was added."""
        AuditEvent.objects.bulk_create(self.new, batch_size=BATCH)
        AuditChainHead.objects.update(seq=self.head.seq, hash=self.head.hash)


def _begin():
    admin = make_account("ada", "ada@example.com", "only for measuring", COMMAND_LINE)
    organization = create_organization("Bench", admin, COMMAND_LINE)
    team = Team(organization=organization, name="Bench")
    team.create(COMMAND_LINE)
    collections = []
    for n in range(SHELVES):
        registry = Registry(organization=organization, name=f"Shelf {n}", accepts_all_types=True)
        registry.create(COMMAND_LINE)
        collections.append(Collection(registry=registry, name=f"Collection {n}", type="model"))
        collections[-1].create(COMMAND_LINE)
    return team, collections


def _publish(log, team, collections, turns):
    """In each turn a version of a new artifact is registered, and linked with two aliases and two tags."""
    made = (
        Artifact(organization=team.organization, team=team, project="bench", name=f"m{n}", type="model", next_number=1)
        for n in turns
    )
    artifacts = Artifact.objects.bulk_create(made, batch_size=BATCH)
    versions = [
        Version(artifact=artifact, number=0, digest=f"sha256:{n:064x}", uri=f"s3://bench/{n}", size=1)
        for n, artifact in enumerate(artifacts)
    ]
    Version.objects.bulk_create(versions, batch_size=BATCH)
    links = [
        Link(collection=collections[n % SHELVES], version=version, number=n // SHELVES)
        for n, version in enumerate(versions)
    ]
    Link.objects.bulk_create(links, batch_size=BATCH)
    own = [Alias(collection=link.collection, link=link, name=f"turn-{n}") for n, link in enumerate(links)]
    good = [Alias(collection=link.collection, link=link, name="good") for link in links[-SHELVES:]]
    Alias.objects.bulk_create([*own, *good], batch_size=BATCH)
    tags = [
        Tag(collection=link.collection, link=link, name=name)
        for n, link in enumerate(links)
        for name in ("reviewed", f"turn-{n}")
    ]
    Tag.objects.bulk_create(tags, batch_size=BATCH)
    for n, collection in enumerate(collections):
        Collection.objects.filter(pk=collection.pk).update(next_number=len(links[n::SHELVES]))
    goods = {alias.collection_id: alias for alias in good}
    for n, link in enumerate(links):
        _tell(log, team, link, own[n], goods[link.collection_id])


def _tell(log, team, link, own, good):
    """The entries of one turn."""
    version = link.version
    changes = {"type": [None, "model"], "digest": [None, version.digest], "uri": [None, version.uri]}
    log.add(Action.VERSION_CREATE, version, changes, {"team": reference(team)})
    log.add(Action.LINK, link, related={"version": reference(version)})
    before = f"v{link.number - 1}" if link.number else None
    log.add(Action.ALIAS_SET, good, {"link": [before, link.label]}, good.related(link))
    log.add(Action.ALIAS_SET, own, {"link": [None, link.label]}, own.related(link))
    log.add(Action.LINK_TAG, link, {"tags": [[], ["reviewed", own.name]]})
