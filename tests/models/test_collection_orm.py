"""Rules 20 to 22, 24, 27 and 28 where somebody passes the verbs by: save(), update(), bulk_*, delete(), raw SQL."""

import pytest
from django.db import connection
from django.db.models import ProtectedError

from registry_app.models import Artifact, Collection, Link, Team, Version
from tests.assertions import refused_by_database, settle, undone
from tests.factories import COMMAND_LINE, make_collection, make_link, make_team, make_version

SQLITE = connection.vendor == "sqlite"


def by_save(row, wanted):
    """The whole row, as a form or a shell would."""
    for field, value in wanted.items():
        setattr(row, field, value)
    row.save()


def by_update(row, wanted):
    """One statement."""
    type(row).objects.filter(pk=row.pk).update(**wanted)


def by_bulk_update(row, wanted):
    """One statement with a CASE."""
    for field, value in wanted.items():
        setattr(row, field, value)
    type(row).objects.bulk_update([row], [field.removesuffix("_id") for field in wanted])


def by_sql(row, wanted):
    """Raw SQL."""
    columns = ", ".join(f"{name} = %s" for name in wanted)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {columns} WHERE id = %s", [*wanted.values(), row.pk])


# {rule: (which row, what is written over it, the code)}
CHANGES = {
    "rule_20_type": (Collection, {"type": "dataset"}, "type_stays"),
    "rule_20_registry": (Collection, {"registry_id": "vault"}, "type_stays"),
    "rule_24_counter": (Collection, {"next_number": 0}, "link_stays"),
    "rule_24_number": (Link, {"number": 7}, "link_stays"),
    "rule_24_version": (Link, {"version_id": "other"}, "link_stays"),
    "rule_28_digest": (Version, {"digest": "md5:other"}, "version_is_fixed"),
    "rule_28_uri": (Version, {"uri": "s3://other/place"}, "version_is_fixed"),
    "rule_28_size": (Version, {"size": 0}, "version_is_fixed"),
    "rule_28_files": (Version, {"file_count": 9}, "version_is_fixed"),
    "rule_28_metadata": (Version, {"metadata": '{"auc": 1}'}, "version_is_fixed"),
    "rule_28_numbers": (Version, {"numbers": '{"auc": 1}'}, "version_is_fixed"),
    "rule_28_run": (Version, {"run": "another"}, "version_is_fixed"),
    "rule_28_run_url": (Version, {"run_url": "https://other.example"}, "version_is_fixed"),
    "rule_22_team": (Team, {"organization_id": "globex"}, "organization_stays"),
    "rule_28_number": (Version, {"number": 9}, "version_is_fixed"),
    "rule_28_artifact_type": (Artifact, {"type": "dataset"}, "version_is_fixed"),
    "rule_28_artifact_team": (Artifact, {"team_id": "team"}, "version_is_fixed"),
}


@pytest.mark.parametrize("path", [by_save, by_update, by_bulk_update, by_sql])
def test_rules_20_24_and_28_hold_on_every_way_to_update(path, acme, globex, churn, versions, vault, subtests):
    make_link(churn, versions[0])
    places = {"vault": vault.pk, "other": versions[1].pk, "team": make_team(acme, "Other").pk}
    places["globex"] = globex.pk
    for rule, (model, wanted, code) in CHANGES.items():
        row = model.objects.order_by("pk").first()
        wanted = {name: places.get(value, value) for name, value in wanted.items()}
        with subtests.test(rule), undone(), refused_by_database(code):
            path(row, wanted)


@pytest.mark.parametrize("path", [by_save, by_update, by_sql])
def test_the_same_ways_let_pass_what_no_rule_forbids(path, churn):
    path(churn, {"description": "Fine"})
    churn.refresh_from_db()
    assert churn.description == "Fine"


@pytest.fixture
def strange(globex):
    """A model of another organization."""
    return make_version(make_team(globex, "Theirs"))


@pytest.fixture
def rows(vision):
    """A version of another type."""
    return make_version(vision, "rows", type="dataset")


