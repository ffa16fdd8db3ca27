"""Rules 20 to 28: collections, links, aliases and tags, by their verbs."""

import pytest
from django.core.exceptions import ValidationError

from registry_app import rules
from registry_app.audit.chain import verify
from registry_app.choices import Action, Role
from registry_app.models import Actor, AuditEvent, Collection, ContentCounts, Link, Version, VersionData, register
from registry_app.models.change import digest_of, etag_of
from tests.assertions import refused
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_registry,
    make_team,
    make_version,
    protect,
)


def last_event():
    """The newest entry of the log."""
    return AuditEvent.objects.latest("seq")


# Rule 20: one type, out of those accepted, permanently.


@pytest.mark.parametrize("type_name", ["model", "dataset"])
def test_rule_20_a_collection_takes_its_type_from_the_registry(release_registry, mel, type_name):
    collection = make_collection(release_registry, "Any", type=type_name, by=Actor(mel), tags=["b", "a", "b"])
    assert (collection.type, collection.tag_names(), collection.created_by) == (type_name, ["a", "b"], mel)
    assert last_event().changes["type"] == [None, type_name]


@pytest.mark.parametrize("type_name", ["prompt", "Model", "models"])
def test_rule_20_a_type_that_is_not_accepted_is_refused(release_registry, type_name):
    with refused("type_not_accepted"):
        make_collection(release_registry, type=type_name)


def test_rule_20_all_types_means_any_that_is_one(vault):
    assert make_collection(vault, type="anything at all").type == "anything at all"
    with refused("type_invalid"):
        make_collection(vault, "Other", type="a/b")


def test_rule_20_the_type_stays(churn):
    churn.type = "dataset"
    with refused("type_stays"):
        churn.full_clean()


@pytest.mark.parametrize("name", ["", "a/b", ".", "..", "a\x00b", "a\u202eb", "x" * 129, "\ud800"])
def test_a_collection_has_a_name_that_can_be_kept(release_registry, name):
    with refused("name_invalid"):
        make_collection(release_registry, name)


def test_a_name_is_taken_whatever_its_case_in_this_registry_only(release_registry, churn, vault):
    with refused("name_taken"):
        make_collection(release_registry, "CHURN")
    assert make_collection(vault, "churn").pk


@pytest.mark.parametrize("person", ["ada", "rob", "mel"])
def test_members_and_above_create(release_registry, person, request):
    assert make_collection(release_registry, by=Actor(request.getfixturevalue(person))).pk


@pytest.mark.parametrize("role", [Role.RESTRICTED_VIEWER, Role.VIEWER])
def test_viewers_change_nothing(vault, mel, versions, role):
    give_role(vault, mel, role)
    collection = make_collection(vault)
    link = make_link(collection, versions[0], "good")
    for act in (
        lambda: make_collection(vault, "Other", by=Actor(mel)),
        lambda: collection.edit(Actor(mel), name="Other", description="", tags=[]),
        lambda: collection.choose_metrics(Actor(mel), [["auc", ""]]),
        lambda: collection.link(Actor(mel), versions[1]),
        lambda: collection.delete_by(Actor(mel)),
        lambda: link.change_aliases(Actor(mel), ["fine"]),
        lambda: link.change_aliases(Actor(mel), take=["good"]),
        lambda: link.set_tags(Actor(mel), ["x"]),
        lambda: link.unlink(Actor(mel)),
    ):
        with refused("role_too_low"):
            act()


def test_an_edit_keeps_what_was_shown(churn, mel):
    churn.edit(Actor(mel), name="Churn 2", description="# Card\nGood.", tags=["x"], etag=digest_of(churn.pk, 1))
    assert last_event().changes == {
        "name": ["Churn", "Churn 2"],
        "description": ["", "# Card\nGood."],
        "tags": [[], ["x"]],
    }
    assert (churn.summary, churn.version) == ("Good.", 2)
    with refused("edit_conflict"):
        churn.edit(Actor(mel), name="Mine", description="", tags=[], etag=digest_of(churn.pk, 1))
    logged = AuditEvent.objects.count()
    churn.edit(Actor(mel), name="Churn 2", description="# Card\nGood.", tags=["x"], etag=digest_of(churn.pk, 2))
    assert AuditEvent.objects.count() == logged


