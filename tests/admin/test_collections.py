"""Rules 20 to 28, attempted in the Django admin by staff: artifacts, versions, collections, links, aliases and tags."""

import pytest

from registry_app.choices import Action
from registry_app.models import Alias, Artifact, AuditEvent, Collection, Link, ProtectedAlias, Tag, Version
from tests.admin.pages import address, last_entry, logged, refused, save, sent, told
from tests.factories import COMMAND_LINE, make_collection, make_link, make_registry, make_version, protect

DELETE = {"post": "yes"}


@pytest.fixture
def release_registry(acme, ada):
    """A registry that takes models and datasets."""
    return make_registry(acme, ada, "Release", types=["model", "dataset"])


@pytest.fixture
def churn(release_registry):
    """A collection of models."""
    return make_collection(release_registry, tags=["tabular"], description="Who leaves.")


@pytest.fixture
def versions(vision):
    """Two versions of a model of Vision."""
    return [make_version(vision) for _ in range(2)]


@pytest.fixture
def link(churn, versions):
    """The first of them in the collection, in production."""
    return make_link(churn, versions[0], "production")


def bulk(staff, model, *rows):
    """Delete these in the list, the question answered with yes."""
    action = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], **DELETE}
    return staff.post(address("changelist", model), action, follow=True)


# Artifacts and versions.


def test_rule_28_versions_are_neither_added_nor_changed_here(staff, versions):
    forged = {"digest": "etag:1", "uri": "s3://x", "size": 1, "type": "dataset", "name": "x"}
    with refused():
        for model, row in ((Version, versions[0]), (Artifact, versions[0].artifact)):
            assert staff.post(address("add", model), forged).status_code == 403
            assert staff.post(address("change", row), forged).status_code == 403
    page = staff.get(address("change", versions[0])).text
    assert "never changes" in page and versions[0].uri in page


def test_a_version_that_is_linked_nowhere_is_deleted(staff, root, versions):
    seq = last_entry()
    assert staff.post(address("delete", versions[1]), DELETE).status_code == 302
    assert logged(seq) == [(Action.VERSION_DELETE, "")]
    assert AuditEvent.objects.first().actor_id == root.pk
    staff.post(address("delete", versions[0]), DELETE)
    assert not Artifact.objects.exists()


def test_rule_27_a_linked_version_stays_and_its_page_says_where(staff, link, versions):
    page = staff.get(address("change", versions[0])).text
    assert "Release/Churn:v0" in page and "deletelink" not in page
    with refused((Action.VERSION_DELETE, "version_linked")):
        assert staff.post(address("delete", versions[0]), DELETE).status_code == 403


def test_rule_27_the_bulk_action_deletes_what_may_go_and_tells_of_the_rest(staff, link, versions):
    seq = last_entry()
    page = bulk(staff, Version, *versions)
    assert list(Version.objects.all()) == [versions[0]]
    assert set(logged(seq)) == {(Action.VERSION_DELETE, ""), (Action.VERSION_DELETE, "version_linked")}
    assert len(told(page)) == 2


def test_artifacts_go_with_their_last_version_alone(staff, versions):
    artifact = versions[0].artifact
    assert "last of its versions" in staff.get(address("change", artifact)).text
    with refused():
        staff.post(address("delete", artifact), DELETE)
        bulk(staff, Artifact, artifact)


def test_versions_and_artifacts_are_found(staff, versions):
    for model, words in (
        (Version, "churn"),
        (Version, versions[1].digest),
        (Artifact, "forecasts"),
        (Artifact, "visi"),
    ):
        found = staff.get(address("changelist", model) + f"?q={words}").context["cl"].result_list
        assert len(found) == (2 if words == "churn" else 1)


# Collections.


def test_a_collection_is_created_edited_and_deleted_by_its_verbs(staff, root, release_registry):
    seq = last_entry()
    new = {
        "registry": release_registry.pk,
        "name": " Churn ",
        "type": "model",
        "description": "Card",
        "tags": "a, b",
        "reason": "R",
    }
    assert save(staff, address("add", Collection), **new).status_code == 302
    churn = release_registry.collections.get()
    assert (churn.name, churn.created_by, churn.tag_names()) == ("Churn", root, ["a", "b"])
    assert save(staff, address("change", churn), name="Leavers", tags="b, c", reason="Clearer").status_code == 302
    churn.refresh_from_db()
    assert (churn.name, churn.description, churn.tag_names()) == ("Leavers", "Card", ["b", "c"])
    assert AuditEvent.objects.first().reason == "Clearer"
    page = staff.get(address("delete", churn))
    assert staff.post(address("delete", churn), {**sent(page), "confirmation": "Leavers"}).status_code == 302
    actions = [Action.COLLECTION_CREATE, Action.COLLECTION_EDIT, Action.COLLECTION_DELETE]
    assert logged(seq) == [(action, "") for action in actions]


