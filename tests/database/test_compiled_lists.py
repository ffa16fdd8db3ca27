"""Lists of few rows that compiled queries give: aliases, mappings of groups, the lineage of a version."""

from functools import partial

import pytest
from django.http import QueryDict

from registry_app.choices import Role
from registry_app.listings.aliases import AliasListing
from registry_app.listings.group_mappings import GroupMappingListing
from registry_app.listings.lineage import LineageListing
from registry_app.listings.registry_summary import RegistrySummary
from registry_app.listings.totals import Totals
from registry_app.listings.version_page import VersionPage
from registry_app.listings.weeks import week_bars
from registry_app.models import Actor, AliasRequest
from registry_app.permissions import get_link
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
    make_user,
    make_version,
    map_group,
    protect,
)

pytestmark = pytest.mark.django_db

ASKED = [
    (AliasListing, "", {"ada": 2, "mel": 1}),
    (AliasListing, "alias=staging", {"ada": 1, "mel": 1}),
    (AliasListing, "alias=Production", {"ada": 0, "mel": 0}),
    (GroupMappingListing, "", {"ada": 2, "mel": 2}),
    (LineageListing, "", {"ada": 2, "eve": 1}),
    (LineageListing, "side=outputs", {"ada": 2, "eve": 1}),
    (LineageListing, "side=inputs", {"ada": 1, "eve": 1}),
]


@pytest.fixture
def version(acme, globex, ada, mel, vision, models):
    """A version that others were made from, in a restricted registry too; each with an alias."""
    make_member(acme, make_user("eve"))
    hidden = make_registry(acme, ada, "Payroll", restricted=True)
    give_role(hidden, ada, Role.MEMBER)
    source = make_version(vision, "source")
    version = make_version(vision, made_from=(source,))
    for registry, name in ((models, "Churn"), (hidden, "Wages")):
        product = make_version(vision, name, made_from=(version,))
        make_link(make_collection(registry, name), product, "production")
    collection = make_collection(models, "Sources")
    make_link(collection, source, "staging")
    make_link(collection, version)
    for group in ("ml", "ops"):
        map_group(acme, group)
    map_group(globex, "ml")
    return version


@pytest.mark.parametrize(("listing", "query", "expected"), ASKED)
def test_each_person_has_the_rows_of_the_query(settings, acme, version, listing, query, expected):
    arguments = [version] if listing is LineageListing else []
    for name, count in expected.items():
        membership = acme.memberships.select_related("user", "organization").get(user__username=name)
        ask = partial(listing, membership, *arguments)
        rows = {}
        for compiled in (False, True):
            settings.COMPILED_QUERIES = compiled
            page = ask(QueryDict(query))
            rows[compiled] = page.page.rows, page.count if page.cap else None
        assert rows[True] == rows[False]
        assert len(rows[True][0]) == count, name


def test_each_person_has_the_totals_and_weeks_of_their_queries(settings, acme, models, version):
    for name, versions in {"ada": "4", "mel": "3"}.items():
        membership = acme.memberships.select_related("user", "organization").get(user__username=name)
        both = []
        for compiled in (False, True, True):
            settings.COMPILED_QUERIES = compiled
            both.append((Totals(membership).context, week_bars([models.pk], 3)))
        assert both[0] == both[1] == both[2]
        assert both[0][0]["numbers"]["versions"] == both[0][0]["weeks"]["total"] == versions


def test_each_person_has_the_page_of_a_version_of_its_queries(settings, acme, version, vision):
    """Another link in each registry, inputs and products of two generations, and a tag of its own."""
    hidden = acme.registries.get(name="Payroll")
    make_link(make_collection(hidden, "Bonus"), version)
    make_link(make_collection(acme.registries.get(name="Models"), "More"), version)
    product = version.made_into.get(artifact__name="Churn")
    make_version(vision, "last", made_from=(product,))
    link = version.links.get(collection__name="Sources")
    link.set_tags(COMMAND_LINE, ["own"])
    link.change_aliases(COMMAND_LINE, ["good"])
    for name, places, nodes in (("ada", 2, 5), ("mel", 1, 5), ("eve", 1, 3)):
        shown = []
        for compiled in (False, True, True):
            settings.COMPILED_QUERIES = compiled
            user = acme.memberships.get(user__username=name).user
            access, _, found = get_link(user, acme.slug, "Models", "Sources", link.number)
            context = VersionPage(access, found).context
            parts = {part: context[part] for part in ("tags", "marked", "elsewhere", "drawing", "alias_requests")}
            shown.append((parts, [each.event.pk for each in context["history"]]))
        assert shown[0] == shown[1] == shown[2]
        assert (len(parts["elsewhere"]), len(parts["drawing"].nodes), parts["tags"]) == (places, nodes, ["own"]), name
        assert len(shown[0][1]) == 3


def test_each_registry_has_the_summary_of_its_query(settings, acme, ada, mel, models, version):
    robot = make_user("robot", is_service=True)
    make_member(acme, robot)
    payroll = acme.registries.get(name="Payroll")
    payroll.add_types(Actor(ada), ["dataset", "eval"])
    make_collection(payroll, "Rows", type="dataset")
    protect(payroll, "production")
    protect(payroll, "Staging")
    link = payroll.collections.get(name="Wages").links.get()
    give_role(payroll, mel, Role.MEMBER)
    AliasRequest(link=link, alias="staging", user=mel, reason="Please").create(Actor(mel))
    found: dict = {}
    for compiled in (False, True, True):
        settings.COMPILED_QUERIES = compiled
        for registry in (models, payroll):
            summary = RegistrySummary(registry)
            told = summary.types, summary.protected, summary.people
            assert found.setdefault(registry.name, told) == told
            assert summary.people == registry.people_counted()
            assert registry.helpers() == list(registry.admins().who_can_help())
    assert [(row.name, row.used, row.preconfigured) for row in found["Models"][0]] == [("model", True, True)]
    assert [row.name for row in found["Payroll"][0]] == ["dataset", "eval", "model"]
    assert [row.used for row in found["Payroll"][0]] == [True, False, True]
    assert [(row.name, row.total) for row in found["Payroll"][1]] == [("Staging", 1), ("production", 0)]
    assert (found["Models"][2].services, found["Payroll"][2]) == (1, (2, 0))