def test_key_metrics_are_chosen_and_logged(churn, mel):
    churn.choose_metrics(Actor(mel), [["loss", "lower"], ["auc", ""]], etag=digest_of(churn.pk, 1))
    churn.refresh_from_db()
    assert (churn.key_metrics, churn.version) == ([["loss", "lower"], ["auc", ""]], 2)
    assert last_event().changes == {"key_metrics": [[], ["loss, lower is better", "auc"]]}
    with refused("edit_conflict"):
        churn.choose_metrics(Actor(mel), [], etag=digest_of(churn.pk, 1))
    with refused("metric_invalid"):
        churn.choose_metrics(Actor(mel), [["auc", ""], ["auc", ""]])


def test_the_numbers_of_a_version_are_kept_beside_its_metadata(vision):
    version = make_version(vision, metadata={"auc": 0.9, "eval": {"loss": 1e-300}, "args": {"lr": 1}, "big": 10**299})
    version.refresh_from_db()
    assert version.numbers == {"auc": 0.9, "eval.loss": 1e-300, "big": 10**299}


# Rules 21 and 22: what may be linked.


def test_rule_21_the_types_must_be_equal_and_both_are_named(churn, vision):
    data = make_version(vision, "rows", type="dataset")
    with refused("type_not_accepted"):
        make_link(churn, data)
    reason = rules.refuse_link("dataset", "model").reason
    assert "dataset" in reason and "model" in reason


def test_rule_22_the_source_is_of_the_same_organization(churn, globex, sam, ada):
    strange = make_version(make_team(globex, "Theirs"))
    with refused("other_organization"):
        make_link(churn, strange)
    with refused("other_organization"):
        make_link(churn, strange, by=Actor(ada))


def test_only_what_one_may_use_is_linked(release_registry, churn, acme, rob, mel, ada, versions):
    closed = make_version(make_team(acme, "Closed", leads=[ada]), "secret")
    with refused("source_hidden"):
        make_link(churn, closed, by=Actor(mel))
    hidden = make_registry(acme, ada, "Hidden", restricted=True)
    make_link(make_collection(hidden), closed)
    with refused("source_hidden"):
        make_link(churn, closed, by=Actor(mel))
    give_role(hidden, mel, Role.RESTRICTED_VIEWER)  # sees that it is there, but not where it is kept
    with refused("source_hidden"):
        make_link(churn, closed, by=Actor(mel))
    give_role(hidden, mel, Role.VIEWER)
    assert make_link(churn, closed, by=Actor(mel)).version == closed
    assert make_link(churn, versions[0], by=Actor(mel)).label == "v1"  # of her own team


# Rules 23 and 24: numbers.


def test_rule_23_the_same_version_twice_keeps_its_link(churn, versions, mel):
    first, new = churn.link(Actor(mel), versions[0])
    again, twice = churn.link(Actor(mel), versions[0], ["good"])
    assert (new, twice, again.pk, churn.links.count()) == (True, False, first.pk, 1)
    assert first.alias_names() == ["good"]


def test_rule_24_numbers_count_up_and_are_never_used_again(churn, versions, mel):
    links = [make_link(churn, version) for version in versions]
    assert [link.label for link in links] == ["v0", "v1", "v2"]
    links[2].unlink(Actor(mel))
    assert make_link(churn, versions[2]).label == "v3"


def test_rule_24_latest_is_the_newest(churn, versions, mel):
    links = [make_link(churn, version) for version in versions]
    assert list(churn.links.newest()) == [links[2]]
    links[2].unlink(Actor(mel))
    assert list(churn.links.newest()) == [links[1]]
    assert [link.latest for link in churn.links.with_latest().order_by("number")] == [False, True]
    assert Collection.objects.with_latest().get(pk=churn.pk).latest_number == 1


@pytest.mark.parametrize("name", ["latest", "LATEST", "v0", "V12", "v99999"])
def test_rule_24_the_systems_aliases_are_nobodys(churn, versions, name):
    link = make_link(churn, versions[0])
    with refused("alias_reserved"):
        link.change_aliases(COMMAND_LINE, [name])
    with refused("alias_reserved"):
        protect(churn.registry, name)


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "x" * 129, "a\x00", "a\u200bb"])
def test_an_alias_has_a_name_that_can_be_kept(churn, versions, name):
    with refused("alias_invalid"):
        make_link(churn, versions[0], name)


# Rule 25: an alias is in one place.