@pytest.mark.parametrize(
    "changed, field, code",
    [
        ({"type": "prompt"}, "type", "type_not_accepted"),
        ({"type": "a/b"}, "type", "type_invalid"),
        ({"name": "a/b"}, "name", "name_invalid"),
        ({"name": "CHURN"}, "name", "name_taken"),
        ({"tags": "a/b"}, "tags", "tag_invalid"),
        ({"tags": ",".join(map(str, range(21)))}, "tags", "too_many"),
        ({"registry": ""}, "registry", "required"),
        ({"registry": "999999"}, "registry", "invalid_choice"),
    ],
)
def test_rule_20_a_collection_that_can_not_be_is_refused(staff, release_registry, churn, changed, field, code):
    good = {"registry": release_registry.pk, "name": "Other", "type": "model"}
    with refused((Action.COLLECTION_CREATE, code)):
        page = save(staff, address("add", Collection), **{**good, **changed})
    assert page.status_code == 422
    assert page.context["adminform"].form.has_error(field, code)


def test_rule_20_type_and_registry_stay(staff, churn, vault):
    page = staff.get(address("change", churn)).text
    assert "set when it was created" in page
    for field, value in (("type", "dataset"), ("registry", vault.pk)):
        with refused((Action.COLLECTION_EDIT, "type_stays")):
            assert save(staff, address("change", churn), **{field: value}).status_code == 422


def test_rule_19_a_collection_edited_meanwhile_is_a_conflict(staff, churn):
    data = {**sent(staff.get(address("change", churn))), "description": "Mine"}
    churn.edit(COMMAND_LINE, name="Churn", description="Theirs", tags=["tabular"])
    with refused((Action.COLLECTION_EDIT, "edit_conflict")):
        page = staff.post(address("change", churn), data)
    assert page.status_code == 409 and "Theirs" in page.text
    assert staff.post(address("change", churn), sent(page)).status_code == 302


def test_saving_without_a_change_logs_nothing(staff, churn, link):
    for thing in (churn, link):
        seq = last_entry()
        assert save(staff, address("change", thing)).status_code == 302
        assert logged(seq) == []


def test_rule_18_a_collection_is_deleted_as_it_was_shown_alone(staff, churn, link, versions):
    shown = {**sent(staff.get(address("delete", churn))), "confirmation": "Churn"}
    with refused((Action.COLLECTION_DELETE, "confirmation_differs")):
        staff.post(address("delete", churn), {**shown, "confirmation": "churn"})
    make_link(churn, versions[1])
    with refused((Action.COLLECTION_DELETE, "stale_preview")):
        staff.post(address("delete", churn), shown)
    assert "delete_selected" not in staff.get(address("changelist", Collection)).text
    bulk(staff, Collection, churn)
    assert Link.objects.count() == 2
    again = sent(staff.get(address("delete", churn)))
    assert staff.post(address("delete", churn), {**again, "confirmation": "Churn"}).status_code == 302
    assert not Link.objects.exists() and Version.objects.count() == 2


def test_rule_19_taking_a_collections_tag_keeps_what_was_saved_meanwhile(staff, churn):
    tag = churn.tags.get()
    churn.edit(COMMAND_LINE, name="Leavers", description="New card", tags=["tabular", "more"])
    assert staff.post(address("delete", tag), DELETE).status_code == 302
    churn.refresh_from_db()
    assert (churn.name, churn.description, churn.tag_names()) == ("Leavers", "New card", ["more"])


# Links, aliases and tags.


def test_a_version_is_linked_and_unlinked(staff, root, churn, versions):
    seq = last_entry()
    new = {"collection": churn.pk, "version": versions[1].pk, "aliases": "production, best"}
    assert save(staff, address("add", Link), **new).status_code == 302
    link = churn.links.get()
    assert (link.number, link.linked_by, link.alias_names()) == (0, root, ["best", "production"])
    page = save(staff, address("add", Link), **{**new, "aliases": "again"})  # rule 23
    assert page.status_code == 302, page.context["adminform"].form.errors
    assert (churn.links.count(), link.alias_names()) == (1, ["again", "best", "production"])
    assert staff.post(address("delete", link), DELETE).status_code == 302
    assert [action for action, _ in logged(seq)] == [
        *(Action.LINK, Action.ALIAS_SET, Action.ALIAS_SET, Action.ALIAS_SET, Action.UNLINK)
    ]
    assert Version.objects.count() == 2


