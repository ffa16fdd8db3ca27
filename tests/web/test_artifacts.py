"""The pages of a team's artifacts: who sees them, how versions are registered, and how they go."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Action, Role
from registry_app.models import Artifact, AuditEvent, Version
from tests.client import Page, browser, logging, nothing_changes, refused
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
    make_team,
    make_user,
    make_version,
)

DIGEST = "sha256:" + 64 * "a"
GOOD = {
    "project": "forecasts",
    "name": "churn",
    "type": "model",
    "uri": "s3://bucket/churn/7",
    "digest": DIGEST,
    "size": "2048",
    "file_count": "3",
    "metadata": '{"rows": 7, "who": "<b>Ada</b>", "parts": [1, 2]}',
    "run": "train-7",
    "run_url": "https://runs.example.com/7",
    "made_from": "",
}

CHURN = {"confirmation": "churn:v0"}  # typed to delete it


def address(page, team, *more):
    """The address of a page of a team's artifacts, such as `artifacts:index`."""
    return reverse(page, args=[team.organization.slug, team.name, *more])


def listed(user, team, **query):
    """The names on the list, as `user` asks for it."""
    return [row["name"] for row in browser(user).get(address("artifacts:index", team), query).context["artifacts"]]


# Who sees them.


@pytest.fixture
def night(acme):
    """A team of Acme in which nobody is."""
    return make_team(acme, "Night")


@pytest.mark.parametrize(
    "page, more",
    [
        ("artifacts:index", []),
        ("artifacts:create", []),
        ("imports:create", []),
        ("artifacts:detail", ["forecasts", "churn"]),
        ("versions:detail", ["forecasts", "churn", 0]),
        ("versions:delete", ["forecasts", "churn", 0]),
    ],
)
def test_only_people_of_the_team_and_organization_admins_see_them(ada, mel, rob, night, page, more):
    make_version(night)
    link = address(page, night, *more)
    assert browser(ada).get(link).status_code == 200
    response = browser(mel).get(link)
    assert response.status_code == 403
    assert "ada@example.com" in response.text and "churn" not in response.text.replace(link, "")
    with nothing_changes(), logging() as events:
        assert browser(rob).post(link, GOOD).status_code in {403, 405}
    assert {event.code for event in events} <= {"role_too_low"}


def test_who_may_not_see_them_is_not_told_which_there_are(mel, night):
    make_version(night)
    answers = {
        browser(mel).get(address("artifacts:detail", night, "forecasts", name)).status_code for name in ("churn", "x")
    }
    assert answers == {403}


def test_the_page_of_a_team_leads_to_them_where_one_may_see_them(ada, mel, vision, night):
    for user, team, shown in [(ada, night, True), (mel, vision, True), (mel, night, False)]:
        links = Page(browser(user).get(team.get_absolute_url())).links
        assert (address("artifacts:index", team) in links) == shown


def test_whoever_leaves_the_team_no_longer_sees_them(mel, vision):
    client = browser(mel)
    assert client.get(address("artifacts:index", vision)).status_code == 200
    vision.memberships.get(user=mel).delete_by(COMMAND_LINE)
    assert client.get(address("artifacts:index", vision)).status_code == 403


# The list.


def test_the_list_is_searched_narrowed_and_sorted(mel, vision):
    for name, type_name, project in [("a", "model", "North"), ("b", "dataset", "south"), ("c", "model", "south")]:
        make_version(vision, name, type=type_name, project=project)
    make_version(vision, "a", project="North")
    assert listed(mel, vision) == ["a", "b", "c"]
    assert listed(mel, vision, q="NORTH") == ["a"]
    assert listed(mel, vision, q="B") == ["b"]
    assert listed(mel, vision, type="model") == ["a", "c"]
    assert listed(mel, vision, sort="-name") == ["c", "b", "a"]
    assert listed(mel, vision, sort="-updated") == ["a", "c", "b"]
    assert listed(mel, vision, sort="updated", type="model") == ["c", "a"]
    assert listed(mel, vision, q="nothing") == []
    row = browser(mel).get(address("artifacts:index", vision)).context["artifacts"][0]
    assert (row["count"], row["newest"], row["type"]) == (2, 1, "model")


