"""Search for what one thing is called: it leads there, as far as one may see it, and tells of nothing else."""

import re
from itertools import product
from urllib.parse import quote

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Role
from registry_app.models import Actor, Link, Version
from registry_app.search.references import read_reference
from registry_app.search.targets import Targets
from tests.assertions import settle
from tests.client import browser, comparable
from tests.factories import COMMAND_LINE, give_role, make_collection, make_link, make_registry, make_team, make_version

DIGEST = "ab12cd34" * 8
URI = "s3://bucket/models/churn"
FACTS = {"digest": f"sha256:{DIGEST}", "uri": URI, "run": "bright sunset-42"}


def search(organization, text):
    """The address of the search for `text`."""
    return f"{reverse('search:index', args=[organization.slug])}?q={quote(text)}"


@pytest.fixture
def release(acme, ada, vision):
    """A registry that all see, with two versions of one collection; the second has its own digest, address and run."""
    registry = make_registry(acme, ada, "Release Candidates")
    collection = make_collection(registry, "Churn_Classifier")
    make_link(collection, make_version(vision, "churn"), "staging")
    make_link(collection, make_version(vision, "churn", **FACTS), "production")
    return registry


NAMES = [
    "Release Candidates/Churn_Classifier:v1",
    "release candidates/churn_classifier:production",
    "Churn_Classifier:production",
    "Churn_Classifier:latest",
    '"Release Candidates/Churn_Classifier:v1"',
    '"Release Candidates"/Churn_Classifier:v1',
    "acme-ml/Release Candidates/Churn_Classifier:v1",
    "Acme ML/Release Candidates/Churn_Classifier:v1",
    "wandb-registry-release candidates/Churn_Classifier:v1",
    "some-entity/wandb-registry-Release Candidates/Churn_Classifier:v1",
    "Vision/forecasts/churn:v1",
    "vision/forecasts/churn:v1",
    f"sha256:{DIGEST}",
    DIGEST,
    DIGEST.upper(),
    DIGEST[:8],
    f"SHA256:{DIGEST[:10]}",
    URI,
    f"{URI}/",
    "bright sunset-42",
]


def test_the_name_of_one_version_leads_to_it(acme, ada, mel, release, subtests):
    address = Link.objects.get(number=1).get_absolute_url()
    for user, text in product((ada, mel), NAMES):
        with subtests.test(text, person=user.username):
            response = browser(user).get(search(acme, text))
            assert (response.status_code, response.url) == (303, address)
            assert len(list(get_messages(response.wsgi_request))) == 1


def test_the_box_that_is_typed_in_shows_it_and_enter_leads_there(acme, mel, release):
    client, address = browser(mel), search(acme, NAMES[0])
    typed = client.get(address, headers={"HX-Request": "true", "Typed": "true"})
    assert (typed.status_code, [row["label"] for row in typed.context["targets"]]) == (200, ["Churn_Classifier:v1"])
    entered = client.get(address, headers={"HX-Request": "true"})
    assert entered["HX-Redirect"] == Link.objects.get(number=1).get_absolute_url()


def test_a_former_name_of_the_registry_leads_there(acme, ada, mel, release):
    release.edit(Actor(ada), name="Released", description="")
    for name in ("Release Candidates", "Released", "wandb-registry-release candidates"):
        response = browser(mel).get(search(acme, f"{name}/Churn_Classifier:v0"))
        assert response.url == Link.objects.get(number=0).get_absolute_url()


def test_a_collection_is_named_without_an_alias(acme, mel, release):
    response = browser(mel).get(search(acme, "Release Candidates/churn_classifier"))
    assert (response.status_code, response.url) == (303, release.collections.get().get_absolute_url())


def test_a_version_that_is_linked_nowhere_leads_its_team_to_it(acme, ada, mel, sam, vision):
    version = make_version(vision, "alone", digest=f"sha256:{DIGEST}", uri=URI, run="night run")
    stranger = browser(sam)
    for text in ("Vision/forecasts/alone:v0", DIGEST, URI, "night run"):
        for user in (ada, mel):
            assert browser(user).get(search(acme, text)).url == version.get_absolute_url()
        assert stranger.get(search(acme, text)).status_code == 404


def test_several_are_listed(acme, ada, mel, release):
    trials = make_registry(acme, ada, "Trials")
    make_link(make_collection(trials, "Churn_Classifier"), Version.objects.get(digest=FACTS["digest"]), "production")
    for text in ("Churn_Classifier:production", DIGEST, URI, FACTS["run"], "Vision/forecasts/churn:v1"):
        response = browser(mel).get(search(acme, text))
        assert response.status_code == 200
        assert {row["where"] for row in response.context["targets"]} == {"Trials", "Release Candidates"}
        assert all(browser(mel).get(row["address"]).status_code == 200 for row in response.context["targets"])