@pytest.mark.parametrize("which, code", [("rows", "type_not_accepted"), ("strange", "other_organization")])
def test_rules_21_and_22_a_link_that_may_not_be_is_not_inserted(churn, which, code, request):
    version = request.getfixturevalue(which)
    with refused_by_database(code):
        Link.objects.create(collection=churn, version=version, number=0)
    with refused_by_database(code):
        Link.objects.bulk_create([Link(collection=churn, version=version, number=0)])


def test_section_3_an_artifact_is_of_the_organization_of_its_team(globex, vision):
    with refused_by_database("other_organization"):
        Artifact.objects.create(organization=globex, team=vision, project="p", name="stray", type="model")


@pytest.mark.parametrize("number", [0, 1, 3])
def test_rule_24_only_the_next_number_is_inserted(churn, versions, number):
    make_link(churn, versions[0])
    make_link(churn, versions[1]).delete()
    with refused_by_database("link_stays"):
        Link.objects.create(collection=churn, version=versions[2], number=number)


def test_rule_27_a_linked_version_is_deleted_by_nothing(churn, versions):
    make_link(churn, versions[0])
    with pytest.raises(ProtectedError):
        versions[0].delete()
    with refused_by_database("version_linked"):
        Version.objects.filter(pk=versions[0].pk)._raw_delete("default")
    with refused_by_database("version_linked"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_app_version WHERE id = %s", [versions[0].pk])


@pytest.mark.parametrize(
    "table, code", [("version", "version_is_fixed"), ("link", "link_stays"), ("collection", "name_taken")]
)
def test_rules_20_24_and_28_no_row_is_put_in_the_place_of_another(churn, versions, table, code):
    make_link(churn, versions[0])
    verb = "INSERT OR REPLACE" if SQLITE else "INSERT"
    name = f"registry_app_{table}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name} ORDER BY id LIMIT 1")
        columns, row = [column[0] for column in cursor.description], cursor.fetchone()
    marks = ", ".join(["%s"] * len(columns))
    with refused_by_database(code), connection.cursor() as cursor:
        cursor.execute(f"{verb} INTO {name} ({', '.join(columns)}) VALUES ({marks})", row)


@pytest.mark.parametrize(
    "table, changed, code",
    [
        ("artifact", {"type": "dataset", "next_number": 0}, "version_is_fixed"),
        ("collection", {"type": "dataset", "next_number": 0}, "type_stays"),
    ],
)
def test_rules_20_24_and_28_no_row_is_taken_out_and_put_back_as_another(churn, versions, table, changed, code):
    make_link(churn, versions[0])
    name = f"registry_app_{table}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name} ORDER BY id LIMIT 1")
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    marks = ", ".join(["%s"] * len(row))
    with refused_by_database(code), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {name} WHERE id = %s", [row["id"]])
        cursor.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})", list((row | changed).values()))


def test_rule_20_an_id_that_the_log_knows_is_no_other_collections(release_registry, churn):
    known = churn.pk
    churn.delete_by(COMMAND_LINE)
    with refused_by_database("type_stays"):
        Collection.objects.create(pk=known, registry=release_registry, name="Other", name_key="other", type="model")


def test_rule_24_a_number_is_used_by_whoever_wrote_the_link(churn, versions):
    Link.objects.create(collection=churn, version=versions[0], number=0).delete()
    with refused_by_database("link_stays"):
        Link.objects.create(collection=churn, version=versions[1], number=0)
    link, _ = Collection.objects.get(pk=churn.pk).link(COMMAND_LINE, versions[2])
    assert link.number == 1


def test_rules_27_and_28_versions_are_not_emptied_out(models, versions):
    statement = "DELETE FROM registry_app_version" if SQLITE else "TRUNCATE registry_app_version CASCADE"
    make_link(make_collection(models), versions[0])
    settle()
    with refused_by_database("version_linked" if SQLITE else "version_is_fixed"), connection.cursor() as cursor:
        cursor.execute(statement)
