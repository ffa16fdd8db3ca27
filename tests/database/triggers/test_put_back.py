"""No row is taken out and put back as another: rules 6, 9, 20 to 22, 24 and 28, and §5.

All in one transaction, so that whatever belongs to the row belongs to it again.
"""

import pytest
from django.apps import apps

from registry_app.audit.chain import verify
from registry_app.models import Alias, Collection
from tests.assertions import refused_at_once, refused_by_database, undone
from tests.database.triggers.attacks import EVENT, HEAD, LINK, LINK_COLUMNS, REGISTRY, TYPE, VENDOR, execute
from tests.factories import COMMAND_LINE, make_version

COLLECTION, TEAM = "registry_app_collection", "registry_app_team"
ARTIFACT, VERSION = "registry_app_artifact", "registry_app_version"

TAKE = "CREATE TEMPORARY TABLE aside AS SELECT * FROM {table} WHERE {row}"
ALTER = "UPDATE aside SET {change}"
REMOVE = "DELETE FROM {table} WHERE {row}"
PUT = "INSERT INTO {table} ({columns}) SELECT {columns} FROM aside"

# {what is tried: (code, table, the row, what is another)}
AS_ANOTHER = {
    "rule_6_kind": ("kind_stays", REGISTRY, "id = {golden}", "name = 'Ours'"),
    "rule_6_organization": ("kind_stays", REGISTRY, "id = {golden}", "organization_id = {globex}"),
    "rule_9": ("kind_stays", REGISTRY, "id = {vault}", "visibility = 'organization'"),
    "rule_9_nothing_else": ("kind_stays", REGISTRY, "id = {vault}", "visibility = visibility"),
    "rule_20_type": ("type_stays", COLLECTION, "id = {collection}", "type = 'dataset'"),
    "rule_20_empty": ("type_stays", COLLECTION, "id = {other_collection}", "type = 'dataset'"),
    "rule_20_registry": ("type_stays", COLLECTION, "id = {collection}", "registry_id = {vault}"),
    "rule_24_counter": ("type_stays", COLLECTION, "id = {collection}", "next_number = 0"),
    "rule_22": ("organization_stays", TEAM, "id = {team}", "organization_id = {globex}"),
    "rule_24_version": ("link_stays", LINK, "id = {link}", "version_id = {unlinked}"),
    "rule_24_number": ("link_stays", LINK, "id = {link}", "number = 7"),
    "rule_24_same_number": ("link_stays", LINK, "id = {link}", "id = 1000000, version_id = {unlinked}"),
    "rule_25_next_number": ("link_stays", LINK, "id = {link}", "number = number + 1, version_id = {unlinked}"),
    "rule_28_digest": ("version_is_fixed", VERSION, "id = {unlinked}", "digest = 'md5:other'"),
    "rule_28_uri": ("version_is_fixed", VERSION, "id = {unlinked}", "uri = 's3://other/place'"),
    "rule_28_same": ("version_is_fixed", VERSION, "id = {unlinked}", "digest = digest"),
    "rule_28_newest": ("version_is_fixed", VERSION, "id = {newest}", "digest = 'md5:other'"),
    "rule_28_same_number": ("version_is_fixed", VERSION, "id = {unlinked}", "id = 1000000, digest = 'md5:other'"),
    "rule_28_newest_number": ("version_is_fixed", VERSION, "id = {newest}", "id = 1000000, digest = 'md5:other'"),
    "rule_28_same_digest": ("version_is_fixed", VERSION, "id = {newest}", "id = 1000000, uri = 's3://other'"),
    "rule_28_later_number": ("version_is_fixed", VERSION, "id = {newest}", "number = 1000"),
    # What was made from it would be made from another.
    "rule_28_next_number": ("version_is_fixed", VERSION, "id = {unlinked}", "number = {next}, digest = 'md5:other'"),
    "rule_28_other_artifact": (
        "version_is_fixed",
        VERSION,
        "id = {unlinked}",
        "artifact_id = {other_artifact}, number = 1, digest = 'md5:other'",
    ),
    "rule_28_artifact": ("version_is_fixed", ARTIFACT, "id = {artifact}", "type = 'dataset'"),
    "rule_28_counter": ("version_is_fixed", ARTIFACT, "id = {artifact}", "next_number = 0"),
}


