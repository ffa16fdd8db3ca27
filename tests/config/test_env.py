"""The environment: a mail server and a provider, whole and right, or the site doesn't start; and the signing key."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

MAIL = {"REGISTRY_EMAIL_URL": "smtp+tls://mail.example.com", "REGISTRY_EMAIL_FROM": "registry@example.com"}
OIDC = {
    "REGISTRY_OIDC_URL": "https://login.example.com/realms/main",
    "REGISTRY_OIDC_CLIENT_ID": "registry",
    "REGISTRY_OIDC_CLIENT_SECRET": "se:cret",
}
PROGRAM = "import json; from config import env; print(json.dumps([env.email(), env.single_sign_on()]))"


def read(**environment):
    """What config.env makes of this: (exit code, its two answers or None, its complaints by variable)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=kept | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = json.loads(done.stdout) if done.stdout else None
    return done.returncode, answers, {line.split(":")[0] for line in done.stderr.splitlines()}


def test_without_any_there_is_neither():
    assert read() == (0, [{}, None], set())


@pytest.mark.parametrize(
    "url, expected",
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, "", "", False, False)),
        ("smtp+tls://me%40a.example:p%2Fw@m.example", ("m.example", 587, "me@a.example", "p/w", True, False)),
        ("smtps://me:pw@mail.example.com:4650", ("mail.example.com", 4650, "me", "pw", False, True)),
    ],
)  # fmt: skip
def test_a_mail_server(url, expected):
    code, answers, _ = read(**MAIL | {"REGISTRY_EMAIL_URL": url})
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
    assert (code, tuple(answers[0][name] for name in names)) == (0, expected)
    assert answers[0]["DEFAULT_FROM_EMAIL"] == "registry@example.com"


@pytest.mark.parametrize(
    "url, identity",
    [
        ("https://login.example.com/realms/main", "login-example-com-realms-main"),
        ("https://login.example.com/realms/main/", "login-example-com-realms-main"),
        ("https://login.example.com/realms/main/.well-known/openid-configuration", "login-example-com-realms-main"),
        ("http://localhost:9000", "localhost-9000"),
    ],
)
def test_a_provider(url, identity):
    code, (_, app), _ = read(**OIDC | {"REGISTRY_OIDC_URL": url, "REGISTRY_OIDC_NAME": "Example"})
    assert (code, app["provider_id"], app["name"], app["secret"]) == (0, identity, "Example", "se:cret")
    assert app["settings"]["oauth_pkce_enabled"] is True


@pytest.mark.parametrize(
    "scopes, expected", [("", []), ("groups", ["groups"]), (" groups , roles,", ["groups", "roles"])]
)
def test_scopes_to_ask_for_beside_the_usual_ones(scopes, expected):
    code, (_, app), _ = read(**OIDC | {"REGISTRY_OIDC_SCOPES": scopes})
    assert (code, app["settings"]["scope"]) == (0, ["openid", "profile", "email", *expected])


def test_a_secret_from_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    environment = {**OIDC, "REGISTRY_OIDC_CLIENT_SECRET_FILE": str(file)}
    del environment["REGISTRY_OIDC_CLIENT_SECRET"]
    assert read(**environment)[1][1]["secret"] == "from a file"


@pytest.mark.parametrize("group, missing", [(group, name) for group in (MAIL, OIDC) for name in group])
def test_what_belongs_together_comes_together(group, missing):
    code, _, complaints = read(**{name: value for name, value in group.items() if name != missing})
    assert (code, complaints) == (1, {missing})


@pytest.mark.parametrize(
    "name, value",
    [
        ("REGISTRY_EMAIL_URL", "mail.example.com"),
        ("REGISTRY_EMAIL_URL", "http://mail.example.com"),
        ("REGISTRY_EMAIL_URL", "smtp://"),
        ("REGISTRY_EMAIL_URL", "smtp://mail.example.com:x"),
        ("REGISTRY_EMAIL_FROM", "registry"),
        ("REGISTRY_OIDC_URL", "login.example.com"),
        ("REGISTRY_OIDC_URL", "http://login.example.com"),
        ("REGISTRY_OIDC_URL", "https://login.example.com/?a=b"),
        ("REGISTRY_OIDC_URL", "https://user@login.example.com/"),
        ("REGISTRY_OIDC_URL", "https://[login"),
        ("REGISTRY_OIDC_GROUPS_CLAIM", ""),
        ("REGISTRY_OIDC_TRUST_EMAIL", "perhaps"),
        ("REGISTRY_SSO_ONLY", "perhaps"),
        ("REGISTRY_PROXIES", "-1"),
        ("REGISTRY_PROXIES", "one"),
        ("REGISTRY_PROXIES", "11"),
        ("REGISTRY_PROXIES", "10.0.0.0/8, proxy.example.com"),
        ("REGISTRY_PROXIES", "10.0.0.1/8"),
        ("REGISTRY_PROXIES", "10.0.0.0/33"),
        ("REGISTRY_PROXIES", "10.0.0.1:80"),
        ("REGISTRY_PROXIES", "10.0.0.0/8, 0.0.0.0/0"),
        ("REGISTRY_PROXIES", "::/0"),
        ("REGISTRY_PROXIES", "1, 2"),
        ("REGISTRY_PROXIES", ","),
        ("REGISTRY_PROXIES", "::ffff:10.0.0.0/104"),
        ("REGISTRY_URL", "https://example.com/a b"),
        ("REGISTRY_URL", "https://example.com/a%20b"),
        ("REGISTRY_URL", "https://example.com/../a"),
        ("REGISTRY_URL", "https://example.com//a"),
        ("REGISTRY_URL", "https://example.com/a?b=c"),
        ("REGISTRY_URL", "https://example.com/é"),
    ],
)
def test_wrong_values_are_told(name, value):
    code, _, complaints = read(**{**MAIL, **OIDC, name: value})
    assert (code, complaints) == (1, {name})


