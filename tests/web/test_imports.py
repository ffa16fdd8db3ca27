"""Registering a list of versions: shown first, row by row, then done, if every row may be, in short transactions."""

import csv
import io
import json
from contextlib import ExitStack

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Action
from registry_app.models import Artifact, Version
from registry_app.views import imports
from tests.client import Page, browser, codes, logging, nothing_changes, nothing_happens, refused
from tests.factories import COMMAND_LINE, make_team, make_version
from tests.outages import held


def row(number, **changes):
    """A good row; each has an artifact and a digest of its own unless it is said."""
    good = {"project": "p", "name": f"artifact-{number}", "type": "model", "uri": f"s3://b/{number}"}
    return {**good, "digest": f"etag:{number}", **changes}


def as_csv(rows):
    """Those rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for each in rows for name in each)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def link(vision):
    """The address of the page, for the team Vision."""
    return reverse("imports:create", args=[vision.organization.slug, vision.name])


def kinds(page):
    """What the page says of each row."""
    return [outcome.kind for outcome in page.context["outcomes"]]


def confirm(client, page, link):
    """Take the second step, as the page offers it."""
    return client.post(link, Page(page).form_to(link).data)


ROWS = [
    row(1, size=5, file_count=2, metadata={"a": [1]}, run="r", run_url="https://x.example/1"),
    row(1, digest="etag:1b"),
    row(2, made_from=["Vision/p/artifact-1:v0", "Vision/p/artifact-1:v1"]),
    row(1),
]
FLAT = [
    {**ROWS[0], "metadata": '{"a": [1]}'},
    ROWS[1],
    {**ROWS[2], "made_from": "Vision/p/artifact-1:v0\nVision/p/artifact-1:v1"},
    ROWS[3],
]
WANTED = ["New artifact", "New version", "New artifact", "Exists already"]


@pytest.mark.parametrize(
    "text", [json.dumps(ROWS), as_csv(FLAT), as_csv(FLAT).replace("\n", "\r\n"), "\n " + json.dumps(ROWS, indent=2)]
)
@pytest.mark.parametrize("as_file", [True, False])
def test_rule_18_what_would_happen_is_shown_and_then_done(mel, vision, link, text, as_file):
    client = browser(mel)
    sent = {"file": SimpleUploadedFile("rows", text.encode())} if as_file else {"text": text}
    with nothing_happens():
        page = client.post(link, sent)
    assert (page.status_code, kinds(page)) == (200, WANTED)
    with logging() as events:
        assert confirm(client, page, link).url == reverse("artifacts:index", args=[vision.organization.slug, "Vision"])
    assert [(event.action, event.reason, event.actor_id) for event in events] == [
        (Action.VERSION_CREATE, "import", mel.pk)
    ] * 3
    first, second, third = Version.objects.order_by("pk")
    assert (first.size, first.file_count, first.metadata, first.run) == (5, 2, {"a": [1]}, "r")
    assert (str(second), set(third.made_from.all())) == ("Vision/p/artifact-1:v1", {first, second})


def test_what_is_shown_is_what_is_done(mel, vision, link):
    """Looking works out what doing would write, row after row: numbers, versions that are there, and made of what."""
    stored = make_version(vision, "old", project="p", digest="etag:old")
    make_version(vision, "old", project="p")
    rows = [
        row(1),
        {**row(2), "name": "old", "digest": "etag:old"},
        {**row(3), "name": "old", "made_from": ["Vision/p/artifact-1:v0", str(stored)]},
        {**row(4), "name": "old", "made_from": ["Vision/p/old:v2"]},
        {**row(3), "name": "old"},
        {**row(1), "project": "q"},
        row(1, digest="etag:1b", project=" p "),
    ]
    client = browser(mel)
    page = client.post(link, {"text": json.dumps(rows)})
    shown = [(outcome.kind, outcome.subject) for outcome in page.context["outcomes"]]
    assert shown == [
        ("New artifact", "Vision/p/artifact-1:v0"),
        ("Exists already", "Vision/p/old:v0"),
        ("New version", "Vision/p/old:v2"),
        ("New version", "Vision/p/old:v3"),
        ("Exists already", "Vision/p/old:v2"),
        ("New artifact", "Vision/q/artifact-1:v0"),
        ("New version", "Vision/p/artifact-1:v1"),
    ]
    with logging() as events:
        assert confirm(client, page, link).status_code == 302
    new = [subject for kind, subject in shown if kind != "Exists already"]
    assert [event.target_name for event in events] == new
    found = {str(version): version for version in Version.objects.order_by("-pk")[: len(new)]}
    assert set(found) == set(new)
    assert {str(source) for source in found["Vision/p/old:v2"].made_from.all()} == {
        "Vision/p/artifact-1:v0",
        str(stored),
    }
    assert list(found["Vision/p/old:v3"].made_from.all()) == [found["Vision/p/old:v2"]]
    assert {(artifact.name, artifact.next_number) for artifact in Artifact.objects.filter(project="p")} == {
        ("old", 4),
        ("artifact-1", 2),
    }


@pytest.mark.django_db(transaction=True)
def test_looking_holds_nothing_that_others_need(mel, link):
    """The lock that each change takes is another's: a list is shown all the same, and done when it is free again."""
    client = browser(mel)
    with nothing_happens(), held():
        page = client.post(link, {"text": json.dumps(ROWS)})
        assert (page.status_code, kinds(page)) == (200, WANTED)
        assert confirm(client, page, link).status_code == 503
    assert confirm(client, page, link).status_code == 302
    assert Version.objects.count() == 3


