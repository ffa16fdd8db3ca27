"""Hostile texts, forms to write them into, and what a page may make of them."""

from tests.client import Page
from tests.factories import PASSWORD

MILLION = 10**6
SCRIPT = "<script>alert(1)</script>"
HOSTILE = {
    "script": SCRIPT,
    "attribute": "\"'><img src=x onerror=alert(1)>/",
    "million": "x" * MILLION,
    "marks": "\u0300\u0316" * 17_000,  # characters that Unicode would put in order, which takes their square in time
    "nul": "a\0b",
    "bidi": "\u202egnp.exe",
    "zero-width": "Golden\u200bDatasets",
    "path": "/../",
    "encoded": "%2e%2e%2f",
    "double": "%252F",
    "header": "a\r\nSet-Cookie: session=x",
    "broken": "\ufffd",
}
PUBLISHED = {"team": "Foundry", "project": "p", "name": "n", "uri": "s3://b", "digest": "sha256:" + 64 * "b"}
# What is written into each form, all of it good. An empty `etag` is the one that the page shows: see `filled`.
FORMS_OF_PEOPLE = {
    "registry_members:add": {"holders": "mel", "role": "member", "ends_at": ""},
    "registry_members:change": {"role": "member", "ends_at": "", "etag": ""},
    "access_requests:answer": {"answer": "grant", "note": ""},
    "invitations:create": {"email": "", "role": "member", "teams": ""},
    "group_mappings:index": {"group": "ml-admins", "role": "admin", "team": "Vision", "team_role": "member"},
    "group_mappings:change": {"role": "admin", "etag": ""},
    "members:service": {"username": "robot"},
    "members:role": {"role": "admin", "etag": ""},
    "teams:create": {"name": "Red", "description": ""},
    "teams:settings": {"name": "Red", "description": "", "etag": ""},
    "teams:detail": {"people": "ada", "role": "member"},
    "teams:role": {"role": "admin", "etag": ""},
    "teams:delete": {"confirmation": "Vision"},
    "artifacts:create": {
        "project": "forecasts",
        "name": "churn",
        "type": "model",
        "uri": "s3://bucket/churn",
        "digest": "sha256:" + 64 * "a",
        "size": "1",
        "file_count": "1",
        "metadata": "{}",
        "run": "train-7",
        "run_url": "https://runs.example.com/7",
        "made_from": "Foundry/forecasts/churn:v0",
    },
    "publishing:collection": PUBLISHED,
    "publishing:registry": {**PUBLISHED, "collection": "New", "type": "dataset"},
    "imports:create": {
        "text": '[{"project": "p", "name": "n", "type": "model", "uri": "s3://b", "digest": "etag:1"}]',
        "etag": "",
    },
    "organizations:settings": {"default_role": "member", "members_create": "on", "etag": ""},
    "tokens:index": {"name": "laptop", "life": "30"},
    "organization_tokens:service": {"name": "cluster", "life": "30"},
    "invitations:accept": {
        "username": "nora",
        "email": "nora@example.com",
        "password": PASSWORD,
        "password_again": PASSWORD,
    },
}


def filled(client, name, address):
    """What the form `name`, whose page is at `address`, sends when all that is written into it is good."""
    good = FORMS_OF_PEOPLE[name]
    if "etag" not in good:
        return good
    return {**good, "etag": Page(client.get(address)).form_to(address).data.get("etag", [""])[0]}


class Sent:
    """A form as its page would send it: where to, and a good `data`."""

    def __init__(self, address, **data):
        self.address, self.data = address, data


def shown_harmless(response):
    """What was typed stands in the page as text, or not at all."""
    assert SCRIPT not in response.text
    assert "<img" not in response.text
    assert Page(response).inline == []
    assert "session" not in response.cookies
