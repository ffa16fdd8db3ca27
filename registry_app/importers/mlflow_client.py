"""A running MLflow server, read over its REST API. Nothing is written there."""

import json
import posixpath
from functools import cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import requests
from django.core.management.base import CommandError
from urllib3.exceptions import HTTPError

TIMEOUT = 30  # seconds until an answer must go on
ANSWER_BYTES = 32 * 1024 * 1024
PAGES = 10_000  # of one list
ROWS = 1000  # of a page; unasked, MLflow answers with up to 10,000 versions at once
FOLDERS = 1000  # listed for the size of one version
WHO = "Give it MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
HINTS = {401: WHO, 403: WHO, 404: "Is an MLflow server with a model registry there?"}  # by status
UNKNOWN = (0, 0)  # size and number of files where the server doesn't tell


class Model(NamedTuple):
    """A registered model, `created` in milliseconds.

    `aliases` lead to numbers of versions, and `versions` begin with the oldest.
    """

    name: str
    created: int
    description: str
    aliases: dict
    versions: list


class ModelVersion(NamedTuple):
    """A version of a registered model, as the server lists it; `created` in milliseconds, `stage` "" for none."""

    model: str
    number: int
    created: int
    source: str
    run_id: str
    description: str
    is_ready: bool
    stage: str
    tags: dict


class Run(NamedTuple):
    """The run that made a version: what it is called, its page, and where it keeps its artifacts."""

    name: str
    url: str
    artifact_uri: str
    params: dict
    metrics: dict


class Status(CommandError):
    """The server answered with this HTTP status instead of what it was asked for."""

    def __init__(self, url, status):
        self.status = status
        hint = HINTS.get(status, "It redirects: name the address where it ends." if 300 <= status < 400 else "")
        super().__init__(f"{url} answers with status {status}. {hint}".strip())