@pytest.fixture
def between(monkeypatch):
    """Calls a function between two transactions of an import, where others get their turn; batches are of 2 rows."""
    monkeypatch.setattr(imports, "BATCH", 2)
    return lambda act: monkeypatch.setattr(imports, "let_others_write", act)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number, turns", [(1, 0), (2, 0), (3, 1), (4, 1), (7, 3)])
def test_others_write_between_the_rows_of_a_long_list(mel, acme, link, between, number, turns):
    client, text = browser(mel), json.dumps([row(each) for each in range(number)])
    page, written = client.post(link, {"text": text}), []

    def write():
        with held():  # another connection takes what writing takes
            written.append(Version.objects.count())

    between(write)
    assert confirm(client, page, link).status_code == 302
    assert written == [2 * (turn + 1) for turn in range(turns)]
    assert Version.objects.count() == number


def _of_its_artifact(vision):
    make_version(vision, "artifact-3", project="p")


def _of_another_type(vision):
    make_version(vision, "artifact-4", project="p", type="dataset")


def _the_same(vision):
    make_version(vision, "artifact-3", project="p", digest="etag:3")


@pytest.mark.parametrize("meanwhile", [_of_its_artifact, _of_another_type, _the_same])
def test_rule_18_what_changes_between_two_batches_stops_it_and_is_shown(mel, vision, link, between, meanwhile):
    client = browser(mel)
    page = client.post(link, {"text": json.dumps([row(number) for number in range(1, 7)])})
    between(lambda: Version.objects.count() == 2 and meanwhile(vision))
    with logging() as events:
        again = confirm(client, page, link)
    assert (again.status_code, "stale_preview" in codes(again)) == (409, True)
    assert kinds(again)[:2] == ["Exists already"] * 2
    registered = [event.target_name for event in events if event.actor_id == mel.pk and not event.code]
    assert registered == ["Vision/p/artifact-1:v0", "Vision/p/artifact-2:v0"]
    assert "first 2 new rows are registered" in again.text


def test_the_same_list_again_registers_what_is_left(mel, vision, link, between):
    client, text = browser(mel), json.dumps([row(number) for number in range(1, 7)])
    between(lambda: Version.objects.count() == 2 and _of_its_artifact(vision))
    again = confirm(client, client.post(link, {"text": text}), link)
    assert confirm(client, again, link).status_code == 302
    assert set(kinds(client.post(link, {"text": text}))) == {"Exists already"}
    assert Version.objects.count() == 7