def test_rule_25_putting_an_alias_elsewhere_moves_it(churn, versions, mel):
    first, second = (make_link(churn, version) for version in versions[:2])
    first.change_aliases(Actor(mel), ["good", "tried"])
    second.change_aliases(Actor(mel), ["good"])
    assert (first.alias_names(), second.alias_names()) == (["tried"], ["good"])
    event = AuditEvent.objects.of_collection(churn).for_alias("good").first()
    assert (event.action, event.changes) == (Action.ALIAS_SET, {"link": ["v0", "v1"]})
    second.change_aliases(Actor(mel), take=["good"])
    assert last_event().changes == {"link": ["v1", None]}
    assert last_event().related["alias"]["name"] == "good"
    assert AuditEvent.objects.of_collection(churn).for_alias("good").count() == 3


def test_rule_19_aliases_that_moved_on_are_not_overwritten(churn, versions):
    link = make_link(churn, versions[0], "good")
    with refused("edit_conflict"):
        link.edit_labels(COMMAND_LINE, put=["mine"], take=["good"], etag=digest_of(link.pk, [["better"], []]))
    link.edit_labels(COMMAND_LINE, put=["mine"], take=["good"], tags=["x"], etag=digest_of(link.pk, [["good"], []]))
    assert link.facts == [["mine"], ["x"]]
    with refused("alias_reserved"):
        link.edit_labels(COMMAND_LINE, put=["latest"], tags=["y"])


# Rule 26: protected aliases.


def test_rule_26_only_admins_put_move_and_take_a_protected_alias(release_registry, churn, versions, mel, rob):
    first, second = (make_link(churn, version) for version in versions[:2])
    protect(release_registry, "production")
    for name in ("production", "Production"):
        with refused("alias_protected"):
            first.change_aliases(Actor(mel), [name])
    with refused("alias_protected"):
        churn.link(Actor(mel), versions[2], ["production"])
    first.change_aliases(Actor(rob), ["production"])
    with refused("alias_protected"):
        second.change_aliases(Actor(mel), ["production"])
    with refused("alias_protected"):
        first.change_aliases(Actor(mel), take=["production"])
    second.change_aliases(Actor(rob), ["production"])
    assert (first.alias_names(), second.alias_names()) == ([], ["production"])


def test_rule_26_what_carries_one_is_unlinked_and_deleted_by_admins_only(release_registry, churn, versions, mel, rob):
    link = make_link(churn, versions[0], "production")
    other = make_link(churn, versions[1], "plain")
    protect(release_registry, "production")
    assert churn.protected_aliases() == ["production"]
    with refused("alias_protected"):
        link.unlink(Actor(mel))
    with refused("alias_protected"):
        churn.delete_by(Actor(mel))
    other.unlink(Actor(mel))
    link.unlink(Actor(rob))
    churn.delete_by(Actor(mel))
    assert not Collection.objects.filter(pk=churn.pk).exists()


@pytest.mark.parametrize("person, code", [("mel", "role_too_low"), ("sam", "role_too_low")])
def test_rule_26_protected_aliases_are_declared_by_admins(release_registry, globex, person, code, request):
    from_outside = Actor(request.getfixturevalue(person))
    declared = protect(release_registry, "production")
    with refused(code):
        declared.delete_by(from_outside)
    with refused(code):
        type(declared)(registry=release_registry, name="stable").save_by(from_outside)


def test_rule_26_declaring_twice_changes_nothing(release_registry, rob):
    protect(release_registry, "production")
    logged = AuditEvent.objects.count()
    protect(release_registry, "PRODUCTION")
    assert (release_registry.protected_names(), AuditEvent.objects.count()) == (["production"], logged)


def test_rule_26_a_protected_version_keeps_its_source(release_registry, churn, versions):
    make_link(churn, versions[0], "production")
    protect(release_registry, "production")
    with refused("version_linked"):
        versions[0].delete_by(COMMAND_LINE)


def test_rule_25_who_moved_an_alias_is_told_from_its_namesakes(churn, versions, mel):
    link = make_link(churn, versions[0], "prod", "PROD", "tags")
    churn.edit(Actor(mel), name="Churn", description="", tags=["x"])
    link.set_tags(Actor(mel), ["y"])
    moved = {name: AuditEvent.objects.of_collection(churn).for_alias(name) for name in ("prod", "PROD", "tags", "rod")}
    assert {name: events.count() for name, events in moved.items()} == {"prod": 1, "PROD": 1, "tags": 1, "rod": 0}


