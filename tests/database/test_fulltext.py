"""The index of search finds just what reading every registry finds, whatever was written how, and mends itself."""

import pytest
from django.core import checks
from django.db import connection
from django.db.models import Q

from registry_app import rules
from registry_app.database import fulltext
from registry_app.database.fulltext import SearchTerm
from registry_app.models import Actor, Alias, Artifact, AuditEvent, Collection, Registry, Tag
from tests.assertions import settle
from tests.factories import COMMAND_LINE, make_collection, make_registry

ON_SQLITE = connection.vendor == "sqlite"  # PostgreSQL's index is its planner's own
TABLE = Registry._meta.db_table
SPOILING = {
    "sqlite": [
        *(f"DROP TABLE {texts.name}" for texts in fulltext.TEXTS.values()),
        *(f"DROP TRIGGER {texts.name}_update" for texts in fulltext.TEXTS.values()),
    ],
    "postgresql": [f"DROP INDEX IF EXISTS {texts.name}" for texts in fulltext.TEXTS.values()],
}
TEXTS = [
    ("Ground Truth", "100% checked, 0_0 left"),
    ("Größe ΣΊΣΥΦΟΣ", "Straße nach ΑΘΉΝΑ, groß"),
    ("Ｗｉｄｅ name", "Kelvin is not Kelvin"),
    ('Says "hello"', "it's a \"quote\", a 'quote' and a \\ backslash"),
    ("日本語の名前", "データセット"),
    ("emoji 🐍🐍", "two 🐍🐍🐍 snakes"),
    ("a b c d", "AND OR NOT NEAR(x) name_key:x x* ^x -- x"),
]
WORDS = [
    *("ground", "GROUND", "truth ", "und tru", "100%", "0%", "0_0", "%", "_", "__", "%%%", "___", "\\", "\\ b", "a \\"),
    *('"', '"hello"', '""', "'quote'", "it's", "größe", "GRÖSSE", "Größe", "straße", "STRASSE", "ß", "αθήνα", "ΑΘΉΝΑ"),
    *("σίσυφος", "ΣΊΣΥΦΟΣ", "wide", "Ｗｉｄｅ", "kelvin", "KELVIN", "Kel", "日本語", "日本", "データ", "🐍🐍🐍", "🐍"),
    *("a b", "a  b  c", "AND", "OR NOT", "near(", "name_key:x", "x*", "^x ", "-- x", "", " ", "   ", "nothing like it"),
]


@pytest.fixture
def can_index(db):
    """Whether this database has an index at all: not a PostgreSQL without pg_trgm, which finds the same without."""
    return fulltext.is_whole()


@pytest.fixture
def release_registry(acme, ada):
    """Registries with nasty names and descriptions."""
    return [make_registry(acme, ada, name, description=text) for name, text in TEXTS]


@pytest.fixture
def collections(models):
    """Collections with the same names and cards."""
    return [make_collection(models, name, description=text) for name, text in TEXTS]


def names(rows):
    """Their names."""
    return {row.name for row in rows}


def scanned(model, words):
    """The names that are found without any index."""
    condition = Q(name_key__contains=rules.name_key(words)) | Q(description__icontains=words)
    return names(model.objects.filter(condition))


def assert_found_as_scanned():
    """Search says of every word what a scan says."""
    for model in (Registry, Collection):
        found = {words: names(model.objects.matching(SearchTerm(words))) for words in WORDS}
        assert found == {words: scanned(model, words) for words in WORDS}


