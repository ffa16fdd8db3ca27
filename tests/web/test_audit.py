"""The audit log's pages: who reads what of it, how it is searched, and what a spreadsheet gets."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from registry_app import rules
from registry_app.choices import Action, OrganizationRole, Role, Target
from registry_app.models import Actor, AuditEvent, User
from registry_app.models.change import etag_of
from registry_app.models.event import AuditTarget, record
from tests.client import Page, at, browser, nothing_happens, of
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_member,
    make_organization,
    make_registry,
    make_user,
    make_version,
)


def log(user, organization, **query):
    """The log, as `user` asks for it."""
    return browser(user).get(reverse("audit:index", args=[organization.slug]), query)


def entries(response):
    """The entries on a page of the log, in order."""
    return [event for _, events in response.context["days"] for event in events]


def exported(user, organization, **query):
    """The rows of the CSV, as dicts."""
    response = browser(user).get(reverse("audit:export", args=[organization.slug]), query)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(response).decode("utf-8-sig"), newline="")))


def seqs(rows):
    """Which entries those are, of a page or of a CSV."""
    return [int(row["seq"]) if isinstance(row, dict) else row.seq for row in rows]


@pytest.fixture
def history(acme, globex, ada, rob, mel, sam, golden, vault):
    """What happened at Acme, in what Mel sees and in what she doesn't, and at Globex. Answers Golden."""
    golden.edit(Actor(ada, "00000000000000a1"), name="Golden Datasets", description="Checked", reason="Spring")
    vault.edit(Actor(rob), name="Vault", description="Secret")
    forged = {"name": "Vault", "description": "Secret", "etag": etag_of(vault), "kind": "core"}
    browser(rob).post(at("registries:settings", vault), forged)
    browser(mel).post(at("registries:settings", golden), {"name": "Mine"})
    make_registry(globex, sam, "Shelf")
    return golden


# Who reads what.


def test_section_5_an_organization_admin_reads_all_of_her_organization(acme, ada, history):
    seen = entries(log(ada, acme))
    assert seqs(seen) == list(AuditEvent.objects.filter(organization_id=acme.pk).values_list("seq", flat=True))
    assert {Action.ORGANIZATION_CREATE, Action.PERSON_ADD, Action.CREATE, Action.EDIT} <= {e.action for e in seen}


def test_section_5_a_member_reads_what_concerns_the_registries_that_she_sees(acme, ada, mel, golden, vault, history):
    seen = entries(log(mel, acme))
    visible = acme.registries.exclude(pk=vault.pk).values("pk")
    assert seqs(seen) == list(AuditEvent.objects.filter(registry_id__in=visible).values_list("seq", flat=True))
    assert {event.target_name for event in seen} == {"Models", "Datasets", "Golden Datasets"}
    told = log(mel, acme).text
    assert "Vault" not in told and "Secret" not in told
    assert "Vault" in log(ada, acme).text and "Secret" in log(ada, acme).text


def test_section_5_a_role_lets_in_to_what_was_before_it(acme, mel, vault, history):
    assert not AuditEvent.objects.filter(pk__in=seqs(entries(log(mel, acme))), registry_id=vault.pk).exists()
    give_role(vault, mel, Role.RESTRICTED_VIEWER)
    theirs = AuditEvent.objects.filter(registry_id=vault.pk)
    assert set(seqs(theirs)) <= set(seqs(entries(log(mel, acme))))


def test_section_5_a_restriction_hides_what_was_before_it(acme, ada, mel, history):
    history.restrict(Actor(ada))
    assert {event.target_name for event in entries(log(mel, acme))} == {"Models", "Datasets"}


def test_section_5_strangers_read_nothing(acme, globex, sam, root, history):
    for user in (sam, root):
        for page in ("audit:index", "audit:export"):
            assert browser(user).get(reverse(page, args=[acme.slug])).status_code == 404
    assert {event.organization_id for event in entries(log(sam, globex))} == {globex.pk}
    assert {row["target"] for row in exported(sam, globex)} == {"Globex", "Models", "Datasets", "sam", "Shelf"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "vault"},
        {"q": "rob"},
        {"kind": "refused"},
        {"kind": "registry"},
        {"registry": "vault"},
        {"person": "rob"},
        {"action": "registry.edit"},
        {"action": "organization.create"},
        {"since": "2020-01-01"},
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_section_5_no_filter_and_no_export_leaks(acme, ada, mel, vault, history, query):
    hidden = set(seqs(AuditEvent.objects.exclude(registry_id__in=acme.registries.exclude(pk=vault.pk).values("pk"))))
    assert not hidden & set(seqs(entries(log(mel, acme, **query))))
    assert not hidden & set(seqs(exported(mel, acme, **query)))
    assert hidden & set(seqs(exported(ada, acme, **query)))  # there was something to leak


