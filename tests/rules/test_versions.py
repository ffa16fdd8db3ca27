"""Rules 27 and 28 and §2, as tables: what a version is, and when it may be registered or deleted."""

import base64
import hashlib
import json

import pytest

from registry_app import rules
from registry_app.choices import Action, OrganizationRole, TeamRole
from tests.assertions import code_of

SHA = f"sha256:{64 * 'a'}"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("vision/forecasts/churn:v3", ("vision", "forecasts", "churn", 3)),
        (" Vision / Forecasts / Churn:v0 ", ("vision", "Forecasts", "Churn", 0)),
        ("vision/forecasts/a:b:v3", ("vision", "forecasts", "a:b", 3)),
        ("vision/churn:v3", None),
        ("vision/forecasts/churn", None),
        ("vision/forecasts/churn:v", None),
        ("vision/forecasts/churn:v1234567890", None),
        ("vision/forecasts/churn:v٣", None),
    ],
)
def test_the_path_of_a_version(text, expected):
    assert rules.parse_path(text) == expected


@pytest.mark.parametrize(
    "refuse, text, expected",
    [
        (rules.refuse_digest, SHA, None),
        (rules.refuse_digest, "etag:1", None),
        (rules.refuse_digest, SHA.upper(), "digest_invalid"),
        (rules.refuse_digest, "sha256:abc", "digest_invalid"),
        (rules.refuse_digest, "etag:", "digest_invalid"),
        (rules.refuse_digest, "etag", "digest_invalid"),
        (rules.refuse_digest, "etag:a b", "digest_invalid"),
        (rules.refuse_digest, f"etag:{'a' * rules.DIGEST_LENGTH}", "digest_invalid"),
        (rules.refuse_uri, "s3://bucket/path", None),
        (rules.refuse_uri, "mlflow-artifacts:/1", None),
        (rules.refuse_uri, "", "uri_invalid"),
        (rules.refuse_uri, "bucket/path", "uri_invalid"),
        (rules.refuse_uri, "s3://a b", "uri_invalid"),
        (rules.refuse_uri, "JavaScript:alert(1)", "uri_invalid"),
        (rules.refuse_uri, f"s3://{'a' * rules.URI_LENGTH}", "uri_invalid"),
        (rules.refuse_run_url, "", None),
        (rules.refuse_run_url, "https://runs.example.com/7", None),
        (rules.refuse_run_url, "ftp://runs.example.com/7", "url_invalid"),
        (rules.refuse_run_url, "https://", "url_invalid"),
        (rules.refuse_run_url, "http://[", "url_invalid"),
        (rules.refuse_amount, 0, None),
        (rules.refuse_amount, -1, "number_invalid"),
        (rules.refuse_amount, rules.SIZE_LIMIT, "number_invalid"),
    ],
)
def test_what_is_said_of_a_version(refuse, text, expected):
    assert code_of(refuse(text)) == expected


HASHED = hashlib.sha256(b"weights")
HEX, BASE64 = HASHED.hexdigest(), base64.b64encode(HASHED.digest()).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"sha256:{HEX}",
        HEX,
        HEX.upper(),
        f"SHA256:{HEX.upper()}",
        f"  sha256 : {HEX} \n",
        f"sha256={HEX}",
        f"SHA-256: {HEX}",
        f"SHA256          {HEX.upper()}",
        " ".join(HEX[place : place + 2] for place in range(0, 64, 2)),
        f"sha256-{BASE64}",
        f"sha256-{BASE64.rstrip('=')}",
        f"sha256:{BASE64.replace('+', '-').replace('/', '_')}",
        f"SHA-256={BASE64}",
        f"sha-256=:{BASE64}:",
    ],
)
def test_a_sha_256_is_kept_in_one_form(text):
    assert rules.clean_digest(text) == f"sha256:{HEX}"
    assert rules.refuse_digest(rules.clean_digest(text)) is None


