"""Rule 31 on pages: who asks, who sees the request, who answers it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Role
from registry_app.listings.access_requests import NEWS
from registry_app.models import AccessRequest, Actor, AliasRequest, ProtectedAlias
from tests.client import Page, at, browser, refused
from tests.factories import give_role, make_collection, make_link, make_member, make_user, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(golden, rob, mel, vision):
    """A version in a collection of Golden, where production is protected; Mel is a member there."""
    give_role(golden, mel, Role.MEMBER)
    ProtectedAlias(registry=golden, name="production").save_by(Actor(rob))
    collection = make_collection(golden, "Shelf", type="dataset")
    return make_link(collection, make_version(vision, "set", type="dataset"))


def address(page, link, *last):
    names = [link.collection.registry.organization.slug, link.collection.registry.name, link.collection.name]
    return reverse(f"alias_requests:{page}", args=[*names, *last])


def ask(link, user, **data):
    data = {"alias": "production", "reason": "It is better.", **data}
    return browser(user).post(address("create", link, link.number), data)


def test_rule_31_a_request_goes_from_a_member_to_an_admin_who_approves_it(link, mel, rob, acme):
    assert ask(link, mel).url == link.get_absolute_url()
    asked, admin = AliasRequest.objects.get(), browser(rob)
    where = address("answer", link, asked.pk)
    for page in ("access_requests:index", "organizations:detail"):
        shown = admin.get(reverse(page, args=[acme.slug]))
        assert where in shown.text and shown.context["membership"].waiting == 1
    form = Page(admin.get(where)).form_to(where)
    assert admin.post(where, {**form.data, "answer": "grant"}).url == link.collection.get_absolute_url()
    assert link.alias_names() == ["production"]
    refused(admin, where, {**form.data, "answer": "grant"}, "request_answered")


def test_rule_31_a_request_moves_nothing_in_the_history_of_a_version(link, mel, rob):
    link.change_aliases(Actor(rob), ["production"])
    later = make_link(link.collection, make_version(link.version.artifact.team, "later", type="dataset"))
    ask(later, mel)
    AliasRequest.objects.get().decline_by(Actor(rob))
    history = browser(mel).get(link.get_absolute_url()).context["history"]
    assert [each.did for each in history] == ["set", "linked this version"]


def test_rule_31_what_moved_since_it_was_shown_is_a_conflict(link, mel, rob, vision):
    ask(link, mel)
    asked, admin = AliasRequest.objects.get(), browser(rob)
    where = address("answer", link, asked.pk)
    data = {**Page(admin.get(where)).form_to(where).data, "answer": "grant"}
    other = make_link(link.collection, make_version(vision, "other", type="dataset"))
    link.collection.aliases.create(name="production", link=other)  # past the verbs, which would end the request
    refused(admin, where, data, "stale_preview", 409)
    assert link.alias_names() == []


@pytest.mark.parametrize(
    "data, code",
    [
        ({"reason": ""}, "required"),
        ({"reason": "x" * 100_000}, None),
        ({"alias": ""}, "required"),
        ({"alias": "staging"}, "invalid_choice"),
        ({"alias": "latest"}, "invalid_choice"),
        ({"alias": "\0"}, None),
    ],
)
def test_absurd_requests_are_refused_beside_the_field(link, mel, data, code):
    response = ask(link, mel, **data)
    assert response.status_code == 422
    if code:
        (field,) = data
        assert [error.code for error in response.context["form"].errors.as_data()[field]] == [code]
    assert not AliasRequest.objects.exists()


def test_section_3_the_request_is_hidden_from_who_can_not_see_the_registry(link, mel, sam, rob, golden):
    ask(link, mel)
    where = address("answer", link, AliasRequest.objects.get().pk)
    assert browser(sam).get(where).status_code == 404
    assert browser(mel).get(where).status_code == 403
    assert browser(rob).get(address("answer", link, 10**9)).status_code == 404


def test_a_request_of_another_collection_is_not_found(link, mel, rob, golden):
    ask(link, mel)
    other = make_collection(golden, "Other", type="dataset")
    names = [golden.organization.slug, golden.name, other.name, AliasRequest.objects.get().pk]
    assert browser(rob).get(reverse("alias_requests:answer", args=names)).status_code == 404


def test_a_page_offers_no_alias_that_is_there_or_asked_for_already(link, mel, rob, golden):
    ProtectedAlias(registry=golden, name="champion").save_by(Actor(rob))
    link.change_aliases(Actor(rob), put=["champion"])
    page = browser(mel).get(address("create", link, link.number))
    assert page.context["names"] == ["production"]
    assert Page(page).form_to(address("create", link, link.number))
    ask(link, mel)
    page = browser(mel).get(address("create", link, link.number))
    assert (page.context["names"], [asked.alias for asked in page.context["earlier"]]) == ([], ["production"])
    assert not [form for form in Page(page).forms if form.action == address("create", link, link.number)]


@pytest.mark.parametrize("answer", ["grant", "decline"])
def test_rule_31_who_asked_reads_the_answer(link, mel, rob, answer):
    ask(link, mel)
    asked, admin = AliasRequest.objects.get(), browser(rob)
    where, own = address("answer", link, asked.pk), address("create", link, link.number)
    assert [each.answered_at for each in browser(mel).get(own).context["earlier"]] == [None]
    form = Page(admin.get(where)).form_to(where)
    admin.post(where, {**form.data, "answer": answer, "note": "Seen in the night run."})
    page = browser(mel).get(own)
    assert [each.granted for each in page.context["earlier"]] == [answer == "grant"]
    assert "Seen in the night run." in page.text


def test_rule_31_the_settings_say_how_many_requests_end_with_the_protection(link, mel, rob, golden):
    ProtectedAlias(registry=golden, name="Staging").save_by(Actor(rob))
    admin, settings = browser(rob), at("registries:settings", golden)
    shown = [[each.total for each in admin.get(settings).context["protected"]]]
    ask(link, mel)
    shown += [[each.total for each in admin.get(settings).context["protected"]]]
    assert shown == [[0, 0], [0, 1]]
    assert "1 open request" in admin.get(settings).text and "1 open request" not in browser(mel).get(settings).text
    done = admin.post(at("protected_aliases:remove", golden), {"alias": "production"}, follow=True)
    assert "ended: 1" in str(*done.context["messages"])
    assert AliasRequest.objects.get().answered_at


def test_rule_31_one_reads_no_answers_of_others(link, mel, rob, golden, acme):
    ask(link, mel)
    AliasRequest.objects.get().decline_by(Actor(rob), "Only for Mel.")
    eve = make_user("eve")
    make_member(acme, eve)
    give_role(golden, eve, Role.MEMBER)
    own = address("create", link, link.number)
    assert "Only for Mel." not in browser(eve).get(own).text
    assert "Only for Mel." in browser(mel).get(own).text


def test_rule_31_who_asked_withdraws_on_the_page_of_the_version(link, mel, rob):
    ask(link, mel)
    where = address("withdraw", link, AliasRequest.objects.get().pk)
    assert browser(rob).post(where).status_code == 404  # it is not his
    client = browser(mel)
    for page in (link.get_absolute_url(), address("create", link, link.number)):
        assert Page(client.get(page)).form_to(where)
    assert client.post(where).url == link.get_absolute_url()
    assert not AliasRequest.objects.open().exists()
    refused(client, where, {}, "request_answered")
    assert not [form for form in Page(client.get(link.get_absolute_url())).forms if form.action == where]


def test_rule_31_admins_find_a_request_where_it_is_about(link, mel, rob, sam, acme):
    ask(link, mel)
    where = address("answer", link, AliasRequest.objects.get().pk)
    eve = make_user("eve")
    make_member(acme, eve)
    for page in (link.get_absolute_url(), link.collection.get_absolute_url()):
        assert where in Page(browser(rob).get(page)).links
        for reader in (mel, eve):
            assert where not in Page(browser(reader).get(page)).links
        assert "It is better." not in browser(eve).get(page).text


def test_rule_31_the_admin_sees_the_numbers_of_both_versions_before_the_answer(link, mel, rob, vision):
    shelf = link.collection
    old, new = (
        make_link(shelf, make_version(vision, name, type="dataset", metadata={"auc": value}))
        for name, value in (("old", 0.5), ("new", 0.75))
    )
    old.change_aliases(Actor(rob), ["production"])
    ask(new, mel)
    page = browser(rob).get(address("answer", new, AliasRequest.objects.get().pk))
    (number,) = page.context["big"]
    assert (number.metric.label, number.value.text, number.value.delta) == ("auc", "0.75", "+0.25")
    assert f"compare/?v={old.number}&amp;v={new.number}" in page.text


def test_rule_31_who_asked_reads_the_answer_on_the_version_for_two_weeks(link, mel, rob):
    ask(link, mel)
    AliasRequest.objects.get().decline_by(Actor(rob), "Later.")
    pages = link.get_absolute_url(), link.collection.get_absolute_url()
    for page in pages:
        assert [each.note for each in browser(mel).get(page).context["alias_requests"]] == ["Later."]
        assert browser(rob).get(page).context["alias_requests"] == []
    overview = reverse("organizations:detail", args=[link.collection.registry.organization.slug])
    assert [each.note for each in browser(mel).get(overview).context["requests"]["own"]] == ["Later."]
    AliasRequest.objects.update(answered_at=timezone.now() - NEWS)
    assert browser(mel).get(overview).context["requests"]["own"] == []
    for page in pages:
        assert browser(mel).get(page).context["alias_requests"] == []


def test_nobody_is_led_to_a_request_where_nothing_is_left_to_ask_for(link, mel):
    page = browser(mel).get(link.get_absolute_url())
    assert (page.context["askable"], address("create", link, link.number) in page.text) == (["production"], True)
    ask(link, mel)
    page = browser(mel).get(link.get_absolute_url())
    assert (page.context["askable"], address("create", link, link.number) in page.text) == ([], False)


def test_own_requests_name_no_registry_that_one_sees_no_more(link, mel, acme, vault, rob):
    role = give_role(vault, mel, Role.VIEWER)
    AccessRequest(registry=vault, user=mel, role=Role.ADMIN, reason="For the vault.").create(Actor(mel))
    overview = reverse("organizations:detail", args=[acme.slug])
    page = browser(mel).get(overview)
    assert [each.registry for each in page.context["requests"]["own"]] == [vault]
    assert "Vault" in page.text
    role.delete_by(Actor(rob))
    page = browser(mel).get(overview)
    assert (page.context["requests"]["own"], "Vault" in page.text) == ([], False)
