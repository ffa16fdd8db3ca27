"""Rules 1 to 19, attempted in the Django admin by staff: forms, forged fields, inlines, actions, deletion."""

import pytest
from django.db import IntegrityError
from django.urls import reverse

from registry_app.audit.reconcile import find_drift
from registry_app.choices import Action, Kind, Role, Visibility
from registry_app.models import AcceptedType, Actor, AuditEvent, FormerName, Registry, RegistryMember
from registry_app.models.change import digest_of, etag_of
from tests.admin.pages import address, codes, last_entry, logged, refused, save, sent, told
from tests.client import state
from tests.factories import COMMAND_LINE, give_role, make_member, make_registry, make_user

ADD = reverse("admin:registry_app_registry_add")
GIVE = reverse("admin:registry_app_registrymember_add")
CUSTOM_LIST = {"visibility": "organization", "types": "model"}


def changes(entry):
    """What an entry says, but for who did it and when."""
    facts = entry.content
    return {name: facts[name] for name in ("action", "changes", "reason", "code")}


# Rules 1 to 9: what a registry is and who sees it.


def test_rule_1_nobody_adds_a_third_core_registry(staff, acme):
    with refused((Action.CREATE, "core_is_given")):
        response = save(staff, ADD, organization=acme.pk, name="Prompts", kind="core", **CUSTOM_LIST)
    assert (response.status_code, codes(response)) == (422, {"core_is_given"})


@pytest.mark.parametrize("name", ["Models", "datasets", " MODELS "])
def test_rule_1_nobody_takes_the_name_of_a_core_registry(name, staff, acme):
    with refused((Action.CREATE, "name_taken")):
        response = save(staff, ADD, organization=acme.pk, name=name, **CUSTOM_LIST)
    assert response.context["adminform"].form.has_error("name", "name_taken")


def test_rule_1_an_organization_founded_here_has_both(staff, root, sam):
    response = save(staff, reverse("admin:registry_app_organization_add"), name="Initech", admin=sam.pk)
    assert response.status_code == 302
    founded = sam.memberships.get().organization
    assert set(founded.registries.values_list("name", "kind")) == {("Models", "core"), ("Datasets", "core")}
    entries = AuditEvent.objects.filter(organization_id=founded.pk)
    assert {(entry.actor_name, entry.content["staff"]) for entry in entries} == {("root", True)}
    assert entries.filter(action=Action.ORGANIZATION_CREATE, target_name="Initech").exists()


def test_rules_2_to_6_fixed_fields_are_read_only_with_their_reason(staff, models, vault):
    page = staff.get(address("change", models))
    form = page.context["adminform"].form
    assert not form.fields.keys() & {"name", "description", "visibility", "accepts_all_types", "kind", "organization"}
    texts = page.context["adminform"].form._meta.help_texts
    assert all(refusal.reason in texts[name] for name, refusal in form.immutable.items())
    assert set(form.immutable) == {"name", "description", "visibility", "accepts_all_types", "kind", "organization"}
    assert "DELETE" not in page.text and "deletelink" not in page.text
    assert set(staff.get(address("change", vault)).context["adminform"].form.immutable) == {
        "kind",
        "organization",
        "visibility",
    }


@pytest.mark.parametrize(
    "field, value, code",
    [
        ("visibility", "restricted", "core_is_shared"),
        ("name", "Prompts", "core_is_fixed"),
        ("description", "Ours.", "core_is_fixed"),
        ("accepts_all_types", "on", "core_type_stays"),
        ("kind", "custom", "kind_stays"),
        ("organization", "0", "organization_stays"),
    ],
)
def test_rules_2_to_6_forged_fields_of_a_core_registry_are_refused(field, value, code, staff, models):
    with refused((Action.EDIT, code)):
        response = save(staff, address("change", models), **{field: value})
    assert (response.status_code, codes(response)) == (422, {code})


@pytest.mark.parametrize("name", ["model", "tokenizer"])
def test_rule_4_a_type_of_a_core_registry_is_not_deleted_on_its_own_page(name, staff, models):
    models.add_types(COMMAND_LINE, ["tokenizer"], confirmed=True)
    accepted = models.types.get(name=name)
    assert staff.get(address("delete", accepted)).status_code == 403
    assert "core registry" in staff.get(address("change", accepted)).text
    with refused((Action.TYPE_REMOVE, "core_type_stays")):
        assert staff.post(address("delete", accepted), {"post": "yes"}).status_code == 403