@pytest.mark.parametrize(
    "text, kept",
    [
        ("MD5:D41D8CD98F00B204E9800998ECF8427E", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("md5:1B2M2Y8AsgTpgAmY7PhCfg==", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        (f"sha384-{'A' * 64}", f"sha384:{'0' * 96}"),
        (" etag:AbC ", "etag:AbC"),
        ("mlflow:AbC", "mlflow:AbC"),
        (f"sha3-256:{HEX}", f"sha3-256:{HEX}"),
    ],
)
def test_other_kinds_are_kept_too(text, kept):
    assert (rules.clean_digest(text), rules.refuse_digest(kept)) == (kept, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX[:-1],
        f"{HEX}0",
        f"sha256:{HEX[:-1]}",
        f"sha256-{BASE64}A",
        BASE64,
        f"{HEX}  model.bin",
        "٣" * 64,
        "x" * 9999,
    ],
)
def test_what_is_no_digest_is_refused_with_the_forms_that_are_taken(text):
    refusal = rules.refuse_digest(rules.clean_digest(text))
    assert refusal.code == "digest_invalid" and "64" in refusal.reason and "base64" in refusal.reason


NESTED = {"a": 1}
for _ in range(rules.METADATA_DEPTH):
    NESTED = {"a": NESTED}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", None),
        ('{"accuracy": 0.9, "tags": ["a", null, true], "deep": {"x": {}}}', None),
        ("[]", "metadata_invalid"),
        ("{", "metadata_invalid"),
        ('{"a": NaN}', "metadata_invalid"),
        ('{"a": -Infinity}', "metadata_invalid"),
        ('{"a": 1e400}', "metadata_invalid"),
        ('{"a": "\\u0000"}', "metadata_invalid"),
        ("[" * 100_000, "metadata_invalid"),
        (json.dumps(NESTED), "metadata_invalid"),
        (json.dumps(dict.fromkeys(map(str, range(rules.METADATA_KEYS)), 1)), None),
        (json.dumps(dict.fromkeys(map(str, range(rules.METADATA_KEYS + 1)), 1)), "metadata_invalid"),
        (json.dumps({"a": "x" * rules.METADATA_BYTES}), "metadata_invalid"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_metadata(text, expected):
    metadata, refusal = rules.parse_metadata(text)
    assert code_of(refusal) == expected
    assert (metadata is None) == (expected is not None)


@pytest.mark.parametrize(
    "text, told",
    [
        ('{"metrics": {"loss": NaN}}', "metrics.loss is NaN"),
        ('{"a": 1,}', "line 1, column 9"),
        (json.dumps(dict.fromkeys(map(str, range(137)))), "137"),
        (json.dumps({"a": "x" * 300 * 1024}), "300 KiB"),
        ("[1]", "one JSON object"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_metadata_that_is_refused_says_what_and_where(text, told):
    assert told in rules.parse_metadata(text)[1].reason


@pytest.mark.parametrize(
    "number, missing, expected", [(0, 0, None), (100, 0, None), (101, 0, "too_many"), (2, 1, "source_hidden")]
)
def test_what_a_version_is_made_from(number, missing, expected):
    paths = [f"vision/forecasts/churn:v{index}" for index in range(number)]
    assert code_of(rules.refuse_inputs(paths, paths[:missing])) == expected


@pytest.mark.parametrize(
    "places, hidden, expected",
    [([], False, None), (["Churn v0"], False, "version_linked"), ([], True, "version_linked")],
)
def test_rule_27_a_version_that_is_linked_is_not_deleted(places, hidden, expected):
    assert code_of(rules.refuse_version_deletion(places, hidden)) == expected


@pytest.mark.parametrize(
    "organization_role, team_role, expected",
    [
        (OrganizationRole.ADMIN, None, None),
        (OrganizationRole.MEMBER, TeamRole.MEMBER, None),
        (OrganizationRole.MEMBER, None, "role_too_low"),
        (None, TeamRole.ADMIN, "role_too_low"),
    ],
)
def test_the_people_of_a_team_register_its_versions(organization_role, team_role, expected):
    assert code_of(rules.refuse_in_team(Action.VERSION_CREATE, organization_role, team_role)) == expected


@pytest.mark.parametrize("wanted, expected", [("model", None), ("Model", "type_stays")])
def test_an_artifact_keeps_its_type(wanted, expected):
    assert code_of(rules.refuse_artifact_type("model", wanted)) == expected
