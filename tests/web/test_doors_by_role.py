"""§3: every address of a registry for each role in it, and every address at all for somebody who was deactivated."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Role
from registry_app.models import RegistryMember
from tests.client import at, browser, nothing_changes
from tests.factories import give_role, make_member, make_user
from tests.web.test_endpoint_matrix import (  # noqa: F401 (fixtures)
    ADDRESSES,
    METHODS,
    PEOPLE,
    REGISTRY_ADDRESSES,
    _something_of_everything,
    address_of,
    named,
    people,
    send,
)

ROLES = [Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN]
LOOK, ONLY_ADMINS, NOT_SO = "200 200 200 200", "403 403 403 200", "405 405 405 405"
FROM_MEMBERS = "403 403 200 200"
# What each address of a restricted registry answers, to a GET and to an empty form, in the order of ROLES.
BY_ROLE = {
    "registries:detail": (LOOK, NOT_SO),
    "registries:settings": (LOOK, "403 403 422 422"),
    "registries:activity": (LOOK, NOT_SO),
    "snapshots:registry": (LOOK, NOT_SO),
    "registries:restrict": (ONLY_ADMINS, "403 403 403 409"),
    "registries:delete": (ONLY_ADMINS, "403 403 403 409"),
    "registry_members:index": (LOOK, NOT_SO),
    "registry_members:explain": (LOOK, NOT_SO),
    "registry_members:who_can": (LOOK, NOT_SO),
    "registry_members:add": (ONLY_ADMINS, "403 403 403 422"),
    "registry_members:change": (ONLY_ADMINS, "403 403 403 422"),
    "registry_members:remove": (ONLY_ADMINS, "403 403 403 422"),
    "access_requests:create": (LOOK, "422 422 422 422"),
    "access_requests:answer": (ONLY_ADMINS, "403 403 403 422"),
    "accepted_types:add": (ONLY_ADMINS, "403 403 403 422"),
    "accepted_types:remove": (NOT_SO, "403 403 403 422"),
    "accepted_types:accept": (NOT_SO, "403 403 403 422"),
    "collections:create": (FROM_MEMBERS, "403 403 422 422"),
    "collections:detail": (LOOK, NOT_SO),
    "collections:edit": (FROM_MEMBERS, "403 403 422 422"),
    "collections:delete": (FROM_MEMBERS, "403 403 409 409"),
    "collections:activity": (LOOK, NOT_SO),
    "snapshots:collection": (LOOK, NOT_SO),
    "links:compare": (LOOK, NOT_SO),
    "protected_aliases:add": (NOT_SO, "403 403 403 422"),
    "protected_aliases:remove": (NOT_SO, "403 403 403 422"),
    "links:create": (FROM_MEMBERS, "403 403 422 422"),
    "links:detail": (LOOK, NOT_SO),
    "links:edit": (FROM_MEMBERS, "403 403 422 422"),
    "links:unlink": (FROM_MEMBERS, "403 403 422 422"),
}


def test_every_address_of_a_registry_is_in_the_table():
    assert BY_ROLE.keys() == REGISTRY_ADDRESSES.keys()


@pytest.mark.parametrize("name", BY_ROLE)
def test_section_3_every_address_answers_each_role_as_declared(acme, vault, named, name):  # noqa: F811
    holders = {}
    for role in ROLES:
        holders[role] = make_user(f"only-{role}".replace("_", "-"))
        make_member(acme, holders[role])
        give_role(vault, holders[role], role)
    address = address_of(name, vault)
    with nothing_changes():
        answers = [[send(holders, role, method, address) for role in ROLES] for method in METHODS]
    assert answers == [[int(status) for status in row.split()] for row in BY_ROLE[name]]


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


@pytest.mark.parametrize("name", [*ADDRESSES, *REGISTRY_ADDRESSES])
def test_section_3_the_deactivated_are_answered_like_nobody(people, golden, named, name):  # noqa: F811
    """Rob, admin of Golden, was signed in when his account was deactivated."""
    client, rob = browser(people["rob"]), people["rob"]
    rob.is_active = False
    rob.save()
    address = address_of(name, golden)
    rows = REGISTRY_ADDRESSES[name] if name in REGISTRY_ADDRESSES else ADDRESSES[name]
    for method, row in zip(METHODS, rows, strict=True):
        expected = int((row[0] if isinstance(row, tuple) else row).split()[PEOPLE.index("nobody")])
        data = {"csrfmiddlewaretoken": "sent along", "accepts_all_types": "on"} if method == "POST" else {}
        assert getattr(client, method.lower())(address, data).status_code == expected