def test_rule_4_the_bulk_action_takes_off_what_may_go_and_tells_of_the_rest(staff, models, golden):
    rows = AcceptedType.objects.filter(name__in=["model", "dataset"], registry__in=[models, golden])
    action = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    question = staff.post(address("changelist", AcceptedType), action)
    assert (question.status_code, AcceptedType.objects.count()) == (200, 4)
    seq = last_entry()
    done = staff.post(address("changelist", AcceptedType), {**action, "post": "yes"}, follow=True)
    assert [accepted.name for accepted in models.types.all()] == ["model"]
    assert golden.type_names() == ["eval-suite"]
    assert set(logged(seq)) == {(Action.TYPE_REMOVE, ""), (Action.TYPE_REMOVE, "core_type_stays")}
    assert len(told(done)) == 2


def test_rule_4_a_type_is_never_changed_nor_added_past_its_registry(staff, models, golden):
    before, seq = state(), last_entry()
    forged = {"registry": models.pk, "name": "anything", "preconfigured": "on"}
    assert staff.post(reverse("admin:registry_app_acceptedtype_add"), forged).status_code == 403
    assert staff.post(address("change", golden.types.first()), forged).status_code == 403
    assert (state(), logged(seq)) == (before, [])


def test_rule_5_a_core_registry_is_not_deleted(staff, models):
    assert staff.get(address("delete", models)).status_code == 403
    with refused((Action.DELETE, "core_stays")):
        sure = {"confirmation": "Models", "etag": etag_of(models, (0, 0, 0, 0)), "post": "yes"}
        assert staff.post(address("delete", models), sure).status_code == 403


def test_rule_5_no_bulk_action_deletes_registries(staff, models, golden):
    action = {"action": "delete_selected", "_selected_action": [models.pk, golden.pk], "post": "yes"}
    with refused():
        staff.post(address("changelist", Registry), action)


@pytest.mark.parametrize("field, code", [("kind", "kind_stays"), ("organization", "organization_stays")])
def test_rule_6_kind_and_organization_stay(field, code, staff, golden, globex):
    with refused((Action.EDIT, code)):
        save(staff, address("change", golden), **{field: {"kind": "core", "organization": globex.pk}[field]})


def test_rule_7_a_registry_without_types_is_not_created(staff, acme):
    with refused((Action.CREATE, "types_missing")):
        response = save(staff, ADD, organization=acme.pk, name="Empty", visibility="organization", types=" , ")
    assert response.context["adminform"].form.has_error("types", "types_missing")


def test_rule_7_a_registry_of_some_types_and_one_of_all(staff, acme):
    save(staff, ADD, organization=acme.pk, name="Some", visibility="restricted", types="a, b, a")
    save(staff, ADD, organization=acme.pk, name="All", visibility="organization", accepts_all_types="on", types="c")
    some, all_types = Registry.objects.get(name="Some"), Registry.objects.get(name="All")
    assert (some.kind, some.visibility, some.type_names()) == (Kind.CUSTOM, Visibility.RESTRICTED, ["a", "b"])
    assert (all_types.accepts_all_types, all_types.type_names()) == (True, [])


@pytest.mark.parametrize(
    "name, code",
    [("a/b", "name_invalid"), ("\u202eab", "name_invalid"), ("x" * 114, "name_invalid"), ("a\x00b", "name_invalid")],
)
def test_names_are_judged_by_the_same_rule(name, code, staff, acme, golden):
    with refused((Action.CREATE, code)):
        save(staff, ADD, organization=acme.pk, name=name, **CUSTOM_LIST)
    with refused((Action.EDIT, code)):
        save(staff, address("change", golden), name=name)


def test_rule_8_an_organization_registry_is_restricted_with_its_name_typed(staff, golden, mel):
    page = staff.get(address("change", golden))
    assert "2 keep access, 1 lose it" in page.text
    response = save(
        staff, address("change", golden), visibility="restricted", confirmation="Golden Datasets", reason="Payroll."
    )
    golden.refresh_from_db()
    entry = AuditEvent.objects.first()
    assert (response.status_code, golden.visibility) == (302, Visibility.RESTRICTED)
    assert (entry.action, entry.reason, entry.changes["people"]) == (Action.RESTRICT, "Payroll.", [3, 2])