def test_section_5_a_deleted_registry_is_still_named(acme, ada, mel, rob, history):
    history.delete_by(Actor(ada), reason="Superseded")
    newest = entries(log(ada, acme))[0]
    assert (newest.action, newest.target_name, newest.reason) == (Action.DELETE, "Golden Datasets", "Superseded")
    assert newest.changes["types"] == [["dataset", "eval-suite"], None]
    assert "Golden Datasets" in log(ada, acme).text
    for user in (mel, rob):  # who saw it sees it no more
        assert "Golden Datasets" not in {event.target_name for event in entries(log(user, acme))}


def test_section_5_two_organizations_of_one_person_are_kept_apart(acme, globex, ada, mel, history):
    make_member(globex, mel, OrganizationRole.ADMIN)
    assert {event.organization_id for event in entries(log(mel, acme))} == {acme.pk}
    assert {event.organization_id for event in entries(log(mel, globex))} == {globex.pk}


# What an entry says.


def test_refused_attempts_stand_in_the_log(acme, ada, rob, mel, golden, vault, history):
    refused = [
        (event.code, event.action, event.actor_name, event.registry_id)
        for event in entries(log(ada, acme))
        if event.refused
    ]
    assert refused == [
        ("role_too_low", Action.EDIT, "mel", golden.pk),
        ("kind_stays", Action.EDIT, "rob", vault.pk),
    ]
    page = log(ada, acme, kind="refused").text
    for event in AuditEvent.objects.exclude(code=""):
        assert len(event.request_id) == 16
        assert event.request_id in page and event.code in page


def test_an_entry_shows_before_and_after(acme, ada, mel, golden):
    golden.edit(Actor(ada), name="Silver <b>", description="One\ntwo", reason="<i>Spring</i>")
    golden.add_types(Actor(ada), ["model"])
    response = log(ada, acme)
    added, edited = entries(response)[:2]
    assert added.rows == [("Types", [], ["model"])]
    assert edited.rows == [("Description", [], ["One\ntwo"]), ("Name", ["Golden Datasets"], ["Silver <b>"])]
    assert "<del>Golden Datasets</del>" in response.text
    assert "<ins>Silver &lt;b&gt;</ins>" in response.text
    assert "&lt;i&gt;Spring&lt;/i&gt;" in response.text


# Filters and pages.


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"q": "MEL"}, lambda event: "mel" in (event.actor_name, event.target_name)),
        ({"q": "golden"}, lambda event: event.target_name == "Golden Datasets"),
        ({"q": "00000000000000A1"}, lambda event: event.request_id == "00000000000000a1"),
        ({"q": "00000000000000"}, lambda event: False),
        ({"q": "%"}, lambda event: False),
        ({"action": "registry.edit"}, lambda event: event.action == Action.EDIT),
        ({"kind": "refused"}, lambda event: event.code),
        ({"kind": "registry"}, lambda event: not event.code and event.action in {Action.CREATE, Action.EDIT}),
        ({"person": "rob"}, lambda event: event.actor_name == "rob"),
        ({"person": "no\u00a0body"}, lambda event: False),
        ({"registry": "  golden DATASETS"}, lambda event: event.target_name == "Golden Datasets"),
        ({"registry": "Shelf"}, lambda event: False),  # of another organization
        ({"action": "registry.edit", "kind": "refused", "q": "mel"}, lambda event: event.code == "role_too_low"),
        ({"q": "", "action": "", "kind": "", "since": "", "until": "", "before": ""}, lambda event: True),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_the_log_and_its_export_are_filtered_alike(acme, ada, history, query, expected):
    wanted = seqs(event for event in AuditEvent.objects.filter(organization_id=acme.pk) if expected(event))
    assert seqs(entries(log(ada, acme, **query))) == wanted
    assert seqs(exported(ada, acme, **query)) == wanted


