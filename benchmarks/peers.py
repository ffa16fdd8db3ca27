"""MLflow beside the site, for `--peers`: its model registry on SQLite, without login and with its basic-auth app.

It is installed when it is first asked for, into an environment of its own; the site needs nothing of it. Its background
jobs are off, so that its CPU is that of its answers.
"""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.load import Server
from benchmarks.operations import COMMON_WORD

VERSION = "3.17.2"
MODELS = 10_000  # at most, where a database has so many
HOME = Path(".venv", f"mlflow-{VERSION}").absolute()
PASSWORD = secrets.token_hex(16)
OPEN, LOGIN = "mlflow", "mlflow-login"
WHO = {OPEN: "MLflow", LOGIN: "MLflow with its login"}
API = "/api/2.0/mlflow/registered-models"


class Call(NamedTuple):
    """One kind of request to MLflow's API, labelled as ours that does the same. With `fill`, what it gives is sent as
    JSON.
    """

    contender: str
    label: str
    path: str
    marker: str
    fill: Callable | None = None

    @property
    def key(self):
        """What no other operation is called."""
        return f"{self.contender}: {self.label}"

    def is_right(self, answer):
        """Whether `answer` is what was asked for."""
        return answer.status == 200 and self.marker in answer.text

    def prepared(self, facts, send, count):
        """`count` requests of it, as arguments of a Connection."""
        headers = {"Accept-Encoding": "gzip", "Content-Type": "application/json"}
        if self.contender == LOGIN:
            headers["Authorization"] = f"Basic {b64encode(f'admin:{PASSWORD}'.encode()).decode()}"
        if not self.fill:
            return [("GET", self.path, headers)] * count
        return [("POST", self.path, headers, json.dumps(self.fill()).encode()) for _ in range(count)]


def calls(contender, facts):
    """Every Call of OPEN or LOGIN on models that are called as the registries of which `facts` are known."""
    name, _ = facts["others"][0]
    for label, query in {
        "list, first page": {},
        "search, common hit": {"filter": f"name ILIKE '%{COMMON_WORD}%'"},
        "search, rare hit": {"filter": f"name ILIKE '%{name[-7:]}%'"},
    }.items():
        yield Call(contender, label, f"{API}/search?{urlencode({'max_results': 25, **query})}", '"name"')
    yield Call(contender, "one registry", f"{API}/get?{urlencode({'name': name})}", f'"{name}"')
    yield Call(contender, "create", f"{API}/create", '"new-', lambda: {"name": f"new-{secrets.token_hex(6)}"})


class Mlflow(Server):
    """MLflow's server on the database in `folder`, with as many workers as the site has; OPEN or LOGIN."""

    health = "/health"

    def __init__(self, contender, folder, log):
        self.contender = contender
        program = (str(HOME / "bin" / "mlflow"), "server", "--workers", "2", "--host", "127.0.0.1", "--port", "{port}")
        stores = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", f"{folder}/files")
        self.command = (*program, *stores, *(("--app-name", "basic-auth") if contender == LOGIN else ()))
        settings = {
            "MLFLOW_AUTH_CONFIG_PATH": str(_accounts(folder)),
            "MLFLOW_FLASK_SERVER_SECRET_KEY": PASSWORD,
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        super().__init__({**kept, **settings}, log)


def _accounts(folder):
    """The file that tells the basic-auth app where its accounts are, and who is the first."""
    file = folder / "accounts.ini"
    file.write_text(
        f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{folder}/accounts.db\nadmin_username = admin\n"
        f"admin_password = {PASSWORD}\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    return file


def install():
    """MLflow of VERSION into HOME, if it isn't there."""
    if not (HOME / "bin" / "mlflow").exists():
        shutil.rmtree(HOME, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
        pip = [HOME / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"mlflow[auth]=={VERSION}"], check=True)


def chosen(cases):
    """The one of `cases` that MLflow is measured beside: the largest on SQLite of at most MODELS, else the smallest."""
    sized = sorted((case for case in cases if case.engine == "SQLite"), key=lambda case: case.size)
    return [case for case in sized if case is sized[0] or case.size <= MODELS][-1]


def beside(case, folder, log, stack):
    """(case, server, Call) of all that is asked of MLflow, which has the registries of `case` as models.

    `stack` ends its servers.
    """
    install()
    for contender in (OPEN, LOGIN):
        server = Mlflow(contender, folder, log)
        stack.callback(server.stop)
        server.first_answer()
        if contender == OPEN:
            _fill(folder / "mlflow.db", Path(case.environment["REGISTRY_DATA_DIR"], "registry.sqlite3"))
        yield from ((case, server, call) for call in calls(contender, case.facts))


def _fill(database, registries):
    """A registered model with one version for each of the `registries` of a database, as MLflow stores them."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("ATTACH ? AS site", [str(registries)])
        connection.execute(
            "INSERT INTO registered_models (name, description, creation_time, last_updated_time)"
            " SELECT name, description, id, id FROM site.registry_app_registry"
        )
        connection.execute(
            "INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, current_stage,"
            " source, run_id, status, storage_location) SELECT name, 1, creation_time, last_updated_time, '', 'None',"
            " 's3://bench/model', '', 'READY', 's3://bench/model' FROM registered_models"
        )
