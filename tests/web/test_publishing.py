"""The pages that publish a version: who may, what they create, what each rule refuses beside which field."""

import re
import shlex
import subprocess
from html import unescape
from io import StringIO

import pytest
from django.core.management.base import OutputWrapper
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Action, Role
from registry_app.importers.digests import hash_path
from registry_app.models import Artifact, Collection, Team
from tests.client import Page, at, browser, logging, nothing_changes, of, refused, send
from tests.factories import (
    give_role,
    make_collection,
    make_link,
    make_member,
    make_team,
    make_user,
    make_version,
    protect,
)

DIGEST = "sha256:" + 64 * "a"
GOOD = {
    "team": "Vision",
    "project": "forecasts",
    "name": "churn",
    "uri": "s3://bucket/churn/7",
    "digest": DIGEST,
    "size": "2048",
    "file_count": "3",
    "metadata": '{"auc": 0.9}',
    "run": "train-7",
    "run_url": "https://runs.example.com/7",
    "made_from": "",
    "aliases": "candidate",
    "tags": "reviewed",
    "reason": "Better",
}
NEW = {**GOOD, "collection": "Fraud", "type": "model"}  # in a collection that is new


def errors(page):
    """{field: codes} of the form that came back."""
    return {field: {error.code for error in found} for field, found in page.context["form"].errors.as_data().items()}


def without(data, *fields):
    """`data` without `fields`."""
    return {field: value for field, value in data.items() if field not in fields}


def commands(page):
    """The commands that a page offers to copy."""
    return [unescape(found) for found in re.findall(r'<pre class="copyable"[^>]*>([^<]+)</pre>', page.text)]


# In a collection.


def test_rules_21_to_25_a_member_publishes_a_version_of_her_team(churn, vision, mel):
    address = of("publishing:collection", churn)
    with logging() as events:
        response = browser(mel).post(address, GOOD)
    link = churn.links.get()
    assert (response.status_code, response.url) == (302, link.get_absolute_url())
    version = link.version
    assert (str(version), version.digest) == ("Vision/forecasts/churn:v0", DIGEST)
    assert (version.size, version.file_count, version.metadata) == (2048, 3, {"auc": 0.9})
    assert (link.alias_names(), link.tag_names(), link.linked_by) == (["candidate"], ["reviewed"], mel)
    assert [event.action for event in events] == [
        Action.VERSION_CREATE,
        Action.LINK,
        Action.ALIAS_SET,
        Action.LINK_TAG,
    ]
    assert {event.reason for event in events} == {"Better"}


def test_an_existing_artifact_gets_another_version_and_the_form_begins_with_it(churn, vision, mel):
    make_link(churn, make_version(vision))
    address = of("publishing:collection", churn)
    response = send(browser(mel), address, uri="s3://bucket/2", digest=DIGEST)
    assert response.status_code == 302
    assert [str(link.version) for link in churn.links.all()] == [
        "Vision/forecasts/churn:v1",
        "Vision/forecasts/churn:v0",
    ]
    assert Artifact.objects.count() == 1


def test_rule_23_the_same_digest_is_the_version_that_is_there(churn, vision, mel):
    client, address = browser(mel), of("publishing:collection", churn)
    client.post(address, GOOD)
    with nothing_changes(), logging() as events:
        again = client.post(address, {**GOOD, "name": "other", "aliases": "late"})
    assert (again.url, events) == (churn.links.get().get_absolute_url(), [])
    for options in ({}, {"headers": {"HX-Request": "true"}}):
        for digest in (DIGEST, DIGEST.removeprefix("sha256:").upper()):
            assert 'v0/">v0</a>' in client.get(address, {"digest": digest}, **options).text
        assert 'v0/">v0</a>' not in client.get(address, {"digest": DIGEST[:-1] + "b"}, **options).text


def test_a_version_that_is_registered_already_is_linked(churn, vision, mel):
    version = make_version(vision, digest=DIGEST)
    assert browser(mel).post(of("publishing:collection", churn), GOOD).status_code == 302
    assert [link.version for link in churn.links.all()] == [version]


def test_two_windows_publish_one_after_the_other(churn, vision, mel):
    address = of("publishing:collection", churn)
    shown = Page(browser(mel).get(address)).form_to(address).data
    for number in "ab":
        sent = {**shown, "project": "forecasts", "uri": "s3://b", "digest": "sha256:" + 64 * number}
        assert browser(mel).post(address, sent).status_code == 302
    assert sorted(churn.links.values_list("number", flat=True)) == [0, 1]