class Server:
    """The server at `url`; `credentials` are a username and a password, both empty where it asks for none.

    Whatever it answers, a CommandError says what is wrong with it.
    """

    def __init__(self, url, credentials):
        try:
            parts = urlsplit(url)
            good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not parts.username
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment:
            raise CommandError(f"{url} is no address like https://mlflow.example.com.")
        self.url = url.rstrip("/")
        self.session = requests.Session()
        self.session.auth = tuple(each.encode() for each in credentials) if any(credentials) else None
        self.run = cache(self._run)

    def models(self):
        """All registered Models, in the order of their names."""
        versions: dict[str, dict[int, ModelVersion]] = {}  # by number: a change there can move one to the next page
        for row in self._pages("mlflow/model-versions/search", "model_versions", max_results=ROWS):
            version = _version(row)
            versions.setdefault(version.model, {})[version.number] = version
        found: dict[str, Model] = {}  # by name, for the same reason
        for row in self._pages("mlflow/registered-models/search", "registered_models", max_results=ROWS):
            name = _text(row, "name")
            aliases = {_text(alias, "alias"): _number(alias, "version") for alias in _rows(row, "aliases")}
            own = sorted(versions.get(name, {}).values(), key=lambda version: version.number)
            created = _number(row, "creation_timestamp")
            found[name] = Model(name, created, _text(row, "description"), aliases, own)
        return sorted(found.values(), key=lambda model: model.name)

    def _run(self, run_id):
        """The Run, or None where there is none any more, or none to see. Raises Status where the server can't tell."""
        try:
            found = self._get("mlflow/runs/get", run_id=run_id)
        except Status as error:
            if error.status in {403, 404}:
                return None
            raise
        run = _object(found, "run")
        info, data = _object(run, "info"), _object(run, "data")
        experiment = _text(info, "experiment_id")
        return Run(
            _text(info, "run_name") or run_id,
            f"{self.url}/#/experiments/{quote(experiment, safe='')}/runs/{quote(run_id, safe='')}",
            _text(info, "artifact_uri"),
            _pairs(data, "params"),
            {_text(row, "key"): row.get("value") for row in _rows(data, "metrics")},
        )

    def measure(self, version):
        """(size in bytes, number of files) of a ModelVersion; UNKNOWN where the server can't tell."""
        try:
            asked = {"name": version.model, "version": version.number}
            place = _text(self._get("mlflow/model-versions/get-download-uri", **asked), "artifact_uri")
            if place.startswith("mlflow-artifacts:"):
                return self._sum(urlsplit(place).path.strip("/"), self._served)
            if place.startswith("runs:/"):
                run_id, _, path = place.removeprefix("runs:/").partition("/")
                return self._sum(path, lambda folder: self._of_run(run_id, folder))
            run = self.run(version.run_id) if version.run_id else None
            if run and run.artifact_uri and place.startswith(f"{run.artifact_uri.rstrip('/')}/"):
                path = place.removeprefix(run.artifact_uri.rstrip("/")).strip("/")
                return self._sum(path, lambda folder: self._of_run(version.run_id, folder))
        except (Status, ValueError):  # no such place, or no way to it
            pass
        return UNKNOWN

    def _sum(self, folder, listed):
        """What lies below `folder`; `listed` answers the (path, row) pairs directly in one."""
        folders, size, count = [folder], 0, 0
        for each in folders:
            for path, row in listed(each):
                if row.get("is_dir"):
                    folders.append(path)
                else:
                    size, count = size + _number(row, "file_size"), count + 1
            if len(folders) > FOLDERS:
                return UNKNOWN
        return size, count

    def _served(self, folder):
        rows = self._pages("mlflow-artifacts/artifacts", "files", path=folder)
        return [(posixpath.join(folder, _text(row, "path")), row) for row in rows]

    def _of_run(self, run_id, folder):
        rows = self._pages("mlflow/artifacts/list", "files", run_id=run_id, path=folder)
        return [(_text(row, "path"), row) for row in rows]

    def _pages(self, method, key, **query):
        """The rows of all pages of a list."""
        tokens = {""}
        while True:
            found = self._get(method, **query)
            yield from _rows(found, key)
            query["page_token"] = _text(found, "next_page_token")
            if not query["page_token"]:
                return
            if query["page_token"] in tokens or len(tokens) >= PAGES:
                raise CommandError(f"{self.url} answers with pages that don't end.")
            tokens.add(query["page_token"])

    def _get(self, method, **query):
        """The object that a method of the API answers. CommandError for anything else.

        A redirect is no answer: another server is not the one that was named, nor the one the password is for.
        """
        address = f"{self.url}/api/2.0/{method}"
        try:
            with self.session.get(address, params=query, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
                if answer.status_code != 200:
                    raise Status(self.url, answer.status_code)
                text = answer.raw.read(ANSWER_BYTES + 1, decode_content=True)
        except (OSError, HTTPError, ValueError) as error:
            raise CommandError(f"{self.url} doesn't answer: {error}.") from error
        if len(text) > ANSWER_BYTES:
            raise CommandError(f"{self.url} answers {method} with more than {ANSWER_BYTES // 1024**2} MiB.")
        try:
            found = json.loads(text, parse_constant=str)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise CommandError(f"{self.url} answers with something else than JSON. Is it an MLflow server?")
        return found


def _version(row):
    stage = _text(row, "current_stage")
    return ModelVersion(
        _text(row, "name"),
        _number(row, "version"),
        _number(row, "creation_timestamp"),
        _text(row, "source"),
        _text(row, "run_id"),
        _text(row, "description"),
        _text(row, "status") in {"", "READY"},
        "" if stage == "None" else stage,
        _pairs(row, "tags"),
    )


def _strange(key):
    return CommandError(f"The server's answer is not MLflow's: “{key}” is not what it should be.")


def _rows(found, key):
    rows = found.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _strange(key)
    return rows


def _object(found, key):
    if not isinstance(found.get(key), dict):
        raise _strange(key)
    return found[key]


def _text(row, key):
    text = row.get(key) or ""
    try:
        text.encode()  # half characters, which JSON can spell, are no text
    except (AttributeError, UnicodeEncodeError):
        raise _strange(key) from None
    return text


def _number(row, key):
    """A whole number from 0; the API writes large ones as text."""
    value = row.get(key) or 0
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or value < 0:
        raise _strange(key)
    return value


def _pairs(row, key):
    return {_text(pair, "key"): _text(pair, "value") for pair in _rows(row, key)}