def _out_of_the_team(mel, vision):
    vision.memberships.filter(user=mel).delete()


def _out_of_the_organization(mel, vision):
    vision.organization.memberships.get(user=mel).delete_by(COMMAND_LINE)


def _deactivated(mel, vision):
    mel.deactivate(COMMAND_LINE, vision.organization)


@pytest.mark.parametrize("lose", [_out_of_the_team, _out_of_the_organization, _deactivated])
@pytest.mark.parametrize("done", [2, 4])
def test_a_role_that_ends_between_two_batches_is_told_with_what_is_done(
    mel, ada, vision, link, between, caplog, lose, done
):
    client, text = browser(mel), json.dumps([row(number) for number in range(1, 7)])
    page = client.post(link, {"text": text})
    between(lambda: Version.objects.count() == done and lose(mel, vision))
    with logging() as events:
        again = confirm(client, page, link)
    assert (again.status_code, codes(again), Version.objects.count()) == (422, {"role_too_low"}, done)
    told = f"first {done} new rows are registered and stay, the other {6 - done} are not"
    assert told in again.text
    assert [told in event.reason for event in events if event.code == "role_too_low"] == [True]
    assert [record.args[1:3] for record in caplog.records if record.name == "registry_app.views.imports"] == [(done, 6)]
    assert again.context["form"]["text"].value() == text
    admin = browser(ada)
    assert confirm(admin, admin.post(link, {"text": text}), link).status_code == 302
    assert Version.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_what_is_registered_stays_where_the_database_is_busy_in_the_middle(mel, link, between, caplog):
    client = browser(mel)
    page, busy = client.post(link, {"text": json.dumps([row(number) for number in range(1, 7)])}), ExitStack()
    between(lambda: Version.objects.count() == 2 and busy.enter_context(held()))
    with busy, caplog.at_level("WARNING", "registry_app.views.imports"):
        again = confirm(client, page, link)
    assert (again.status_code, codes(again), bool(again["Retry-After"])) == (503, {"database_unavailable"}, True)
    assert "first 2 new rows are registered and stay, the other 4 are not" in again.text
    assert [record.args[1:3] for record in caplog.records if record.name == "registry_app.views.imports"] == [(2, 6)]
    assert (Version.objects.count(), kinds(again)) == (2, ["Exists already"] * 2 + ["New artifact"] * 4)
    stale = confirm(client, page, link)
    assert (stale.status_code, kinds(stale)) == (409, kinds(again))
    assert confirm(client, again, link).status_code == 302
    assert Version.objects.count() == 6


def test_a_list_twice_registers_nothing_new(mel, link):
    client, text = browser(mel), json.dumps(ROWS)
    confirm(client, client.post(link, {"text": text}), link)
    page = client.post(link, {"text": text})
    assert set(kinds(page)) == {"Exists already"}
    with nothing_happens():
        assert confirm(client, page, link).status_code == 302


def test_nothing_is_done_while_a_row_is_refused_and_each_row_says_why(mel, vision, link):
    make_version(vision, "set", type="dataset", project="p")
    rows = [row(1), row(2, digest="x"), row(3, name="set"), row(4, made_from="Vision/p/none:v0"), row(5, colour="red")]
    rows.append(row(6, digest="y"))
    with nothing_changes(), logging() as events:
        page = browser(mel).post(link, {"text": json.dumps(rows)})
    assert page.status_code == 422
    told = {outcome.row: [(field, code) for field, code, _ in outcome.refusals] for outcome in page.context["outcomes"]}
    assert told == {
        1: [],
        2: [("digest", "digest_invalid")],
        3: [("type", "type_stays")],
        4: [("made_from", "source_hidden")],
        5: [("", "unknown_field")],
        6: [("digest", "digest_invalid")],
    }
    summary = " ".join(page.context["form"].non_field_errors())
    assert ("Row 2 and 1 more, digest" in summary, "Row 6" in summary) == (True, False)
    assert {event.code for event in events} == {"type_stays", "source_hidden", "unknown_field"}
    again = Page(page).form_to(link).data
    assert json.loads(again["text"][0]) == rows and "etag" not in again