# Rule 27: unlinking and deleting.


def test_rule_27_unlinking_leaves_the_source(churn, versions, mel):
    link = make_link(churn, versions[0], "good")
    link.set_tags(Actor(mel), ["x"])
    link.unlink(Actor(mel))
    assert Version.objects.filter(pk=versions[0].pk).exists()
    assert churn.holdings() == ContentCounts(1, 0, 0, 0)
    assert last_event().changes == {"aliases": [["good"], None], "tags": [["x"], None]}
    assert last_event().related["version"]["id"] == versions[0].pk


def test_rule_27_the_refusal_names_the_places_that_the_asker_sees(acme, ada, mel, release_registry, churn, versions):
    hidden = make_registry(acme, ada, "Hidden", restricted=True)
    make_link(make_collection(hidden, "Secret"), versions[0])
    make_link(churn, versions[0])
    with refused("version_linked"):
        versions[0].delete_by(Actor(mel))
    with pytest.raises(ValidationError) as caught:
        versions[0].delete_by(Actor(mel))
    text = str(caught.value)
    assert "Release/Churn:v0" in text
    assert "Hidden" not in text
    assert "Secret" not in text


def test_rule_27_a_version_that_is_linked_nowhere_can_be_deleted_by_its_team(versions, mel, sam, globex):
    with refused("role_too_low"):
        versions[0].delete_by(Actor(sam))
    artifact = versions[0].artifact
    for version in versions:
        version.delete_by(Actor(mel))
    assert not Version.objects.exists() and not type(artifact).objects.filter(pk=artifact.pk).exists()


# Rules 11 and 16: what waited for collections.


def test_rule_11_a_type_in_use_stays(release_registry, churn, rob):
    with refused("type_in_use"):
        release_registry.remove_type(Actor(rob), "model")
    release_registry.remove_type(Actor(rob), "dataset")
    churn.delete_by(Actor(rob))
    assert release_registry.types_in_use() == frozenset()


def test_rule_12_types_in_use_join_the_list(vault, rob):
    make_collection(vault, type="adapter")
    vault.accept_only(Actor(rob), ["model"])
    assert vault.type_names() == ["adapter", "model"]


def test_rule_16_deleting_a_registry_leaves_artifacts_and_versions(release_registry, churn, versions, rob):
    make_link(churn, versions[0], "good").set_tags(COMMAND_LINE, ["x"])
    counts = release_registry.collections.holdings()
    assert counts == ContentCounts(1, 1, 1, 1)
    etag = etag_of(release_registry, counts)
    make_link(churn, versions[1])
    with refused("stale_preview"):
        release_registry.delete_by(Actor(rob), etag=etag)
    release_registry.delete_by(Actor(rob), etag=etag_of(release_registry, release_registry.collections.holdings()))
    assert (Link.objects.count(), Version.objects.count()) == (0, 3)
    assert verify()[1] == []


def test_rule_18_a_collection_that_grew_is_not_deleted(churn, versions, rob):
    etag = etag_of(churn, churn.holdings())
    make_link(churn, versions[0])
    with refused("stale_preview"):
        churn.delete_by(Actor(rob), etag=etag)


# Rule 28 and registration.

GOOD = {"digest": "sha256:" + "a" * 64, "uri": "s3://b/c", "size": 12}


def test_rule_28_the_same_digest_is_the_same_version(vision, mel):
    first, new = register(vision, Actor(mel), "p", "n", "model", VersionData(**GOOD))
    again, twice = register(vision, Actor(mel), "p", "n", "model", VersionData(**{**GOOD, "uri": "s3://else/where"}))
    assert (new, twice, again) == (True, False, first)
    assert again.uri == "s3://b/c"


def test_an_artifact_keeps_its_type(vision, mel):
    register(vision, Actor(mel), "p", "n", "model", VersionData(**GOOD))
    with refused("type_stays"):
        register(vision, Actor(mel), "p", "n", "dataset", VersionData(**{**GOOD, "digest": "md5:x"}))


