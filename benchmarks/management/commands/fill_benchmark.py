"""`fill_benchmark`: fills an empty database, and writes into a file what the load needs to know of it.

One organization of 1,000 people. Ada is its admin; Mel is a member with a role in 150 registries, whatever the size;
Tim has none of his own, but is in 60 teams, each with a role in 10.
"""

import json
import random
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import shelf
from benchmarks.operations import COMMON_WORD, RARE_TYPE, RARE_WORD, Answer, operations
from registry_app import rules
from registry_app.audit.chain import verify
from registry_app.choices import Action, Role, Target, Visibility
from registry_app.database import triggers
from registry_app.listings import cursor
from registry_app.listings.events import EventListing
from registry_app.listings.members import MemberListing
from registry_app.listings.registries import RegistryListing
from registry_app.listings.teams import TeamListing
from registry_app.listings.tokens import OrganizationTokenListing
from registry_app.models import (
    AcceptedType,
    Actor,
    AuditChainHead,
    AuditEvent,
    OrganizationMembership,
    Registry,
    RegistryMember,
    Team,
    TeamMembership,
    User,
    create_organization,
)
from registry_app.models.event import canonical_json, entry_hash
from registry_app.operations.prepare import prepare

BATCH = 2000  # rows a statement
PEOPLE = 1000
ROLES_OF_MEL = 150
TEAMS_OF_TIM, ROLES_OF_TEAM = 60, 10
WORDS = (
    "amber",
    "basalt",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "garnet",
    "harbor",
    "indigo",
    "juniper",
    "kelp",
    "lagoon",
)
THINGS = (
    "adapters",
    "audio",
    "captions",
    "corpora",
    "embeddings",
    "features",
    "images",
    "labels",
    "reports",
    "weights",
)
TYPES = ("dataset", "model", "eval-suite", "adapter", "prompt", "report", "tokenizer", "feature-table")
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


class Command(BaseCommand):
    """An organization with many registries, bulk-loaded; triggers in place, chain whole, as if each had been made."""

    help = "Fill an empty database for the benchmark."

    def add_arguments(self, parser):
        parser.add_argument("size", type=int)
        parser.add_argument("file", type=Path)

    def handle(self, *, size, file, **options):
        prepare(self)
        organization, versions = fill(size)
        facts = facts_of(organization, versions)
        file.write_text(json.dumps({**facts, "queries": count_queries(facts)}))


def fill(size):
    """The organization with `size` custom registries, and ids of versions to link; the chain is whole afterwards."""
    ada = User.objects.create(username="ada", email="ada@example.com", is_staff=True, is_superuser=True)
    organization = create_organization("Bench", ada, Actor(None, staff=True))
    others = User.objects.bulk_create(
        User(username=name, email=f"{name}@example.com")
        for name in ["mel", "tim", *(f"p{n:03}" for n in range(PEOPLE - 3))]
    )
    OrganizationMembership.objects.bulk_create(
        OrganizationMembership(organization=organization, user=user) for user in others
    )
    with triggers.disabled():
        _load(organization, [ada, *others], size)
        _make_teams(organization, others[1])
        connection.check_constraints()  # PostgreSQL alters no table whose deferred checks are still to come
    versions = shelf.publish(organization, others[0])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # what autovacuum would have done by now
    assert not triggers.missing() and not verify()[1]
    return organization, versions


