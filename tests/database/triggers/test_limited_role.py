"""PostgreSQL with two roles, as docs/operating.md says: the role that the site runs as can't lift a trigger.

Run on PostgreSQL alone. The SQL and the commands are those of the page, word by word.
"""

import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from psycopg.errors import InsufficientPrivilege

from registry_app.database import triggers
from tests.database.triggers.attacks import ATTACKS, EVENT, HEAD, MERGE, REGISTRY, SHADOWS, qualified

PAGE = (settings.BASE_DIR / "docs/operating.md").read_text()
SECTION = PAGE[PAGE.index("## PostgreSQL") : PAGE.index("## Backup")]
# As the superuser twice, as the superuser in the new database, as the owner of the tables.
CREATE, LIMIT, CLOSE, GRANT = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)
COMMANDS = re.findall(r"^DATABASE_URL=postgresql://registry_owner\S* \S+ manage\.py (\w+)$", SECTION, re.MULTILINE)
# What the site's role then makes there, by the verbs.
FILL = """
from registry_app.models import Actor
from tests.factories import make_organization, make_registry, make_user

ada, sam = make_user("ada"), make_user("sam")
acme, globex = make_organization("Acme ML", ada), make_organization("Globex", sam)
make_registry(acme, ada, "Golden Datasets", types=["dataset", "eval-suite"])
make_registry(acme, ada, "Vault", types=None, restricted=True)
acme.registries.get(name="Models").add_types(Actor(ada), ["adapter"])
"""


def run(connection, block):
    """Run each statement of a block of the page."""
    for statement in filter(None, map(str.strip, block.split(";"))):
        connection.execute(statement)