def test_what_refuses_one_row_does_not_refuse_the_others_in_the_preview(mel, link):
    page = browser(mel).post(link, {"text": json.dumps([row(1, uri=""), row(2), row(2, digest="etag:2b")])})
    assert kinds(page) == ["Refused", "New artifact", "New version"]


def test_rule_18_if_an_outcome_changed_nothing_is_done_and_it_is_shown_again(mel, vision, link):
    client = browser(mel)
    page = client.post(link, {"text": json.dumps([row(1), row(2)])})
    make_version(vision, "artifact-2", project="p")
    data = Page(page).form_to(link).data
    again = refused(client, link, data, "stale_preview", 409)
    assert kinds(again) == ["New artifact", "New version"]
    assert confirm(client, again, link).status_code == 302
    assert Version.objects.count() == 3


def test_rule_18_a_row_that_is_refused_meanwhile_is_told_with_its_reason(mel, vision, link):
    client = browser(mel)
    page = client.post(link, {"text": json.dumps([row(1), row(2)])})
    make_version(vision, "artifact-2", project="p", type="dataset")
    with nothing_changes():
        again = client.post(link, Page(page).form_to(link).data)
    assert (again.status_code, codes(again)) == (409, {"stale_preview", "type_stays"})
    assert "etag" not in Page(again).form_to(link).data


@pytest.mark.parametrize("change", [{"etag": "x"}, {"etag": "0" * 32}, {"text": json.dumps([row(9)])}])
def test_rule_18_only_what_was_shown_is_confirmed(mel, link, change):
    client = browser(mel)
    data = Page(client.post(link, {"text": json.dumps([row(1)])})).form_to(link).data
    refused(client, link, {**data, **change}, "stale_preview", 409)


def test_rule_18_one_is_not_confirmed_by_what_another_saw(acme, mel, vision, link):
    """The mark of one team's outcomes is no mark of another's."""
    other = make_team(acme, "Day", people=[mel])
    client = browser(mel)
    data = Page(client.post(link, {"text": json.dumps([row(1)])})).form_to(link).data
    refused(client, reverse("imports:create", args=[acme.slug, other.name]), data, "stale_preview", 409)


@pytest.mark.parametrize(
    "text, code",
    [
        ("", "import_invalid"),
        ("[]", "import_invalid"),
        ("project,name\n", "import_invalid"),
        ("[{]", "import_invalid"),
        ("[1]", "import_invalid"),
        ('{"project": "p"}', "import_invalid"),
        ("[" * 100_000, "import_invalid"),
        ('[{"a": ' * 100_000, "import_invalid"),
        ('[{"size": ' + "9" * 5000 + "}]", "import_invalid"),
        ('[{"name": "\\ud800"}]', "import_invalid"),
        ("project,colour\np,red\n", "import_invalid"),
        ("project,project\np,p\n", "import_invalid"),
        ("project,name\np,n,x\n", "import_invalid"),
        ('project,name\np,"n\n', "import_invalid"),
        ("project\n" + "x" * 200_000, "import_invalid"),
        (json.dumps([row(number) for number in range(1001)]), "too_many"),
        ("x" * (1024 * 1024 + 1), "too_many"),
        ("é" * (600 * 1024), "too_many"),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("as_file", [True, False])
def test_what_is_no_list_is_refused(mel, link, text, code, as_file):
    if as_file and not text:
        code = "empty"
    sent = {"file": SimpleUploadedFile("rows", text.encode())} if as_file else {"text": text}
    page = refused(browser(mel), link, sent, code)
    assert page.context["form"].has_error("file" if as_file else "text", code)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"PK\x03\x04\x00\x00", b"project\0,name\np,n", b"\x89PNG\r\n\x1a\n"]
)
def test_a_file_that_is_no_text_is_refused(mel, link, content):
    refused(browser(mel), link, {"file": SimpleUploadedFile("rows", content)}, "import_invalid")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_of_a_spreadsheet_is_registered_as_it_was_shown(mel, link, encoding):
    lines = ["Project;Name;Type;URI;Digest;;", "Прогноз;größe;model;s3://b/1;etag:1;;", ";;;;;;", "p;b;model;;etag:2;;"]
    sent = {"file": SimpleUploadedFile("rows.csv", "\r\n".join(lines).encode(encoding))}
    page = browser(mel).post(link, sent)
    shown = [(outcome.row, outcome.kind) for outcome in page.context["outcomes"]]
    assert shown == [(2, "New artifact"), (4, "Refused")]
    sent = {"file": SimpleUploadedFile("rows.csv", "\r\n".join(lines[:3]).encode(encoding))}
    client = browser(mel)
    assert confirm(client, client.post(link, sent), link).status_code == 302
    assert str(Version.objects.get()) == "Vision/Прогноз/größe:v0"