def test_a_person_is_found_as_fields_of_names_find_them(acme, globex, ada, mel, rob, history):
    def actors(looker, name):
        return {event.actor_name for event in entries(log(looker, acme, person=name))}

    stranger = make_member(globex, User.objects.create_user("ROB")).user  # who differs in case, and did nothing here
    make_registry(globex, stranger, "Other")
    assert [actors(ada, name) for name in ("ROB", "aDA")] == [{"rob"}, {"ada"}]
    assert [actors(mel, name) for name in ("rob", "aDA")] == [set(), {"ada"}]  # Rob edited the Vault alone
    assert [actors(ada, f"{name}@Example.com") for name in ("MEL", "Ada", "ROB", "sam")] == [
        {"mel"},
        {"ada"},
        {"rob"},
        set(),
    ]
    assert [actors(mel, f"{name}@example.com") for name in ("mel", "ada")] == [set(), set()]  # addresses are for admins
    make_registry(acme, make_member(acme, User.objects.create_user("Mel")).user, "Other")
    assert [actors(ada, name) for name in ("Mel", "mel", "MEL")] == [{"Mel"}, {"mel"}, {"mel"}]
    acme.memberships.get(user=rob).delete_by(Actor(ada))
    assert (actors(ada, "Rob"), actors(ada, "rob@example.com")) == ({"rob"}, set())  # once gone, by name alone


def test_more_entries_than_the_index_names_are_all_found(acme, ada, history, monkeypatch):
    wanted = seqs(entries(log(ada, acme, q="golden")))
    monkeypatch.setattr("registry_app.models.event_queryset.MANY", 0)
    assert seqs(entries(log(ada, acme, q="golden"))) == wanted
    assert len(wanted) > 1


def test_the_log_is_filtered_by_whole_days(acme, ada, golden, monkeypatch):
    moments = [datetime(2031, 5, day, hour, 0, tzinfo=UTC) for day in (3, 4, 5) for hour in (0, 23)]
    for number, moment in enumerate(moments):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        golden.edit(Actor(ada), name="Golden Datasets", description=str(number))
    wanted = seqs(AuditEvent.objects.filter(at__in=moments[2:4]))
    assert len(wanted) == 2
    query = {"since": "2031-05-04", "until": "2031-05-04"}
    assert seqs(entries(log(ada, acme, **query))) == seqs(exported(ada, acme, **query)) == wanted
    assert seqs(entries(log(ada, acme, since="2031-05-05"))) == seqs(AuditEvent.objects.filter(at__in=moments[4:]))
    days = log(ada, acme, since="2031-05-03").context["days"]
    assert [(day, len(events)) for day, events in days] == [(date(2031, 5, day), 2) for day in (5, 4, 3)]


def test_the_log_is_read_page_by_page(acme, ada, golden):
    for number in range(60):
        golden.edit(Actor(ada), name="Golden Datasets", description=f"Number {number}")
    client, address, pages = browser(ada), reverse("audit:index", args=[acme.slug]), []
    response = client.get(address, {"action": "registry.edit"})
    while True:
        pages.append(seqs(entries(response)))
        older = [link for link in Page(response).links if f"before={pages[-1][-1]}" in link]
        if not older:
            break
        response = client.get(older[0])
    assert [len(page) for page in pages] == [25, 25, 10]
    edits = AuditEvent.objects.filter(action=Action.EDIT)
    assert [seq for page in pages for seq in page] == list(edits.values_list("seq", flat=True))
    assert not response.context["newest"]
    assert seqs(exported(ada, acme, action="registry.edit")) == [seq for page in pages for seq in page]


OF_ACTIVITY = [
    "before=0",
    "before=-1",
    "before=x",
    "before=1.5",
    "before=99999999999999999999",
    "kind=maybe",
    "kind=alias&kind=refused",
]
QUERIES = [
    *OF_ACTIVITY,
    "action=registry.see",
    "action=fly",
    "since=yesterday",
    "until=2026-02-30",
    "q=a&q=b",
    "q=a%00b",
    "person=a%00b",
    "registry=a%00b",
    "since=0000-00-00",
]
TEXTS = ["q", "person", "registry"]


@pytest.mark.parametrize("page", ["audit:index", "audit:export", "registries:activity"])
def test_an_address_that_no_page_gave_out(acme, ada, golden, page):
    address = at(page, golden) if page == "registries:activity" else reverse(page, args=[acme.slug])
    client = browser(ada)
    queries = OF_ACTIVITY if page == "registries:activity" else [*QUERIES, *(f"{each}={'x' * 201}" for each in TEXTS)]
    with nothing_happens():
        answers = {query: client.get(f"{address}?{query}").status_code for query in queries}
    assert {query: status for query, status in answers.items() if status != 400} == {}


def test_the_log_beyond_its_ends(acme, ada, golden):
    assert entries(log(ada, acme, before=1)) == []
    assert seqs(entries(log(ada, acme, before=10**9))) == seqs(entries(log(ada, acme)))
    assert entries(log(ada, acme, since="9999-12-31")) == entries(log(ada, acme, until="0001-01-01")) == []