@pytest.mark.parametrize("name", ["", "Golden", "golden datasets"])
def test_rule_8_without_the_name_typed_nothing_is_restricted(name, staff, golden):
    with refused((Action.RESTRICT, "confirmation_differs")):
        response = save(staff, address("change", golden), visibility="restricted", confirmation=name, description="x")
    assert response.context["adminform"].form.has_error("confirmation", "confirmation_differs")


@pytest.mark.parametrize("value", ["organization", "", "anything"])
def test_rule_9_a_restricted_registry_never_opens_again(value, staff, vault):
    with refused((Action.EDIT, "restricted_stays")):
        save(staff, address("change", vault), visibility=value, confirmation="Vault", name="Open")


# Rules 10 to 15: names and types.


def test_rule_10_an_edit_here_is_logged_as_on_a_page(staff, root, ada, acme, client):
    here, there = (make_registry(acme, ada, name) for name in ("Here", "There"))
    response = save(staff, address("change", here), name="One", description="Two\nlines")
    by_admin = AuditEvent.objects.first()
    there.edit(Actor(ada), name="One more", description="Two\nlines")
    by_page = AuditEvent.objects.first()
    assert (by_admin.actor_name, by_admin.request_id, by_admin.registry_id) == (
        "root",
        response["X-Request-ID"],
        here.pk,
    )
    wanted = {**changes(by_page), "changes": {**by_page.changes, "name": ["Here", "One"]}}
    assert changes(by_admin) == wanted
    assert by_admin.changes["description"] == ["", "Two\nlines"]


def test_saving_without_a_change_logs_nothing(staff, golden, models, vault):
    for registry in (golden, models, vault):
        with refused():
            assert save(staff, address("change", registry)).status_code == 302


def test_rule_11_types_are_added_and_taken_off(staff, golden):
    seq = last_entry()
    save(staff, address("change", golden), types="text, image")
    assert staff.post(address("delete", golden.types.get(name="dataset")), {"post": "yes"}).status_code == 302
    assert golden.type_names() == ["eval-suite", "image", "text"]
    assert logged(seq) == [(Action.TYPE_ADD, ""), (Action.TYPE_REMOVE, "")]


def test_rule_11_a_type_in_use_stays(staff, golden, monkeypatch):
    monkeypatch.setattr(Registry, "types_in_use", lambda self: {"dataset"})
    accepted = golden.types.get(name="dataset")
    with refused((Action.TYPE_REMOVE, "type_in_use")):
        assert staff.post(address("delete", accepted), {"post": "yes"}).status_code == 403


