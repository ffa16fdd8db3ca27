"""What all forms share: which fields they have, how refusals become their errors, and what lists are asked by."""

import pytest
from django.core.exceptions import BadRequest, ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict

from registry_app import forms, rules
from registry_app.models import Registry
from registry_app.models.change import etag_of
from registry_app.models.validation import raise_refusal
from tests.assertions import codes, codes_by_field

REGISTRY_FORMS = {
    forms.CreateForm: {"name", "description", "visibility", "accepts_all_types", "types", "confirmed"},
    forms.DetailsForm: {"name", "description", "etag"},
    forms.RestrictForm: {"confirmation", "reason", "etag", "keep", "others"},
    forms.DeleteForm: {"confirmation", "reason", "etag"},
    forms.AddTypesForm: {"types", "etag", "confirmed", "reason"},
    forms.RemoveTypeForm: {"types", "etag"},
    forms.AcceptForm: {"accepts_all_types", "types", "confirmed", "etag"},
}
PUBLISHED = {
    *("team", "new_team", "project", "name", "uri", "digest", "size", "file_count", "metadata", "run", "run_url"),
    *("made_from", "aliases", "tags", "reason"),
}
OTHERS = {
    forms.SetupForm: {"name", "username", "email", "password", "password_again"},
    forms.RegistryFilter: {"q", "visibility", "type", "role", "sort", "after", "before"},
    forms.ActivityFilter: {"kind", "before"},
    forms.AuditFilter: {"kind", "before", "q", "person", "registry", "action", "since", "until"},
    forms.PeopleFilter: {"q", "role", "team", "state", "after", "before"},
    forms.TeamFilter: {"q", "after", "before"},
    forms.CursorForm: {"after", "before"},
    forms.SearchForm: {"q", "registry", "type", "alias", "kind", "sort", "page"},
    forms.ArtifactFilter: {"q", "type", "sort", "after", "before"},
    forms.VersionForm: {
        *("project", "name", "type", "uri", "digest", "size", "file_count"),
        *("metadata", "run", "run_url", "made_from"),
    },
    forms.PublishForm: PUBLISHED,
    forms.RegistryPublishForm: PUBLISHED | {"collection", "type"},
    forms.ImportForm: {"file", "text", "etag"},
    forms.MemberRoleForm: {"role", "etag"},
    forms.ConfirmForm: set(),
    forms.SecondFactorForm: {"wanted"},
    forms.DeleteVersionForm: {"confirmation", "reason"},
    forms.ServiceForm: {"username"},
    forms.InviteForm: {"email", "role", "teams"},
    forms.JoinForm: {"username", "email", "password", "password_again"},
    forms.OrganizationForm: {"default_role", "members_create", "etag"},
    forms.GroupMappingForm: {"group", "role", "team", "team_role"},
    forms.ChangeMappingForm: {"role", "team_role", "etag"},
    forms.RemoveMappingForm: {"etag"},
    forms.TeamForm: {"name", "description"},
    forms.TeamSettingsForm: {"name", "description", "etag"},
    forms.ConfirmNameForm: {"confirmation"},
    forms.AddPeopleForm: {"people", "role"},
    forms.TokenForm: {"name", "life", "read_only"},
    forms.AddAccessForm: {"holders", "role", "ends_at"},
    forms.ChangeAccessForm: {"role", "ends_at", "etag"},
    forms.ExplainForm: {"person"},
    forms.WhoCanForm: {"role"},
    forms.RequestForm: {"role", "reason"},
    forms.TokenForm: {"name", "life", "read_only"},
    forms.AnswerForm: {"answer", "note"},
    forms.AliasAnswerForm: {"answer", "note", "etag"},
    forms.AliasRequestForm: {"alias", "reason"},
    forms.AliasFilter: {"alias", "after", "before"},
    forms.TimeZoneForm: {"time_zone"},
    forms.CreateCollectionForm: {"name", "type", "tags", "description"},
    forms.EditCollectionForm: {"name", "tags", "description", "etag"},
    forms.LinkForm: {"version", "aliases", "reason"},
    forms.LabelsForm: {"listed", "keep", "move", "aliases", "tags", "reason", "etag"},
    forms.PromoteForm: {"alias", "other", "reason", "etag"},
    forms.UnlinkForm: {"reason"},
    forms.ProtectForm: {"alias"},
    forms.UnprotectForm: {"alias"},
    forms.CollectionFilter: {"q", "type", "tag", "sort", "after", "before"},
    forms.NamesTyped: {"person", "people", "others", "teams", "holders"},
    forms.VersionFilter: {"q"},
    forms.CompareForm: {"v", "base", "only", "format"},
    forms.LinkFilter: {"q", "tag", "by", "metric", "sort", "after", "before"},
    forms.LineageFilter: {"side", "after", "before"},
    forms.KeyMetricsForm: {"etag"},
    forms.DayForm: {"on"},
    forms.HistoryFilter: {"kind", "before", "alias"},
}


@pytest.mark.parametrize(
    "form, fields", [*REGISTRY_FORMS.items(), *OTHERS.items()], ids=lambda value: getattr(value, "__name__", None)
)
def test_fields_bear_the_names_that_were_agreed(form, fields):
    assert form.base_fields.keys() == fields


