"""The settings from the environment. Only this module reads it, and the secret key of the data folder."""

import fcntl
import os
import re
import secrets
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from environs import EnvValidationError, FileAwareEnv, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv(eager=False)


def _site(value):
    """Validator: the address of the site, which may be below a path."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and _path(parts.path)
    except ValueError:
        good = False
    if value and not (good and not parts.query and not parts.fragment):
        raise ValidationError("Not an address like https://registry.example.com or https://example.com/registry.")


def _path(path):
    """Whether a site may be below it: plain characters, and no part that browsers resolve, such as ".."."""
    return re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?", path)


def _proxies_in_front(value):
    """Validator: a number of proxies, or the addresses and networks of those that are trusted."""
    try:
        networks = _networks(value)  # none may be the whole world, or IPv4 as IPv6, which no address is that we compare
        named = networks and all(each.prefixlen and not _is_mapped(each.network_address) for each in networks)
        good = int(value) <= 10 if value.strip().isdecimal() else named
    except ValueError:
        good = False
    if value.strip() and not good:
        raise ValidationError("Neither a number from 0 to 10, nor networks like 10.0.5.0/28,192.168.1.5.")


def _is_mapped(address):
    return address.version == 6 and address.ipv4_mapped is not None


def _networks(value):
    """The networks in `value`, with commas between; of a number none. ValueError for what is no network."""
    return [] if value.strip().isdecimal() else [ip_network(each.strip()) for each in value.split(",") if each.strip()]


def _database(value):
    """Validator: SQLite or PostgreSQL, in the form of dj-database-url."""
    if value and urlsplit(value.strip()).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValidationError("Not an address like postgresql://user:password@host/name.")


def _mail(value):
    """Validator: a mail server; the scheme says how the connection is encrypted."""
    try:
        parts = urlsplit(value.strip())
        good = parts.scheme in MAIL_PORTS and parts.hostname and parts.path in {"", "/"} and parts.port != 0
    except ValueError:
        good = False
    if value and not (good and not parts.query and not parts.fragment):
        raise ValidationError("Not an address like smtp+tls://user:password@mail.example.com:587.")


def _forward(value):
    """Validator: a file, or a syslog server. No user and no password: the address is shown to staff."""
    try:
        parts = urlsplit(value.strip())
        file = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and parts.path[-1] != "/"
        server = parts.scheme in SYSLOG and parts.hostname and parts.path in {"", "/"} and parts.port != 0
        good = (file or server) and not (parts.query or parts.fragment or parts.username or parts.password)
    except ValueError:
        good = False
    if value and not (good and len(value) <= 500):
        raise ValidationError("Not an address like file:/var/log/registry.jsonl or syslog+tls://log.example.com:6514.")


def _issuer(value):
    """Validator: the address of an OpenID Connect issuer. It needs TLS, except on this machine.

    The site trusts what the provider says about a person, because the connection is encrypted.
    """
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        good = good and (parts.scheme == "https" or _loopback(parts.hostname))
    except ValueError:
        good = False
    if value and not (good and not parts.query and not parts.fragment and not parts.username):
        raise ValidationError("Not an address like https://login.example.com/realms/main.")


def _loopback(host):
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


SYSLOG = {"syslog+udp", "syslog+tcp", "syslog+tls"}
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}  # unencrypted; STARTTLS; TLS

data_dir = Path(env.str("REGISTRY_DATA_DIR", str(BASE_DIR / "data"))).resolve()
static_dir = Path(env.str("REGISTRY_STATIC_DIR", str(BASE_DIR / ".static"))).resolve()
debug = env.bool("REGISTRY_DEBUG", False)
compiled_queries = env.bool("REGISTRY_COMPILED_QUERIES", True)
host = env.str("HOST", "127.0.0.1")
port = env.int("PORT", 8000, validate=validate.Range(1, 65535))
workers = env.int("REGISTRY_WORKERS", 2, validate=validate.Range(1))
url = env.str("REGISTRY_URL", "", validate=_site)
hosts: list[str] = env.list("REGISTRY_HOSTS", [])
_proxies = env.str("REGISTRY_PROXIES", "", validate=_proxies_in_front)
hsts = env.str("REGISTRY_HSTS", "host", validate=validate.OneOf(["host", "subdomains", "preload"]))
admin_password = env.str("REGISTRY_ADMIN_PASSWORD", "")
audit_forward = env.str("REGISTRY_AUDIT_FORWARD", "", validate=_forward)
_database_url = env.str("DATABASE_URL", "", validate=_database)
_secret_key = env.str("REGISTRY_SECRET_KEY", "")
_email_url = env.str("REGISTRY_EMAIL_URL", "", validate=_mail)
_email_from = env.str("REGISTRY_EMAIL_FROM", "", validate=lambda value: value and validate.Email()(value))
mlflow_username = env.str("MLFLOW_TRACKING_USERNAME", "")
mlflow_password = env.str("MLFLOW_TRACKING_PASSWORD", "")
_oidc_url = env.str("REGISTRY_OIDC_URL", "", validate=_issuer)
_oidc_client_id = env.str("REGISTRY_OIDC_CLIENT_ID", "")
_oidc_client_secret = env.str("REGISTRY_OIDC_CLIENT_SECRET", "")
_oidc_name = env.str("REGISTRY_OIDC_NAME", "single sign-on")
_oidc_scopes: list[str] = env.list("REGISTRY_OIDC_SCOPES", [])
groups_claim = env.str("REGISTRY_OIDC_GROUPS_CLAIM", "groups", validate=validate.Length(1))
oidc_trust_email = env.bool("REGISTRY_OIDC_TRUST_EMAIL", False)
sso_only = env.bool("REGISTRY_SSO_ONLY", False)

try:
    env.seal()  # checks all values, to report every wrong one at once
except EnvValidationError as error:
    sys.exit("\n".join(f"{name}: {' '.join(faults)}" for name, faults in error.error_messages.items()))  # type: ignore[union-attr]

_together = (
    {
        "REGISTRY_EMAIL_URL": _email_url,
        "REGISTRY_EMAIL_FROM": _email_from,
    },
    {
        "REGISTRY_OIDC_URL": _oidc_url,
        "REGISTRY_OIDC_CLIENT_ID": _oidc_client_id,
        "REGISTRY_OIDC_CLIENT_SECRET": _oidc_client_secret,
    },
)
_faults = [
    f"{name}: Missing, although {', '.join(filter(group.get, group))} is set."
    for group in _together
    if any(group.values())
    for name in group
    if not group[name]
]
if _proxies.strip() == "0" and url.startswith("https:"):
    _faults.append("REGISTRY_PROXIES: The site itself speaks no HTTPS, so with an https address there is a proxy.")
_faults += [
    f"{name}: Needs a provider: set REGISTRY_OIDC_URL, REGISTRY_OIDC_CLIENT_ID and REGISTRY_OIDC_CLIENT_SECRET."
    for name, wanted in {"REGISTRY_OIDC_TRUST_EMAIL": oidc_trust_email, "REGISTRY_SSO_ONLY": sso_only}.items()
    if wanted and not _oidc_url
]
if _faults:
    sys.exit("\n".join(_faults))

# A secret read from a file ends in a line break.
admin_password, _database_url, _secret_key = admin_password.strip("\r\n"), _database_url.strip(), _secret_key.strip()
audit_forward = audit_forward.strip()
_email_url, _oidc_client_secret = _email_url.strip(), _oidc_client_secret.strip("\r\n")
hosts = [name.strip() for name in hosts if name.strip()]
url = url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{port}"


prefix = urlsplit(url).path  # the path below which the site is, such as /registry; "" without one
origin = url.removesuffix(prefix)


def https():
    """Whether the site's address (REGISTRY_URL) is HTTPS."""
    return urlsplit(url).scheme == "https"