def execute(statement):
    """Run SQL as it is."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def spoil():
    """Take the index away, or a part of it."""
    settle()
    execute(
        "DROP TRIGGER registry_search_insert"
        if connection.vendor == "sqlite"
        else "DROP INDEX IF EXISTS registry_search"
    )


@pytest.mark.parametrize("model", [Registry, Collection])
def test_words_are_found_as_a_scan_finds_them(release_registry, collections, model):
    assert_found_as_scanned()
    hits = {words for words in WORDS if scanned(model, words)}
    assert hits >= {"GROUND", "0_0", "a \\", '"hello"', "日本語", "🐍🐍🐍"}


def test_what_was_edited_and_deleted_is_found_as_it_is_now(release_registry, ada):
    by = Actor(ada)
    truth, greek, wide, *_ = release_registry
    truth.edit(by, name="Somewhere else", description="ground and truth")
    greek.edit(by, name="Größe", description=greek.description)
    wide.delete_by(by)
    assert_found_as_scanned()
    assert names(Registry.objects.matching(SearchTerm("truth"))) == {"Somewhere else"}
    assert (
        names(Registry.objects.matching(SearchTerm("100%")))
        == names(Registry.objects.matching(SearchTerm("σίσυφος")))
        == set()
    )


def test_collections_are_found_as_they_are_now(release_registry, collections):
    truth, greek, wide, *_ = collections
    truth.edit(COMMAND_LINE, name="Somewhere else", description="ground and truth", tags=[])
    greek.edit(COMMAND_LINE, name="Größe", description=greek.description, tags=[])
    wide.delete_by(COMMAND_LINE)
    release_registry[0].delete_by(COMMAND_LINE)  # its own are removed by the database
    Collection.objects.filter(name="emoji 🐍🐍").update(description="Ground")
    assert_found_as_scanned()
    assert names(Collection.objects.matching(SearchTerm("truth"))) == {"Somewhere else"}
    assert names(Collection.objects.matching(SearchTerm("ground"))) == {"Somewhere else", "emoji 🐍🐍"}
    assert (
        names(Collection.objects.matching(SearchTerm("100%")))
        == names(Collection.objects.matching(SearchTerm("σίσυφος")))
        == set()
    )


def test_collections_that_went_with_their_registry_are_found_no_more(release_registry, collections):
    make_collection(release_registry[0], "Gone with it")
    assert names(Collection.objects.matching(SearchTerm("gone"))) == {"Gone with it"}
    release_registry[0].delete_by(COMMAND_LINE)
    assert names(Collection.objects.matching(SearchTerm("gone"))) == set()
    assert_found_as_scanned()


def test_what_was_written_past_the_verbs_is_found(acme, release_registry):
    Registry.objects.bulk_create(
        Registry(organization=acme, name=f"Bulk {number}", name_key=f"bulk {number}") for number in range(30)
    )
    Registry.objects.filter(name="Bulk 7").update(description="Ground", version=2)
    Registry.objects.filter(name="Bulk 8").delete()
    assert_found_as_scanned()
    assert names(Registry.objects.matching(SearchTerm("ground"))) == {"Ground Truth", "Bulk 7"}


def test_what_was_replaced_is_found_as_it_is_now(acme, release_registry):
    Registry.objects.bulk_create([Registry(organization=acme, name="Bulk", name_key="bulk", description="Ground")])
    columns = ", ".join(field.column for field in Registry._meta.fields)
    changed = columns.replace("description", "'Sea'")
    if ON_SQLITE:
        execute(f"REPLACE INTO {TABLE} ({columns}) SELECT {changed} FROM {TABLE} WHERE name = 'Bulk'")
    else:
        execute(f"UPDATE {TABLE} SET description = 'Sea', version = version + 1 WHERE name = 'Bulk'")
    assert names(Registry.objects.matching(SearchTerm("ground"))) == {"Ground Truth"}
    assert names(Registry.objects.matching(SearchTerm("sea"))) == {"Bulk"}
    assert_found_as_scanned()
    if ON_SQLITE:
        execute("INSERT INTO registry_search (registry_search, rank) VALUES ('integrity-check', 1)")


def test_more_hits_than_the_index_tells_are_all_found(acme, monkeypatch, release_registry):
    monkeypatch.setattr(fulltext, "FEW", 2)
    Registry.objects.bulk_create(
        Registry(organization=acme, name=f"Bulk {number}", name_key=f"bulk {number}") for number in range(5)
    )
    assert len(names(Registry.objects.matching(SearchTerm("bulk")))) == 5
    assert_found_as_scanned()


def test_section_3_search_shows_only_what_its_person_sees(acme, globex, ada, mel, sam, vault, golden):
    make_registry(globex, sam, "Vault of Globex")
    seen = {user: acme.memberships.get(user=user).registries() for user in (ada, mel)}
    assert names(seen[ada].matching(SearchTerm("vault"))) == {"Vault"}
    assert names(seen[mel].matching(SearchTerm("vault"))) == set()
    assert names(globex.memberships.get(user=sam).registries().matching(SearchTerm("vault"))) == {"Vault of Globex"}


def test_search_asks_the_index(release_registry, collections, can_index):
    truth = release_registry[0]
    if not ON_SQLITE:
        execute("SET LOCAL enable_seqscan = off")
        assert ("registry_search" in Registry.objects.matching(SearchTerm("ground")).order_by().explain()) == can_index
        assert (
            "collection_search" in Collection.objects.matching(SearchTerm("ground")).order_by().explain()
        ) == can_index
        assert ("event_search" in AuditEvent.objects.search("ground").order_by().explain()) == can_index
        execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")  # of a few rows any will do
        for model in (Alias, Tag, Artifact):
            plan = model.objects.filter(name_folded__contains="ground").order_by().explain()
            assert (fulltext.TEXTS[model._meta.db_table].name in plan) == can_index
        return
    tables, log = [TABLE, Collection._meta.db_table], fulltext.LOG
    assert fulltext.candidate_ids(tables, {"ground"}, 5) == dict(
        zip(tables, ([truth.pk], [collections[0].pk]), strict=True)
    )
    entries = AuditEvent.objects.filter(target_name__icontains="ground").order_by("seq").values_list("seq", flat=True)
    assert fulltext.candidate_ids([log], {"ground"}, 5) == {log: list(entries)} != {log: []}
    nothing = fulltext.candidate_ids([TABLE], {"no such thing"}, 5)
    assert nothing == {TABLE: [fulltext.NO_ROW]}  # not nothing, which would be told by a query
    for untold in ({"gr"}, {"gro\0und"}):
        assert fulltext.candidate_ids([TABLE], untold, 5) == {}
    assert fulltext.candidate_ids([TABLE], {"ground"}, 0) == {TABLE: None}


@pytest.mark.parametrize("spoiling", SPOILING[connection.vendor])
def test_an_index_that_is_not_whole_is_seen_and_mended(release_registry, ada, can_index, spoiling):
    settle()
    execute(spoiling)
    assert not fulltext.is_whole()
    fulltext.install()
    assert fulltext.is_whole() == can_index
    release_registry[0].edit(Actor(ada), name="Elsewhere", description="of old")
    make_collection(release_registry[0], "Of late")
    assert_found_as_scanned()


def test_one_of_the_session_is_not_taken_for_the_index(release_registry):
    """A temporary table may bear the name of ours, with an index or a trigger named as ours."""
    spoil()
    execute(f"CREATE TEMPORARY TABLE {TABLE} (name_key varchar(10))")
    execute(
        f"CREATE TEMPORARY TRIGGER registry_search_insert AFTER INSERT ON {TABLE} BEGIN SELECT 1; END"
        if ON_SQLITE
        else f"CREATE INDEX registry_search ON pg_temp.{TABLE} (name_key)"
    )
    assert not fulltext.is_whole()


def test_what_was_there_before_the_index_is_found(acme, release_registry, can_index):
    spoil()
    Registry.objects.bulk_create([Registry(organization=acme, name="Late", name_key="late", description="Ground")])
    settle()
    fulltext.install_after_migrate(sender=None, using="default")
    assert fulltext.is_whole() == can_index
    assert names(Registry.objects.matching(SearchTerm("ground"))) == {"Ground Truth", "Late"}
    assert_found_as_scanned()


def test_without_an_index_search_finds_the_same(release_registry, collections):
    settle()
    for spoiling in SPOILING[connection.vendor]:
        execute(spoiling)
    assert_found_as_scanned()


def test_a_database_that_can_not_have_the_index_does_without(release_registry, monkeypatch):
    spoil()
    monkeypatch.setattr(fulltext, "_statements", lambda vendor: ["CREATE EXTENSION no_such_extension"])
    fulltext.install()
    assert not fulltext.is_whole()
    assert names(Registry.objects.matching(SearchTerm("ground"))) == {"Ground Truth"}


def test_the_system_check_tells_while_there_is_no_index(can_index):
    def told():
        found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
        return [(message.id, message.level) for message in found if message.id.startswith("registry_app.")]

    missing = [("registry_app.I001", checks.INFO)]
    assert told() == ([] if can_index else missing)
    spoil()
    assert told() == missing
