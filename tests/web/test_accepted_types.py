"""What a registry accepts, as pages change it: adding types, taking one off, all types or a list."""

import pytest
from django.contrib.messages import get_messages

from registry_app.choices import Action, Role
from registry_app.models import Actor, AuditEvent, Registry
from registry_app.models.change import etag_of
from registry_app.views import accepted_types as views
from tests.client import Page, at, browser, codes, logging, nothing_changes, nothing_happens, refused
from tests.factories import give_role, make_collection


@pytest.fixture
def used(monkeypatch):
    """A function that makes types be in use."""
    return lambda *names: monkeypatch.setattr(Registry, "types_in_use", lambda self: frozenset(names))


def etag_now(registry):
    """The etag that its pages show now."""
    return etag_of(Registry.objects.get(pk=registry.pk))


def add(user, registry, types, **data):
    """Post the form that adds types."""
    return browser(user).post(at("accepted_types:add", registry), {"types": types, "etag": etag_now(registry), **data})


def types_form(client, registry, page):
    """What the form to `page` would send, as the settings show it."""
    return Page(client.get(at("registries:settings", registry))).form_to(at(page, registry)).pressed


def done(registry, response):
    """The page that leads back to the registry's types."""
    return (response.status_code, response.url) == (302, f"{at('registries:settings', registry)}")


# Adding to a custom registry.


@pytest.mark.parametrize("person", ["ada", "rob"])
def test_rule_11_admins_add_types(golden, person, request):
    user = request.getfixturevalue(person)
    client = browser(user)
    shown = types_form(client, golden, "accepted_types:add")
    with logging() as events:
        response = client.post(at("accepted_types:add", golden), {**shown, "types": " model, RAG index v1.2 ,model"})
    assert done(golden, response)
    golden.refresh_from_db()
    assert golden.type_names() == ["RAG index v1.2", "dataset", "eval-suite", "model"]
    assert (golden.version, golden.types.get(name="model").added_by) == (2, user)
    (event,) = events
    assert (event.action, event.actor_name, event.request_id) == (Action.TYPE_ADD, person, response["X-Request-ID"])
    assert event.changes == {"types": [["dataset", "eval-suite"], ["RAG index v1.2", "dataset", "eval-suite", "model"]]}


def test_rule_11_a_member_adds_no_types(mel, golden):
    give_role(golden, mel, Role.MEMBER)
    with nothing_changes(), logging() as events:
        assert add(mel, golden, "model").status_code == 403
    assert [event.code for event in events] == ["role_too_low"]


def test_rule_13_adding_a_type_twice_changes_nothing_and_is_no_error(ada, golden):
    with nothing_happens():
        assert done(golden, add(ada, golden, "dataset"))
    assert add(ada, golden, "dataset, model").status_code == 302
    assert golden.type_names() == ["dataset", "eval-suite", "model"]


@pytest.mark.parametrize("lookalike", ["Dataset", "datasets", "EVAL-SUITES"])
def test_rule_13_a_lookalike_is_added_once_that_was_confirmed(ada, golden, lookalike):
    client, address = browser(ada), at("accepted_types:add", golden)
    data = {"types": lookalike, "etag": etag_of(golden)}
    response = refused(client, address, data, "type_looks_alike")
    assert [refusal.code for refusal in response.context["most_similar"]] == ["type_looks_alike"]
    confirmation = Page(response).form_to(address).pressed
    assert (confirmation["types"], confirmation["confirmed"]) == ([lookalike], ["on"])
    assert done(golden, client.post(address, confirmation))
    assert lookalike in golden.type_names()


def test_rule_13_a_lookalike_among_others_holds_all_of_them_back(ada, golden):
    refused(
        browser(ada),
        at("accepted_types:add", golden),
        {"types": "model, Dataset", "etag": etag_of(golden)},
        "type_looks_alike",
    )


@pytest.mark.parametrize("types", ["suite, Suite", "model, models"])
def test_rule_13_types_that_are_added_together_are_asked_about(ada, golden, models, types):
    for registry in (golden, models):
        client, address = browser(ada), at("accepted_types:add", registry)
        page = client.get(address, {"types": types})
        assert [refusal.code for refusal in page.context["most_similar"]][:1] == ["type_looks_alike"]
    refused(
        browser(ada), at("accepted_types:add", golden), {"types": types, "etag": etag_of(golden)}, "type_looks_alike"
    )


@pytest.mark.parametrize(
    "types, code",
    [
        ("", "types_missing"),
        (" , ", "types_missing"),
        ("a/b", "type_invalid"),
        ("model, a:b", "type_invalid"),
        ("x" * 129, "type_invalid"),
        (".hidden", "type_invalid"),
        ("a  b", "type_invalid"),
        ("<b>", "type_invalid"),
    ],
)
def test_what_is_no_type_is_not_added(ada, golden, types, code):
    response = refused(browser(ada), at("accepted_types:add", golden), {"types": types, "etag": etag_of(golden)}, code)
    assert Page(response).form_to(at("accepted_types:add", golden)).data["types"] == [
        types
    ]  # the field stays filled in