@pytest.mark.parametrize("name", ["REGISTRY_SSO_ONLY", "REGISTRY_OIDC_TRUST_EMAIL"])
@pytest.mark.parametrize("value", ["true", "1", "yes", "on", "True"])
def test_what_needs_a_provider_is_refused_without_one(name, value):
    assert read(**{name: value})[::2] == (1, {name})
    assert read(**OIDC, **{name: value})[0] == 0


def ask(program, **environment):
    """What `program` prints of config.env, line by line."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
    command = [sys.executable, "-c", f"from config import env; {program}"]
    done = subprocess.run(
        command, env=kept | environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    return done.stdout.split() if done.returncode == 0 else done.stderr.partition(":")[0]


@pytest.mark.parametrize(
    "url, origin, prefix",
    [
        ("https://example.com", "https://example.com", ""),
        ("https://example.com/", "https://example.com", ""),
        ("https://tools.example.com/registry", "https://tools.example.com", "/registry"),
        ("https://tools.example.com/registry/", "https://tools.example.com", "/registry"),
        ("http://localhost:8080/a/b-c_d.e/~f/", "http://localhost:8080", "/a/b-c_d.e/~f"),
        ("https://[2001:db8::1]:8443/registry", "https://[2001:db8::1]:8443", "/registry"),
    ],
)
def test_the_site_may_be_below_a_path(url, origin, prefix):
    assert ask("print(env.origin, env.prefix)", REGISTRY_URL=url) == [origin, *[prefix] * bool(prefix)]


@pytest.mark.parametrize(
    "url, proxies, expected",
    [
        ("https://example.com", None, ["1"]),
        ("http://example.com", None, ["0"]),
        ("http://example.com", "1", ["1"]),
        ("http://example.com", "2", ["2"]),
        ("https://example.com", "2", ["2"]),
        ("http://example.com", "0", ["0"]),
        ("https://example.com", "0", "REGISTRY_PROXIES"),
        ("https://example.com", " ", ["1"]),
        ("https://example.com", "10.0.0.0/8", ["[IPv4Network('10.0.0.0/8')]"]),
        ("http://example.com", " 192.168.1.5 ,", ["[IPv4Network('192.168.1.5/32')]"]),
        ("http://example.com", "fd00::/8", ["[IPv6Network('fd00::/8')]"]),
    ],
)
def test_which_proxies_are_trusted(url, proxies, expected):
    more = {} if proxies is None else {"REGISTRY_PROXIES": proxies}
    assert ask("print(env.trusted_proxies())", REGISTRY_URL=url, **more) == expected


# While this process makes the key, another one asks for it.
TOGETHER = """
import secrets, subprocess, sys
from contextlib import suppress
make = secrets.token_urlsafe

def make_late(length):
    global other
    program = "from config import env; print(env.secret_key())"
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with suppress(subprocess.TimeoutExpired):
        other.wait(5)
    return make(length)

secrets.token_urlsafe = make_late
from config import env
print(env.secret_key(), other.communicate()[0].strip())
"""


def test_processes_that_start_together_have_one_signing_key(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER],
        env={**kept, "REGISTRY_DATA_DIR": str(tmp_path / "new")},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.split()
    assert (first, len(first)) == (second, 86)


@pytest.mark.parametrize(
    "address",
    [
        *("file:/var/log/audit.jsonl", "file:///var/log/audit.jsonl", "syslog+tcp://log.example.com:601"),
        *("syslog+tls://log.example.com", "syslog+udp://[::1]:5514", "syslog+tcp://127.0.0.1:601/", ""),
    ],
)
def test_where_the_log_is_forwarded_to(address):
    assert read(REGISTRY_AUDIT_FORWARD=address)[::2] == (0, set())


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/var/log/audit",
            "file:relative",
            "file:/folder/",
            "file://host/path",
            "syslog://log.example.com",
            "syslog+tcp:",
        ),
        *("syslog+tls://user:secret@log.example.com", "syslog+tcp://log:0", "syslog+tcp://log:99999", "https://log/x"),
        *("syslog+tcp://log?ca=x", "syslog+tcp://log/path", "file:" + "/x" * 400, "syslog+tcp://["),
    ],
)
def test_no_other_address_gets_the_log(address):
    assert read(REGISTRY_AUDIT_FORWARD=address)[::2] == (1, {"REGISTRY_AUDIT_FORWARD"})