def test_rule_11_the_last_type_stays(staff, golden):
    golden.remove_type(COMMAND_LINE, "eval-suite")
    with refused((Action.TYPE_REMOVE, "types_missing")):
        assert staff.post(address("delete", golden.types.get()), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("types, code", [("a/b", "type_invalid"), (",".join(map(str, range(501))), "types_too_many")])
def test_rule_11_types_are_judged_by_the_same_rule(types, code, staff, golden):
    with refused((Action.EDIT, code)):
        save(staff, address("change", golden), types=types)


def test_rule_12_from_a_list_to_all_types_and_back(staff, golden, monkeypatch):
    save(staff, address("change", golden), accepts_all_types="on")
    golden.refresh_from_db()
    assert (golden.accepts_all_types, golden.type_names()) == (True, [])
    monkeypatch.setattr(Registry, "types_in_use", lambda self: {"used"})
    seq = last_entry()
    save(staff, address("change", golden), accepts_all_types=None, types="text")
    golden.refresh_from_db()
    assert (golden.accepts_all_types, golden.type_names()) == (False, ["text", "used"])
    assert logged(seq) == [(Action.TYPES_LIST, "")]


def test_rule_12_no_type_is_added_while_all_are_accepted(staff, vault):
    with refused((Action.TYPE_ADD, "all_types_accepted")):
        response = save(staff, address("change", vault), types="text", description="Lost too")
    assert response.context["adminform"].form.has_error("types", "all_types_accepted")


def test_rule_12_a_list_needs_a_type(staff, vault):
    with refused((Action.TYPES_LIST, "types_missing")):
        save(staff, address("change", vault), accepts_all_types=None)


def test_rule_13_a_type_that_is_there_changes_nothing(staff, golden, models):
    for registry, name in ((golden, "dataset"), (models, "model")):
        with refused():
            assert save(staff, address("change", registry), types=name).status_code == 302


def test_rule_13_a_lookalike_is_added_when_it_is_sent_again(staff, golden):
    url = address("change", golden)
    with refused((Action.TYPE_ADD, "type_looks_alike")):
        question = save(staff, url, types="Datasets")
    assert staff.post(url, sent(question)).status_code == 302
    assert golden.type_names() == ["Datasets", "dataset", "eval-suite"]


def test_rule_13_a_confirmation_counts_for_what_was_asked_alone(staff, golden):
    with refused((Action.TYPE_ADD, "type_looks_alike")):
        question = save(staff, address("change", golden), types="Datasets")
    with refused((Action.TYPE_ADD, "type_looks_alike")):
        staff.post(address("change", golden), {**sent(question), "types": "DATASET"})


@pytest.mark.parametrize("types", ["model, Model", "suite, SUITES"])
def test_rule_13_a_new_registry_asks_about_types_that_look_alike(staff, acme, types):
    with refused((Action.CREATE, "type_looks_alike")):
        question = save(staff, ADD, organization=acme.pk, name="Silver", types=types)
    with refused((Action.CREATE, "type_looks_alike")):
        staff.post(ADD, {**sent(question), "types": f"{types}, suites"})
    assert staff.post(ADD, sent(question)).status_code == 302
    assert acme.registries.get(name="Silver").type_names() == sorted(types.split(", "))


def test_rule_13_a_list_instead_of_all_types_asks_about_what_looks_alike(staff, vault, monkeypatch):
    monkeypatch.setattr(Registry, "types_in_use", lambda self: frozenset({"model"}))
    url = address("change", vault)
    with refused((Action.TYPES_LIST, "type_looks_alike")):
        question = save(staff, url, accepts_all_types=None, types="Models")
    assert staff.post(url, sent(question)).status_code == 302
    assert vault.type_names() == ["Models", "model"]


@pytest.mark.parametrize("name", ["Golden Datasets", "golden datasets", "ＧＯＬＤＥＮ datasets"])
def test_rule_14_a_name_is_taken_whatever_its_case(name, staff, acme, golden, vault):
    with refused((Action.CREATE, "name_taken")):
        save(staff, ADD, organization=acme.pk, name=name, **CUSTOM_LIST)
    with refused((Action.EDIT, "name_taken")):
        response = save(staff, address("change", vault), name=name)
    assert response.context["adminform"].form.has_error("name", "name_taken")


def test_rule_15_a_rename_keeps_the_former_name(staff, golden):
    save(staff, address("change", golden), name="Silver")
    assert FormerName.objects.get(registry=golden).name == "Golden Datasets"


# Rules 16 to 19: what can't be taken back, and two at once.


def deletion(registry, **changed):
    """What the deletion page sends."""
    shown = {"etag": etag_of(registry, (0, 0, 0, 0))}
    return {"confirmation": registry.name, "reason": "", **shown, **changed}


def test_rule_16_a_custom_registry_is_deleted_with_its_name_typed(staff, root, golden):
    page = staff.get(address("delete", golden))
    assert set(sent(page)) == {"csrfmiddlewaretoken", *deletion(golden)}
    assert "Golden Datasets of Acme ML" in page.text  # another organization may have one of this name
    pk = golden.pk
    response = staff.post(address("delete", golden), {**sent(page), "confirmation": golden.name, "reason": "Old."})
    entry = AuditEvent.objects.first()
    assert (response.status_code, Registry.objects.filter(pk=pk).exists()) == (302, False)
    assert (entry.action, entry.target_name, entry.registry_id) == (Action.DELETE, "Golden Datasets", pk)
    assert (entry.reason, entry.actor_id) == ("Old.", root.pk)


@pytest.mark.parametrize(
    "changed, code",
    [
        ({"confirmation": "Golden"}, "confirmation_differs"),
        ({"confirmation": ""}, "confirmation_differs"),
        ({"etag": digest_of(7, 1)}, "stale_preview"),
        ({"etag": digest_of(1, (1, 0, 0, 0))}, "stale_preview"),
    ],
)
def test_rules_16_and_18_a_deletion_without_its_second_step_is_refused(changed, code, staff, golden):
    with refused((Action.DELETE, code)):
        response = staff.post(address("delete", golden), deletion(golden, **changed))
    assert (response.status_code, len(told(response))) == (409 if code == "stale_preview" else 422, 1)


def test_rule_16_a_forged_deletion_as_django_sends_it_is_refused(staff, golden):
    before = state()
    staff.post(address("delete", golden), {"post": "yes"})
    assert state() == before


def test_rule_17_whoever_creates_a_registry_is_its_admin(staff, root, acme):
    make_member(acme, root)
    save(staff, ADD, organization=acme.pk, name="Mine", **CUSTOM_LIST)
    assert list(Registry.objects.get(name="Mine").members.values_list("user", "role")) == [(root.pk, Role.ADMIN)]


def test_rule_17_staff_of_no_organization_get_no_role(staff, root, acme):
    save(staff, ADD, organization=acme.pk, name="Theirs", **CUSTOM_LIST)
    registry = Registry.objects.get(name="Theirs")
    assert (registry.created_by, registry.members.count()) == (root, 0)


def test_rule_18_a_type_is_added_to_a_core_registry_in_two_steps(staff, models):
    url = address("change", models)
    with refused():
        question = save(staff, url, types="tokenizer")
    assert question.status_code == 422
    assert staff.post(url, sent(question)).status_code == 302
    assert models.type_names() == ["model", "tokenizer"]


def test_rule_18_a_core_registry_asks_again_when_the_count_moved(staff, acme, models):
    question = save(staff, address("change", models), types="tokenizer")
    make_member(acme, make_user("new"))
    with refused():
        assert staff.post(address("change", models), sent(question)).status_code == 422


def test_rule_18_counts_that_moved_are_shown_again(staff, acme, golden, mel):
    url = address("change", golden)
    data = {**sent(staff.get(url)), "visibility": "restricted", "confirmation": golden.name}
    make_member(acme, make_user("new"))
    with refused((Action.RESTRICT, "stale_preview")):
        shown = staff.post(url, data)
    assert (shown.status_code, "2 keep access, 2 lose it" in shown.text) == (409, True)
    assert staff.post(url, sent(shown)).status_code == 302
    golden.refresh_from_db()
    assert golden.is_restricted


@pytest.mark.parametrize("etag", [None, "", "x", digest_of(1), digest_of(1, (9, 9)), digest_of(7, (2, 1))])
def test_rule_18_nothing_is_restricted_without_its_preview(etag, staff, golden):
    with refused((Action.RESTRICT, "stale_preview")):
        save(staff, address("change", golden), visibility="restricted", confirmation=golden.name, restriction=etag)


def test_rules_18_and_19_nothing_is_restricted_by_who_saw_another_version(staff, golden):
    url = address("change", golden)
    data = {**sent(staff.get(url)), "visibility": "restricted", "confirmation": golden.name}
    golden.edit(COMMAND_LINE, name=golden.name, description="Payroll")
    with refused((Action.RESTRICT, "stale_preview")):
        assert staff.post(url, data).status_code == 409


def test_rule_19_the_second_to_save_sees_both_values_and_decides(staff, golden):
    url = address("change", golden)
    data = {**sent(staff.get(url)), "description": "Mine"}
    golden.edit(COMMAND_LINE, name="Theirs", description="Theirs too")
    with refused((Action.EDIT, "edit_conflict")):
        shown = staff.post(url, data)
    errors = shown.context["adminform"].form.errors
    assert shown.status_code == 409
    assert "Theirs" in errors["name"][0] and "Theirs too" in errors["description"][0]
    assert (sent(shown)["description"], sent(shown)["name"]) == ("Mine", "Golden Datasets")
    assert staff.post(url, sent(shown)).status_code == 302
    golden.refresh_from_db()
    assert (golden.name, golden.description) == ("Golden Datasets", "Mine")


@pytest.mark.parametrize("etag", ["", "1", "x", digest_of(99), "9" * 10_000])
def test_rule_19_a_wrong_etag_changes_nothing(etag, staff, golden, models):
    before, seq = state(), last_entry()
    for registry in (golden, models):
        page = save(staff, address("change", registry), description="Overwritten", types="zebra", etag=etag)
        assert page.status_code in {409, 422}
    assert state() == before
    assert all(code for _, code in logged(seq))


@pytest.mark.parametrize("error", ["rule:restricted_stays", "rule:edit_conflict", "UNIQUE constraint failed: x.y"])
def test_what_the_database_refuses_is_no_500(error, staff, golden, monkeypatch):
    def lose(self, *args, **kwargs):
        raise IntegrityError(error)

    code = error.removeprefix("rule:") if "rule:" in error else "edit_conflict"
    monkeypatch.setattr(Registry, "edit", lose)
    with refused((Action.EDIT, code)):
        response = save(staff, address("change", golden), description="x")
    assert (response.status_code, codes(response)) == (422 if code == "restricted_stays" else 409, {code})
    monkeypatch.setattr(Registry, "delete_by", lose)
    with refused((Action.DELETE, code)):
        page = staff.post(address("delete", golden), deletion(golden))
    assert page.status_code == (422 if code == "restricted_stays" else 409)


def test_posted_fields_that_the_form_does_not_show_change_nothing(staff, golden, ada, sam):
    before = state()
    forged = {
        "created_by": sam.pk,
        "created_at": "2001-01-01",
        "updated_at_0": "2001-01-01",
        "name_key": "other",
        "id": 99,
        "consequence": "none",
        "deletion": "yes",
        "preconfigured": "on",
    }
    assert save(staff, address("change", golden), **forged).status_code == 302
    assert state() == before


# Roles in a registry.


def test_roles_are_given_and_taken(staff, golden, mel, rob, ada):
    seq = last_entry()
    assert staff.post(address("delete", golden.members.get(user=rob)), {"post": "yes"}).status_code == 302
    assert save(staff, GIVE, registry=golden.pk, user=mel.pk, role="viewer").status_code == 302
    assert set(golden.members.values_list("user", "role")) == {(ada.pk, Role.ADMIN), (mel.pk, Role.VIEWER)}
    entries = AuditEvent.objects.filter(seq__gt=seq).order_by("seq")
    assert [(entry.action, entry.changes) for entry in entries] == [
        (Action.MEMBER_REMOVE, {"role": ["admin", None]}),
        (Action.MEMBER_ADD, {"role": [None, "viewer"]}),
    ]
    assert [entry.related["holder"]["id"] for entry in entries] == [rob.pk, mel.pk]
    assert list(find_drift()) == []


@pytest.mark.parametrize("role", ["owner", "", "ADMIN"])
def test_no_other_role_is_given(role, staff, golden, mel):
    with refused():
        assert save(staff, GIVE, registry=golden.pk, user=mel.pk, role=role).status_code == 422


@pytest.mark.parametrize("pk", ["", "0", "-1", "x", "9" * 30, "\x00", "²"])
def test_keys_of_nothing_are_refused(pk, staff, golden):
    before = state()
    assert save(staff, ADD, organization=pk, name="New", **CUSTOM_LIST).status_code == 422
    assert save(staff, GIVE, registry=golden.pk, user=pk, role="admin").status_code == 422
    assert state() == before


def test_nobody_has_two_roles_in_a_registry(staff, golden, rob):
    with refused():
        assert save(staff, GIVE, registry=golden.pk, user=rob.pk, role="viewer").status_code == 422


def test_a_role_is_changed_on_its_own_page_and_its_person_stays(staff, golden, rob, mel):
    member = golden.members.get(user=rob)
    assert save(staff, address("change", member), role="viewer", user=mel.pk, registry=0).status_code == 302
    member.refresh_from_db()
    entry = AuditEvent.objects.first()
    assert (member.user, member.registry, member.role) == (rob, golden, Role.VIEWER)
    assert (entry.action, entry.changes) == (Action.MEMBER_CHANGE, {"role": ["admin", "viewer"]})


def test_rule_19_a_role_changed_meanwhile_is_a_conflict(staff, golden, rob):
    member = golden.members.get(user=rob)
    url = address("change", member)
    data = {**sent(staff.get(url)), "role": "viewer"}
    member.role = Role.MEMBER
    member.save_by(COMMAND_LINE)
    with refused((Action.MEMBER_CHANGE, "edit_conflict")):
        shown = staff.post(url, data)
    assert (shown.status_code, "Member" in shown.context["adminform"].form.errors["role"][0]) == (409, True)
    assert staff.post(url, sent(shown)).status_code == 302
    member.refresh_from_db()
    assert member.role == Role.VIEWER


def test_roles_are_taken_in_bulk_each_in_the_log(staff, golden, rob, mel):
    give_role(golden, mel, Role.VIEWER)
    rows = golden.members.filter(user__in=[rob, mel])
    action = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    seq = last_entry()
    staff.post(address("changelist", RegistryMember), action)
    assert list(golden.members.values_list("user__username", flat=True)) == ["ada"]
    assert logged(seq) == [(Action.MEMBER_REMOVE, "")] * 2
