"""Rules 9, 14, 16, 19 and the last admin under several at once: real threads, each with a connection of its own."""

import subprocess
import sys
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections

from registry_app.audit.chain import verify
from registry_app.choices import Action, OrganizationRole, Role, Visibility
from registry_app.database import triggers
from registry_app.models import (
    Actor,
    ApiToken,
    AuditEvent,
    Collection,
    Invitation,
    Organization,
    OrganizationMembership,
    ProtectedAlias,
    Registry,
    User,
    Version,
    VersionData,
    create_organization,
    create_organization_with_admin,
    register,
)
from registry_app.models.change import Gone, etag_of
from registry_app.models.provisioning import edit_account
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_member,
    make_registry,
    make_token,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, TURNS = 8, 4


def outcome(act):
    """What came of it: "done", or the code of the refusal."""
    try:
        act()
    except ValidationError as error:
        return next(single.code for errors in error.error_dict.values() for single in errors)
    except IntegrityError as error:
        return triggers.refusal_of(error).code
    except (Gone, Registry.DoesNotExist, OrganizationMembership.DoesNotExist):
        return "gone"
    return "done"


def at_once(*acts):
    """Run each in a thread of its own, all starting together; the outcomes, in the same order."""
    outcomes = ["lost"] * len(acts)
    barrier = Barrier(len(acts))

    def run(number):
        try:
            barrier.wait(timeout=30)
            outcomes[number] = outcome(acts[number])
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def edit_as_shown(registry, by, text):
    """Through the verb, with the version that was read."""
    shown = Registry.objects.get(pk=registry.pk)
    shown.edit(by, name=shown.name, description=text, etag=etag_of(shown))


def save_as_read(registry, by, text):
    """Past the verb: read, change, save."""
    read = Registry.objects.get(pk=registry.pk)
    read.description, read.version = text, read.version + 1
    read.save()


@pytest.mark.parametrize("write", [edit_as_shown, save_as_read])
def test_rule_19_no_edit_is_lost(golden, ada, write):
    written = []

    def work(number):
        for turn in range(TURNS):
            text = f"{number}.{turn}"
            if (came := outcome(lambda text=text: write(golden, Actor(ada), text))) == "done":
                written.append(text)
            assert came in {"done", "edit_conflict"}

    assert set(at_once(*(lambda number=number: work(number) for number in range(PEOPLE)))) == {"done"}
    golden.refresh_from_db()
    assert golden.version == 1 + len(written)
    assert golden.description in written
    logged = AuditEvent.objects.of_registry(golden).filter(action=Action.EDIT).order_by("seq")
    if write is edit_as_shown:
        assert [entry.changes["description"][1] for entry in logged][-1] == golden.description
        assert {entry.changes["description"][1] for entry in logged} == set(written)
    assert verify()[1] == []


def test_rule_19_edits_without_a_shown_version_all_happen_one_after_the_other(golden, ada):
    acts = [
        lambda number=number: golden_of(golden).add_types(Actor(ada), [f"type-{number}"]) for number in range(PEOPLE)
    ]
    assert at_once(*acts) == ["done"] * PEOPLE
    golden.refresh_from_db()
    assert golden.version == 1 + PEOPLE
    assert len(golden.type_names()) == 2 + PEOPLE
    assert verify()[1] == []


def golden_of(registry):
    """The row read anew, as each request does."""
    return Registry.objects.get(pk=registry.pk)


def test_rule_19_of_edits_of_an_account_at_once_one_happens():
    nora = make_user("nora")  # in no organization, whose lock would be enough
    read = [User.objects.get(pk=nora.pk) for _ in range(PEOPLE)]

    def edit(account, number):
        edit_account(account, COMMAND_LINE, {"first_name": f"Nora {number}"}, etag=etag_of(account))

    acts = [lambda account=account, number=number: edit(account, number) for number, account in enumerate(read)]
    assert sorted(at_once(*acts)) == ["done"] + ["edit_conflict"] * (PEOPLE - 1)
    assert AuditEvent.objects.filter(action=Action.USER_EDIT).count() == 1
    assert verify()[1] == []