def _load(organization, people, size):
    """Registries with types, roles and one audit entry each, all as `Registry.create` would have left them."""
    chance = random.Random(size)  # noqa: S311
    mel, now = people[1], timezone.now()
    mels = set(range(0, size, size // ROLES_OF_MEL)[:ROLES_OF_MEL])
    head = AuditChainHead.objects.get()
    for start in range(0, size, BATCH):
        registries, types, roles = [], [], []
        for number in range(start, min(start + BATCH, size)):
            creator = mel if number in mels else chance.choice([people[0], *people[3:]])
            registry = _registry(organization, creator, number, size, now, chance)
            registries.append(registry)
            roles.append(RegistryMember(registry=registry, user=creator, role=Role.ADMIN))
            if not registry.accepts_all_types:
                listed = [*chance.sample(TYPES, chance.randint(1, 3)), *([RARE_TYPE] if number % 499 == 0 else [])]
                types += [AcceptedType(registry=registry, name=name, added_by=creator) for name in listed]
        Registry.objects.bulk_create(registries)
        AcceptedType.objects.bulk_create(types)
        RegistryMember.objects.bulk_create(roles)
        AuditEvent.objects.bulk_create([_event(head, registry) for registry in registries])
    AuditChainHead.objects.update(seq=head.seq, hash=head.hash)


def _make_teams(organization, tim):
    """Teams with Tim in them, and what registries gave to them: half of these are restricted ones."""
    teams = Team.objects.bulk_create(
        Team(organization=organization, name=f"Team {n:02}", name_key=f"team {n:02}") for n in range(TEAMS_OF_TIM)
    )
    TeamMembership.objects.bulk_create(TeamMembership(team=team, user=tim) for team in teams)
    names = organization.registries.custom().order_by("name_key")
    half = len(teams) * ROLES_OF_TEAM // 2
    shelves = [*names.filter(visibility=Visibility.RESTRICTED)[:half], *names[:half]]
    roles = {(release_registry.pk, teams[number % len(teams)].pk) for number, release_registry in enumerate(shelves)}
    RegistryMember.objects.bulk_create(
        RegistryMember(registry_id=release_registry, team_id=team, role=Role.MEMBER)
        for release_registry, team in sorted(roles)
    )


def _registry(organization, creator, number, size, now, chance):
    words = [chance.choice(WORDS), chance.choice(THINGS)]
    if number % 10 == 3:
        words.insert(0, COMMON_WORD)
    name = f"{'_'.join(words)}_{number:06}"
    about = " ".join(chance.choices([*WORDS, *THINGS], k=18))
    if number in (size // 2, size - 1):
        about = f"{about} {RARE_WORD}"
    at = now - timedelta(seconds=300 * (size - number))
    return Registry(
        organization=organization,
        name=name,
        name_key=rules.name_key(name),
        description=about,
        visibility=Visibility.RESTRICTED if chance.random() < 0.05 else Visibility.ORGANIZATION,
        accepts_all_types=chance.random() < 0.05,
        created_by=creator,
        created_at=at,
        updated_at=at,
    )


def _event(head, registry):
    """The entry of a registry's birth, sealed to `head`, which moves on."""
    columns = {
        "action": str(Action.CREATE),
        "code": "",
        "actor_id": registry.created_by_id,
        "actor_name": registry.created_by.username,
        "organization_id": registry.organization_id,
        "registry_id": registry.pk,
        "collection_id": None,
        "target_type": str(Target.REGISTRY),
        "target_id": registry.pk,
        "target_name": registry.name,
        "request_id": "",
    }
    changes, at = registry.creation_changes([]), registry.created_at.isoformat()
    content = {**columns, "at": at, "changes": changes, "related": {}, "reason": "", "staff": False}
    body, previous, head.seq = canonical_json(content), head.hash, head.seq + 1
    head.hash = entry_hash(previous, head.seq, body)
    return AuditEvent(seq=head.seq, prev_hash=previous, hash=head.hash, body=body, at=registry.created_at, **columns)


def facts_of(organization, versions):
    """Sessions and names that the operations speak of."""
    names = organization.registries.custom().order_by("name_key")
    mel = User.objects.get(username="mel")
    deep = names.values("name_key")[int(names.count() * 0.9)]
    mine = list(names.filter(members__user=mel).values_list("name", "pk"))
    others = list(names.exclude(members__user=mel).filter(visibility=Visibility.ORGANIZATION).values_list("name", "pk"))
    return {
        "organization": organization.slug,
        "organization_id": organization.pk,
        "sessions": {user.username: _session(user) for user in User.objects.filter(username__in=["ada", "mel", "tim"])},
        "plans": _plans(organization),
        "cursor": cursor.cursor_of(deep, ["name_key"]),
        "page": int(names.count() * 0.9) // cursor.SIZE,
        "mine": mine,
        "versions": versions,
        "others": others[:: max(1, len(others) // 600)][:600],
    }


def _plans(organization):
    """{what is listed: how the database finds the first page of it for Tim, as it says itself}"""
    tim = organization.memberships.select_related("organization", "user").get(user__username="tim")
    queries = ("", "sort=-updated", "visibility=restricted", "role=member", f"type={RARE_TYPE}", f"q={COMMON_WORD}")
    listings = {f"registries, {query or 'no filter'}": RegistryListing(tim, QueryDict(query)) for query in queries}
    listings |= {
        "people": MemberListing(tim, QueryDict("")),
        "teams": TeamListing(tim, QueryDict("")),
        "the log": EventListing(tim, QueryDict("")),
        "the log, a day": EventListing(tim, QueryDict("since=2026-01-01&until=2026-01-01")),
        "tokens": OrganizationTokenListing(tim, QueryDict("")),
    }
    return {label: listing.page_queryset().explain() for label, listing in listings.items()}


def _session(user):
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def count_queries(facts):
    """{key of an operation: how many queries its answer took}, in this process; the first time warms up."""
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    counts = {}

    def send(method, path, headers, body=None):
        answer = client.generic(method, path, body or b"", headers.get("Content-Type", ""), headers=headers)
        return Answer(answer.status_code, answer.get("Location", ""), answer.get("Content-Encoding"), answer.content)

    for operation in operations(facts):
        for step in operation.prepared(facts, send, 2):
            client.cookies.clear()
            with CaptureQueriesContext(connection) as captured:
                answer = send(*step)
            counts[operation.key] = sum(
                not query["sql"].startswith(TRANSACTION_WORDS) for query in captured.captured_queries
            )
        assert operation.is_right(answer), f"{operation.key}: {answer.status} {answer.location} {answer.text[:2000]}"
    return counts
