"""§3: what each role may do, when it ends, and that what one can't see is answered like what isn't there."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Role
from registry_app.models import Actor, RegistryMember
from tests.client import at, browser, logging, nothing_changes, nothing_happens, told
from tests.factories import give_role
from tests.web.endpoints import OF_REGISTRY


@pytest.mark.parametrize("role", [None, Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN])
@pytest.mark.parametrize(
    "page",
    [
        "registries:settings",
        "registries:restrict",
        "registries:delete",
        *(name for name in OF_REGISTRY if name.startswith("accepted_types:")),
    ],
)
def test_rule_10_and_section_3_each_page_from_the_role_that_it_needs(mel, golden, page, role):
    if role:
        give_role(golden, mel, role)
    allowed = role == Role.ADMIN or (role == Role.MEMBER and page == "registries:settings")
    with nothing_changes(), logging() as events:
        response = browser(mel).post(at(page, golden), {"unheard": "of", "accepts_all_types": "on"})
    assert response.status_code == (422 if allowed else 403)
    assert {event.code for event in events} >= ({"unknown_field"} if allowed else {"role_too_low"})
    if not allowed:
        assert [(event.actor_id, event.registry_id, event.target_name) for event in events] == [
            (mel.pk, golden.pk, "Golden Datasets")
        ]
        assert all(f"{name}@example.com" in response.text for name in ("ada", "rob"))  # who can help


def test_looking_where_one_may_not_act_is_no_attempt(mel, golden):
    with nothing_happens():
        assert browser(mel).get(at("registries:delete", golden)).status_code == 403


def test_403_does_not_name_admins_who_can_no_longer_sign_in(mel, rob, golden):
    rob.is_active = False
    rob.save()
    page = browser(mel).get(at("registries:delete", golden)).text
    assert "ada@example.com" in page
    assert "rob" not in page


def test_section_3_rights_end_at_once(acme, ada, mel, rob, vault):
    his = browser(rob)
    assert his.get(at("registries:detail", vault)).status_code == 200
    vault.members.get(user=rob).delete_by(Actor(ada))
    assert his.get(at("registries:detail", vault)).status_code == 404
    hers = browser(mel)
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert hers.get(acme.get_absolute_url()).status_code == 404
    mel.is_active = False
    mel.save()
    assert hers.get(reverse("organizations:index")).status_code == 302


def test_section_3_a_role_that_has_ended_counts_at_no_door(mel, golden, vault):
    """Golden is open to all of Acme, so the role that ended is above one that stays."""
    ended = timezone.now() - timedelta(seconds=1)
    for registry in (golden, vault):
        RegistryMember.objects.filter(pk=give_role(registry, mel, Role.ADMIN).pk).update(ends_at=ended)
    client = browser(mel)
    assert client.get(at("registries:detail", golden)).context["role"] == Role.VIEWER
    assert client.get(at("registries:detail", vault)).status_code == 404
    for page in ("registries:restrict", "registries:delete", "registry_members:add"):
        with nothing_changes():
            assert client.get(at(page, golden)).status_code == client.post(at(page, golden), {}).status_code == 403
    rows = client.get(reverse("registries:index", args=[golden.organization.slug])).context["rows"]
    assert [(row["name"], row["role"]) for row in rows] == [("Golden Datasets", "Viewer")]


# What one can't see isn't there.


def test_section_3_a_former_name_of_a_hidden_registry_is_answered_like_none(acme, ada, mel, vault):
    vault.edit(Actor(ada), name="Safe", description="")
    client = browser(mel)
    assert told(client, "GET", "registries:detail", acme.slug, "Vault") == told(
        client, "GET", "registries:detail", acme.slug, "Fault"
    )


def test_section_3_a_restriction_closes_the_door_behind_it(acme, ada, mel, golden):
    client = browser(mel)
    before = told(client, "GET", "registries:settings", acme.slug, "Golden Datasets")
    golden.restrict(Actor(ada))
    after = told(client, "GET", "registries:settings", acme.slug, "Golden Datasets")
    assert (before[0][0], after[0][0]) == (200, 404)
    assert after == told(client, "GET", "registries:settings", acme.slug, "Silver Datasets")