def test_a_collection_that_was_deleted_meanwhile_is_not_there(churn, vision, mel):
    client, address = browser(mel), of("publishing:collection", churn)
    client.get(address)
    Collection.objects.filter(pk=churn.pk).delete()
    with nothing_changes():
        assert client.post(address, GOOD).status_code == 404


# What is refused, beside which field.


@pytest.mark.parametrize(
    "field, value, code",
    [
        ("team", "", "required"),
        ("team", "Nowhere", "team_unknown"),
        ("team", "a\0b", "name_invalid"),
        ("project", "", "name_invalid"),
        ("project", "a/b", "name_invalid"),
        ("name", "a/b", "name_invalid"),
        ("uri", "", "uri_invalid"),
        ("uri", "javascript:alert(1)", "uri_invalid"),
        ("digest", "", "digest_invalid"),
        ("digest", "sha256:short", "digest_invalid"),
        ("size", "-1", "number_invalid"),
        ("size", "many", "invalid"),
        ("file_count", str(2**63), "number_invalid"),
        ("metadata", "[]", "metadata_invalid"),
        ("run", "a/b", "name_invalid"),
        ("run_url", "ftp://x", "url_invalid"),
        ("made_from", "Vision/forecasts/none:v9", "source_hidden"),
        ("aliases", "latest", "alias_reserved"),
        ("aliases", "a:b", "alias_invalid"),
        ("tags", "a/b", "tag_invalid"),
        ("reason", "x" * 5000, "reason_invalid"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(churn, vision, mel, field, value, code):
    page = refused(browser(mel), of("publishing:collection", churn), {**GOOD, field: value}, code)
    assert errors(page) == {field: {code}}
    kept = Page(page).form_to(of("publishing:collection", churn)).data
    assert {name: kept[name] for name in without(GOOD, field)} == {n: [v] for n, v in without(GOOD, field).items()}


def test_a_team_that_one_is_not_in_is_refused_and_logged(churn, acme, mel):
    make_team(acme, "Night")
    page = refused(browser(mel), of("publishing:collection", churn), {**GOOD, "team": "night"}, "role_too_low")
    assert errors(page) == {"team": {"role_too_low"}}


def test_the_type_of_an_existing_artifact_stays(churn, vision, mel):
    make_version(vision, "churn", type="dataset")
    page = refused(browser(mel), of("publishing:collection", churn), GOOD, "type_stays")
    assert errors(page) == {"name": {"type_stays"}}


def test_rule_26_a_member_sets_no_protected_alias(churn, vision, mel, rob):
    protect(churn.registry, "production")
    sent = {**GOOD, "aliases": "production"}
    page = refused(browser(mel), of("publishing:collection", churn), sent, "alias_protected")
    assert errors(page) == {"aliases": {"alias_protected"}}
    assert browser(rob).post(of("publishing:collection", churn), sent).status_code == 302


def test_rule_22_what_others_have_looks_like_what_is_not_there(churn, vision, acme, ada, mel, globex):
    make_version(make_team(acme, "Closed", leads=[ada]), "secret", project="p")
    make_version(make_team(globex, "Theirs"), "secret", project="p")
    address, texts = of("publishing:collection", churn), set()
    for team in ("Closed", "Theirs", "Nobody"):
        page = refused(browser(mel), address, {**GOOD, "made_from": f"{team}/p/secret:v0"}, "source_hidden")
        texts.add(str(page.context["form"].errors["made_from"]).replace(team, ""))
    assert len(texts) == 1
    assert "secret" not in browser(mel).get(address).text
    page = refused(browser(mel), address, {**GOOD, "team": "Theirs"}, "team_unknown")


@pytest.mark.parametrize("text", ["x" * 10**6, "\u202egnp", "<script>alert(1)</script>/", "a\r\nb: c", "\ufffd\0"])
@pytest.mark.parametrize("field", ["team", "collection", "name", "digest", "metadata", "made_from"])
def test_absurd_input_is_refused(release_registry, vision, mel, field, text):
    with nothing_changes():
        page = browser(mel).post(at("publishing:registry", release_registry), {**NEW, field: text})
    assert page.status_code == 422
    assert "<script>alert" not in page.text


# A new team.


def test_a_founder_without_a_team_creates_it_while_publishing(models, ada):
    address = at("publishing:registry", models)
    shown = Page(browser(ada).get(address)).form_to(address).data
    assert "team" not in shown
    sent = {**without(NEW, "team"), "new_team": "Risk"}
    with logging() as events:
        response = browser(ada).post(address, sent)
    link = Collection.objects.get(name="Fraud").links.get()
    assert response.url == link.get_absolute_url()
    assert [(each.user, each.role) for each in Team.objects.get(name="Risk").memberships.all()] == [(ada, "admin")]
    assert [event.action for event in events] == [
        Action.TEAM_CREATE,
        Action.TEAM_MEMBER_ADD,
        Action.COLLECTION_CREATE,
        Action.VERSION_CREATE,
        Action.LINK,
        Action.ALIAS_SET,
        Action.LINK_TAG,
    ]


@pytest.mark.parametrize(
    "team, new_team, field, code",
    [
        ("Vision", "Risk", "new_team", "team_ambiguous"),
        ("", "vision", "new_team", "name_taken"),
        ("", "a:b", "new_team", "name_invalid"),
        ("", "", "team", "required"),
    ],
)
def test_a_team_is_chosen_or_created(models, vision, ada, team, new_team, field, code):
    sent = {**NEW, "team": team, "new_team": new_team}
    assert errors(refused(browser(ada), at("publishing:registry", models), sent, code)) == {field: {code}}


def test_only_organization_admins_create_a_team(release_registry, vision, mel):
    address = at("publishing:registry", release_registry)
    assert "new_team" not in Page(browser(mel).get(address)).form_to(address).data
    refused(browser(mel), address, {**NEW, "new_team": "Red"}, "unknown_field")


def test_nothing_is_created_where_a_later_step_is_refused(models, ada):
    sent = {**without(NEW, "team"), "new_team": "Risk", "digest": "sha256:x"}
    refused(browser(ada), at("publishing:registry", models), sent, "digest_invalid")
    protect(models, "production")
    eve = make_user("eve")
    make_member(models.organization, eve)
    give_role(models, eve, Role.MEMBER)
    make_team(models.organization, "Risk", leads=[eve])
    sent = {**NEW, "team": "Risk", "aliases": "production"}
    refused(browser(eve), at("publishing:registry", models), sent, "alias_protected")


# In a registry.


def test_rule_20_a_collection_is_created_while_publishing(release_registry, vision, mel):
    response = browser(mel).post(at("publishing:registry", release_registry), NEW)
    collection = release_registry.collections.get()
    assert (response.status_code, collection.name, collection.type) == (302, "Fraud", "model")


@pytest.mark.parametrize("type_name", ["", "model"])
def test_a_collection_that_is_there_is_chosen_by_its_name(release_registry, churn, vision, mel, type_name):
    sent = {**NEW, "collection": "churn", "type": type_name, "name": ""}
    assert browser(mel).post(at("publishing:registry", release_registry), sent).status_code == 302
    assert [str(link.version) for link in churn.links.all()] == ["Vision/forecasts/Churn:v0"]


@pytest.mark.parametrize(
    "collection, type_name, field, code",
    [
        ("", "model", "collection", "name_invalid"),
        ("a/b", "model", "collection", "name_invalid"),
        ("New", "", "type", "type_invalid"),
        ("New", "report", "type", "type_not_accepted"),
        ("Churn", "dataset", "type", "type_stays"),
    ],
)
def test_a_collection_needs_a_name_and_an_accepted_type(
    release_registry, churn, vision, mel, collection, type_name, field, code
):
    sent = {**NEW, "collection": collection, "type": type_name}
    assert errors(refused(browser(mel), at("publishing:registry", release_registry), sent, code)) == {field: {code}}


def test_the_registry_page_suggests_what_one_may_know_of(release_registry, vault, churn, vision, acme, mel):
    make_version(make_team(acme, "Closed"), "hidden-net")
    make_collection(vault, "Vaulted")
    make_version(vision, "open-net")
    text = browser(mel).get(at("publishing:registry", release_registry)).text
    assert "open-net" in text and "Churn" in text
    assert "hidden-net" not in text and "Closed" not in text and "Vaulted" not in text


# Who may.


@pytest.mark.parametrize("role, status", [(Role.VIEWER, 403), (Role.MEMBER, 200), (Role.ADMIN, 200)])
def test_members_publish_and_viewers_read_who_can(acme, ada, release_registry, churn, role, status):
    eve = make_user("eve")
    make_member(acme, eve)
    give_role(release_registry, eve, role)
    for address in (of("publishing:collection", churn), at("publishing:registry", release_registry)):
        page = browser(eve).get(address)
        assert page.status_code == status
        assert "ada" in page.text  # who can help, or who can add her to a team
        with nothing_changes():
            assert browser(eve).post(address, NEW).status_code == {403: 403, 200: 422}[status]


def test_somebody_in_no_team_is_told_who_can_add_them(acme, release_registry, churn):
    eve = make_user("eve")
    make_member(acme, eve)
    give_role(release_registry, eve, Role.MEMBER)
    address = of("publishing:collection", churn)
    page = browser(eve).get(address)
    assert [form for form in Page(page).forms if form.method == "post" and form.action.endswith("/publish/")] == []
    assert "ada@example.com" in page.text


def test_strangers_find_nothing(churn, vault, mel, sam, globex):
    hidden = reverse("publishing:registry", args=[vault.organization.slug, vault.name])
    for client in (browser(mel), browser(sam)):
        for method in ("get", "post"):
            assert getattr(client, method)(hidden).status_code == 404
    assert browser(sam).get(of("publishing:collection", churn)).status_code == 404


def test_one_chooses_among_the_registries_where_one_may_publish(acme, ada, mel, rob, release_registry, golden, vault):
    address = reverse("publishing:organization", args=[acme.slug])
    here = at("publishing:registry", release_registry)
    others = [at("publishing:registry", each) for each in (golden, vault)]
    for user, expected in [(mel, [here]), (rob, [*others, here])]:
        links = {link for link in Page(browser(user).get(address)).links if link.endswith("/publish/")}
        assert links - {address} == set(expected)


def test_the_page_costs_the_same_for_many_artifacts(release_registry, churn, vision, mel):
    client, counts = browser(mel), []
    for number in (3, 60):
        for index in range(number):
            make_version(vision, f"net-{number}-{index}")
        for address in (of("publishing:collection", churn), at("publishing:registry", release_registry)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_the_pages_lead_there(release_registry, churn, two_links, mel):
    client = browser(mel)
    assert at("publishing:registry", release_registry) in Page(client.get(release_registry.get_absolute_url())).links
    assert of("publishing:collection", churn) in Page(client.get(churn.get_absolute_url())).links


# An empty collection.


def test_an_empty_collection_leads_to_its_first_version(churn, vision, mel):
    client = browser(mel)
    links = Page(client.get(churn.get_absolute_url())).links
    assert of("publishing:collection", churn) in links
    assert of("links:create", churn) not in links  # nothing is there to link
    make_version(vision)
    page = client.get(churn.get_absolute_url())
    assert of("links:create", churn) in Page(page).links
    assert page.context["own_team"] == "Vision"


def test_a_viewer_of_an_empty_collection_reads_who_can_publish(release_registry, churn, acme):
    eve = make_user("eve")
    make_member(acme, eve)
    page = browser(eve).get(churn.get_absolute_url())
    assert "rob@example.com" in page.text
    assert [link for link in Page(page).links if link.endswith(("/publish/", "/link/")) and churn.name in link] == []


# The commands that these pages offer.


def test_names_in_a_command_are_one_word_of_the_shell(release_registry, vision, mel):
    name = 'it\'s $(reboot) `id` "x" \\'
    collection = make_collection(release_registry, name)
    (command,) = commands(browser(mel).get(collection.get_absolute_url()))
    words = shlex.split(command)
    assert words[words.index("--name") + 1] == name
    assert words[words.index("--type") + 1] == collection.type
    assert words[words.index("--team") + 1] == "Vision"


@pytest.mark.parametrize("name", ["a b ", "-x", "a\\b", "größe", "'\"$`*"])
def test_the_command_for_a_folder_gives_the_digest_that_is_registered(churn, vision, mel, tmp_path, name):
    folder = tmp_path / "model"
    folder.mkdir()
    for each in (name, "plain.bin"):
        (folder / each).write_bytes(b"weights")
    (command,) = [found for found in commands(browser(mel).get(of("publishing:collection", churn))) if "find" in found]
    shown = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=True, text=True)
    hashed = hash_path(str(folder), OutputWrapper(StringIO()))
    assert (f"sha256:{shown.stdout.split()[0]}", hashed.file_count) == (hashed.digest, 2)
