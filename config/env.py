"""What the environment says: the only place that reads it (and the data folder's secret key)."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from environs import FileAwareEnv

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv(eager=False)

data_dir = Path(env.str("REGISTRY_DATA_DIR", str(BASE_DIR / "data"))).resolve()
static_dir = Path(env.str("REGISTRY_STATIC_DIR", str(BASE_DIR / ".static"))).resolve()
debug = env.bool("REGISTRY_DEBUG", False)
host = env.str("HOST", "127.0.0.1")
port = env.int("PORT", 8000, validate=lambda value: 0 < value < 65536)
workers = env.int("REGISTRY_WORKERS", 2, validate=lambda value: value > 0)
url = env.str("REGISTRY_URL", "") or f"http://{host}:{port}"
hosts: list[str] = env.list("REGISTRY_HOSTS", [])
admin_password = env.str("REGISTRY_ADMIN_PASSWORD", "")
_database_url = env.str("DATABASE_URL", "")
_secret_key = env.str("REGISTRY_SECRET_KEY", "")

env.seal()  # every wrong value is told at once


def https():
    """Whether people reach the site over HTTPS: what REGISTRY_URL says."""
    return urlsplit(url).scheme == "https"


def allowed_hosts():
    """The host names that requests may carry: REGISTRY_URL's, REGISTRY_HOSTS, and loopback while not on HTTPS."""
    loopback = [] if https() else ["127.0.0.1", "localhost", "[::1]"]
    return list(dict.fromkeys([urlsplit(url).hostname or host, *hosts, *loopback]))


def database():
    """The settings of the one database: DATABASE_URL, or SQLite in the data folder."""
    if _database_url:
        return dj_database_url.parse(_database_url, conn_max_age=600, conn_health_checks=True)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": data_dir / "registry.sqlite3", "CONN_MAX_AGE": None}


def secret_key():
    """The signing key: REGISTRY_SECRET_KEY, or one made on first start and kept in the data folder, mode 600."""
    if _secret_key:
        return _secret_key
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / "secret_key"
    try:
        with open(path, "x", opener=_private) as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text().strip()


def _private(path, flags):
    return os.open(path, flags, 0o600)