def test_a_password_that_is_changed_meanwhile_stays(mel):
    read = User.objects.get(pk=mel.pk)
    mel.change_password(Actor(mel), "another long one")
    edit_account(read, COMMAND_LINE, {"first_name": "Melanie"})
    mel.refresh_from_db()
    assert (mel.first_name, mel.check_password("another long one")) == ("Melanie", True)


@pytest.mark.parametrize("names", [["Twice", "Twice", "Twice"], ["Café", "CAFE\u0301", "ｃafé"]])
def test_rule_14_the_same_registry_created_at_once_is_one(acme, ada, mel, names):
    acts = [lambda name=name: make_registry(acme, ada, name) for name in names]
    assert sorted(at_once(*acts)) == ["done", "name_taken", "name_taken"]
    created = acme.registries.custom().get()
    assert created.members.count() == 1
    assert AuditEvent.objects.of_registry(created).count() == 1
    assert verify()[1] == []


def test_rule_14_renamed_to_one_name_at_once(acme, ada):
    registries = [make_registry(acme, ada, f"Shelf {number}") for number in range(3)]
    acts = [lambda row=row: row.edit(Actor(ada), name="One Name", description="") for row in registries]
    assert sorted(at_once(*acts)) == ["done", "name_taken", "name_taken"]
    assert acme.registries.filter(name_key="one name").count() == 1
    assert verify()[1] == []


def test_rules_9_and_19_restricting_against_editing(golden, ada, rob):
    came = at_once(
        lambda: golden_of(golden).restrict(Actor(ada), etag=etag_of(golden, (2, 1))),
        lambda: golden_of(golden).edit(Actor(rob), name="Silver", description="", etag=etag_of(golden)),
    )
    golden.refresh_from_db()
    assert (came, golden.visibility, golden.name) in [
        (["done", "edit_conflict"], Visibility.RESTRICTED, "Golden Datasets"),
        (["stale_preview", "done"], Visibility.ORGANIZATION, "Silver"),
    ]
    assert golden.version == 2
    assert verify()[1] == []


def test_rule_9_a_save_that_was_read_before_reopens_nothing(golden, ada):
    """One restricts; the others save the whole row as they read it while it was open."""
    read = [golden_of(golden) for _ in range(3)]
    for stale in read:
        stale.version += 1
    came = at_once(lambda: golden_of(golden).restrict(Actor(ada)), *(stale.save for stale in read))
    golden.refresh_from_db()
    assert came[0] == "done"
    assert golden.visibility == Visibility.RESTRICTED
    assert golden.version == 1 + came.count("done")


def test_rule_16_deleting_against_editing(golden, ada, rob):
    came = at_once(
        lambda: golden_of(golden).delete_by(Actor(ada)),
        lambda: golden_of(golden).edit(Actor(rob), name="Silver", description=""),
        lambda: golden_of(golden).delete_by(Actor(rob)),
    )
    assert sorted([came[0], came[2]]) == ["done", "gone"]
    assert came[1] in {"done", "gone"}
    assert not Registry.objects.filter(pk=golden.pk).exists()
    assert AuditEvent.objects.of_registry(golden).filter(action=Action.DELETE).count() == 1
    assert verify()[1] == []


def test_section_3_a_role_given_twice_at_once_is_one(golden, mel, ada):
    came = at_once(*[lambda: give_role(golden_of(golden), mel, Role.MEMBER)] * 2)
    assert "done" in came
    assert golden.members.filter(user=mel).count() == 1
    assert verify()[1] == []


@pytest.fixture
def eve(acme):
    """A second admin of Acme."""
    user = make_user("eve")
    make_member(acme, user, OrganizationRole.ADMIN)
    return user


