"""§5: each change and each refusal is in the log, once and permanently; and `verify` sees what was tampered with."""

import json
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from registry_app.audit.chain import verify
from registry_app.choices import Action, EventKind, OrganizationRole, Role, Target, Visibility
from registry_app.database import triggers
from registry_app.models import Actor, AuditChainHead, AuditEvent, Registry, RegistryMember
from registry_app.models.change import digest_of
from registry_app.models.event import (
    GENESIS,
    AuditTarget,
    canonical_json,
    entry_hash,
    record,
    record_refusals,
    refusals_logged,
)
from tests.assertions import settle, undone
from tests.factories import COMMAND_LINE, give_role, make_member, make_registry, make_user

SHARED, RESTRICTED = Visibility.ORGANIZATION, Visibility.RESTRICTED


def entries_of(act):
    """What the log gained while `act` ran, oldest first."""
    last = AuditChainHead.objects.get().seq
    act()
    return list(AuditEvent.objects.filter(seq__gt=last).order_by("seq"))


def test_the_database_knows_the_kind_of_each_entry(golden):
    with transaction.atomic():
        told = {
            action: (record(COMMAND_LINE, action, golden), record(COMMAND_LINE, action, golden, code="x"))
            for action in Action
        }
    kinds = dict(AuditEvent.objects.values_list("seq", "kind"))
    assert {action: kinds[done.seq] for action, (done, _) in told.items()} == {each: each.kind for each in Action}
    assert {kinds[refused.seq] for _, refused in told.values()} == {EventKind.REFUSED}


# Every change has exactly one entry.

CHANGES = [
    pytest.param(
        "golden",
        lambda registry, by: registry.edit(by, name="Silver", description="New", reason="tidy"),
        Action.EDIT,
        {"name": ["Golden Datasets", "Silver"], "description": ["", "New"]},
        id="rule_10_edit",
    ),
    pytest.param(
        "golden",
        lambda registry, by: registry.restrict(by, reason="tidy"),
        Action.RESTRICT,
        {"visibility": [SHARED, RESTRICTED], "people": [3, 2]},
        id="rule_8_restrict",
    ),
    pytest.param(
        "models",
        lambda registry, by: registry.add_types(by, ["lora", "adapter"], reason="tidy"),
        Action.TYPE_ADD,
        {"types": [["model"], ["adapter", "lora", "model"]]},
        id="rule_4_add_to_core",
    ),
    pytest.param(
        "golden",
        lambda registry, by: registry.remove_type(by, "dataset", reason="tidy"),
        Action.TYPE_REMOVE,
        {"types": [["dataset", "eval-suite"], ["eval-suite"]]},
        id="rule_11_remove",
    ),
    pytest.param(
        "golden",
        lambda registry, by: registry.accept_all_types(by, reason="tidy"),
        Action.TYPES_ALL,
        {"accepts_all_types": [False, True], "types": [["dataset", "eval-suite"], []]},
        id="rule_12_all",
    ),
    pytest.param(
        "vault",
        lambda registry, by: registry.accept_only(by, ["model"], reason="tidy"),
        Action.TYPES_LIST,
        {"accepts_all_types": [True, False], "types": [[], ["model"]]},
        id="rule_12_list",
    ),
    pytest.param(
        "golden",
        lambda registry, by: registry.delete_by(by, reason="tidy"),
        Action.DELETE,
        {
            "name": ["Golden Datasets", None],
            "description": ["", None],
            "visibility": [SHARED, None],
            "accepts_all_types": [False, None],
            "types": [["dataset", "eval-suite"], None],
        },
        id="rule_16_delete",
    ),
]