def listed_of_all(user, organization, **query):
    """The (team, artifact) on the list of all teams' artifacts, as `user` asks for it."""
    response = browser(user).get(reverse("artifacts:organization", args=[organization.slug]), query)
    rows = response.context["artifacts"]
    assert all(browser(user).get(row["address"]).status_code == 200 for row in rows)
    return [(row["team_name"], row["name"]) for row in rows]


def test_the_list_of_all_teams_has_what_one_may_see_and_no_type_of_another(acme, globex, ada, mel, rob, sam, vision):
    night = make_team(acme, "Night")
    make_version(vision, "b")
    make_version(night, "a", type="secretive")
    make_version(make_team(globex, "Theirs"), "c")
    assert listed_of_all(ada, acme) == [("Night", "a"), ("Vision", "b")]
    assert listed_of_all(ada, acme, type="secretive") == [("Night", "a")]
    assert listed_of_all(ada, acme, q="B") == [("Vision", "b")]
    assert listed_of_all(mel, acme) == listed_of_all(rob, acme) == [("Vision", "b")]
    page = browser(mel).get(reverse("artifacts:organization", args=[acme.slug]))
    assert "Night" not in page.text and "secretive" not in page.text
    assert listed_of_all(mel, acme, type="secretive") == []
    nora = make_user("nora")
    make_member(acme, nora)
    assert listed_of_all(nora, acme) == []


@pytest.mark.parametrize("query", ["q=a&q=b", "type=a&type=b", "sort=size", "after=x", "q=a%00b"])
def test_what_the_list_does_not_know_is_refused(mel, vision, query):
    assert browser(mel).get(address("artifacts:index", vision) + f"?{query}").status_code == 400


@pytest.mark.parametrize("sort", ["name", "-name", "updated", "-updated"])
def test_a_long_list_comes_in_pages(mel, vision, sort):
    for number in range(27):
        make_version(vision, f"artifact-{number:02}", project="p" if number % 2 else "q")
    link = address("artifacts:index", vision)
    first = browser(mel).get(link, {"sort": sort}).context["page"]
    second = browser(mel).get(link, {"sort": sort, "after": first.after}).context["page"]
    back = browser(mel).get(link, {"sort": sort, "before": second.before}).context["page"]
    assert (len(first.rows), len(second.rows), second.after) == (25, 2, None)
    assert len({row["id"] for row in first.rows + second.rows}) == 27
    assert [row["id"] for row in back.rows] == [row["id"] for row in first.rows]


def test_lists_take_the_same_queries_for_1_row_and_for_20(acme, mel, vision):
    def count():
        found = []
        of_all = reverse("artifacts:organization", args=[acme.slug])
        of_team = [address("artifacts:index", vision), address("artifacts:detail", vision, "forecasts", "churn")]
        for link in (of_all, *of_team):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(link).status_code == 200
            found.append(len(queries))
        return found

    client = browser(mel)
    collection = make_collection(make_registry(acme, mel, "Shelf"))
    make_link(collection, make_version(vision))
    few = count()
    for number in range(19):
        make_version(vision, f"other-{number}")
        make_link(collection, make_version(vision))
    assert count() == few


# Registering.


def post(user, team, **changes):
    """Send the form for a new version, as the page shows it, filled in well but for `changes`."""
    client, link = browser(user), address("artifacts:create", team)
    shown = Page(client.get(link)).form_to(link).data
    return client.post(link, {**shown, **GOOD, **changes})


def test_a_version_is_registered_with_all_that_is_known(mel, vision):
    source = make_version(vision, "raw", type="dataset")
    with logging() as events:
        response = post(mel, vision, made_from=f"\n {source} \r\n{source}")
    version = Version.objects.get(digest=DIGEST)
    assert response.url == version.get_absolute_url() == address("versions:detail", vision, "forecasts", "churn", 0)
    assert (version.size, version.file_count, version.run) == (2048, 3, "train-7")
    assert version.metadata == {"rows": 7, "who": "<b>Ada</b>", "parts": [1, 2]}
    assert list(version.made_from.all()) == [source]
    assert [(event.action, event.target_name, event.actor_id) for event in events] == [
        (Action.VERSION_CREATE, "Vision/forecasts/churn:v0", mel.pk)
    ]