@pytest.mark.parametrize("round_", range(3))
def test_section_3_two_admins_leaving_at_once_leave_one(acme, ada, eve, round_):
    hers, eves = (acme.memberships.get(user=user) for user in (ada, eve))
    answers = at_once(lambda: hers.delete_by(Actor(ada)), lambda: eves.delete_by(Actor(eve)))
    assert sorted(answers) == ["done", "last_admin"]
    assert acme.memberships.admins().count() == 1
    assert verify()[1] == []


def test_section_3_two_admins_removing_each_other_leave_one(acme, ada, eve):
    hers, eves = (acme.memberships.get(user=user) for user in (ada, eve))
    answers = at_once(lambda: hers.delete_by(Actor(eve)), lambda: eves.delete_by(Actor(ada)))
    assert sorted(answers) == ["done", "role_too_low"]  # whoever was removed first removes nobody
    assert acme.memberships.admins().count() == 1


def test_section_3_two_admins_stepping_down_at_once_leave_one(acme, ada, eve):
    def step_down(user):
        membership = acme.memberships.get(user=user)
        membership.role = OrganizationRole.MEMBER
        membership.save_by(Actor(user))

    assert sorted(at_once(lambda: step_down(ada), lambda: step_down(eve))) == ["done", "last_admin"]
    assert acme.memberships.admins().count() == 1
    assert verify()[1] == []


def test_rule_24_links_made_at_once_have_numbers_of_their_own(release_registry, vision, ada):
    collection = make_collection(release_registry)
    versions = [make_version(vision) for _ in range(PEOPLE)]
    acts = [
        lambda version=version: Collection.objects.get(pk=collection.pk).link(Actor(ada), version, ["newest"])
        for version in versions
    ]
    assert set(at_once(*acts)) == {"done"}
    assert sorted(collection.links.values_list("number", flat=True)) == list(range(PEOPLE))
    collection.refresh_from_db()
    assert collection.next_number == PEOPLE
    assert collection.aliases.count() == 1  # rule 25
    assert verify()[1] == []


def test_rule_24_processes_that_link_at_once_share_no_number(release_registry, vision):
    collection, name = make_collection(release_registry), connection.settings_dict["NAME"]
    shares = [[make_version(vision).pk for _ in range(TURNS)] for _ in range(4)]
    connection.close()
    words = [sys.executable, "-m", "tests.link_worker", str(name), str(collection.pk)]
    processes = [subprocess.Popen([*words, *map(str, share)], cwd=settings.BASE_DIR) for share in shares]
    assert [process.wait(120) for process in processes] == [0] * len(shares)
    assert sorted(collection.links.values_list("number", flat=True)) == list(range(4 * TURNS))
    assert set(collection.links.values_list("version", flat=True)) == {pk for share in shares for pk in share}
    assert verify()[1] == []


def test_rule_23_the_same_version_linked_at_once_is_linked_once(release_registry, vision, ada):
    collection, version = make_collection(release_registry), make_version(vision)
    acts = [lambda: Collection.objects.get(pk=collection.pk).link(Actor(ada), version)] * PEOPLE
    assert set(at_once(*acts)) == {"done"}
    assert list(collection.links.values_list("number", flat=True)) == [0]


def test_organizations_of_one_name_founded_at_once_get_addresses_of_their_own(ada):
    staff = Actor(None, staff=True)
    in_the_admin = lambda: create_organization("Acme ML", ada, staff)  # noqa: E731
    by_command = lambda: create_organization_with_admin("Acme ML", "ada", "", "", staff)  # noqa: E731
    assert at_once(*[in_the_admin, by_command] * TURNS) == ["done"] * 2 * TURNS
    slugs = ["acme-ml", *(f"acme-ml-{number}" for number in range(2, 2 * TURNS + 1))]
    assert list(Organization.objects.order_by("pk").values_list("slug", flat=True)) == slugs


def test_rule_28_one_digest_registered_at_once_is_one_version(vision, ada):
    facts = VersionData(digest="md5:x", uri="s3://b/x")
    acts = [lambda: register(vision, Actor(ada), "p", "n", "model", facts)] * PEOPLE
    assert set(at_once(*acts)) == {"done"}
    assert Version.objects.count() == 1


