"""What the environment says: the only place that reads it (and the data folder's secret key)."""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from environs import EnvValidationError, FileAwareEnv, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv(eager=False)


def _site(value):
    """A validator: the address of the site, without a path."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"} and parts.port != 0
    except ValueError:
        good = False
    if value and not (good and not parts.query and not parts.fragment):
        raise ValidationError("Not an address like https://registry.example.com.")


def _database(value):
    """A validator: SQLite or PostgreSQL, in dj-database-url's words."""
    if value and urlsplit(value.strip()).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValidationError("Not an address like postgresql://user:password@host/name.")


data_dir = Path(env.str("REGISTRY_DATA_DIR", str(BASE_DIR / "data"))).resolve()
static_dir = Path(env.str("REGISTRY_STATIC_DIR", str(BASE_DIR / ".static"))).resolve()
debug = env.bool("REGISTRY_DEBUG", False)
host = env.str("HOST", "127.0.0.1")
port = env.int("PORT", 8000, validate=validate.Range(1, 65535))
workers = env.int("REGISTRY_WORKERS", 2, validate=validate.Range(1))
url = env.str("REGISTRY_URL", "", validate=_site)
hosts: list[str] = env.list("REGISTRY_HOSTS", [])
admin_password = env.str("REGISTRY_ADMIN_PASSWORD", "")
_database_url = env.str("DATABASE_URL", "", validate=_database)
_secret_key = env.str("REGISTRY_SECRET_KEY", "")

try:
    env.seal()  # every wrong value is told at once
except EnvValidationError as error:
    sys.exit("\n".join(f"{name}: {' '.join(faults)}" for name, faults in error.error_messages.items()))  # type: ignore[union-attr]

# A secret read from a file ends in a line break.
admin_password, _database_url, _secret_key = admin_password.strip("\r\n"), _database_url.strip(), _secret_key.strip()
hosts = [name.strip() for name in hosts if name.strip()]
url = url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{port}"


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