def places_of(table, row, change, rows):
    """What the steps name. Of the columns those that can be written: `kind` of an entry is computed."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    columns = ", ".join(field.column for field in model._meta.concrete_fields if not field.generated)
    return {"table": table, "row": row.format_map(rows), "change": change.format_map(rows), "columns": columns}


def test_no_row_is_put_back_as_another(rows, session, subtests):
    for attack, (code, table, row, change) in AS_ANOTHER.items():
        places = places_of(table, row, change, rows)
        with subtests.test(attack), undone(), refused_by_database(code):
            execute(*(step.format_map(places) for step in (TAKE, ALTER, REMOVE, PUT)))


@pytest.mark.parametrize(
    "code, table, row", [("version_linked", VERSION, "id = {linked}"), ("log_stays", EVENT, "seq = 2")]
)
def test_what_may_not_even_be_taken_out(rows, session, code, table, row):
    places = {"table": table, "row": row.format_map(rows), "change": "id = id"}
    with refused_by_database(code):
        execute(*(step.format_map(places) for step in (TAKE, REMOVE)))


# What is put in the place of a row that is still there: {what is tried: (code, table, the row, what is another)}.
IN_PLACE = {
    "rule_3": ("name_taken", REGISTRY, "id = {models}", "description = 'Ours'"),
    "rule_3_by_name": ("name_taken", REGISTRY, "id = {models}", "id = 1000000, kind = 'custom'"),
    "rule_9": ("name_taken", REGISTRY, "id = {vault}", "visibility = 'organization'"),
    "rule_9_by_name": ("name_taken", REGISTRY, "id = {vault}", "id = 1000000, visibility = 'organization'"),
    "rule_6": ("kind_stays", REGISTRY, "id = {golden}", "organization_id = {globex}, name_key = 'x'"),
    "rule_4": ("core_type_stays", TYPE, "registry_id = {models} AND name = 'model'", "preconfigured = {no}"),
    "rule_4_by_name": ("core_type_stays", TYPE, "registry_id = {models} AND name = 'model'", "id = 1000000"),
    "rule_4_moved": ("core_type_stays", TYPE, "registry_id = {models}", "registry_id = {golden}"),
    "rule_20": ("name_taken", COLLECTION, "id = {collection}", "type = 'dataset'"),
    "rule_20_by_name": ("name_taken", COLLECTION, "id = {collection}", "id = 1000000, type = 'dataset'"),
    "rule_22": ("organization_stays", TEAM, "id = {team}", "organization_id = {globex}"),
    "rule_24": ("link_stays", LINK, "id = {link}", "version_id = {unlinked}"),
    "rule_24_by_number": ("link_stays", LINK, "id = {link}", "id = 1000000, version_id = {unlinked}"),
    "rule_24_by_version": ("link_stays", LINK, "id = {link}", "id = 1000000, number = number + 1"),
    "rule_28": ("version_is_fixed", VERSION, "id = {linked}", "digest = 'md5:other'"),
    "rule_28_by_number": ("version_is_fixed", VERSION, "id = {linked}", "id = 1000000, digest = 'md5:other'"),
    "rule_28_by_digest": ("version_is_fixed", VERSION, "id = {linked}", "id = 1000000, number = {next}"),
    "rule_28_artifact": ("version_is_fixed", ARTIFACT, "id = {artifact}", "type = 'dataset'"),
    "rule_28_artifact_by_name": ("version_is_fixed", ARTIFACT, "id = {artifact}", "id = 1000000"),
    "section_5": ("log_stays", EVENT, "seq = 2", "target_name = 'x'"),
    "section_5_by_seal": ("log_stays", EVENT, "seq = 2", "seq = {end} + 1, prev_hash = (SELECT hash FROM {head})"),
    "section_5_by_the_one_before": ("log_stays", EVENT, "seq = 2", "seq = {end} + 1, hash = 'x'"),
    "section_5_head": ("log_stays", HEAD, "seq = {end}", "seq = 0"),
    "section_5_head_by_key": ("log_stays", HEAD, "seq = {end}", "id = 1000000"),
}
PUTS = {
    "sqlite": [
        PUT.replace("INSERT", "REPLACE"),
        PUT.replace("INSERT", "INSERT OR REPLACE"),
        PUT.replace("INSERT", "INSERT OR IGNORE"),
        PUT + " WHERE 1 = 1 {upsert}",
    ],
    "postgresql": [
        PUT,
        PUT + " {upsert}",
        PUT + " ON CONFLICT DO NOTHING",
        f"WITH done AS ({PUT} RETURNING 1) SELECT * FROM done",
    ],
}[VENDOR]


def test_no_row_is_put_in_the_place_of_another(rows, session, subtests):
    rows |= {"head": HEAD}
    for attack, (code, table, row, change) in IN_PLACE.items():
        key = "seq" if table == EVENT else "id"
        places = places_of(table, row, change, rows)
        places["upsert"] = f"ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}"
        for put in PUTS:
            with subtests.test(f"{attack} {put}"), undone():
                execute(*(step.format_map(places) for step in (TAKE, ALTER)))
                with refused_at_once(code):
                    execute(put.format_map(places))


# A link that is made while something it leads to is away.

WHILE_AWAY = {
    "rule_21_version": ("version_is_fixed", VERSION, "id = {spare}", "artifact_id = {other_artifact}, number = 1"),
    "rule_22_team": ("organization_stays", TEAM, "id = {team}", "organization_id = {globex}"),
    "rule_24_collection": ("link_stays", COLLECTION, "id = {other_collection}", "next_number = 5"),
}


def test_rules_21_22_and_24_hold_while_a_row_is_away(rows, session, vision, subtests):
    rows |= {"spare": make_version(vision).pk}
    values = f"{rows['other_collection']}, {rows['spare']}, 0, CURRENT_TIMESTAMP, '[]', '[]'"
    link = f"INSERT INTO {LINK} ({LINK_COLUMNS}) VALUES ({values})"
    for attack, (code, table, row, change) in WHILE_AWAY.items():
        places = places_of(table, row, change, rows)
        steps = [step.format_map(places) for step in (TAKE, ALTER, REMOVE)]
        with subtests.test(attack), undone(), refused_by_database(code):
            execute(*steps, link, PUT.format_map(places))


def test_rule_24_numbers_go_on_after_what_was_taken_out(rows, session, churn, versions):
    Alias.objects.all().delete()
    execute(f"DELETE FROM {LINK} WHERE id = {rows['link']}", f"DELETE FROM {VERSION} WHERE id = {versions[2].pk}")
    link, _ = Collection.objects.get(pk=churn.pk).link(COMMAND_LINE, versions[1])
    version = make_version(versions[0].artifact.team)
    assert (link.number, version.number) == (1, rows["next"])
    assert verify()[1] == []