def test_every_form_is_in_the_table():
    assert {form for form in vars(forms).values() if isinstance(form, type)} == REGISTRY_FORMS.keys() | OTHERS.keys()


def deleting(registry, **data):
    """The form that deletes, filled in well but for `data`."""
    shown = {"etag": etag_of(registry, (0, 0, 0, 0))}
    return forms.DeleteForm({"confirmation": registry.name, **shown, **data}, registry=registry, name=registry.name)


def test_the_token_is_sent_along_and_nothing_else(golden):
    assert deleting(golden, csrfmiddlewaretoken="x").is_valid()
    assert codes_by_field(deleting(golden, next="/")) == {"__all__": ["unknown_field"]}


@pytest.mark.parametrize(
    "registry, field, value, code",
    [
        ("golden", "kind", "core", "kind_stays"),
        ("golden", "kind", "custom", "unknown_field"),
        ("golden", "organization", "0", "organization_stays"),
        ("golden", "visibility", "restricted", "unknown_field"),
        ("golden", "accepts_all_types", "on", "unknown_field"),
        ("models", "kind", "custom", "kind_stays"),
        ("models", "visibility", "restricted", "core_is_shared"),
        ("models", "visibility", "organization", "unknown_field"),
        ("models", "accepts_all_types", "on", "core_type_stays"),
        ("models", "types", "x", "core_type_stays"),
        ("vault", "visibility", "organization", "restricted_stays"),
        ("vault", "visibility", "restricted", "unknown_field"),
    ],
)
def test_rules_2_4_6_and_9_a_field_that_is_not_shown_meets_its_own_rule(registry, field, value, code, request):
    form = deleting(request.getfixturevalue(registry), **{field: value})
    assert codes_by_field(form) == {"__all__": [code]}
    assert (form.status, form.error_count, form.codes) == (422, 1, {code})


@pytest.mark.parametrize("refusal", [rules.EDIT_CONFLICT, rules.STALE_PREVIEW])
def test_rules_18_and_19_what_moved_on_is_a_conflict(golden, refusal):
    form = deleting(golden)
    assert form.is_valid()
    assert form.status == 200
    assert not form.submit(raise_refusal, refusal)
    assert (form.status, codes_by_field(form)) == (409, {"__all__": [refusal.code]})


def test_what_a_verb_refuses_stands_on_its_field_or_on_the_form(golden):
    form = deleting(golden)
    form.is_valid()
    assert not form.submit(raise_refusal, rules.TYPES_MISSING, "reason")
    assert not form.submit(raise_refusal, rules.CORE_STAYS, "no such field")
    assert codes_by_field(form) == {"reason": ["types_missing"], "__all__": ["core_stays"]}
    assert set(codes(form.refusals())) == {"types_missing", "core_stays"}


def test_what_the_database_refuses_bears_the_code_of_its_rule(golden):
    def quietly():
        with transaction.atomic():
            Registry.objects.filter(pk=golden.pk).update(kind="core", version=2)

    form = deleting(golden)
    form.is_valid()
    assert not form.submit(quietly)
    assert codes_by_field(form) == {"__all__": ["kind_stays"]}


def test_an_error_that_is_of_no_rule_passes_through(golden):
    def broken():
        raise IntegrityError("something else")

    form = deleting(golden)
    form.is_valid()
    with pytest.raises(IntegrityError):
        form.submit(broken)


def test_a_verb_is_given_what_it_asks_for(golden):
    done = []
    form = deleting(golden)
    form.is_valid()
    assert form.submit(lambda *args, **kwargs: done.append((args, kwargs)), 1, reason="x")
    assert done == [((1,), {"reason": "x"})]


@pytest.mark.parametrize("etag", ["", "x", "9" * 10_000, "a\0"], ids=lambda value: value[:5])
def test_an_etag_of_any_text_comes_to_the_verb(golden, etag):
    form = deleting(golden, etag=etag)
    assert (form.is_valid(), form.cleaned_data["etag"]) == (True, etag)


# Filters.


@pytest.mark.parametrize("kind", [forms.RegistryFilter, forms.AuditFilter])
@pytest.mark.parametrize("query", ["q=a&q=b", "q=a&q=a", "q=a%00b", "before=a&before=b"])
def test_a_filter_that_nobody_gave_out_is_refused(kind, query):
    with pytest.raises(BadRequest):
        kind(QueryDict(query)).require()


@pytest.mark.parametrize("kind", [forms.RegistryFilter, forms.AuditFilter])
@pytest.mark.parametrize("query", ["q=", "utm_source=mail&utm_source=chat", "Q=a"])
def test_a_list_without_filters_of_its_own_is_the_whole_list(kind, query):
    form = kind(QueryDict(query))
    assert not any(form.require().values())
    assert form.active == []


def test_the_filters_that_are_set_are_told_in_words():
    form = forms.RegistryFilter(QueryDict("q=+gold+&role=admin&visibility=restricted&sort=-name&after=x"))
    assert form.require()["q"] == "gold"
    assert form.active == [("Search", "gold"), ("Visibility", "Restricted"), ("Your role", "Admin")]


def test_errors_of_the_law_keep_their_codes():
    with pytest.raises(ValidationError) as caught:
        raise_refusal(rules.NAME_TAKEN, "name")
    assert codes(caught.value) == ["name_taken"]
    assert raise_refusal(None) is None