def test_rules_21_and_22_what_can_not_be_linked_is_refused(staff, churn, vision, sam, globex):
    dataset = make_version(vision, "raw", type="dataset")
    with refused((Action.LINK, "type_not_accepted")):
        page = save(staff, address("add", Link), collection=churn.pk, version=dataset.pk)
    assert page.context["adminform"].form.has_error("version", "type_not_accepted")
    foreign = make_collection(make_registry(globex, sam, "Theirs"))
    model = make_version(vision)
    with refused((Action.LINK, "other_organization")):
        save(staff, address("add", Link), collection=foreign.pk, version=model.pk)
    with refused((Action.LINK, "required")):
        assert save(staff, address("add", Link), collection="", version=model.pk).status_code == 422


@pytest.mark.parametrize(
    "aliases, code", [("latest", "alias_reserved"), ("v1", "alias_reserved"), ("a/b", "alias_invalid")]
)
def test_rule_24_reserved_aliases_are_refused(staff, churn, link, versions, aliases, code):
    with refused((Action.LINK, code)):
        save(staff, address("add", Link), collection=churn.pk, version=versions[1].pk, aliases=aliases)
    with refused((Action.ALIAS_SET, code)):
        page = save(staff, address("change", link), aliases=aliases)
    assert page.context["adminform"].form.has_error("aliases", code)


def test_rule_25_aliases_and_tags_are_changed_on_the_page_of_a_link(staff, churn, link, versions):
    second = make_link(churn, versions[1])
    seq = last_entry()
    assert save(staff, address("change", second), aliases="production", tags="checked, fast").status_code == 302
    assert (link.alias_names(), second.alias_names(), second.tag_names()) == ([], ["production"], ["checked", "fast"])
    assert save(staff, address("change", second), aliases="", tags="fast").status_code == 302
    assert (second.alias_names(), second.tag_names()) == ([], ["fast"])
    actions = [Action.ALIAS_SET, Action.LINK_TAG, Action.ALIAS_REMOVE, Action.LINK_TAG]
    assert logged(seq) == [(action, "") for action in actions]


@pytest.mark.parametrize("field", ["aliases", "tags"])
def test_rule_19_aliases_and_tags_changed_meanwhile_are_a_conflict(staff, link, field):
    data = {**sent(staff.get(address("change", link))), field: "mine"}
    if field == "aliases":
        link.change_aliases(COMMAND_LINE, ["theirs"])
    else:
        link.set_tags(COMMAND_LINE, ["theirs"])
    action = Action.ALIAS_SET
    with refused((action, "edit_conflict")):
        page = staff.post(address("change", link), data)
    assert page.status_code == 409 and "theirs" in page.text


def test_rule_24_a_link_keeps_its_version_and_collection(staff, release_registry, link, versions):
    other = make_collection(release_registry, "Other")
    for field, value in (("version", versions[1].pk), ("collection", other.pk)):
        with refused((Action.ALIAS_SET, "link_stays")):
            assert save(staff, address("change", link), **{field: value}).status_code == 422


def test_aliases_and_tags_are_taken_on_their_own_pages_too(staff, churn, link):
    link.set_tags(COMMAND_LINE, ["checked", "fast"])
    seq = last_entry()
    bulk(staff, Tag, Tag.objects.get(name="checked"), Tag.objects.get(name="tabular"))
    assert (link.tag_names(), churn.tag_names()) == (["fast"], [])
    assert staff.post(address("delete", Alias.objects.get()), DELETE).status_code == 302
    assert not Alias.objects.exists()
    assert {action for action, _ in logged(seq)} == {Action.LINK_TAG, Action.COLLECTION_EDIT, Action.ALIAS_REMOVE}
    for model in (Alias, Tag):
        assert staff.post(address("add", model), {"name": "x"}).status_code == 403


def test_rule_26_aliases_are_protected_and_given_up(staff, release_registry):
    seq = last_entry()
    for name in ("Production", "production"):  # twice is once
        assert save(staff, address("add", ProtectedAlias), registry=release_registry.pk, name=name).status_code == 302
    protected = ProtectedAlias.objects.get()
    assert staff.post(address("change", protected), {"name": "x"}).status_code == 403
    bulk(staff, ProtectedAlias, protected)
    assert logged(seq) == [(Action.PROTECT, ""), (Action.UNPROTECT, "")]
    for name, code in (("latest", "alias_reserved"), ("a:b", "alias_invalid")):
        with refused((Action.PROTECT, code)):
            save(staff, address("add", ProtectedAlias), registry=release_registry.pk, name=name)


def test_rule_26_staff_may_what_admins_of_the_registry_may(staff, release_registry, link):
    protect(release_registry, "production")
    assert save(staff, address("change", link), aliases="").status_code == 302
    assert link.alias_names() == []