def test_rule_26_an_alias_protected_meanwhile_is_not_moved_by_a_member(release_registry, vision, mel, rob):
    collection = make_collection(release_registry)
    links = [make_link(collection, make_version(vision)) for _ in range(2)]
    links[0].change_aliases(Actor(rob), ["production"])
    act = lambda: links[1].change_aliases(Actor(mel), ["production"])  # noqa: E731
    protect = lambda: ProtectedAlias(registry=release_registry, name="production").save_by(Actor(rob))  # noqa: E731
    moved, protected = at_once(act, protect)
    assert protected == "done"
    assert moved in {"done", "alias_protected"}
    seqs = {event.action: event.seq for event in AuditEvent.objects.order_by("seq")}
    if moved == "done":  # it was before the protection
        assert seqs[Action.ALIAS_SET] < seqs[Action.PROTECT]


def test_section_3_an_invitation_is_accepted_before_its_maker_loses_the_role_or_not_at_all(acme, ada, sam, globex):
    ora = make_user("ora")
    make_member(acme, ora, OrganizationRole.ADMIN)
    invitation = Invitation(organization=acme, role=OrganizationRole.ADMIN)
    invitation.create(Actor(ora))

    def demote():
        membership = acme.memberships.get(user=ora)
        membership.role = OrganizationRole.MEMBER
        membership.save_by(Actor(ada))

    accepted, demoted = at_once(lambda: Invitation.objects.get().accept(Actor(sam)), demote)
    assert demoted == "done"
    assert accepted in {"done", "invitation_used"}
    invitation.refresh_from_db()
    assert acme.memberships.filter(user=sam).exists() == bool(invitation.used_at) == (accepted == "done")
    assert bool(invitation.revoked_at) == (accepted != "done")
    assert verify()[1] == []


@pytest.mark.parametrize("round_", range(3))
def test_section_3_an_invitation_replaced_at_once_is_replaced_once(acme, ada, round_):
    Invitation(organization=acme).create(Actor(ada))
    read = [Invitation.objects.get() for _ in range(PEOPLE)]
    acts = [lambda invitation=invitation: invitation.replace_by(Actor(ada)) for invitation in read]
    assert sorted(at_once(*acts)) == ["done"] + ["invitation_used"] * (PEOPLE - 1)
    assert acme.invitations.open().count() == 1
    assert verify()[1] == []


def test_section_3_a_token_replaced_and_revoked_at_once_is_one_of_them(mel):
    make_token(mel)
    read = [ApiToken.objects.get() for _ in range(PEOPLE)]
    acts = [lambda token=token: token.replace_by(Actor(mel)) for token in read[1:]]
    revoked, *replaced = at_once(lambda: read[0].revoke_by(Actor(mel)), *acts)
    assert (revoked, set(replaced) <= {"done", "gone"}) == ("done", True)
    assert ApiToken.objects.usable().count() == replaced.count("done") <= 1
    assert verify()[1] == []


def test_section_3_no_token_is_issued_or_revoked_past_the_end_of_its_account(acme, ada, mel):
    old = make_token(mel, "old")
    acts = [lambda number=number: ApiToken(user=mel, name=f"{number}").issue(Actor(mel)) for number in range(TURNS)]
    acts += [lambda: ApiToken.objects.get(pk=old.pk).revoke_by(Actor(mel)), lambda: close(mel, acme, ada)]
    *issued, revoked, closed = at_once(*acts)
    assert (revoked, closed) == ("done", "done")
    assert set(issued) <= {"done", "account_inactive"}
    mel.refresh_from_db()
    mel.reactivate(Actor(ada), acme)
    assert not ApiToken.objects.usable().exists()
    ended = AuditEvent.objects.filter(action=Action.TOKEN_REVOKE).count()
    assert ended == ApiToken.objects.count() == 1 + issued.count("done")
    assert verify()[1] == []


def close(user, organization, by):
    """Deactivate the account, as it is stored."""
    User.objects.get(pk=user.pk).deactivate(Actor(by), organization)
