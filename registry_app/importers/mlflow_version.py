"""What is kept of a version of an MLflow server: its address, its run, and as much metadata as may be kept."""

import hashlib
import json
import posixpath
import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple
from urllib.parse import quote

from .. import rules
from ..models import VersionData
from ..models.event import canonical_json
from .mlflow_client import ModelVersion, Run, Server, Status

WINDOWS_PATH = re.compile(r"[A-Za-z]:|\\\\")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
FRAME = 100  # bytes of metadata around its values: the names of the sections
NAME_SHOWN = 80  # characters

OF_MLFLOW = "mlflow:"  # how the digests of its versions begin


class Described(NamedTuple):
    """The `data` of a version, or None where it can't be brought; what of it is `left_out` (or why); `notes`."""

    data: VersionData | None
    left_out: list[str]
    notes: list[str] = []


def digest_of(version: ModelVersion) -> str:
    """The digest that identifies a ModelVersion here. It contains the time of creation, because MLflow can use a number
    again.
    """
    identity = canonical_json([version.model, version.number, version.created])
    return f"{OF_MLFLOW}{hashlib.sha256(identity.encode()).hexdigest()}"


def describe(server: Server, version: ModelVersion) -> Described:
    """The Described of a ModelVersion; the server is asked for its run and its size."""
    try:
        run = server.run(version.run_id) if version.run_id else None
    except Status as error:
        return Described(None, [f"the server answers with status {error.status} for its run: import again later"])
    uri, fault = address_of(version, run)
    if fault:
        return Described(None, [fault])
    size, file_count = server.measure(version)
    metadata, left_out = _metadata(version, run)
    run_url = run.url if run and not rules.refuse_run_url(run.url) else ""
    if run and not run_url:
        left_out.append("the address of its run's page is too long, or none")
    data = VersionData(digest_of(version), uri, size, file_count, metadata, _name_of_run(version, run), run_url)
    notes = [f"its run {version.run_id[:NAME_SHOWN]} can't be seen there: it has no parameters and no metrics"]
    return Described(data, left_out, notes if version.run_id and not run else [])


def address_of(version: ModelVersion, run: Run | None) -> tuple[str, str]:
    """(the address of what `version` names as its source, ""), or ("", why there is none).

    A path becomes a file:// address; a relative one is looked for among the artifacts of its run. Spaces and invisible
    characters are percent-encoded.
    """
    source = version.source.strip()
    if not source:
        return "", "uri_invalid: it has no source there"
    address = _absolute(source) or (_of_run(source, version.run_id, run) if run else "")
    if not address:
        return "", f"uri_invalid: its source {source[:NAME_SHOWN]!r} is relative, and its run doesn't say to what"
    address = "".join(char if rules.visible(char) and not char.isspace() else quote(char) for char in address)
    if refusal := rules.refuse_uri(address):
        return "", f"{refusal.code}: its source {source[:NAME_SHOWN]!r} can't be kept: {refusal.reason}"
    return address, ""


def _absolute(source: str) -> str:
    """The address of `source`, or "" where it is relative."""
    try:
        if WINDOWS_PATH.match(source):
            return PureWindowsPath(source).as_uri()
        if source.startswith("/"):
            return PurePosixPath(source).as_uri()
    except ValueError:  # a path of a drive that doesn't begin at its root
        return ""
    if not SCHEME.match(source):
        return ""
    return source.replace("\\", "/") if source.lower().startswith("file:") else source


def _of_run(source: str, run_id: str, run: Run) -> str:
    """The address of the relative `source` among the artifacts of the run, or "" where it isn't there."""
    base, path = _absolute(run.artifact_uri.strip()), source.replace("\\", "/")
    before, found, after = path.partition(f"{run_id}/artifacts")
    path = posixpath.normpath(after.lstrip("/") if found else before)
    if not base or WINDOWS_PATH.match(source) or path == ".." or path.startswith("../"):
        return ""
    return base if path == "." else f"{base.rstrip('/')}/{quote(path)}"


def _name_of_run(version: ModelVersion, run: Run | None) -> str:
    names = [rules.clean_name(run.name) if run else "", version.run_id]
    return next((name for name in names if name and not rules.refuse_label(name)), "")


def _metadata(version: ModelVersion, run: Run | None) -> tuple[dict[str, Any], list[str]]:
    """(the metadata of a version, why each of its values that is missing there can't be kept).

    The smallest values are kept where all together are too large.
    """
    values: list[tuple[str, str, Any]] = [("description", "", version.description)] if version.description else []
    sections = {"tags": version.tags, "params": run.params if run else {}, "metrics": run.metrics if run else {}}
    values += [(section, name, _plain(value)) for section, held in sections.items() for name, value in held.items()]
    kept, left_out, size = set(), [], FRAME
    for each in sorted(values, key=_bytes):
        refusal = rules.refuse_version_metadata({each[0]: {each[1]: each[2]}})
        if not refusal and size + _bytes(each) <= rules.METADATA_BYTES:
            size += _bytes(each)
            kept.add(each[:2])
            continue
        why = refusal.reason if refusal else f"Metadata has at most {rules.METADATA_BYTES // 1024} KiB."
        left_out.append(f"{each[0]} {each[1][:NAME_SHOWN]}".strip() + f" ({_bytes(each):,} bytes): {why}")
    return _nested([each for each in values if each[:2] in kept]), left_out


def _nested(values: list[tuple[str, str, Any]]) -> dict[str, Any]:
    """{section: {name: value}}; the description is a text of its own."""
    metadata: dict[str, Any] = {}
    for section, name, value in values:
        if name or section != "description":
            metadata.setdefault(section, {})[name] = value
        else:
            metadata[section] = value
    return metadata


def _bytes(each: tuple[str, str, Any]) -> int:
    return len(json.dumps({each[1]: each[2]}, ensure_ascii=False).encode("utf-8", "replace"))


def _plain(value: Any) -> Any:
    """`value`, as text where JSON has no such number."""
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) >= 10**300 else value