@pytest.mark.parametrize("owner, verb, action, changes", CHANGES)
def test_section_5_a_change_has_one_entry(owner, verb, action, changes, request, acme, ada, mel):
    registry = request.getfixturevalue(owner)
    subject, pk = registry.name, registry.pk
    [entry] = entries_of(lambda: verb(registry, Actor(ada, "0123456789abcdef")))
    assert (entry.action, entry.code, entry.refused, entry.reason) == (action, "", False, "tidy")
    assert (entry.actor_id, entry.actor_name, entry.request_id) == (ada.pk, "ada", "0123456789abcdef")
    assert (entry.organization_id, entry.registry_id) == (acme.pk, pk)
    assert entry.target_name == ("Silver" if action == Action.EDIT else subject)
    assert entry.changes == changes
    if action != Action.DELETE:
        assert Registry.objects.get(pk=pk).version == 2


@pytest.mark.parametrize(
    "verb",
    [
        lambda registry, by: registry.edit(by, name=registry.name, description=registry.description),
        lambda registry, by: registry.add_types(by, ["dataset"]),
        lambda registry, by: registry.remove_type(by, "no-such-type"),
        lambda registry, by: registry.accept_only(by, ["dataset"]),
    ],
)
def test_section_5_what_changes_nothing_has_no_entry(golden, ada, verb):
    assert entries_of(lambda: verb(golden, Actor(ada))) == []
    assert Registry.objects.get(pk=golden.pk).version == 1


def test_section_5_and_rule_17_a_creation_says_who_became_admin(acme, ada):
    [entry] = entries_of(lambda: make_registry(acme, ada, "Shelf", types=["b", "a"]))
    assert entry.action == Action.CREATE
    assert entry.changes == {
        "name": [None, "Shelf"],
        "description": [None, ""],
        "visibility": [None, "organization"],
        "accepts_all_types": [None, False],
        "types": [None, ["a", "b"]],
    }
    assert entry.related == {"admin": {"type": "user", "id": ada.pk, "name": "ada"}}


def test_section_5_and_rule_1_a_founding_is_told_step_by_step(acme):
    events = AuditEvent.objects.filter(organization_id=acme.pk).order_by("seq")
    told = [(event.action, event.target_name, event.actor_name) for event in events]
    assert told == [
        (Action.ORGANIZATION_CREATE, "Acme ML", "command line"),
        (Action.CREATE, "Models", "command line"),
        (Action.CREATE, "Datasets", "command line"),
        (Action.PERSON_ADD, "ada", "command line"),
    ]


def test_section_5_people_are_logged(acme, ada, mel):
    membership = acme.memberships.get(user=mel)
    membership.role = OrganizationRole.ADMIN
    entries = entries_of(lambda: (membership.save_by(Actor(ada)), membership.delete_by(Actor(ada))))
    assert [(entry.action, entry.target_name, entry.changes) for entry in entries] == [
        (Action.PERSON_CHANGE, "mel", {"role": ["member", "admin"]}),
        (Action.PERSON_REMOVE, "mel", {"role": ["admin", None]}),
    ]


def test_section_5_roles_are_logged(golden, ada, mel):
    member = RegistryMember(registry=golden, user=mel, role=Role.VIEWER)

    def walk():
        member.save_by(Actor(ada))
        member.role = Role.MEMBER
        member.save_by(Actor(ada))
        member.delete_by(Actor(ada))

    entries = entries_of(walk)
    assert [(entry.action, entry.target_name, entry.changes) for entry in entries] == [
        (Action.MEMBER_ADD, "Golden Datasets", {"role": [None, "viewer"]}),
        (Action.MEMBER_CHANGE, "Golden Datasets", {"role": ["viewer", "member"]}),
        (Action.MEMBER_REMOVE, "Golden Datasets", {"role": ["member", None]}),
    ]
    assert [entry.related["holder"]["id"] for entry in entries] == [mel.pk] * 3


def test_section_5_what_was_taken_once_is_not_logged_twice(golden, ada, mel):
    give_role(golden, mel, Role.VIEWER)
    members = [RegistryMember.objects.get(registry=golden, user=mel) for _ in range(2)]
    assert len(entries_of(lambda: [member.delete_by(Actor(ada)) for member in members])) == 1


