"""§5: each entry of the log follows the head, and the head follows each entry; raw SQL on both databases."""

from django.db import connection

from registry_app.audit.chain import verify
from registry_app.models import Actor, AuditChainHead, AuditEvent
from registry_app.models.event import entry_hash
from tests.assertions import refused_by_database, undone
from tests.database.triggers.attacks import EVENT, HEAD, VENDOR, execute
from tests.factories import COMMAND_LINE

COPIED = (
    "body, at, action, code, actor_id, actor_name, organization_id, registry_id, collection_id,"
    " target_type, target_id, target_name, request_id"
)
ENTRY = f"INSERT INTO {EVENT} (seq, prev_hash, hash, {COPIED})"
FROM = f"{COPIED} FROM {EVENT} WHERE seq = 2"
NEXT, END = f"(SELECT seq + 1 FROM {HEAD})", f"(SELECT hash FROM {HEAD})"
FIRST = f"(SELECT hash FROM {EVENT} WHERE seq = 1)"

# What is tried, and the statement.
OFF_THE_CHAIN = {
    "later": f"{ENTRY} SELECT 1000, {END}, 'x', {FROM}",
    "one_too_late": f"{ENTRY} SELECT {NEXT} + 1, {END}, 'x', {FROM}",
    "before_the_first": f"{ENTRY} SELECT 0, 'x', 'y', {FROM}",
    "negative": f"{ENTRY} SELECT -1, 'x', 'y', {FROM}",
    "again": f"{ENTRY} SELECT {NEXT} - 1, {END}, 'x', {FROM}",
    "after_nothing": f"{ENTRY} SELECT {NEXT}, 'x', 'y', {FROM}",
    "after_an_old_one": f"{ENTRY} SELECT {NEXT}, {FIRST}, 'y', {FROM}",
    "in_other_case": f"{ENTRY} SELECT {NEXT}, upper({END}), 'y', {FROM}",
    "with_an_old_seal": f"{ENTRY} SELECT {NEXT}, {END}, {FIRST}, {FROM}",
    "two_after_one": f"{ENTRY} SELECT {NEXT}, {END}, 'x' || seq, {COPIED} FROM {EVENT} WHERE seq < 3",
    "upsert": f"{ENTRY} SELECT 1000, {END}, 'x', {FROM} ON CONFLICT (seq) DO UPDATE SET body = 'x'",
    "head_to_nowhere": f"UPDATE {HEAD} SET seq = seq + 1, hash = 'x'",
    "head_without_its_seal": f"UPDATE {HEAD} SET seq = seq + 1",
    "head_to_an_old_seal": f"UPDATE {HEAD} SET seq = seq + 1, hash = {FIRST}",
    "head_back": f"UPDATE {HEAD} SET seq = 1, hash = {FIRST}",
    "head_far": f"UPDATE {HEAD} SET seq = 1000, hash = 'x'",
    "head_elsewhere": f"UPDATE {HEAD} SET id = id + 1",
    "head_where_it_is": f"UPDATE {HEAD} SET seq = seq",
    "head_twice": f"INSERT INTO {HEAD} (seq, hash) SELECT seq + 1, 'x' FROM {HEAD}",
} | {
    "sqlite": {
        "replace": f"REPLACE INTO {EVENT} (seq, prev_hash, hash, {COPIED}) SELECT {NEXT}, {END}, {FIRST}, {FROM}",
        "or_ignore": f"{ENTRY.replace('INSERT', 'INSERT OR IGNORE')} SELECT 1000, {END}, 'x', {FROM}",
        "head_or_replace": f"UPDATE OR REPLACE {HEAD} SET seq = seq + 1, hash = 'x'",
        "head_or_ignore": f"UPDATE OR IGNORE {HEAD} SET seq = seq + 1, hash = 'x'",
    },
    "postgresql": {
        "expression": f"WITH done AS ({ENTRY} SELECT 1000, {END}, 'x', {FROM} RETURNING 1) SELECT * FROM done",
        "merge": (
            f"MERGE INTO {EVENT} USING (SELECT {FROM}) s ON false"
            f" WHEN NOT MATCHED THEN {ENTRY.replace(f' INTO {EVENT}', '')} VALUES (1000, 'x', 'y', {COPIED})"
        ),
        "head_merged": f"MERGE INTO {HEAD} USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET seq = 1000",
    },
}[VENDOR]


def test_no_entry_stands_off_the_chain_and_the_head_goes_nowhere_else(names, session, subtests):
    for attack, statement in OFF_THE_CHAIN.items():
        with subtests.test(attack), undone(), refused_by_database("log_stays"):
            execute(statement)


def add(body, seal=None):
    """An entry with this body, as whoever can write would add it; its seal."""
    head = AuditChainHead.objects.get()
    seal = seal or entry_hash(head.hash, head.seq + 1, body)
    with connection.cursor() as cursor:
        statement = f"{ENTRY} SELECT %s, %s, %s, %s, {FROM.removeprefix('body, ')}"
        cursor.execute(statement, [head.seq + 1, head.hash, seal, body])
    return seal


def test_the_head_follows_an_entry_whoever_wrote_it(names, session, golden):
    """So that none stands in the way of the next one."""
    before = AuditChainHead.objects.get()
    seal = add(AuditEvent.objects.get(seq=2).body)
    assert (AuditChainHead.objects.get().seq, AuditChainHead.objects.get().hash) == (before.seq + 1, seal)
    assert verify()[1] == []
    golden.edit(COMMAND_LINE, name="Silver", description="")
    assert (AuditChainHead.objects.get().seq, verify()[1]) == (before.seq + 2, [])


def test_an_entry_with_a_false_seal_is_named_and_stops_nobody(names, session, golden, ada):
    add("{}", seal="f" * 64)
    golden.edit(Actor(ada), name="Silver", description="")
    number, faults = verify()
    assert number == AuditChainHead.objects.get().seq
    assert {f"Entry {number - 1} was altered."} <= set(faults)