class Site:
    """A database with both roles: its addresses, and its commands."""

    def __init__(self, server, folder):
        self.server, self.folder = urlsplit(server), folder

    def address(self, role):
        """DATABASE_URL for the role; the tests' server asks for no password."""
        return self.server._replace(netloc=f"{role}@", path="/registry").geturl()

    def connect(self, role):
        """A connection of the role; what isn't committed is undone."""
        return psycopg.connect(self.address(role))

    def manage(self, role, *words):
        """Run a management command as the role, and answer what it printed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "DJANGO_"))}
        env = {**kept, "DATABASE_URL": self.address(role), "REGISTRY_DATA_DIR": str(self.folder)}
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """An installation made as the page says, and filled by the role that the site runs as."""
    server = os.environ["DATABASE_URL"]
    site = Site(server, tmp_path_factory.mktemp("data"))
    with psycopg.connect(server, autocommit=True) as superuser:
        run(superuser, CREATE)
        run(superuser, LIMIT)
        with site.connect(superuser.info.user) as inside:
            run(inside, CLOSE)
        for command in COMMANDS:
            site.manage("registry_owner", command)
        with site.connect("registry_owner") as owner:
            run(owner, GRANT)
        site.manage("registry_app", "shell", "--command", FILL)
        yield site
        superuser.execute("DROP DATABASE registry WITH (FORCE)")
        superuser.execute("DROP ROLE registry_app")
        superuser.execute("DROP ROLE registry_owner")


@pytest.fixture
def limited(site):
    """A connection as the role that the site runs as; nothing that is done on it stays."""
    with site.connect("registry_app") as connection:
        yield connection
        connection.rollback()


def test_the_site_is_in_order_for_the_limited_role(site):
    assert COMMANDS == ["migrate", "createcachetable"]
    site.manage("registry_app", "check", "--database=default", "--fail-level=WARNING")
    assert "in order" in site.manage("registry_app", "verify_audit")


LET_PASS = "RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN RETURN NEW; END $body$"
TABLES = sorted({table for table, _ in triggers.TRIGGERS} | set(triggers.TRUNCATE_CODES))
TRIGGERS = {triggers.name_of(*key): key[0] for key in triggers.TRIGGERS}
TRIGGERS |= {triggers.name_of(table, "TRUNCATE"): table for table in triggers.TRUNCATE_CODES}
TRIGGERS |= {triggers.name_of(table, "after"): table for table in triggers.AFTER_INSERT}
REPLICA = "session_replication_role = replica"
FORBIDDEN = [
    # Tables and functions of its own.
    *SHADOWS,
    "CREATE TEMPORARY TABLE own (id bigint)",
    "SELECT 1 AS id INTO TEMPORARY own",
    f"CREATE TEMPORARY VIEW {REGISTRY} AS SELECT 1",
    "CREATE TEMPORARY SEQUENCE own",
    f"CREATE FUNCTION pg_temp.own() {LET_PASS}",
    "CREATE TABLE own (id bigint)",
    "CREATE SCHEMA own",
    f"CREATE FUNCTION public.own() {LET_PASS}",
    "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = textne)",
    # The tables.
    *(f"TRUNCATE {table} CASCADE" for table in TABLES),
    *(f"DROP TABLE {table} CASCADE" for table in TABLES),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES),
    *(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in TABLES),
    *(f"ALTER TABLE {table} RENAME TO own" for table in TABLES),
    *(f"CREATE TRIGGER own BEFORE UPDATE ON {table} EXECUTE FUNCTION rule_team_update()" for table in TABLES),
    *(f"CREATE RULE own AS ON UPDATE TO {table} DO INSTEAD NOTHING" for table in TABLES),
    # The triggers.
    *(f"DROP TRIGGER {name} ON {table}" for name, table in TRIGGERS.items()),
    *(f"ALTER TABLE {table} DISABLE TRIGGER {name}" for name, table in TRIGGERS.items()),
    *(f"ALTER TABLE {table} ENABLE TRIGGER {name}" for name, table in TRIGGERS.items()),
    *(f"CREATE OR REPLACE FUNCTION {name}() {LET_PASS}" for name in TRIGGERS),
    *(f"ALTER FUNCTION {name}() SET search_path = pg_temp, public" for name in TRIGGERS),
    *(f"ALTER FUNCTION {name}() RESET ALL" for name in TRIGGERS),
    *(f"DROP FUNCTION {name}() CASCADE" for name in TRIGGERS),
    f"SET {REPLICA}",
    f"SET LOCAL {REPLICA}",
    "SELECT set_config('session_replication_role', 'replica', false)",
    f"ALTER ROLE registry_app SET {REPLICA}",
    f"ALTER DATABASE registry SET {REPLICA}",
    # The log.
    f"UPDATE {EVENT} SET target_name = ''",
    f"UPDATE {EVENT} SET target_name = '' WHERE seq = 0",
    f"DELETE FROM {EVENT} WHERE seq = 0",
    f"INSERT INTO {HEAD} (id, seq, hash) VALUES (9, 9, '')",
    f"DELETE FROM {HEAD} WHERE seq = 0",
    f"INSERT INTO {EVENT} (seq, body) VALUES (1, '') ON CONFLICT (seq) DO UPDATE SET body = ''",
    f"MERGE INTO {EVENT} e USING (SELECT 1) s ON e.seq = 1 WHEN MATCHED THEN DELETE",
    "DELETE FROM django_migrations",
    "UPDATE django_migrations SET name = ''",
    # Other roles.
    "SET ROLE registry_owner",
    "ALTER ROLE registry_app SUPERUSER",
    "GRANT registry_owner TO registry_app",
    "ALTER DATABASE registry OWNER TO registry_app",
]


def test_the_limited_role_can_lift_nothing(limited, subtests):
    for statement in FORBIDDEN:
        with subtests.test(statement), pytest.raises(InsufficientPrivilege):
            limited.execute(statement)
        limited.rollback()


def test_section_5_the_limited_role_can_give_itself_nothing(limited):
    limited.execute(f"GRANT ALL ON {EVENT} TO registry_app")  # a warning, by which nothing is granted
    limited.execute("GRANT TEMPORARY ON DATABASE registry TO PUBLIC")
    limited.commit()
    for statement in (f"DELETE FROM {EVENT}", "CREATE TEMPORARY TABLE own (id bigint)"):
        with pytest.raises(InsufficientPrivilege):
            limited.execute(statement)
        limited.rollback()


@pytest.mark.parametrize("table, code", triggers.TRUNCATE_CODES.items())
def test_the_owner_empties_no_table_that_carries_promises(site, table, code):
    """The owner could lift the triggers, but not by mistake."""
    with site.connect("registry_owner") as owner:
        with pytest.raises(psycopg.IntegrityError) as caught:
            owner.execute(f"TRUNCATE {table} CASCADE")
        assert triggers.refusal_of(caught.value).code == code
        owner.rollback()


# What it may write, the triggers judge, even where it may make temporary tables all the same.

IDS = {
    "acme": f"SELECT organization_id FROM {REGISTRY} WHERE name = 'Vault'",
    "globex": f"SELECT max(organization_id) FROM {REGISTRY}",
    "models": f"SELECT min(id) FROM {REGISTRY} WHERE name = 'Models'",
    "datasets": f"SELECT min(id) FROM {REGISTRY} WHERE name = 'Datasets'",
    "golden": f"SELECT id FROM {REGISTRY} WHERE name = 'Golden Datasets'",
    "vault": f"SELECT id FROM {REGISTRY} WHERE name = 'Vault'",
}


@pytest.fixture
def names(limited):
    """What stands in the statements of `attacks`."""
    ids = {name: limited.execute(query).fetchone()[0] for name, query in IDS.items()}
    merges = {f"merge_{name}": MERGE.format(ids[name]) for name in ("models", "golden", "vault")}
    return {**ids, **merges, "yes": "true", "no": "false"}


@pytest.fixture(params=["as_documented", "behind_temporary_tables"])
def session(request, site, limited):
    """The limited role's session; or one in which a temporary table stands in front of each that a trigger asks."""
    if request.param == "as_documented":
        yield
        return
    with site.connect("registry_owner") as owner:
        owner.execute("GRANT TEMPORARY ON DATABASE registry TO registry_app")
    for statement in SHADOWS:
        limited.execute(statement)
    yield
    limited.rollback()
    with site.connect("registry_owner") as owner:
        owner.execute("REVOKE TEMPORARY ON DATABASE registry FROM registry_app")


def test_the_triggers_hold_against_the_limited_role(limited, names, session, subtests):
    """What it may not write it can't; what it may write is refused under the rule's code."""
    for attack, (code, statement) in ATTACKS.items():
        limited.execute("SAVEPOINT before")
        with subtests.test(attack):
            with pytest.raises((psycopg.IntegrityError, InsufficientPrivilege)) as caught:
                limited.execute(qualified(statement.format_map(names)))
            refusal = triggers.refusal_of(caught.value)
            assert isinstance(caught.value, InsufficientPrivilege) or refusal.code == code
        limited.execute("ROLLBACK TO before")