def test_section_5_the_log_outlives_what_it_speaks_of(acme, ada, golden, mel):
    golden.delete_by(Actor(ada))
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert {"Golden Datasets", "mel"} <= set(AuditEvent.objects.values_list("target_name", flat=True))
    assert verify()[1] == []


def test_section_5_no_change_without_its_entry(golden, ada, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("registry_app.models.change.record", fail)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        golden.edit(Actor(ada), name="Silver", description="")
    golden.refresh_from_db()
    assert (golden.name, golden.version) == ("Golden Datasets", 1)


@pytest.mark.django_db(transaction=True)
def test_section_5_an_entry_belongs_to_a_transaction(ada):
    before = AuditChainHead.objects.get().seq
    with pytest.raises(transaction.TransactionManagementError):
        record(Actor(ada), Action.EDIT, ada)
    assert AuditChainHead.objects.get().seq == before


# Every refusal has one entry with its code.

REFUSALS = [
    pytest.param("models", lambda registry, by: registry.restrict(by), "core_is_shared", id="rule_2"),
    pytest.param("models", lambda registry, by: registry.edit(by, name="B", description=""), "core_is_fixed", id="3"),
    pytest.param("models", lambda registry, by: registry.remove_type(by, "model"), "core_type_stays", id="rule_4"),
    pytest.param("models", lambda registry, by: registry.delete_by(by), "core_stays", id="rule_5"),
    pytest.param("vault", lambda registry, by: registry.restrict(by), "restricted_stays", id="rule_9"),
    pytest.param("vault", lambda registry, by: registry.add_types(by, ["a"]), "all_types_accepted", id="rule_12"),
]
SLIPS = [
    pytest.param("golden", lambda registry, by: registry.add_types(by, ["Dataset"]), "type_looks_alike", id="rule_13"),
    pytest.param(
        "golden", lambda registry, by: registry.edit(by, name="models", description=""), "name_taken", id="rule_14"
    ),
    pytest.param("golden", lambda registry, by: registry.delete_by(by, etag="x"), "stale_preview", id="rule_18"),
    pytest.param(
        "golden",
        lambda registry, by: registry.edit(by, name="B", description="", etag=digest_of(registry.pk, 9)),
        "edit_conflict",
        id="19",
    ),
]


@pytest.mark.parametrize("owner, verb, code", REFUSALS)
def test_section_5_a_refusal_has_one_entry(owner, verb, code, request, acme, ada):
    registry = request.getfixturevalue(owner)
    by = Actor(ada, "fedcba9876543210")

    def attempt():
        with pytest.raises(ValidationError), refusals_logged(by, Action.EDIT, registry):
            verb(registry, by)

    [entry] = entries_of(attempt)
    assert (entry.code, entry.refused, entry.action, entry.changes) == (code, True, Action.EDIT, {})
    assert (entry.target_type, entry.target_id, entry.target_name) == ("registry", registry.pk, registry.name)
    assert (entry.actor_name, entry.request_id, entry.registry_id) == ("ada", "fedcba9876543210", registry.pk)
    assert verify()[1] == []


def test_section_5_a_role_too_low_is_a_refusal(golden, mel):
    def attempt():
        with pytest.raises(ValidationError), refusals_logged(Actor(mel), Action.DELETE, golden):
            golden.delete_by(Actor(mel))

    assert [(entry.actor_name, entry.code) for entry in entries_of(attempt)] == [("mel", "role_too_low")]


def test_section_5_what_passes_is_no_refusal(ada):
    with refusals_logged(Actor(ada), Action.EDIT, ada):
        pass
    assert not AuditEvent.objects.exclude(code="").exists()


@pytest.mark.parametrize("owner, verb, code", SLIPS)
def test_section_5_a_slip_of_the_keyboard_is_no_refusal(owner, verb, code, request, ada):
    registry = request.getfixturevalue(owner)
    with pytest.raises(ValidationError) as raised, refusals_logged(Actor(ada), Action.EDIT, registry):
        verb(registry, Actor(ada))
    assert [error.code for errors in raised.value.error_dict.values() for error in errors] == [code]
    assert not AuditEvent.objects.exclude(code="").exists()


@pytest.mark.parametrize(
    "errors, expected",
    [
        (ValidationError("no", code="core_stays"), ["core_stays"]),
        (ValidationError("no"), []),
        (
            ValidationError([ValidationError("a", code="core_stays"), ValidationError("b", code="role_too_low")]),
            ["core_stays", "role_too_low"],
        ),
        (
            ValidationError(
                {"name": ValidationError("a", code="core_stays"), "kind": [ValidationError("b", "role_too_low")]}
            ),
            None,
        ),
        (
            ValidationError([ValidationError("a", code="core_stays"), ValidationError("b", code="core_stays")]),
            ["core_stays"],
        ),
    ],
)
def test_section_5_one_entry_a_code(ada, errors, expected):
    entries = entries_of(lambda: record_refusals(Actor(ada), Action.CREATE, errors, ada))
    assert [entry.code for entry in entries] == (["core_stays", "role_too_low"] if expected is None else expected)


@pytest.mark.parametrize("subject", ["a\0b", "half \ud800 a pair", "\u202eevil", "x" * 300, "y" * 10**6])
def test_section_5_bad_words_are_logged_too(ada, subject):
    """What was refused for its bad characters or its length is in the log all the same."""
    refusal = ValidationError(f"not {subject}", code="core_stays")
    [entry] = entries_of(
        lambda: record_refusals(Actor(ada), Action.CREATE, refusal, AuditTarget(Target.REGISTRY, None, subject))
    )
    assert (entry.code, len(entry.target_name) <= 400) == ("core_stays", True)
    assert verify()[1] == []


# Who reads what.


def test_section_5_members_read_of_what_they_see(acme, ada, mel, golden, vault, globex):
    gone = make_registry(acme, ada, "Gone")
    gone.delete_by(Actor(ada))
    hers = AuditEvent.objects.readable_by(acme.memberships.get(user=mel))
    assert set(hers.values_list("registry_id", flat=True)) == {registry.pk for registry in acme.registries.all()} - {
        vault.pk
    }
    all_of_it = AuditEvent.objects.readable_by(acme.memberships.get(user=ada))
    assert set(all_of_it) == set(AuditEvent.objects.filter(organization_id=acme.pk))
    assert {"Gone", "Vault", "mel"} <= set(all_of_it.values_list("target_name", flat=True))
    assert not all_of_it.exclude(organization_id=acme.pk).exists()


def test_section_5_the_entries_of_a_registry(golden, vault, mel, ada):
    give_role(golden, mel, Role.VIEWER)
    assert [entry.action for entry in AuditEvent.objects.of_registry(golden)] == [
        Action.MEMBER_ADD,
        Action.MEMBER_ADD,
        Action.CREATE,
    ]


# The chain.


@pytest.fixture
def chain(acme, ada, golden):
    """A chain of some entries, and how many."""
    make_member(acme, make_user("eve"))
    golden.edit(Actor(ada), name="Silver", description="")
    settle()
    return AuditChainHead.objects.get().seq


def rewritten(entry, **facts):
    """The body of `entry` with other facts in it."""
    return canonical_json({**entry.content, **facts})


def reseal(start):
    """Seal every entry from `start` on anew, as somebody would who rewrites history whole; triggers are off."""
    previous = AuditEvent.objects.get(seq=start - 1).hash if start > 1 else GENESIS
    for event in AuditEvent.objects.filter(seq__gte=start).order_by("seq"):
        event.prev_hash, event.hash = previous, entry_hash(previous, event.seq, event.body)
        event.save(force_update=True)
        previous = event.hash
    AuditChainHead.objects.update(hash=previous)


def edit_body(seq=3):
    """Change what an entry says."""
    entry = AuditEvent.objects.get(seq=seq)
    AuditEvent.objects.filter(seq=seq).update(body=rewritten(entry, actor_name="Nobody"), actor_name="Nobody")


def cut(keep=4):
    """Remove the entries after `keep` and put the head back there."""
    AuditEvent.objects.filter(seq__gt=keep).delete()
    AuditChainHead.objects.update(seq=keep, hash=AuditEvent.objects.get(seq=keep).hash)


def rewrite():
    """Change what an entry says and seal all that follows anew."""
    edit_body()
    reseal(3)


TAMPERINGS = {
    "an edited body": edit_body,
    "a body that is no JSON": lambda: AuditEvent.objects.filter(seq=3).update(body="gone"),
    "a body that is no object": lambda: AuditEvent.objects.filter(seq=3).update(body="[]"),
    "a body without its facts": lambda: AuditEvent.objects.filter(seq=3).update(body="{}"),
    "a column that differs": lambda: AuditEvent.objects.filter(seq=3).update(target_name="Nobody"),
    "another time": lambda: AuditEvent.objects.filter(seq=3).update(at="2001-01-01T00:00:00Z"),
    "another actor": lambda: AuditEvent.objects.filter(seq=3).update(actor_id=F("seq") + 1000),
    "a code taken away": lambda: AuditEvent.objects.filter(seq=3).update(code="x"),
    "a row removed": lambda: AuditEvent.objects.filter(seq=3).delete(),
    "the first row removed": lambda: AuditEvent.objects.filter(seq=1).delete(),
    "a tail cut": lambda: AuditEvent.objects.filter(seq__gt=4).delete(),
    "all removed": lambda: AuditEvent.objects.all().delete(),
    "a seal changed": lambda: AuditEvent.objects.filter(seq=3).update(hash="f" * 64),
    "a link changed": lambda: AuditEvent.objects.filter(seq=3).update(prev_hash="f" * 64),
    "the head put back": lambda: AuditChainHead.objects.update(seq=3),
    "the head's seal changed": lambda: AuditChainHead.objects.update(hash="f" * 64),
    "the head removed": lambda: AuditChainHead.objects.all().delete(),
    "a second head": lambda: AuditChainHead.objects.create(),
    "a number changed": lambda: AuditEvent.objects.filter(seq=3).update(seq=1000),
}


def test_section_5_verify_sees_a_tampering(chain, subtests):
    for name, tamper in TAMPERINGS.items():
        with subtests.test(name), undone():
            assert verify() == (chain, [])
            with triggers.disabled():
                tamper()
            assert verify()[1] != []


@pytest.mark.parametrize("tamper", [rewrite, cut, partial(cut, keep=1)], ids=["rewrite", "cut", "cut_to_one"])
def test_section_5_a_tidy_rewrite_is_seen_by_an_anchor_alone(chain, tamper):
    anchors = [(head.seq, head.hash) for head in AuditChainHead.objects.all()]
    assert verify(anchors) == (chain, [])
    with triggers.disabled():
        tamper()
    assert verify()[1] == []
    assert len(verify(anchors)[1]) == 1


def test_section_5_an_anchor_before_the_rewrite_says_nothing(chain):
    entry = AuditEvent.objects.get(seq=2)
    with triggers.disabled():
        rewrite()
    assert verify([(entry.seq, entry.hash)])[1] == []


def test_section_5_the_chain_goes_on_after_a_tampering(chain, golden, ada):
    with triggers.disabled():
        edit_body()
    golden.edit(Actor(ada), name="Bronze", description="")
    assert verify()[0] == chain + 1
    assert len(verify()[1]) == 1


def test_section_5_every_seal_is_over_what_is_kept(chain):
    for entry in AuditEvent.objects.all():
        assert entry.hash == entry_hash(entry.prev_hash, entry.seq, entry.body)
        assert entry.body.isascii()
        assert canonical_json(json.loads(entry.body)) == entry.body
