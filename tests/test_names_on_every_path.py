"""A twin of a name is a name nowhere: not on a page, by a verb, in the Django admin, in a list that is imported."""

import json

import pytest
from django.core.cache import cache
from django.db.models import F
from django.urls import reverse

from registry_app.choices import Role
from registry_app.models import (
    AccessRequest,
    Actor,
    ApiToken,
    AuditEvent,
    Collection,
    ProtectedAlias,
    Registry,
    Team,
    User,
    VersionData,
    create_organization,
    make_account,
    make_service_account,
    register,
    setup_token,
)
from registry_app.models.change import etag_of
from tests.admin.pages import address, save
from tests.admin.pages import codes as admin_codes
from tests.assertions import refused as refused_by_verb
from tests.assertions import undone
from tests.client import at, browser, codes, nothing_changes, of, sign_in
from tests.factories import (
    COMMAND_LINE,
    PASSWORD,
    make_collection,
    make_invitation,
    make_member,
    make_registry,
    make_user,
    protect,
)

CYRILLIC = str.maketrans("aeo", "аео")


def twins(name):
    """Names that look like `name`: with what can't be seen, too many marks, a letter of another alphabet; or no name.

    tests/test_characters.py has every character.
    """
    hidden = [f"{name[:2]}\u034f{name[2:]}", f"{name}\u3164"]
    return [*hidden, f"{name}{4 * chr(0x301)}", name[:-2].translate(CYRILLIC) + name[-2:], "\u2800", "🚀"]


TWINS = twins("Models")


@pytest.fixture
def link(two_links):
    """The second version of Churn on the shelf."""
    return two_links[1]


def forms(link, vision, ada):
    """(address, good data, the field, the code) of each form in which people write a name."""
    collection, registry = link.collection, link.collection.registry
    acme, here = registry.organization, [registry.organization.slug, registry.name]
    artifact = {"project": "p", "name": "n", "type": "model", "uri": "s3://b", "digest": "etag:1", "metadata": "{}"}
    create = {"name": "Silver", "visibility": "organization", "accepts_all_types": "", "types": "model"}
    settings, edited = (
        {"name": "Release", "etag": etag_of(registry)},
        {"name": "Churn", "etag": etag_of(collection)},
    )
    yield reverse("registries:create", args=[acme.slug]), create, "name", "name_invalid"
    yield reverse("registries:create", args=[acme.slug]), create, "types", "type_invalid"
    yield at("registries:settings", registry), settings, "name", "name_invalid"
    yield at("accepted_types:add", registry), {"etag": etag_of(registry)}, "types", "type_invalid"
    yield reverse("collections:create", args=here), {"name": "Silver", "type": "model"}, "name", "name_invalid"
    yield reverse("collections:create", args=here), {"name": "Silver", "type": "model"}, "tags", "tag_invalid"
    yield of("collections:edit", collection), edited, "name", "name_invalid"
    yield of("collections:edit", collection), edited, "tags", "tag_invalid"
    yield of("links:create", collection), {"version": link.version_id}, "aliases", "alias_invalid"
    yield (
        of("links:edit", collection, link.number),
        {"keep": "production", "etag": etag_of(link)},
        "aliases",
        "alias_invalid",
    )
    yield (
        of("links:edit", collection, link.number),
        {"keep": "production", "etag": etag_of(link)},
        "tags",
        "tag_invalid",
    )
    yield at("protected_aliases:add", registry), {}, "alias", "alias_invalid"
    yield reverse("teams:create", args=[acme.slug]), {}, "name", "name_invalid"
    yield reverse("teams:settings", args=[acme.slug, "Vision"]), {"etag": etag_of(vision)}, "name", "name_invalid"
    for field, code in (("project", "name_invalid"), ("name", "name_invalid"), ("type", "type_invalid")):
        yield reverse("artifacts:create", args=[acme.slug, "Vision"]), artifact, field, code
    yield reverse("tokens:index"), {"life": "30"}, "name", "name_invalid"


def test_no_page_takes_a_twin(link, vision, ada):
    client = browser(ada)
    for page, good, field, code in forms(link, vision, ada):
        cache.clear()  # so many refused posts of one person reach the limit
        for twin in TWINS:
            with nothing_changes():
                response = client.post(page, {**good, field: twin})
            assert (page, ascii(twin), response.status_code, codes(response)) == (page, ascii(twin), 422, {code})
            assert any(word in response.text for word in ("U+", "letter", "marks"))