# Kinds, and how many of each there are.


def facets(response):
    """{kind: the number that stands beside it}"""
    return {facet.kind: facet.number for facet in response.context["facets"]}


@pytest.fixture
def long_history(ada, mel, vision, golden):
    """30 edits of Golden, and of each other kind something. Answers Golden."""
    for number in range(30):
        golden.edit(Actor(ada), name="Golden Datasets", description=f"Number {number}")
    make_link(make_collection(golden, "Shelf", type="dataset"), make_version(vision, "set", type="dataset"), "good")
    browser(mel).post(at("registries:settings", golden), {"name": "Mine"})
    return golden


def test_kinds_stand_there_with_their_numbers(acme, ada, long_history):
    counted = {"": "36", "version": "1", "alias": "1", "collection": "1", "registry": "31", "access": "1"}
    activity = browser(ada).get(at("registries:activity", long_history))
    assert facets(activity) == {**counted, "refused": "1"}
    number = AuditEvent.objects.filter(organization_id=acme.pk).count()
    assert facets(log(ada, acme))[""] == str(number)


def test_a_page_says_which_of_how_many_it_shows(acme, ada, long_history):
    client, address = browser(ada), at("registries:activity", long_history)
    first = client.get(address, {"kind": "registry"})
    second = client.get(address, {"kind": "registry", "before": first.context["older"]})
    assert [page.context["shown"] for page in (first, second)] == ["1 to 25 of 31", "26 to 31 of 31"]
    assert log(ada, acme).context["shown"].startswith("1 to 25 of ")


def test_of_very_many_entries_no_more_are_counted_than_the_cap(ada, long_history, monkeypatch):
    monkeypatch.setattr("registry_app.listings.events.COUNT_CAP", 10)
    client, address = browser(ada), at("registries:activity", long_history)
    first = client.get(address)
    assert (facets(first)[""], facets(first)["registry"], facets(first)["alias"]) == ("10+", "10+", "1")
    assert first.context["shown"] == "1 to 25 of 10+"
    assert client.get(address, {"before": first.context["older"]}).context["shown"] == "Newest first"


def test_no_number_says_what_a_reader_may_not_see(acme, mel, long_history, vault):
    """Numbers of the whole log are for who reads all of it; and with words or days no index has them."""
    assert set(facets(log(mel, acme)).values()) == {""}
    assert facets(browser(mel).get(at("registries:activity", long_history)))["registry"] == "31"


def test_a_kind_without_entries_leads_back_to_all(acme, ada):
    page = browser(ada).get(reverse("registries:activity", args=[acme.slug, "Models"]), {"kind": "alias"})
    assert (entries(page), page.context["shown"]) == ([], "")
    assert Page(page).links.count(reverse("registries:activity", args=[acme.slug, "Models"])) > 1


# What spreadsheets read.


def test_the_export_says_all_that_an_entry_says(acme, ada, history):
    event = AuditEvent.objects.get(request_id="00000000000000a1")
    (row,) = [row for row in exported(ada, acme) if row["seq"] == str(event.seq)]
    assert row == {
        "seq": str(event.seq),
        "at": event.at.isoformat(),
        "actor": "ada",
        "action": "registry.edit",
        "target_type": "registry",
        "target": "Golden Datasets",
        "outcome": "done",
        "rule": "",
        "reason": "Spring",
        "changes": "description:  → Checked",
        "related": "",
        "request": "00000000000000a1",
        "hash": event.hash,
    }


def test_the_export_is_a_file_that_a_spreadsheet_opens_as_utf_8(acme, ada):
    response = browser(ada).get(reverse("audit:export", args=[acme.slug]))
    content = b"".join(response)
    assert content.startswith(b"\xef\xbb\xbfseq,") and content.count(b"\xef\xbb\xbf") == 1
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="audit-acme-ml.csv"'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"])
def test_no_cell_of_the_export_is_a_formula(acme, ada, golden, start):
    text = f'{start}cmd|"/c calc"!A1'
    with transaction.atomic():
        target = AuditTarget(Target.REGISTRY, golden.pk, text, acme.pk)
        related = {"holder": {"type": "user", "id": ada.pk, "name": text}}
        record(Actor(make_user("+person")), Action.EDIT, target, {text: ["", text]}, related, reason=text)
    row = exported(ada, acme)[0]
    assert row["target"].lstrip("'").endswith('calc"!A1')
    assert row["actor"].startswith("'+person")
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"))