def trusted_proxies():
    """How many proxies stand in front, or the networks that they are in: REGISTRY_PROXIES.

    Where that says nothing, there is one that ends TLS if the address is HTTPS.
    """
    return _networks(_proxies) or int(_proxies.strip() or https())


def allowed_hosts():
    """The allowed host names: that of REGISTRY_URL, REGISTRY_HOSTS, and loopback without HTTPS."""
    loopback = [] if https() else ["127.0.0.1", "localhost", "[::1]"]
    return list(dict.fromkeys([urlsplit(url).hostname or host, *hosts, *loopback]))


def database():
    """The settings of the database: DATABASE_URL, or SQLite in the data folder."""
    if _database_url:
        return dj_database_url.parse(_database_url, conn_max_age=600, conn_health_checks=True)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": data_dir / "registry.sqlite3", "CONN_MAX_AGE": None}


def email():
    """Django's settings of the mail server; {} without one."""
    if not _email_url:
        return {}
    parts = urlsplit(_email_url)
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,  # seconds
        "DEFAULT_FROM_EMAIL": _email_from,
    }


def single_sign_on():
    """The OpenID Connect provider as an app in allauth's settings; None without one.

    Its id is made from the issuer's address, so that a person of one issuer is never taken for a person of another.
    """
    if not _oidc_url:
        return None
    url = _oidc_url.removesuffix("/.well-known/openid-configuration").rstrip("/")
    scopes = ["openid", "profile", "email", *(scope.strip() for scope in _oidc_scopes if scope.strip())]
    return {
        "provider_id": re.sub(r"[^a-z0-9]+", "-", url.split("://")[1].lower()).strip("-")[:100],
        "name": _oidc_name,
        "client_id": _oidc_client_id,
        "secret": _oidc_client_secret,
        "settings": {"server_url": url, "oauth_pkce_enabled": True, "scope": scopes},
    }


def secret_key():
    """The signing key: REGISTRY_SECRET_KEY, or one that the first start writes to the data folder, with mode 600."""
    if _secret_key:
        return _secret_key
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / "secret_key"
    return (path.exists() and path.read_text().strip()) or _make_key(path)


def _make_key(path):
    """Create the signing key, or wait for the process that does."""
    with open(path, "a+", opener=_private) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        key = file.read().strip()
        if not key:
            key = secrets.token_urlsafe(64)
            file.write(key)
        return key


def _private(path, flags):
    return os.open(path, flags, 0o600)