def test_no_twin_moves_a_protected_alias(link, mel):
    """Mel is a member of the shelf, and no admin."""
    protect(link.collection.registry, "production")
    other = link.collection.links.exclude(pk=link.pk).get()
    for twin in ["production", *twins("production")]:
        data = {"keep": "good", "aliases": twin, "etag": etag_of(other)}
        with nothing_changes():
            assert browser(mel).post(of("links:edit", link.collection, other.number), data).status_code == 422


@pytest.mark.parametrize("twin", twins("robert"), ids=ascii)
def test_no_account_is_called_like_another(acme, ada, twin):
    code = {"username_invalid", "invalid"}  # the second is Django's own
    for page, data in (
        (reverse("members:service", args=[acme.slug]), {}),
        (reverse("invitations:accept", args=[make_invitation(acme)[1]]), {"email": "r@example.com"}),
    ):
        client = browser(ada) if "service" in page else browser()
        with nothing_changes():
            data = {**data, "username": twin, "password": PASSWORD, "password_again": PASSWORD}
            response = client.post(page, data if "invitations" in page else {"username": twin})
        assert response.status_code == 422
        assert codes(response) and codes(response) <= code


@pytest.mark.django_db
@pytest.mark.parametrize("twin", twins("Acme ML"), ids=ascii)
def test_no_organization_is_set_up_with_a_twin(twin):
    data = {
        "name": twin,
        "username": "ada",
        "email": "ada@example.com",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    with nothing_changes():
        response = browser().post(reverse("organizations:setup", args=[setup_token()]), data)
    assert (response.status_code, codes(response)) == (422, {"name_invalid"})


def test_a_list_that_is_imported_says_which_row_holds_a_twin(acme, vision, ada):
    row = {"project": "p", "name": "n", "type": "model", "uri": "s3://b", "digest": "etag:1"}
    rows = [{**row, field: twin} for field in ("project", "name", "type") for twin in TWINS]
    with nothing_changes():
        page = reverse("imports:create", args=[acme.slug, "Vision"])
        response = browser(ada).post(page, {"text": json.dumps([row, *rows])})
    good, *bad = response.context["outcomes"]
    assert good.refusals == []
    for outcome, wrong in zip(bad, rows, strict=True):
        (field,) = (field for field in row if wrong[field] != row[field])
        code = "type_invalid" if field == "type" else "name_invalid"
        assert [refusal[:2] for refusal in outcome.refusals] == [(field, code)]


def verbs(link, vision, ada, twin):
    """(the verb that would keep `twin`, its code) for each verb of a model that keeps a name."""
    collection, registry = link.collection, link.collection.registry
    acme, by, version = registry.organization, Actor(ada), VersionData("etag:1", "s3://b")
    everything = Registry.objects.get(name="All")
    yield lambda: Registry(organization=acme, name=twin).create(by, ["model"]), "name_invalid"
    yield lambda: Registry(organization=acme, name="Silver").create(by, [twin]), "type_invalid"
    yield lambda: registry.edit(by, name=twin, description=""), "name_invalid"
    yield lambda: registry.add_types(by, [twin], confirmed=True), "type_invalid"
    yield lambda: everything.accept_only(by, [twin], confirmed=True), "type_invalid"
    yield lambda: make_collection(registry, twin), "name_invalid"
    yield lambda: make_collection(registry, "Silver", tags=[twin]), "tag_invalid"
    yield lambda: collection.edit(by, name=twin, description="", tags=[]), "name_invalid"
    yield lambda: collection.edit(by, name="Churn", description="", tags=[twin]), "tag_invalid"
    yield lambda: collection.link(by, link.version, [twin]), "alias_invalid"
    yield lambda: link.change_aliases(by, [twin]), "alias_invalid"
    yield lambda: link.set_tags(by, [twin]), "tag_invalid"
    yield lambda: ProtectedAlias(registry=registry, name=twin).save_by(by), "alias_invalid"
    yield lambda: Team(organization=acme, name=twin).create(by), "name_invalid"
    yield lambda: vision.edit(by, name=twin, description=""), "name_invalid"
    yield lambda: register(vision, by, twin, "n", "model", version), "name_invalid"
    yield lambda: register(vision, by, "p", twin, "model", version), "name_invalid"
    yield lambda: register(vision, by, "p", "n", twin, version), "type_invalid"
    yield lambda: ApiToken(user=ada, name=twin).issue(by), "name_invalid"
    yield lambda: create_organization(twin, ada, COMMAND_LINE), "name_invalid"


def test_no_verb_keeps_a_twin(link, vision, ada):
    make_registry(link.collection.registry.organization, ada, "All", types=None)
    for twin in TWINS:
        for verb, code in verbs(link, vision, ada, twin):
            with refused_by_verb(code):
                verb()


def test_no_verb_makes_an_account_like_another(acme, ada):
    for twin in ("rob\u3164", "rоb", "\u3164", "\u115f"):
        with refused_by_verb("username_invalid"):
            make_account(twin, "r@example.com", PASSWORD, COMMAND_LINE)
        with refused_by_verb("username_invalid"):
            make_service_account(acme, twin, COMMAND_LINE)


# The Django admin.

ADMIN = {
    Registry: ({"types": "model"}, "name", "name_invalid"),
    Team: ({}, "name", "name_invalid"),
    Collection: ({"type": "model"}, "name", "name_invalid"),
    ProtectedAlias: ({}, "name", "alias_invalid"),
    User: ({"email": "r@example.com", "password1": PASSWORD, "password2": PASSWORD}, "username", "username_invalid"),
}


@pytest.mark.parametrize("model", ADMIN)
def test_django_admin_takes_no_twin(client, root, acme, release_registry, ada, model):
    sign_in(client, root)
    good, field, code = ADMIN[model]
    places = {Registry: {"organization": acme.pk}, Team: {"organization": acme.pk}, User: {}}
    for twin in ("Models\u3164", "Mоdels", "\u3164"):
        data = {**good, **places.get(model, {"registry": release_registry.pk}), field: twin}
        with nothing_changes():
            response = save(client, address("add", model), **data)
        assert (response.status_code, admin_codes(response)) == (422, {code})


def test_django_admin_changes_no_name_into_a_twin(client, root, link, vision):
    sign_in(client, root)
    for twin in ("Models\u3164", "Mоdels"):
        for thing, data in (
            (link.collection.registry, {"name": twin}),
            (link.collection, {"name": twin}),
            (link.collection, {"tags": twin}),
            (vision, {"name": twin}),
            (link, {"aliases": f"production, {twin}"}),
            (link, {"tags": twin}),
            (link.collection.registry, {"types": twin}),
        ):
            with nothing_changes():
                assert save(client, address("change", thing), **data).status_code == 422


# Free text.

UNREAD = ["a\u202eb", "a\u2066b", "a\ue000b", "a\U0010fffdb", "a\ufdd0b", "a\uffffb", "a\x07b"]
READ = "Line\n\u200fשלום\u200e ❤️ \u061c"


def texts(link, vision, ada, mel, text):
    """(the verb that would keep `text`, its code) for each verb of a model that keeps what people write."""
    collection, registry = link.collection, link.collection.registry
    acme, by = registry.organization, Actor(ada)
    card, reason = "description_invalid", "reason_invalid"
    asked = AccessRequest(registry=registry, user=mel, role=Role.ADMIN, reason=text)
    answered = AccessRequest.objects.get()
    yield lambda: Registry(organization=acme, name="Silver", description=text).create(by, ["model"]), card
    yield lambda: Registry(organization=acme, name="Silver").create(by, ["model"], text), reason
    yield lambda: registry.edit(by, name="Release", description=text), card
    yield lambda: registry.edit(by, name="Release", description="New", reason=text), reason
    yield lambda: registry.add_types(by, ["suite"], reason=text), reason
    yield lambda: registry.restrict(by, reason=text), reason
    yield lambda: registry.delete_by(by, reason=text), reason
    yield lambda: make_collection(registry, "Silver", description=text), card
    yield lambda: collection.edit(by, name="Churn", description=text, tags=[]), card
    yield lambda: collection.edit(by, name="Churn", description="New", tags=[], reason=text), reason
    yield lambda: collection.delete_by(by, reason=text), reason
    yield lambda: link.edit_labels(by, put=["good"], tags=["checked"], reason=text), reason
    yield lambda: link.unlink(by, reason=text), reason
    yield lambda: Team(organization=acme, name="Silver", description=text).create(by), card
    yield lambda: vision.edit(by, name="Vision", description=text), card
    yield lambda: asked.create(Actor(mel)), reason
    yield lambda: answered.decline_by(by, text), reason
    yield lambda: answered.grant_by(by, text), reason


def test_no_verb_keeps_text_that_is_not_what_it_looks_like(link, vision, ada, mel):
    eve = make_user("eve")
    make_member(link.collection.registry.organization, eve)
    AccessRequest(registry=link.collection.registry, user=eve, role=Role.ADMIN, reason="To help").create(Actor(eve))
    kept = link.pk
    for text in UNREAD:
        for verb, code in texts(link, vision, ada, mel, text):
            with refused_by_verb(code):
                verb()
            link.pk = kept
            link.refresh_from_db()
    for verb, _ in texts(link, vision, ada, mel, READ):
        with undone():
            verb()
        link.pk = kept  # the verb that unlinks it has taken it
        link.refresh_from_db()


def test_pages_refuse_it_beside_the_field(link, vision, ada, mel):
    collection, registry = link.collection, link.collection.registry
    acme, address = registry.organization.slug, link.get_absolute_url()
    shown = {"etag": etag_of(registry, (0, 0, 0, 0)), "confirmation": "Release"}
    card, reason = "description_invalid", "reason_invalid"
    forms = [
        (
            ada,
            reverse("registries:create", args=[acme]),
            {"name": "Silver", "visibility": "restricted"},
            "description",
            card,
        ),
        (
            ada,
            at("registries:settings", registry),
            {"name": "Release", "etag": etag_of(registry)},
            "description",
            card,
        ),
        (ada, at("registries:delete", registry), shown, "reason", reason),
        (
            ada,
            of("collections:edit", collection),
            {"name": "Churn", "etag": etag_of(collection)},
            "description",
            card,
        ),
        (
            ada,
            of("collections:delete", collection),
            {"confirmation": "Churn", "etag": etag_of(collection, (1, 2, 2, 0))},
            "reason",
            reason,
        ),
        (ada, f"{address}edit/", {"etag": etag_of(link)}, "reason", reason),
        (ada, f"{address}unlink/", {}, "reason", reason),
        (ada, reverse("teams:create", args=[acme]), {"name": "Silver"}, "description", card),
        (
            ada,
            reverse("teams:settings", args=[acme, "Vision"]),
            {"name": "Vision", "etag": etag_of(vision)},
            "description",
            card,
        ),
        (mel, at("access_requests:create", registry), {"role": "admin"}, "reason", reason),
    ]
    for user, page, good, field, code in forms:
        cache.clear()  # so many refused posts of one person reach the limit
        for text in UNREAD:
            with nothing_changes():
                response = browser(user).post(page, {**good, field: text})
            errors = response.context["form"].errors.as_data()
            assert (page, response.status_code, [error.code for error in errors[field]]) == (page, 422, [code])
            assert f"U+{ord(text[1]):04X}" in response.text


def test_django_admin_refuses_it_too(client, root, link, vision):
    sign_in(client, root)
    for text in UNREAD[:3]:
        for thing, data in (
            (link.collection.registry, {"description": text}),
            (link.collection.registry, {"description": "New", "reason": text}),
            (link.collection, {"description": text}),
            (link, {"aliases": "other", "reason": text}),
            (vision, {"description": text}),
        ):
            with nothing_changes():
                response = save(client, address("change", thing), **data)
            assert (response.status_code, len(admin_codes(response))) == (422, 1)


def test_what_was_refused_stands_in_the_log_as_text(ada, golden):
    """Whatever it was called."""
    data = {"holders": "a\u202eb", "role": "viewer"}
    assert browser(ada).post(at("registry_members:add", golden), data).status_code == 422
    assert "\u202e" not in AuditEvent.objects.first().body.encode().decode("unicode_escape")


# What was there before the rule.


def _call(registry, **texts):
    """Write these texts as nobody can any more."""
    Registry.objects.filter(pk=registry.pk).update(**texts, version=F("version") + 1)
    registry.refresh_from_db()


def test_what_is_called_so_already_can_be_found_and_mended(acme, ada, release_registry, link):
    _call(release_registry, name="Release\u3164", name_key="release\u1160")
    client = browser(ada)
    page = at("registries:settings", release_registry)
    assert client.get(page).status_code == 200
    assert client.get(of("collections:detail", Collection.objects.get(pk=link.collection.pk))).status_code == 200
    data = {"name": "Release", "description": "", "etag": etag_of(release_registry)}
    assert client.post(page, data).status_code == 302
    release_registry.refresh_from_db()
    assert release_registry.name == "Release"


def test_what_is_called_so_already_can_still_be_restricted(ada, release_registry):
    _call(release_registry, name="Release\u3164", description="\u202ebackwards")
    release_registry.add_types(Actor(ada), ["checkpoint"])
    release_registry.restrict(Actor(ada))
    assert Registry.objects.get(pk=release_registry.pk).is_restricted