def test_what_is_not_known_is_left_out(mel, vision):
    post(mel, vision, **dict.fromkeys(["size", "file_count", "metadata", "run", "run_url"], ""))
    version = Version.objects.get()
    assert (version.size, version.file_count, version.metadata, version.run) == (0, 1, {}, "")


def test_the_same_digest_leads_to_the_version_that_has_it(mel, vision):
    post(mel, vision)
    with nothing_changes(), logging() as events:
        response = post(mel, vision, uri="s3://elsewhere", metadata="{}")
    assert response.url == Version.objects.get().get_absolute_url()
    assert events == []


@pytest.mark.parametrize("written", [DIGEST.upper(), DIGEST.removeprefix("sha256:"), DIGEST.replace(":", " = ")])
def test_a_digest_is_kept_in_one_form(mel, vision, written):
    assert post(mel, vision, digest=written).status_code == 302
    assert Version.objects.get().digest == DIGEST


def test_a_verb_keeps_a_digest_in_the_same_form(vision):
    assert make_version(vision, digest=DIGEST.upper()).digest == DIGEST
    assert make_version(vision, digest=DIGEST).digest == DIGEST and Version.objects.count() == 1


@pytest.mark.parametrize(
    "field, value, code",
    [
        ("project", "", "name_invalid"),
        ("project", "a/b", "name_invalid"),
        ("name", "x" * 129, "name_invalid"),
        ("name", "..", "name_invalid"),
        ("type", "", "type_invalid"),
        ("type", "a/b", "type_invalid"),
        ("uri", "", "uri_invalid"),
        ("uri", "no scheme", "uri_invalid"),
        ("uri", "javascript:alert(1)", "uri_invalid"),
        ("digest", "", "digest_invalid"),
        ("digest", "sha256:abc", "digest_invalid"),
        ("size", "-1", "number_invalid"),
        ("size", "many", "invalid"),
        ("size", str(2**62), "number_invalid"),
        ("size", "9" * 5000, "invalid"),
        ("file_count", "1.5", "invalid"),
        ("metadata", "{", "metadata_invalid"),
        ("metadata", "[]", "metadata_invalid"),
        ("metadata", '{"a": NaN}', "metadata_invalid"),
        ("metadata", '{"a": 1e999}', "metadata_invalid"),
        ("metadata", '{"a": "\\ud800"}', "metadata_invalid"),
        ("metadata", "[" * 100_000, "metadata_invalid"),
        ("metadata", json.dumps(dict.fromkeys(map(str, range(101)))), "metadata_invalid"),
        ("run", "a/b", "name_invalid"),
        ("run_url", "ftp://x", "url_invalid"),
        ("run_url", "javascript:alert(1)", "url_invalid"),
        ("made_from", "nothing", "source_hidden"),
        ("made_from", "Vision/forecasts/churn:v9", "source_hidden"),
        ("made_from", "Vision/forecasts/churn:v" + "9" * 30, "source_hidden"),
        ("made_from", "\n".join(f"Vision/forecasts/churn:v{number}" for number in range(101)), "too_many"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_can_not_be_kept_is_refused_beside_its_field(mel, vision, field, value, code):
    data = {**GOOD, field: value}
    page = refused(browser(mel), address("artifacts:create", vision), data, code)
    assert page.context["form"].has_error(field, code)
    assert page.context["form"]["project"].value() == data["project"]  # what was typed is there still
    assert not Artifact.objects.exists()


def test_an_artifact_keeps_its_type(mel, vision):
    make_version(vision)
    page = refused(browser(mel), address("artifacts:create", vision), {**GOOD, "type": "dataset"}, "type_stays")
    assert page.context["form"].has_error("type", "type_stays")


def test_all_faults_are_told_at_once(mel, vision):
    page = browser(mel).post(address("artifacts:create", vision), {})
    assert {"project", "name", "type", "uri", "digest"} <= page.context["form"].errors.keys()


def test_section_3_a_version_is_made_from_what_one_can_use_and_others_are_answered_like_none(acme, ada, mel, night):
    team = make_team(acme, "Day", people=[mel])
    hidden, shared = make_version(night, "hidden"), make_version(night, "shared")
    make_link(make_collection(make_registry(acme, ada, "Open")), shared)
    make_link(make_collection(make_registry(acme, ada, "Closed", restricted=True)), hidden)
    link, told = address("artifacts:create", team), []
    for path in (str(hidden), "Night/forecasts/nothing:v0"):
        page = refused(browser(mel), link, {**GOOD, "made_from": path}, "source_hidden")
        told.append(str(page.context["form"].errors["made_from"]).replace(path, ""))
    assert told[0] == told[1]
    assert browser(mel).post(link, {**GOOD, "made_from": str(shared).replace("Night", "NIGHT")}).status_code == 302
    assert list(Version.objects.get(digest=DIGEST).made_from.all()) == [shared]


# One artifact, one version.


def test_an_artifact_shows_its_versions_newest_first_in_pages(mel, vision):
    for _ in range(27):
        make_version(vision)
    link = address("artifacts:detail", vision, "forecasts", "churn")
    first = browser(mel).get(link).context["page"]
    second = browser(mel).get(link, {"after": first.after}).context["page"]
    assert [row["number"] for row in first.rows + second.rows] == list(reversed(range(27)))


@pytest.mark.parametrize("project, name", [("other", "churn"), ("forecasts", "x"), ("a\0", "b"), ("x" * 999, "\ufffd")])
def test_an_artifact_that_is_not_there_is_not_found(mel, vision, project, name):
    make_version(vision)
    assert browser(mel).get(address("artifacts:detail", vision, project, name)).status_code == 404


@pytest.mark.parametrize("number", [1, 10**9, 10**30])
def test_a_version_that_is_not_there_is_not_found(mel, vision, number):
    make_version(vision)
    for page in ("versions:detail", "versions:delete"):
        assert browser(mel).get(address(page, vision, "forecasts", "churn", number)).status_code == 404


def test_names_of_any_script_have_an_address(mel, vision):
    version = make_version(vision, "größe 100%?", project="Прогноз #1", uri="s3://b")
    assert browser(mel).get(version.get_absolute_url()).context["version"] == version
    assert browser(mel).get(version.artifact.get_absolute_url()).context["artifact"] == version.artifact


def test_a_version_shows_all_its_facts_as_text(mel, vision):
    post(mel, vision)
    page = browser(mel).get(Version.objects.get().get_absolute_url())
    for shown in (DIGEST, "s3://bucket/churn/7", "2048 bytes", "train-7", "&lt;b&gt;Ada&lt;/b&gt;", "[1, 2]", "mel"):
        assert shown in page.text
    assert "<b>Ada" not in page.text
    assert "https://runs.example.com/7" in Page(page).links


def test_section_3_lineage_names_only_what_one_can_use(acme, ada, mel, vision, night):
    foreign, own = make_version(night, "foreign"), make_version(vision, "own")
    shared = make_version(night, "shared")
    make_link(make_collection(make_registry(acme, ada, "Open")), shared)
    version = make_version(vision, made_from=(foreign, own, shared))
    heir = make_version(night, "heir", made_from=(version,))
    hers, admins = (browser(user).get(version.get_absolute_url()) for user in (mel, ada))
    assert dict(hers.context["made_from"]) == {str(shared): "", str(own): own.get_absolute_url()}
    assert hers.context["made_into"] == [] and "heir" not in hers.text and "foreign" not in hers.text
    assert [path for path, _ in admins.context["made_from"]] == [str(shared), str(own), str(foreign)]
    assert admins.context["made_into"] == [(str(heir), heir.get_absolute_url())]


def test_section_3_links_are_shown_and_counted_where_one_sees_the_registry(acme, ada, mel, vision, golden):
    version = make_version(vision)
    seen, hidden = make_registry(acme, ada, "Open"), make_registry(acme, ada, "Closed", restricted=True)
    for registry in (seen, hidden):
        make_link(make_collection(registry), version)
    hers, admins = (browser(user).get(version.get_absolute_url()) for user in (mel, ada))
    assert [str(link) for link in hers.context["links"]] == ["Open/Churn:v0"] and "Closed" not in hers.text
    assert len(admins.context["links"]) == 2
    for user, count in ((mel, 1), (ada, 2)):
        page = browser(user).get(version.artifact.get_absolute_url()).context["page"]
        assert page.rows[0]["links"] == count


# Deleting.


def test_a_version_is_deleted_and_the_last_takes_the_artifact_along(mel, vision):
    first, second = make_version(vision), make_version(vision)
    client = browser(mel)
    for version, rest in ((second, first.artifact.get_absolute_url()), (first, address("artifacts:index", vision))):
        link = address("versions:delete", vision, "forecasts", "churn", version.number)
        assert client.get(link).context["is_last"] == (version == first)
        with logging() as events:
            data = {
                **Page(client.get(link)).form_to(link).data,
                "confirmation": f"churn:{version.label}",
                "reason": "Old",
            }
            response = client.post(link, data)
        assert response.url == rest
        assert events[0].reason == "Old"
        assert [(event.action, event.target_name) for event in events] == [(Action.VERSION_DELETE, str(version))]
        assert client.post(link, {}).status_code == 404  # twice is once
    assert not Artifact.objects.exists()


def test_rule_27_a_linked_version_stays_and_the_page_says_where(acme, ada, mel, vision):
    version = make_version(vision)
    make_link(make_collection(make_registry(acme, ada, "Open")), version)
    link = address("versions:delete", vision, "forecasts", "churn", 0)
    shown = browser(mel).get(link)
    assert "Open/Churn:v0" in shown.text
    assert [form for form in Page(shown).forms if form.action == link] == []
    refused(browser(mel), link, CHURN, "version_linked")
    with nothing_changes():
        assert "Open/Churn:v0" in browser(mel).post(link, CHURN).text


@pytest.mark.parametrize("typed", ["", "churn", "CHURN:v0", "churn:v1"])
def test_a_version_is_deleted_by_its_name_typed(mel, vision, typed):
    make_version(vision)
    link = address("versions:delete", vision, "forecasts", "churn", 0)
    page = refused(browser(mel), link, {"confirmation": typed, "reason": "Mine"}, "confirmation_differs")
    assert page.context["form"]["reason"].value() == "Mine"


def test_rule_27_a_registry_that_one_can_not_see_keeps_it_too_and_is_not_named(acme, ada, mel, vision):
    version = make_version(vision)
    make_link(make_collection(make_registry(acme, ada, "Closed", restricted=True)), version)
    page = refused(browser(mel), address("versions:delete", vision, "forecasts", "churn", 0), CHURN, "version_linked")
    assert "Closed" not in page.text
    assert "Closed" not in AuditEvent.objects.first().reason


def test_what_was_made_from_a_deleted_version_stays(mel, vision):
    source = make_version(vision, "raw")
    heir = make_version(vision, made_from=(source,))
    link = address("versions:delete", vision, "forecasts", "raw", 0)
    assert browser(mel).post(link, {"confirmation": "raw:v0"}).status_code == 302
    assert list(heir.made_from.all()) == []


def test_a_role_in_a_registry_opens_no_artifacts(acme, ada, night):
    make_version(night)
    nora = make_user("nora")
    make_member(acme, nora)
    give_role(make_registry(acme, ada, "Open"), nora, Role.ADMIN)
    assert browser(nora).get(address("artifacts:index", night)).status_code == 403


def test_a_version_registered_by_a_command_names_the_command_line(mel, vision):
    version = make_version(vision)
    assert "command line" in browser(mel).get(version.get_absolute_url()).text
    assert version.created_by is None


def test_section_3_a_deletion_counts_no_heir_and_no_place_that_one_can_not_see(acme, ada, mel, vision, night):
    source = make_version(vision, "raw")
    for number in range(2):
        make_version(night, f"heir-{number}", made_from=(source,))
    link = address("versions:delete", vision, "forecasts", "raw", 0)
    assert (browser(mel).get(link).context["heirs"], browser(ada).get(link).context["heirs"]) == (0, 2)
    hidden = make_registry(acme, ada, "Closed", restricted=True)
    said = []
    for name in ("One", "Two"):
        make_link(make_collection(hidden, name), source)
        said.append(browser(mel).get(link).context["refusal"].reason)
    assert said[0] == said[1]