def test_a_digest_is_the_same_however_it_is_written(mel, vision, link):
    digest = "0123456789abcdef" * 4
    make_version(vision, "churn", project="p", digest=f"sha256:{digest}")
    for written in (digest, digest.upper(), f"SHA256:{digest.upper()}", f" sha256={digest}"):
        rows = [row(1, name="churn", digest=written)]
        for text in (json.dumps(rows), as_csv(rows)):
            assert kinds(browser(mel).post(link, {"text": text})) == ["Exists already"]


def test_a_value_that_is_no_number_is_named_with_its_row(mel, link):
    rows = [row(1), row(2, metadata={"metrics": {"loss": [0.5, float("nan")]}})]
    for text in (json.dumps(rows), as_csv([rows[0], {**rows[1], "metadata": json.dumps(rows[1]["metadata"])}])):
        page = refused(browser(mel), link, {"text": text}, "metadata_invalid")
        (told,) = [reason for outcome in page.context["outcomes"] for _, _, reason in outcome.refusals]
        assert "metrics.loss[1] is NaN" in told


def test_a_byte_order_mark_is_no_part_of_the_list(mel, link):
    for text in (json.dumps([row(1)]), as_csv([row(1)])):
        page = browser(mel).post(link, {"file": SimpleUploadedFile("rows", b"\xef\xbb\xbf" + text.encode())})
        assert kinds(page) == ["New artifact"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "<script>alert(1)</script>x"},
        {"type": "\u202e"},
        {"uri": {"a": 1}},
        {"size": [1]},
        {"size": True},
        {"size": 1e400},
        {"metadata": "text"},
        {"metadata": {"\x00": "\x00"}},
        {"made_from": {"a": 1}},
        {"made_from": [1]},
        {"made_from": "\x00/a/b:v1"},
        {"": "x"},
        {"project": "\u0300" * 20_000},
    ],
    ids=str,
)
def test_a_hostile_row_is_refused_and_shown_as_text(mel, link, change):
    with nothing_changes():
        page = browser(mel).post(link, {"text": json.dumps([row(1), row(2, **change)])})
    assert (page.status_code, kinds(page)[1]) == (422, "Refused")
    assert "<script>alert" not in page.text
    assert not Page(page).inline


def test_many_rows_are_shown_with_few_queries(mel, link):
    def queries(number):
        with CaptureQueriesContext(connection) as captured:
            page = client.post(link, {"text": json.dumps([row(each) for each in range(number)])})
        assert (page.status_code, Artifact.objects.count()) == (200, 0)
        return len(captured)

    client = browser(mel)
    assert queries(60) == queries(10)


def test_a_list_that_names_too_many_inputs_is_refused_before_anything_is_held(link, mel):
    rows = [row(number, made_from=["Vision/p/x:v0"] * 60) for number in range(20)]
    page = browser(mel).post(link, {"text": json.dumps(rows)})
    assert (page.status_code, codes(page)) == (422, {"too_many"})