@pytest.mark.parametrize("page", ["accepted_types:add", "accepted_types:remove", "accepted_types:accept"])
def test_the_other_forms_beside_a_refused_one_still_work(ada, golden, page):
    client = browser(ada)
    response = client.post(at(page, golden), {"accepts_all_types": "on", "unheard": "of", "etag": etag_of(golden)})
    assert response.status_code == 422
    form = Page(response).form_to(at("registries:settings", golden))
    assert client.post(form.action, {**form.data, "description": "New"}).status_code == 302
    golden.refresh_from_db()
    assert golden.description == "New"


def test_rule_12_no_type_is_added_to_all(ada, vault):
    refused(
        browser(ada),
        at("accepted_types:add", vault),
        {"types": "model", "etag": etag_of(vault)},
        "all_types_accepted",
    )
    page = browser(ada).get(at("accepted_types:add", vault))
    assert (page.status_code, page.context["refusal"].code) == (200, "all_types_accepted")
    addresses = {form.action for form in Page(browser(ada).get(at("registries:settings", vault))).forms}
    assert at("accepted_types:add", vault) not in addresses


def test_rule_19_types_added_to_what_has_changed_are_a_conflict(ada, rob, golden):
    stale = types_form(browser(rob), golden, "accepted_types:add")
    golden.edit(Actor(ada), name="Golden Datasets", description="Changed")
    response = refused(
        browser(rob), at("accepted_types:add", golden), {**stale, "types": "model"}, "edit_conflict", 409
    )
    assert response.context["theirs"].actor_name == "ada"
    fresh = Page(response).form_to(at("accepted_types:add", golden)).data
    assert done(golden, browser(rob).post(at("accepted_types:add", golden), {**fresh, "types": "model"}))


# Adding to a core registry: two steps.


def test_rule_7_no_type_to_review_is_told_at_the_field(ada, models):
    client, address = browser(ada), at("accepted_types:add", models)
    assert client.get(address).status_code == 200
    page = client.get(address, {"types": " "})
    assert page.status_code == 422 and "types_missing" in page.context["form"].codes


def test_rule_18_a_core_type_is_shown_before_it_is_added(ada, models):
    client, address = browser(ada), at("accepted_types:add", models)
    with nothing_happens():
        page = client.get(address, {"types": "adapter, model,Checkpoint"})
    assert page.status_code == 200
    assert (page.context["wanted"], page.context["accepted"]) == (["adapter", "Checkpoint"], ["model"])
    form = Page(page).form_to(address)
    with logging() as events:
        assert done(models, client.post(form.action, {**form.pressed, "reason": "Fine-tuning"}))
    assert models.type_names() == ["Checkpoint", "adapter", "model"]
    assert not models.types.get(name="adapter").preconfigured
    assert [(event.action, event.reason) for event in events] == [(Action.TYPE_ADD, "Fine-tuning")]


def test_rule_18_a_core_type_that_was_not_shown_is_not_added(ada, models):
    data = {"types": "adapter", "etag": etag_of(models)}
    response = refused(browser(ada), at("accepted_types:add", models), data, "stale_preview", 409)
    form = Page(response).form_to(at("accepted_types:add", models))
    assert done(models, browser(ada).post(at("accepted_types:add", models), form.pressed))


def test_rule_18_what_changed_since_it_was_shown_is_shown_again(ada, models):
    client, address = browser(ada), at("accepted_types:add", models)
    shown = Page(client.get(address, {"types": "adapter"})).form_to(address).pressed
    models.add_types(Actor(ada), ["checkpoint"])
    response = refused(client, address, shown, "stale_preview", 409)
    assert response.context["accepted"] == ["checkpoint", "model"]
    fresh = Page(response).form_to(address).pressed
    assert fresh["types"] == ["adapter"]
    assert done(models, client.post(address, fresh))


def test_rule_18_a_settings_form_of_a_core_registry_only_asks(ada, models):
    forms = Page(browser(ada).get(at("registries:settings", models))).forms
    assert [form.method for form in forms if form.action == at("accepted_types:add", models)] == ["get"]


def test_rule_13_a_core_lookalike_is_pointed_out(ada, models):
    page = browser(ada).get(at("accepted_types:add", models), {"types": "Models"})
    assert [refusal.code for refusal in page.context["most_similar"]] == ["type_looks_alike"]


def test_rule_13_a_core_type_that_is_accepted_already_asks_for_nothing(ada, models):
    page = browser(ada).get(at("accepted_types:add", models), {"types": "model"})
    assert (page.status_code, page.context["wanted"]) == (200, [])
    with nothing_happens():
        assert done(models, add(ada, models, "model", confirmed="on"))