@pytest.mark.parametrize(
    "field, value, code",
    [
        ("digest", "a" * 63, "digest_invalid"),
        ("digest", "sha256:" + "A" * 63, "digest_invalid"),
        ("digest", "sha256:abc", "digest_invalid"),
        ("digest", "md5:", "digest_invalid"),
        ("digest", "md5:a b", "digest_invalid"),
        ("digest", "md5:" + "x" * 200, "digest_invalid"),
        ("uri", "", "uri_invalid"),
        ("uri", "bucket/path", "uri_invalid"),
        ("uri", "javascript:alert(1)", "uri_invalid"),
        ("uri", "JavaScript:alert(1)", "uri_invalid"),
        ("uri", "s3://a b", "uri_invalid"),
        ("uri", "s3://a\x00", "uri_invalid"),
        ("uri", "s3://" + "x" * 2000, "uri_invalid"),
        ("size", -1, "number_invalid"),
        ("size", 2**62, "number_invalid"),
        ("file_count", -1, "number_invalid"),
        ("metadata", [], "metadata_invalid"),
        ("metadata", {str(n): n for n in range(101)}, "metadata_invalid"),
        ("metadata", {"a": float("nan")}, "metadata_invalid"),
        ("metadata", {"a": [float("inf")]}, "metadata_invalid"),
        ("metadata", {"a": "x" * 256 * 1024}, "metadata_invalid"),
        ("metadata", {"a": "\x00"}, "metadata_invalid"),
        ("metadata", {"\ud800": 1}, "metadata_invalid"),
        ("run_url", "javascript:alert(1)", "url_invalid"),
        ("run_url", "https://", "url_invalid"),
        ("run", "x" * 129, "name_invalid"),
    ],
)
def test_facts_that_cannot_be_kept_are_refused(vision, mel, field, value, code):
    with refused(code):
        register(vision, Actor(mel), "p", "n", "model", VersionData(**{**GOOD, field: value}))


def test_whoever_is_not_in_the_team_registers_nothing(vision, acme, sam, globex, ada):
    with refused("role_too_low"):
        register(vision, Actor(sam), "p", "n", "model", VersionData(**GOOD))
    assert register(vision, Actor(ada), "p", "n", "model", VersionData(**GOOD))[1]


def test_a_team_with_artifacts_stays(vision, versions, ada):
    with refused("artifacts_stay"):
        vision.delete_by(Actor(ada))


def test_lineage_is_kept_and_logged(vision, mel, versions):
    facts = VersionData(**GOOD, run="train-7", run_url="https://runs.example.com/7", made_from=tuple(versions[:2]))
    version, _ = register(vision, Actor(mel), "p", "n", "model", facts)
    assert set(version.made_from.all()) == set(versions[:2])
    assert list(versions[0].made_into.all()) == [version]
    assert [source["id"] for source in last_event().related["made_from"]] == [each.pk for each in versions[:2]]


def test_a_refused_link_leaves_nothing(churn, versions):
    with refused("alias_reserved"):
        churn.link(COMMAND_LINE, versions[0], ["good", "latest"])


# What two do at once.


def test_rule_19_taking_a_tag_leaves_what_others_saved_meanwhile(churn, versions, rob):
    link = make_link(churn, versions[0])
    stale, stale_link = Collection.objects.get(pk=churn.pk), Link.objects.get(pk=link.pk)
    churn.edit(Actor(rob), name="Renamed", description="New card", tags=["x", "y"])
    link.set_tags(Actor(rob), ["x", "y"])
    stale.remove_tag(COMMAND_LINE, "x")
    stale_link.remove_tag(COMMAND_LINE, "x")
    now = Collection.objects.get(pk=churn.pk)
    assert (now.name, now.description, now.tag_names(), link.tag_names()) == ("Renamed", "New card", ["y"], ["y"])
    assert last_event().changes == {"tags": [["x", "y"], ["y"]]}


def test_section_5_the_longest_name_is_whole_in_the_log(vision):
    version = make_version(vision, "n" * 128, project="p" * 128)
    vision.edit(COMMAND_LINE, name="T" * 100, description="")
    version.artifact.team.refresh_from_db()
    version.delete_by(COMMAND_LINE)
    assert last_event().target_name == f"{'T' * 100}/{'p' * 128}/{'n' * 128}:v0"


def test_more_aliases_than_a_query_takes_are_too_many(ada, two_links):
    with refused("too_many"):
        two_links[0].change_aliases(Actor(ada), [f"alias-{number}" for number in range(70_000)])
