"""Walks through verbs and attacks in any order: after each step every promise of the rulebook's §2 and §5 holds."""

from contextlib import contextmanager, suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from registry_app.audit.chain import verify
from registry_app.audit.reconcile import find_drift
from registry_app.choices import Kind, Role, Visibility
from registry_app.database import triggers
from registry_app.models import AcceptedType, Actor, AuditChainHead, AuditEvent, Registry
from tests.factories import give_role, make_member, make_organization, make_user
from tests.stateful.walk import UndoneWalk, run_walks

# Mostly good values: where nearly every step is refused, nothing is ever reached.
NAMES = st.sampled_from(["Golden", "golden", "Vault", "Shelf", "Café", "Cafe\u0301", "models", "a/b"])
TYPES = st.lists(st.sampled_from(["model", "dataset", "trace", "traces", "eval suite"]), min_size=1, max_size=2)
TEXTS = st.sampled_from(["", "One", "Two"])
PEOPLE = st.sampled_from(["ada", "rob", "rob", "mel"])


@contextmanager
def tried():
    """A step that may be refused, and then leaves nothing behind."""
    with suppress(ValidationError, IntegrityError), transaction.atomic():
        yield
        connection.check_constraints()


class Walk(UndoneWalk):
    """One walk, rolled back in the end."""

    customs = Bundle("customs")

    def __init__(self):
        super().__init__()
        self.people = {name: make_user(name) for name in ("ada", "rob", "mel", "sam")}
        self.acme = make_organization("Acme", self.people["ada"])
        self.globex = make_organization("Globex", self.people["sam"])
        for name in ("rob", "mel"):
            make_member(self.acme, self.people[name])
        self.core = self.core_rows()
        self.core_types = self.types_of_core()
        self.restricted, self.rows, self.entries = set(), {}, 0
        self.unlogged = set()  # the registries that an attack changed where no trigger stops it

    def core_rows(self):
        """The core registries as they are, versions aside."""
        return list(
            Registry.objects.core()
            .order_by("id")  # two organizations have each name
            .values_list(
                "id", "organization", "name", "name_key", "description", "visibility", "accepts_all_types", "kind"
            )
        )

    def types_of_core(self):
        """The rows of what the core registries accept."""
        return set(
            AcceptedType.objects.filter(registry__kind=Kind.CORE).values_list("id", "registry", "name", "preconfigured")
        )

    def any_core(self, number):
        """One of the four core registries."""
        return Registry.objects.get(pk=self.core[number][0])

    @initialize(target=customs)
    def begin(self):
        """A shared and a restricted one to start from, so that the first attacks meet something."""
        return multiple(
            self.create(name="Open", types=["model"], restricted=False, takes_all=False, person="ada"),
            self.create(name="Closed", types=["model"], restricted=True, takes_all=False, person="ada"),
        )

    # Verbs.

    @rule(target=customs, name=NAMES, types=TYPES, restricted=st.booleans(), takes_all=st.booleans(), person=PEOPLE)
    def create(self, name, types, restricted, takes_all, person):
        visibility = Visibility.RESTRICTED if restricted else Visibility.ORGANIZATION
        registry = Registry(organization=self.acme, name=name, visibility=visibility, accepts_all_types=takes_all)
        with tried():
            registry.create(Actor(self.people[person]), types)
        if not Registry.objects.filter(pk=registry.pk or 0).exists():
            return multiple()
        with tried():
            give_role(registry, self.people["rob"], Role.ADMIN)
        return registry.pk

    @rule(custom=customs, name=NAMES, text=TEXTS, person=PEOPLE)
    def edit(self, custom, name, text, person):
        with tried():
            Registry.objects.get(pk=custom).edit(Actor(self.people[person]), name=name, description=text)

    @rule(custom=customs, person=PEOPLE)
    def restrict(self, custom, person):
        with tried():
            Registry.objects.get(pk=custom).restrict(Actor(self.people[person]))

    @rule(custom=customs, types=TYPES, confirmed=st.booleans(), person=PEOPLE)
    def add_types(self, custom, types, confirmed, person):
        with tried():
            Registry.objects.get(pk=custom).add_types(Actor(self.people[person]), types, confirmed=confirmed)

    @rule(custom=customs, types=TYPES, person=PEOPLE)
    def remove_type(self, custom, types, person):
        with tried():
            Registry.objects.get(pk=custom).remove_type(Actor(self.people[person]), types[0])

    @rule(custom=customs, person=PEOPLE)
    def accept_all_types(self, custom, person):
        with tried():
            Registry.objects.get(pk=custom).accept_all_types(Actor(self.people[person]))

    @rule(custom=customs, types=TYPES, person=PEOPLE)
    def accept_only(self, custom, types, person):
        with tried():
            Registry.objects.get(pk=custom).accept_only(Actor(self.people[person]), types)

    @rule(custom=consumes(customs))
    def delete(self, custom):
        Registry.objects.get(pk=custom).delete_by(Actor(self.people["ada"]))

    @rule(number=st.integers(0, 3), types=TYPES)
    def core_add_types(self, number, types):
        with tried():
            self.any_core(number).add_types(Actor(None, staff=True), types, confirmed=True)

    @rule(number=st.integers(0, 3), name=NAMES)
    def core_edit(self, number, name):
        with tried():
            self.any_core(number).edit(Actor(None, staff=True), name=name, description="Mine")

    @rule(number=st.integers(0, 3))
    def core_restrict(self, number):
        with tried():
            self.any_core(number).restrict(Actor(None, staff=True))

    @rule(number=st.integers(0, 3))
    def core_remove_type(self, number):
        core = self.any_core(number)
        with tried():
            core.remove_type(Actor(None, staff=True), core.type_names()[0])

    @rule(number=st.integers(0, 3))
    def core_accept_all(self, number):
        with tried():
            self.any_core(number).accept_all_types(Actor(None, staff=True))

    @rule(number=st.integers(0, 3))
    def core_delete(self, number):
        with tried():
            self.any_core(number).delete_by(Actor(None, staff=True))

    # Attacks past the verbs.

    @rule()
    def open_all(self):
        with tried():
            Registry.objects.all().update(visibility=Visibility.ORGANIZATION, version=F("version") + 1)

    @rule(custom=customs)
    def open_one_and_save(self, custom):
        with tried():
            registry = Registry.objects.get(pk=custom)
            registry.visibility, registry.version = Visibility.ORGANIZATION, registry.version + 1
            registry.save()

    @rule(custom=customs)
    def open_one_in_bulk(self, custom):
        with tried():
            registry = Registry.objects.get(pk=custom)
            registry.visibility, registry.version = Visibility.ORGANIZATION, registry.version + 1
            Registry.objects.bulk_update([registry], ["visibility", "version"])

    @rule(custom=customs)
    def open_one_by_upsert(self, custom):
        with tried():
            registry = Registry.objects.get(pk=custom)
            registry.visibility, registry.version = Visibility.ORGANIZATION, registry.version + 1
            Registry.objects.bulk_create(
                [registry], update_conflicts=True, update_fields=["visibility", "version"], unique_fields=["id"]
            )

    @rule(custom=customs)
    def open_one_by_taking_it_out_and_in(self, custom):
        with tried():
            registry = Registry.objects.get(pk=custom)
            registry.visibility = Visibility.ORGANIZATION
            Registry.objects.filter(pk=custom)._raw_delete("default")
            registry.save(force_insert=True)

    @rule(custom=customs)
    def open_one_by_sql(self, custom):
        word = {"sqlite": "UPDATE OR REPLACE", "postgresql": "UPDATE ONLY"}[connection.vendor]
        self.sql(
            f"{word} {triggers.REGISTRY} SET visibility = 'organization', version = version + 1 WHERE id = %s", custom
        )

    @rule(custom=customs)
    def restrict_one_by_sql(self, custom):
        self.unlogged.add(custom)
        self.sql(
            f"UPDATE {triggers.REGISTRY} SET visibility = 'restricted', version = version + 1 WHERE id = %s", custom
        )

    @rule(custom=customs)
    def write_over_a_version(self, custom):
        with tried():
            Registry.objects.filter(pk=custom).update(description="Unseen")

    @rule(custom=customs)
    def make_core(self, custom):
        with tried():
            Registry.objects.filter(pk=custom).update(kind=Kind.CORE, version=F("version") + 1)

    @rule(custom=customs)
    def move(self, custom):
        with tried():
            Registry.objects.filter(pk=custom).update(organization=self.globex, version=F("version") + 1)

    @rule(name=st.sampled_from(["Third", "models", "Models"]))
    def third_core(self, name):
        with tried():
            Registry.objects.create(organization=self.acme, kind=Kind.CORE, name=name, name_key=name.lower())

    @rule(number=st.integers(0, 3))
    def rename_core(self, number):
        with tried():
            Registry.objects.filter(pk=self.core[number][0]).update(name="Mine", version=F("version") + 1)

    @rule(number=st.integers(0, 3))
    def restrict_core(self, number):
        self.sql(
            f"UPDATE {triggers.REGISTRY} SET visibility = 'restricted', version = version + 1 WHERE id = %s",
            self.core[number][0],
        )

    @rule(number=st.integers(0, 3))
    def open_core_to_all_types(self, number):
        with tried():
            core = Registry.objects.filter(pk=self.core[number][0])
            core.update(accepts_all_types=True, version=F("version") + 1)

    @rule(number=st.integers(0, 3))
    def unmake_core(self, number):
        with tried():
            core = Registry.objects.filter(pk=self.core[number][0])
            core.update(kind=Kind.CUSTOM, version=F("version") + 1)

    @rule(number=st.integers(0, 3))
    def replace_core(self, number):
        columns = "organization_id, kind, name, name_key, accepts_all_types, version, created_at, updated_at"
        copy = f"INTO {triggers.REGISTRY} ({columns}, description, visibility) SELECT {columns}, 'Mine', visibility"
        copy += f" FROM {triggers.REGISTRY} WHERE id = %s"
        upsert = " ON CONFLICT (organization_id, name_key) DO UPDATE SET description = 'Mine', version = 2"
        self.sql(f"REPLACE {copy}" if connection.vendor == "sqlite" else f"INSERT {copy}{upsert}", self.core[number][0])

    @rule(number=st.integers(0, 3))
    def delete_core(self, number):
        with tried():
            Registry.objects.filter(pk=self.core[number][0]).delete()

    @rule(number=st.integers(0, 3))
    def delete_core_by_sql(self, number):
        self.sql(f"DELETE FROM {triggers.REGISTRY} WHERE id = %s", self.core[number][0])

    @rule()
    def delete_core_types(self):
        with tried():
            AcceptedType.objects.all().delete()

    @rule(number=st.integers(0, 3))
    def rename_core_types(self, number):
        with tried():
            AcceptedType.objects.filter(registry=self.core[number][0]).update(name="other")

    @rule(number=st.integers(0, 3))
    def replace_core_types(self, number):
        copy = f"INTO {triggers.TYPE} (registry_id, name, preconfigured, added_at) SELECT registry_id, name,"
        copy += f" preconfigured, added_at FROM {triggers.TYPE} WHERE registry_id = %s"
        upsert = " ON CONFLICT (registry_id, name) DO UPDATE SET name = 'other'"
        self.sql(f"REPLACE {copy}" if connection.vendor == "sqlite" else f"INSERT {copy}{upsert}", self.core[number][0])

    @rule(custom=customs)
    def preconfigure(self, custom):
        with tried():
            AcceptedType.objects.filter(registry=custom).update(preconfigured=True)

    @rule(custom=customs, number=st.integers(0, 3))
    def move_core_types(self, custom, number):
        with tried():
            AcceptedType.objects.filter(registry=self.core[number][0]).update(registry=custom)

    @rule()
    def edit_log(self):
        with tried():
            AuditEvent.objects.update(target_name="Nobody")

    @rule()
    def cut_log(self):
        self.sql(f"DELETE FROM {triggers.EVENT} WHERE seq > %s", 3)

    @rule()
    def put_head_back(self):
        with tried():
            AuditChainHead.objects.update(seq=F("seq") - 1)

    @rule()
    def remove_head(self):
        self.sql(f"DELETE FROM {triggers.HEAD} WHERE seq >= %s", 0)

    def sql(self, statement, number):
        """One raw statement."""
        with tried(), connection.cursor() as cursor:
            cursor.execute(statement, [number])

    # What holds after each step.

    @invariant()
    def rules_1_2_3_5_and_6_core_is_as_it_was_born(self):
        assert self.core_rows() == self.core

    @invariant()
    def rule_4_types_of_core_only_grow(self):
        now = self.types_of_core()
        assert now >= self.core_types
        self.core_types = now

    @invariant()
    def rule_9_restricted_stays(self):
        opened = Registry.objects.filter(pk__in=self.restricted, visibility=Visibility.ORGANIZATION)
        assert not opened.exists()
        restricted = Registry.objects.filter(visibility=Visibility.RESTRICTED)
        self.restricted |= set(restricted.values_list("pk", flat=True))

    @invariant()
    def rule_6_customs_stay_what_and_where_they_are(self):
        assert not Registry.objects.custom().exclude(organization=self.acme).exists()

    @invariant()
    def rules_7_and_12_a_custom_registry_takes_all_or_a_list(self):
        assert not Registry.objects.filter(accepts_all_types=True, types__isnull=False).exists()

    @invariant()
    def rule_1_preconfigured_types_are_core(self):
        assert not AcceptedType.objects.filter(preconfigured=True).exclude(registry__kind=Kind.CORE).exists()

    @invariant()
    def rule_19_each_change_is_a_step_of_one(self):
        columns = ("name", "description", "visibility", "accepts_all_types", "organization", "kind")
        now = {pk: (version, rest) for pk, version, *rest in Registry.objects.values_list("pk", "version", *columns)}
        for pk in now.keys() & self.rows.keys():
            (before, was), (after, is_now) = self.rows[pk], now[pk]
            assert after - before == 1 if was != is_now else after - before in {0, 1}
        self.rows = now

    @invariant()
    def section_5_the_log_is_whole_and_only_grows(self):
        entries, faults = verify()
        assert faults == []
        assert entries >= self.entries
        self.entries = entries

    @invariant()
    def section_5_all_is_what_the_log_says(self):
        expected = tuple(f"Registry {pk} " for pk in self.unlogged)
        assert [found for found in find_drift() if not found.startswith(expected)] == []


@pytest.mark.django_db
def test_every_rule_holds_on_any_walk():
    run_walks(Walk, walks=15, steps=20)