@pytest.mark.parametrize("types, code", [("a/b", "type_invalid"), ("x" * 129, "type_invalid")])
def test_a_preview_of_what_is_no_type_says_so(ada, models, types, code):
    with nothing_happens():
        page = browser(ada).get(at("accepted_types:add", models), {"types": types})
    assert (page.status_code, codes(page)) == (422, {code})


# Taking one off.


def remove(user, registry, name, **data):
    """Post the form that takes a type off."""
    return browser(user).post(
        at("accepted_types:remove", registry), {"types": name, "etag": etag_now(registry), **data}
    )


@pytest.mark.parametrize("person", ["ada", "rob"])
def test_rule_11_admins_take_a_type_off(golden, person, request):
    with logging() as events:
        assert done(golden, remove(request.getfixturevalue(person), golden, "dataset"))
    assert golden.type_names() == ["eval-suite"]
    (event,) = events
    assert (event.action, event.actor_name) == (Action.TYPE_REMOVE, person)
    assert event.changes == {"types": [["dataset", "eval-suite"], ["eval-suite"]]}


@pytest.mark.parametrize("name", ["model", "datasets", "Dataset", "no such type"])
def test_what_is_not_on_the_list_is_not_said_to_be_taken_off(ada, golden, vault, name):
    for registry in (golden, vault):
        with nothing_happens():
            response = remove(ada, registry, name)
        assert done(registry, response)
        (told,) = get_messages(response.wsgi_request)
        assert (told.level_tag, "no longer" in told.message) == ("info", False)


def test_taking_a_type_off_twice_is_said_once(ada, golden):
    told = []
    for _ in range(2):
        response = remove(ada, golden, "dataset")
        assert done(golden, response)
        told += [message.level_tag for message in get_messages(response.wsgi_request)]
    assert told == ["success", "info"]


def test_rule_4_nothing_is_taken_off_a_core_registry_listed_or_not(ada, models):
    data = {"types": "no such type", "etag": etag_of(models)}
    refused(browser(ada), at("accepted_types:remove", models), data, "core_type_stays")


@pytest.mark.parametrize("name", ["model", "adapter"])
def test_rule_4_a_core_type_stays(ada, models, name):
    models.add_types(Actor(ada), ["adapter"])
    data = {"types": name, "etag": etag_of(models)}
    refused(browser(ada), at("accepted_types:remove", models), data, "core_type_stays")
    page = Page(browser(ada).get(at("registries:settings", models)))
    assert at("accepted_types:remove", models) not in {form.action for form in page.forms}


def test_rule_11_a_type_in_use_stays(ada, golden):
    make_collection(golden, type="dataset")
    refused(
        browser(ada),
        at("accepted_types:remove", golden),
        {"types": "dataset", "etag": etag_of(golden)},
        "type_in_use",
    )
    page = Page(browser(ada).get(at("registries:settings", golden)))
    offered = [form.pressed["types"] for form in page.forms if form.action == at("accepted_types:remove", golden)]
    assert offered == [["eval-suite"]]
    assert done(golden, remove(ada, golden, "eval-suite"))


def test_rule_7_the_last_type_stays(ada, golden):
    golden.remove_type(Actor(ada), "dataset")
    data = {"types": "eval-suite", "etag": etag_of(golden)}
    refused(browser(ada), at("accepted_types:remove", golden), data, "types_missing")
    page = Page(browser(ada).get(at("registries:settings", golden)))
    assert at("accepted_types:remove", golden) not in {form.action for form in page.forms}


def test_rule_19_a_type_taken_off_what_has_changed_is_a_conflict(ada, golden):
    data = {"types": "dataset", "etag": etag_of(golden)}
    golden.add_types(Actor(ada), ["model"])
    refused(browser(ada), at("accepted_types:remove", golden), data, "edit_conflict", 409)


@pytest.mark.parametrize(
    "data, code",
    [
        ({"types": ""}, "required"),
        ({"types": "x" * 129}, "max_length"),
        ({"types": "a\0b"}, "null_characters_not_allowed"),
    ],
)
def test_what_is_no_form_takes_nothing_off(ada, golden, data, code):
    sent = {"types": "dataset", "etag": etag_of(golden), **data}
    refused(browser(ada), at("accepted_types:remove", golden), sent, code)


# All types, or a list.


