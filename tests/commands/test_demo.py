"""`demo`: an example organization in an empty installation, and nothing in any other."""

import re

import pytest

from registry_app.audit.chain import verify
from registry_app.choices import Role, Visibility
from registry_app.models import AuditEvent, Organization, Registry, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def passwords(run):
    """The demo is filled in; {username: password} as it printed them."""
    done = run("demo")
    assert done.status == 0
    return dict(re.findall(r"^(ada|mel|sam)  (\S+)  ", done.out, re.MULTILINE))


def test_three_people_log_in_with_the_printed_passwords(passwords, client):
    assert sorted(passwords) == ["ada", "mel", "sam"]
    assert [client.login(username=name, password=word) for name, word in passwords.items()] == [True] * 3
    assert not client.login(username="ada", password=passwords["mel"])


def test_no_password_is_kept_in_the_log(passwords):
    kept = " ".join(AuditEvent.objects.values_list("body", flat=True))
    assert not [word for word in passwords.values() if word in kept]


def test_rule_1_core_and_a_dozen_custom_registries_of_both_visibilities(passwords):
    example = Organization.objects.get(slug="example-org")
    assert [registry.name for registry in example.registries.core()] == ["Models", "Datasets"]
    custom = example.registries.custom()
    assert (custom.count(), custom.filter(visibility="restricted").count()) == (12, 5)


def test_ada_sees_all_mel_some_and_sam_another_organization(passwords):
    example = Organization.objects.get(slug="example-org")
    ada, mel = (example.memberships.get(user__username=name) for name in ("ada", "mel"))
    safety = Registry.objects.get(name="Safety_Classifiers")
    assert ada.registries().count() == 14
    restricted = mel.registries().filter(visibility=Visibility.RESTRICTED)
    assert set(restricted.values_list("name", flat=True)) == {"Prompt_Library", "Safety_Classifiers"}
    assert safety.members.get(user=mel.user).role == Role.MEMBER
    assert [it.organization.name for it in User.objects.get(username="sam").memberships.all()] == ["Partner Org"]


def test_the_log_is_whole_and_tells_of_refused_attempts(run, passwords):
    assert run("verify_audit").status == 0
    number, faults = verify()
    refused = set(AuditEvent.objects.exclude(code="").values_list("actor_name", "code"))
    assert (number, faults) == (AuditEvent.objects.count(), [])
    assert refused == {
        ("ada", "core_is_fixed"),
        ("ada", "core_is_shared"),
        ("ada", "core_stays"),
        ("ada", "restricted_stays"),
        ("mel", "alias_protected"),
        ("mel", "role_too_low"),
    }


def test_what_a_second_demo_would_change_is_nothing(run, passwords):
    before = AuditEvent.objects.count()
    assert run("demo").status == 1
    assert (AuditEvent.objects.count(), Organization.objects.count()) == (before, 2)


def test_an_installation_in_use_is_left_alone(run, acme):
    before = AuditEvent.objects.count()
    assert run("demo").status == 1
    assert (list(Organization.objects.all()), AuditEvent.objects.count()) == ([acme], before)