def test_a_name_that_is_a_formula_is_told_as_it_is_on_the_page(acme, ada):
    make_registry(acme, ada, '=HYPERLINK("x")')
    assert exported(ada, acme)[0]["target"] == '\'=HYPERLINK("x")'
    assert entries(log(ada, acme))[0].target_name == '=HYPERLINK("x")'


@pytest.mark.parametrize("name", ["Größe", "Прогноз", "模型", "نموذج", "मॉडल", "🚀 launch", "-1", "'=1", "a; b, c"])
def test_names_of_every_script_come_back_from_the_export(acme, ada, name):
    make_registry(acme, ada, name)
    assert rules.unescape_formula(exported(ada, acme)[0]["target"]) == name


def test_the_export_is_not_cut(acme, ada, golden):
    for number in range(60):
        golden.edit(Actor(ada), name="Golden Datasets", description=f"Number {number}")
    assert len(exported(ada, acme)) == AuditEvent.objects.filter(organization_id=acme.pk).count() > 60


def test_the_log_of_a_new_organization_tells_of_its_beginning(ada):
    organization = make_organization("New", ada)
    assert [event.action for event in entries(log(ada, organization))] == [
        Action.PERSON_ADD,
        Action.CREATE,
        Action.CREATE,
        Action.ORGANIZATION_CREATE,
    ]
    assert {event.actor_name for event in entries(log(ada, organization))} == {"command line"}


def test_a_line_of_the_log_tells_what_changed(acme, ada, vision, rob, mel):
    release_registry = make_registry(acme, ada, "Release")
    collection = make_collection(release_registry)
    one, other = (make_link(collection, make_version(vision)) for _ in range(2))
    one.change_aliases(COMMAND_LINE, put=["good"])
    other.change_aliases(COMMAND_LINE, put=["good"])
    give_role(release_registry, mel, Role.VIEWER)
    collection.edit(COMMAND_LINE, name="Churn", description="a\n" * 200, tags=[])
    page = browser(ada).get(reverse("registries:activity", args=[acme.slug, "Release"]))
    told = [event.one_line for _, events in page.context["days"] for event in events]
    assert told[0] == ""  # a whole card
    assert {"Who: mel; Role: Viewer", "Link: v0 → v1", "Link: v0"} <= set(told)
    assert any(line.startswith("Version: Vision/") for line in told)


def test_a_refused_line_says_why(acme, ada, rob, mel, golden):
    browser(mel).post(reverse("registries:delete", args=[acme.slug, golden.name]), {})
    event = AuditEvent.objects.first()
    page = browser(ada).get(reverse("audit:index", args=[acme.slug]))
    (_, events), *_ = page.context["days"]
    assert event.refused and events[0].one_line == event.reason


def test_an_entry_leads_to_what_is_there_and_seen(acme, ada, mel, rob, golden, vault, vision, history):
    collection = make_collection(golden, "Shelf", type="dataset")
    make_link(collection, make_version(vision, "set", type="dataset"), "good")
    page = log(ada, acme)
    places = [golden, vault, collection, vision, *(acme.memberships.get(user=user) for user in (ada, mel))]
    assert {place.get_absolute_url() for place in places} <= set(Page(page).links)
    seen = Page(log(mel, acme)).links
    assert collection.get_absolute_url() in seen
    assert vault.get_absolute_url() not in seen
    collection.delete_by(Actor(ada))
    assert "Golden Datasets/Shelf" in {event.target_name for event in entries(log(ada, acme))}
    assert collection.get_absolute_url() not in Page(log(ada, acme)).links


def test_many_versions_in_a_row_are_one_line(acme, ada, mel, vision, golden):
    collection = make_collection(golden, "Shelf", type="dataset")
    links = [make_link(collection, make_version(vision, f"v{number}", type="dataset")) for number in range(4)]
    links[0].change_aliases(COMMAND_LINE, put=["good"])
    make_link(collection, make_version(vision, "last", type="dataset"))
    page = browser(mel).get(of("collections:activity", collection))
    lines = entries(page)
    assert [(line.action, len(getattr(line, "burst", ()))) for line in lines[:3]] == [
        (Action.LINK, 0),
        (Action.ALIAS_SET, 0),
        (Action.LINK, 4),
    ]
    told = [part.text for part in lines[2].sentence.parts]
    assert told == ["published 4 versions", "of", "Shelf", "(v0 to v3)"]
    assert {link.get_absolute_url() for link in links} <= set(Page(page).links)  # each stands below it
    assert all(not hasattr(event, "burst") for event in entries(log(ada, acme)))