def test_rule_12_from_a_list_to_all_and_back(ada, golden, used):
    client, address = browser(ada), at("accepted_types:accept", golden)
    with logging() as events:
        assert done(golden, client.post(address, types_form(client, golden, "accepted_types:accept")))
        golden.refresh_from_db()
        assert (golden.accepts_all_types, golden.type_names()) == (True, [])
        used("eval-suite", "dataset")
        back = types_form(client, golden, "accepted_types:accept")
        assert done(golden, client.post(address, {**back, "types": "model, dataset"}))
    golden.refresh_from_db()
    assert (golden.accepts_all_types, golden.type_names()) == (False, ["dataset", "eval-suite", "model"])
    assert [(event.action, event.changes) for event in events] == [
        (Action.TYPES_ALL, {"accepts_all_types": [False, True], "types": [["dataset", "eval-suite"], []]}),
        (Action.TYPES_LIST, {"accepts_all_types": [True, False], "types": [[], ["dataset", "eval-suite", "model"]]}),
    ]


def test_rule_12_types_in_use_are_a_list_of_their_own(ada, vault, used):
    used("dataset")
    assert done(vault, browser(ada).post(at("accepted_types:accept", vault), {"types": "", "etag": etag_of(vault)}))
    assert vault.type_names() == ["dataset"]


@pytest.mark.parametrize("types, joined", [("model, Model", "model, Model, dataset"), ("Dataset", "Dataset, dataset")])
def test_rule_13_a_list_instead_of_all_types_asks_about_what_looks_alike(ada, vault, used, types, joined):
    """What collections use joins the list, and is looked at too."""
    used("dataset")
    client, address = browser(ada), at("accepted_types:accept", vault)
    asked = refused(client, address, {"types": types, "etag": etag_of(vault)}, "type_looks_alike")
    form = Page(asked).form_to(address)
    assert f'name="confirmed" value="{joined}"' in asked.text
    assert (form.data["types"], "confirmed" in form.data) == ([types], False)  # the box is not ticked
    refused(client, address, {**form.data, "confirmed": types}, "type_looks_alike")
    assert done(vault, client.post(address, {**form.data, "confirmed": joined}))
    assert vault.type_names() == sorted(joined.split(", "))


def test_rule_7_a_list_of_nothing_is_none(ada, vault):
    refused(browser(ada), at("accepted_types:accept", vault), {"types": " ,", "etag": etag_of(vault)}, "types_missing")


def test_a_list_of_what_is_no_type_is_none(ada, vault):
    response = refused(
        browser(ada),
        at("accepted_types:accept", vault),
        {"types": "model, a/b", "etag": etag_of(vault)},
        "type_invalid",
    )
    assert Page(response).form_to(at("accepted_types:accept", vault)).data["types"] == ["model, a/b"]


def test_rule_4_a_core_registry_never_accepts_all(ada, models):
    data = {"accepts_all_types": "on", "etag": etag_of(models)}
    refused(browser(ada), at("accepted_types:accept", models), data, "core_type_stays")
    page = Page(browser(ada).get(at("registries:settings", models)))
    assert at("accepted_types:accept", models) not in {form.action for form in page.forms}


def test_accepting_all_twice_changes_nothing(ada, vault):
    with nothing_happens():
        data = {"accepts_all_types": "on", "etag": etag_of(vault)}
        assert done(vault, browser(ada).post(at("accepted_types:accept", vault), data))


@pytest.mark.parametrize("registry", ["golden", "models"])
def test_what_has_a_list_is_given_no_other(ada, registry, request):
    """No page offers it: the types of a list come and go one by one."""
    registry = request.getfixturevalue(registry)
    with nothing_changes():
        response = browser(ada).post(
            at("accepted_types:accept", registry), {"types": "model", "etag": etag_of(registry)}
        )
    assert response.status_code in {409, 422}


@pytest.mark.parametrize("data", [{"accepts_all_types": "on"}, {"types": "model"}])
def test_rule_19_a_choice_about_what_has_changed_is_a_conflict(ada, golden, vault, data):
    registry = golden if "accepts_all_types" in data else vault
    stale = {**data, "etag": etag_of(registry)}
    registry.edit(Actor(ada), name=registry.name, description="Changed")
    refused(browser(ada), at("accepted_types:accept", registry), stale, "edit_conflict", 409)


@pytest.mark.parametrize(
    "page, data",
    [
        ("accepted_types:add", {"types": "model"}),
        ("accepted_types:remove", {"types": "dataset"}),
        ("accepted_types:accept", {"accepts_all_types": "on"}),
    ],
)
def test_somebody_deletes_the_registry_between_door_and_lock(ada, golden, page, data, monkeypatch):
    client, sent, real = browser(ada), {**data, "etag": etag_of(golden)}, views.actor_of

    def meanwhile(request):
        Registry.objects.get(pk=golden.pk).delete_by(Actor(ada))
        return real(request)

    monkeypatch.setattr(views, "actor_of", meanwhile)
    assert client.post(at(page, golden), sent).status_code == 404
    assert AuditEvent.objects.filter(registry_id=golden.pk).first().action == Action.DELETE
