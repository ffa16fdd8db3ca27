"""A server that answers as MLflow does, from memory: its shapes are those of a real one."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

API = "/api/2.0/"
POLL = 0.01  # seconds until a server that is to end looks up


def version(name, number, **more):
    """A model version, as `model-versions/search` lists it."""
    return {
        "name": name,
        "version": str(number),
        "creation_timestamp": 1_700_000_000_000 + number,
        "last_updated_timestamp": 1_700_000_000_000 + number,
        "current_stage": "None",
        "description": "",
        "source": f"mlflow-artifacts:/1/run{number}/artifacts/{name}",
        "run_id": f"run{number}",
        "status": "READY",
        "run_link": "",
        **more,
    }


def model(name, aliases=(), **more):
    """A registered model; `aliases` are (alias, number) pairs."""
    listed = [{"alias": alias, "version": str(number)} for alias, number in aliases]
    return {"name": name, "creation_timestamp": 1_700_000_000_000, **({"aliases": listed} if aliases else {}), **more}


def pairs(**values):
    """Tags or parameters."""
    return [{"key": key, "value": value} for key, value in values.items()]


class Fake:
    """What the server has. `answers` are {path below the API: status and text} that it gives instead."""

    def __init__(self):
        self.models, self.versions, self.runs, self.files = [], [], {}, {}
        self.answers, self.asked, self.page = {}, [], 2

    def answer(self, path, query):
        """(status, body) of one request."""
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "mlflow/registered-models/search":
            return 200, self._paged("registered_models", self.models, query)
        if path == "mlflow/model-versions/search":
            return 200, self._paged("model_versions", self.versions, query)
        if path == "mlflow/runs/get" and query["run_id"] in self.runs:
            return 200, {"run": self.runs[query["run_id"]]}
        if path == "mlflow/model-versions/get-download-uri":
            found, *_ = [
                row for row in self.versions if (row["name"], row["version"]) == (query["name"], query["version"])
            ]
            return 200, {"artifact_uri": found["source"]}
        if path in {"mlflow-artifacts/artifacts", "mlflow/artifacts/list"}:
            return 200, {"files": self.files.get((query.get("run_id", ""), query["path"]), [])}
        return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such thing."}

    def _paged(self, key, rows, query):
        start = int(query.get("page_token", 0))
        end = start + min(self.page, int(query.get("max_results", self.page)))
        more = {"next_page_token": str(end)} if len(rows) > end else {}
        shown = rows[start:end]
        return {**({key: shown} if shown else {}), **more}  # as protobuf does, an empty list is left out


@contextmanager
def serving(fake):
    """Serves `fake` on a port of its own; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            fake.authorization = self.headers.get("Authorization", "")
            asked = dict(parse_qsl(parts.query, keep_blank_values=True))
            status, body = fake.answer(parts.path.removeprefix(API), asked)
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            """In silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[POLL], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
