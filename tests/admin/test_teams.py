"""Teams, invitations and roles of teams, changed in the Django admin by staff."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Action, Role
from registry_app.models import (
    ApiToken,
    AuditEvent,
    GroupMapping,
    Invitation,
    RegistryMember,
    Team,
    TeamMembership,
    make_service_account,
)
from registry_app.models.event import reference
from tests.admin.pages import address, codes, last_entry, logged, refused, save, sent
from tests.factories import COMMAND_LINE, give_team_role, make_invitation, make_team, make_token, map_group


def added(model):
    """The address that adds one."""
    return reverse(f"admin:registry_app_{model._meta.model_name}_add")


def test_a_group_is_mapped_changed_and_unmapped_by_its_verbs(staff, acme, globex, vision):
    seq, there = last_entry(), {"organization": acme.pk, "group": " ml ", "team": vision.pk}
    assert save(staff, added(GroupMapping), **there).status_code == 302
    mapping = acme.group_mappings.get()
    assert (mapping.group, mapping.team, mapping.team_role, mapping.provider) == ("ml", vision, "member", "127-0-0-1-9")
    assert save(staff, address("change", mapping), role="admin", group="other").status_code == 302
    mapping.refresh_from_db()
    assert (mapping.group, mapping.role) == ("ml", "admin")
    assert staff.post(address("delete", mapping), {"post": "yes"}).status_code == 302
    assert logged(seq) == [(Action.GROUP_MAP, ""), (Action.GROUP_CHANGE, ""), (Action.GROUP_UNMAP, "")]


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"group": "ml"}, "group_mapped"),
        ({"group": "a\nb"}, "group_invalid"),
        ({"group": "  "}, "required"),
        ({"group": "x" * 257}, "max_length"),
    ],
)
def test_what_is_no_mapping_is_refused_here_too(staff, acme, changes, code):
    map_group(acme, "ml")
    with refused((Action.GROUP_MAP, code)):
        response = save(staff, added(GroupMapping), organization=acme.pk, **changes)
    assert (response.status_code, codes(response)) == (422, {code})


def test_no_group_is_mapped_to_a_team_of_another_organization(staff, globex, vision):
    with refused((Action.GROUP_MAP, "not_in_organization")):
        response = save(staff, added(GroupMapping), organization=globex.pk, group="ml", team=vision.pk)
    assert response.status_code == 422


def test_a_team_is_made_edited_and_deleted_by_its_verbs(staff, root, acme, vault):
    seq = last_entry()
    assert save(staff, added(Team), organization=acme.pk, name=" Vision ", description="Images").status_code == 302
    team = acme.teams.get()
    give_team_role(vault, team, Role.VIEWER)
    assert save(staff, address("change", team), name="Sight").status_code == 302
    assert staff.post(address("delete", team), {"post": "yes"}).status_code == 302
    done = [(Action.TEAM_CREATE, ""), (Action.MEMBER_ADD, ""), (Action.TEAM_EDIT, ""), (Action.TEAM_DELETE, "")]
    assert (logged(seq), team.name) == (done, "Vision")
    entry = AuditEvent.objects.first()
    assert (entry.actor_id, entry.target_name, entry.related) == (
        root.pk,
        "Sight",
        {"registry_roles": [{"type": "registry", "id": vault.pk, "name": "Vault", "role": "viewer"}]},
    )
    assert not RegistryMember.objects.filter(team__isnull=False).exists()


@pytest.mark.parametrize("name, code", [("a/b", "name_invalid"), ("VISION", "name_taken")])
def test_a_team_has_a_name_of_its_own(staff, acme, vision, name, code):
    with refused((Action.TEAM_CREATE, code)):
        assert code in codes(save(staff, added(Team), organization=acme.pk, name=name))
    other = make_team(acme, "Other")
    with refused((Action.TEAM_EDIT, code)):
        assert code in codes(save(staff, address("change", other), name=name))


def test_rule_19_a_team_edited_meanwhile_is_a_conflict(staff, vision):
    data = {**sent(staff.get(address("change", vision))), "name": "Mine"}
    vision.edit(COMMAND_LINE, name="Theirs", description="")
    with refused((Action.TEAM_EDIT, "edit_conflict")):
        assert staff.post(address("change", vision), data).status_code == 409


def test_somebody_is_put_into_a_team_changed_and_taken_out(staff, ada, vision):
    seq = last_entry()
    assert save(staff, added(TeamMembership), team=vision.pk, user=ada.pk, role="member").status_code == 302
    membership = vision.memberships.get(user=ada)
    assert save(staff, address("change", membership), role="admin").status_code == 302
    assert staff.post(address("delete", membership), {"post": "yes"}).status_code == 302
    assert [action for action, _ in logged(seq)] == [
        Action.TEAM_MEMBER_ADD,
        Action.TEAM_MEMBER_CHANGE,
        Action.TEAM_MEMBER_REMOVE,
    ]


def test_strangers_are_not_put_into_a_team(staff, sam, globex, vision):
    with refused((Action.TEAM_MEMBER_ADD, "not_in_organization")):
        save(staff, added(TeamMembership), team=vision.pk, user=sam.pk, role="member")


def test_an_invitation_is_shown_without_its_secret_and_revoked(staff, acme, vision):
    invitation, token = make_invitation(acme, email="nora@example.com")
    assert '<div class="readonly">None</div>' in staff.get(address("change", invitation)).text
    Invitation.objects.update(teams=[reference(vision)])
    vision.edit(COMMAND_LINE, name="Sight", description="")
    assert "Sight" in staff.get(address("change", invitation)).text
    for url in (address("changelist", Invitation), address("change", invitation)):
        page = staff.get(url).text
        assert "nora@example.com" in page and token not in page and invitation.token_hash not in page
    seq = last_entry()
    action = {"action": "revoke", "_selected_action": invitation.pk}
    for _ in range(2):
        assert staff.post(address("changelist", Invitation), action).status_code == 302
    assert logged(seq) == [(Action.INVITE_REVOKE, "")]
    assert Invitation.objects.of_token(token) is None


def test_a_token_is_shown_without_its_secret_and_revoked(staff, acme, mel):
    token = make_token(mel, "laptop")
    for url in (address("changelist", ApiToken), address("change", token)):
        page = staff.get(url).text
        assert "laptop" in page and token.secret not in page and token.digest not in page
    seq = last_entry()
    action = {"action": "revoke", "_selected_action": token.pk}
    for _ in range(2):  # twice is once
        assert staff.post(address("changelist", ApiToken), action).status_code == 302
    assert not ApiToken.objects.usable().exists()
    assert logged(seq) == [(Action.TOKEN_REVOKE, "")]


def test_a_role_of_a_team_gets_an_end(staff, vault, vision):
    member = give_team_role(vault, vision, Role.VIEWER)
    end = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    assert save(staff, address("change", member), ends_at=f"{end:%Y-%m-%d %H:%M:%S}").status_code == 302
    member.refresh_from_db()
    assert (member.ends_at, member.role) == (end, Role.VIEWER)
    assert save(staff, address("change", member), role="member").status_code == 302  # its end is sent along
    past = f"{end - timedelta(days=9):%Y-%m-%d %H:%M:%S}"
    with refused((Action.MEMBER_CHANGE, "end_date_past")):
        save(staff, address("change", member), ends_at=past)


def test_a_registry_gives_a_role_to_a_team(staff, vault, vision):
    role = {"registry": vault.pk, "team": vision.pk, "role": "viewer"}
    assert save(staff, added(RegistryMember), **role).status_code == 302
    assert vault.members.get(team=vision).role == Role.VIEWER


def test_a_service_account_gets_no_password(staff, acme):
    robot = make_service_account(acme, "eval-ci", COMMAND_LINE).user
    url = reverse("admin:auth_user_password_change", args=[robot.pk])
    secret = "a new and quite long secret"
    with refused():
        assert staff.get(url).status_code == 403
        assert staff.post(url, {"password1": secret, "password2": secret}).status_code == 403