@pytest.mark.parametrize("run", ["churn", "release", "staging", "production", "Churn_Classifier"])
def test_a_word_that_finds_more_is_searched_and_says_what_it_names(acme, mel, release, vision, run):
    named = make_version(vision, "other", run=run)
    response = browser(mel).get(search(acme, run))
    assert response.status_code == 200
    assert [row["address"] for row in response.context["targets"]] == [named.get_absolute_url()]
    assert response.context["hits"]


NOTHING = ["Release Candidates/Churn_Classifier:v7", "Nowhere/Churn_Classifier:v1", "other/Release Candidates/Churn:v1"]
NOTHING += ["Vision/forecasts/churn:v9", "ffffffff", "s3://bucket/none", "no such run", "a/b/c/d:v1", "foo:bar"]
NOTHING += ["http://x", ":", "it's 5 o'clock: go", "x:y:z"]


def test_what_names_nothing_is_searched_as_text(acme, mel, release, subtests):
    for text in NOTHING:
        with subtests.test(text):
            response = browser(mel).get(search(acme, text))
            assert (response.status_code, response.context["targets"], response.context["hits"]) == (200, [], [])


@pytest.mark.parametrize("text, unknown", [("foo:bar", ["foo"]), ("typ:a typ:b name:c", ["typ", "name"]), ("a b", [])])
def test_an_unknown_operator_is_text_and_said_to_be(acme, mel, release, text, unknown):
    response = browser(mel).get(search(acme, text))
    assert (response.status_code, list(response.context["unknown"])) == (200, unknown)
    assert ("is no operator" in response.text or "are no operators" in response.text) == bool(unknown)


HIDDEN = [name.replace("Release Candidates", "Vault").replace("release candidates", "vault") for name in NAMES]


def told(client, organization, text):
    """What `client` is told, and by how many queries."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(search(organization, text))
    return comparable(response, ""), len(queries)


def test_section_3_what_one_can_not_see_is_answered_as_nothing(acme, ada, rob, sam, globex, release):
    """Rob is in the organization, and not in the team that the hidden version comes from."""
    theirs = make_team_of(acme)
    texts = [text.replace("Vision", "Theirs").replace("vision", "theirs") for text in HIDDEN]
    texts = [text.replace("churn:v1", "secret:v0") for text in texts]
    texts = [text.replace("Churn_Classifier", "Secret").replace("churn_classifier", "secret") for text in texts]
    texts = [text.replace(DIGEST[:8], "9999eeee").replace(DIGEST[:8].upper(), "9999EEEE") for text in texts]
    texts = [text.replace("9999eeeeab", "9999eeee99") for text in texts]  # ten digits of the digest
    texts = [text.replace(URI, "gs://hidden/it").replace("bright sunset-42", "hidden run") for text in texts]
    texts = [text.replace("production", "hid").replace("v1", "v0").replace(":latest", ":v0") for text in texts]
    before = {text: told(browser(rob), acme, text) for text in texts}
    facts = {"digest": "sha256:" + "9999eeee" * 8, "uri": "gs://hidden/it", "run": "hidden run"}
    vault = make_registry(acme, ada, "Vault", restricted=True)
    make_link(make_collection(vault, "Secret"), make_version(theirs, "secret", **facts), "hid")
    for text in texts:
        assert browser(ada).get(search(acme, text)).status_code == 303, text  # there was something to leak
        assert told(browser(rob), acme, text) == before[text], text
        assert browser(sam).get(search(globex, text)).status_code == 200


def make_team_of(organization):
    """A team that has nobody in it."""
    return make_team(organization, "Theirs")


def test_section_3_a_restricted_viewer_finds_by_digest_and_not_by_address(acme, ada, rob, vision):
    theirs = make_team_of(acme)
    vault = make_registry(acme, ada, "Vault", restricted=True)
    link = make_link(make_collection(vault), make_version(theirs, **FACTS))
    member = give_role(vault, rob, Role.RESTRICTED_VIEWER)
    client = browser(rob)
    assert client.get(search(acme, DIGEST)).url == link.get_absolute_url()
    assert client.get(search(acme, URI)).status_code == 200
    member.delete_by(COMMAND_LINE)
    give_role(vault, rob, Role.VIEWER)
    assert client.get(search(acme, URI)).url == link.get_absolute_url()


@pytest.mark.parametrize("text", [NAMES[0], NAMES[2], NAMES[10], DIGEST[:8], URI, FACTS["run"]])
def test_it_is_found_by_indexes(acme, ada, release, text):
    settle()
    targets = Targets(read_reference(text), acme.memberships.get(user=ada))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    for rows in (targets.links, targets.collections, targets.versions):
        plan = "" if rows.query.is_empty() else rows.explain()
        assert not re.search(
            r"(Seq Scan on|SCAN) registry_app_(version|link|collection|artifact)\b", plan.replace('"', "")
        ), plan
