"""§3: which role may do what, and which role somebody has."""

import itertools

import pytest

from registry_app import rules
from registry_app.choices import Action, Kind, OrganizationRole, Permission, Role, Visibility
from tests.assertions import code_of

CORE, CUSTOM = Kind.CORE, Kind.CUSTOM
SHARED, RESTRICTED = Visibility.ORGANIZATION, Visibility.RESTRICTED
ROLES = [None, Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN]
ADMIN_ACTIONS = [
    Action.TYPE_ADD,
    Action.TYPE_REMOVE,
    Action.TYPES_ALL,
    Action.TYPES_LIST,
    Action.RESTRICT,
    Action.DELETE,
    Action.MEMBER_ADD,
    Action.MEMBER_CHANGE,
    Action.MEMBER_REMOVE,
    Action.REQUEST_GRANT,
    Action.REQUEST_DECLINE,
    Action.PROTECT,
    Action.UNPROTECT,
    Action.ALIAS_APPROVE,
    Action.ALIAS_DECLINE,
]
PUBLISHING = [
    Action.COLLECTION_CREATE,
    Action.COLLECTION_EDIT,
    Action.COLLECTION_DELETE,
    Action.LINK,
    Action.LINK_TAG,
    Action.UNLINK,
    Action.ALIAS_SET,
    Action.ALIAS_REMOVE,
    Action.ALIAS_REQUEST,
]


def test_the_ladder_has_every_role_once():
    assert [None, *rules.LADDER] == ROLES
    assert set(rules.LADDER) == set(Role)


def test_every_action_in_a_registry_says_the_role_it_needs():
    inside = ("registry.", "access.", "collection.", "link.", "alias.")
    asked = {action for action in Action if action.startswith(inside)} - {Action.CREATE, Action.REQUEST}
    assert set(rules.NEEDED) == {Permission.SEE, Permission.USE, *asked}
    assert asked == {Action.EDIT, *PUBLISHING, *ADMIN_ACTIONS}


@pytest.mark.parametrize(
    "action, lowest",
    [
        (Permission.SEE, Role.RESTRICTED_VIEWER),
        (Permission.USE, Role.VIEWER),
        (Action.EDIT, Role.MEMBER),
        *((action, Role.MEMBER) for action in PUBLISHING),
        *((action, Role.ADMIN) for action in ADMIN_ACTIONS),
    ],
)
def test_rule_10_each_action_from_its_lowest_role_up(action, lowest):
    for role in ROLES:
        expected = None if ROLES.index(role) >= ROLES.index(lowest) else "role_too_low"
        assert code_of(rules.refuse_role(action, role)) == expected


@pytest.mark.parametrize(
    "visibility, in_organization, expected",
    [  # the effective role, for each role given in the registry: none, restricted viewer, viewer, member, admin
        (SHARED, None, [None, None, None, None, None]),
        (RESTRICTED, None, [None, None, None, None, None]),
        (SHARED, OrganizationRole.MEMBER, [Role.VIEWER, Role.VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN]),
        (RESTRICTED, OrganizationRole.MEMBER, ROLES),
        (SHARED, OrganizationRole.ADMIN, [Role.ADMIN] * 5),
        (RESTRICTED, OrganizationRole.ADMIN, [Role.ADMIN] * 5),
    ],
)
def test_effective_role(visibility, in_organization, expected):
    assert [rules.effective_role(visibility, in_organization, given) for given in ROLES] == expected


MEMBERS = {Action.MEMBER_ADD, Action.MEMBER_CHANGE, Action.MEMBER_REMOVE, Action.PROTECT, Action.UNPROTECT}
MEMBERS |= {Action.REQUEST_GRANT, Action.REQUEST_DECLINE, Action.ALIAS_APPROVE, Action.ALIAS_DECLINE}
PUBLISH = {Permission.USE, *PUBLISHING}
ON_A_LIST = {Action.TYPE_ADD, Action.TYPE_REMOVE, Action.TYPES_ALL}


@pytest.mark.parametrize(
    "role, kind, visibility, accepts_all, expected",
    [
        (None, CUSTOM, SHARED, False, set()),
        (Role.RESTRICTED_VIEWER, CUSTOM, RESTRICTED, False, {Permission.SEE}),
        (Role.VIEWER, CUSTOM, SHARED, False, {Permission.SEE, Permission.USE}),
        (Role.MEMBER, CUSTOM, SHARED, False, {Permission.SEE, Action.EDIT} | PUBLISH),
        (Role.MEMBER, CORE, SHARED, False, {Permission.SEE} | PUBLISH),
        (
            Role.ADMIN,
            CUSTOM,
            SHARED,
            False,
            {Permission.SEE, Action.EDIT, Action.RESTRICT, Action.DELETE} | ON_A_LIST | MEMBERS | PUBLISH,
        ),
        (
            Role.ADMIN,
            CUSTOM,
            RESTRICTED,
            False,
            {Permission.SEE, Action.EDIT, Action.DELETE} | ON_A_LIST | MEMBERS | PUBLISH,
        ),
        (
            Role.ADMIN,
            CUSTOM,
            SHARED,
            True,
            {Permission.SEE, Action.EDIT, Action.RESTRICT, Action.DELETE, Action.TYPES_LIST} | MEMBERS | PUBLISH,
        ),
        (
            Role.ADMIN,
            CUSTOM,
            RESTRICTED,
            True,
            {Permission.SEE, Action.EDIT, Action.DELETE, Action.TYPES_LIST} | MEMBERS | PUBLISH,
        ),
        (Role.ADMIN, CORE, SHARED, False, {Permission.SEE, Action.TYPE_ADD} | MEMBERS | PUBLISH),
    ],
)
def test_what_each_may_do(role, kind, visibility, accepts_all, expected):
    assert rules.actions_of(role, kind, visibility, accepts_all) == expected


def test_a_control_that_is_shown_is_never_refused():
    for role, kind, visibility, accepts_all in itertools.product(ROLES, Kind, Visibility, [True, False]):
        for action in rules.actions_of(role, kind, visibility, accepts_all):
            assert rules.refuse_role(action, role) is None
            if action == Action.EDIT:
                assert rules.refuse_metadata(kind) is None
            if action == Action.DELETE:
                assert rules.refuse_delete(kind) is None
            if action == Action.RESTRICT:
                assert rules.refuse_visibility(kind, visibility, RESTRICTED) is None
            if action == Action.TYPE_ADD:
                assert rules.refuse_type_addition(accepts_all) is None
            if action == Action.TYPES_ALL:
                assert rules.refuse_all_types(kind) is None
