"""API tokens: what is kept of them, when they work, and what the log says."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from registry_app.models import Actor, ApiToken, AuditEvent, make_service_account
from registry_app.models.change import Gone
from registry_app.models.token import digest
from tests.assertions import refused
from tests.factories import make_member, make_token

LATER = timedelta(days=1)


def found(secret):
    """The token that `secret` opens."""
    return ApiToken.objects.with_secret(secret)


def test_a_secret_opens_its_token_and_is_kept_nowhere(mel):
    token = make_token(mel)
    assert re.fullmatch("local-[0-9a-f]{40}", token.secret)
    assert found(token.secret) == token
    row = ApiToken.objects.values().get()
    log = "".join(AuditEvent.objects.values_list("body", flat=True))
    assert token.secret[6:] not in f"{row}{log}"
    assert row["digest"] not in log
    assert not ApiToken.objects.get().secret


def test_no_two_secrets_are_the_same(mel):
    assert len({make_token(mel, f"token {number}").secret for number in range(20)}) == 20


@pytest.mark.parametrize("change", [str.upper, lambda s: s[:-1], lambda s: f"{s}0", lambda s: f" {s}", lambda s: s[6:]])
def test_only_the_secret_as_it_was_told_opens_a_token(mel, change):
    assert found(change(make_token(mel).secret)) is None


@pytest.mark.parametrize("text", ["", "local-", "local-" + "0" * 40, "\0", "é" * 46, "local-" + "٠" * 40, "x" * 10**6])
def test_other_texts_open_nothing(mel, text):
    make_token(mel)
    assert found(text) is None


def test_what_is_kept_of_a_secret_opens_nothing(mel):
    token = make_token(mel)
    assert found(token.digest) is None
    assert found(f"local-{token.digest[:40]}") is None
    assert token.digest == digest(token.secret)


def test_a_token_ends_at_its_time_when_revoked_and_with_its_user(mel):
    lasting, ending, revoked = (make_token(mel, name, expires_at=timezone.now() + LATER) for name in "abc")
    ApiToken.objects.filter(pk=ending.pk).update(created_at=timezone.now() - LATER, expires_at=timezone.now())
    revoked.revoke_by(Actor(mel))
    assert [bool(found(each.secret)) for each in (lasting, ending, revoked)] == [True, False, False]
    assert [each.expired for each in ApiToken.objects.order_by("name")] == [False, True, False]
    mel.is_active = False
    mel.save()
    assert found(lasting.secret) is None


def test_the_log_tells_of_issue_and_revocation(acme, mel, ada):
    token = make_token(mel, read_only=True)
    token.revoke_by(Actor(ada, "abc"), acme)
    token.revoke_by(Actor(ada, "def"), acme)  # twice is once
    issued, revoked = AuditEvent.objects.filter(action__startswith="token.").order_by("seq")
    assert (issued.action, issued.actor_id, issued.target_name) == ("token.issue", mel.pk, "laptop")
    assert issued.changes == {
        "expires": [None, "never"],
        "read_only": [None, True],
        "fingerprint": [None, digest(digest(token.secret))[:16]],
    }
    assert issued.related == {"user": {"type": "user", "id": mel.pk, "name": "mel"}}
    assert (revoked.action, revoked.actor_id, revoked.request_id) == ("token.revoke", ada.pk, "abc")


def test_section_3_others_neither_issue_nor_revoke(acme, globex, ada, mel, rob, sam):
    token, robot = make_token(mel), make_service_account(acme, "eval-ci", Actor(ada)).user
    new = ApiToken(user=mel, name="another")
    for attempt in (
        lambda: token.revoke_by(Actor(rob)),
        lambda: token.revoke_by(Actor(ada)),  # not as anybody's admin
        lambda: token.revoke_by(Actor(rob), acme),
        lambda: token.revoke_by(Actor(sam), globex),
        lambda: new.issue(Actor(ada)),
        lambda: new.issue(Actor(ada), acme),  # a person's is the person's own to issue
        lambda: ApiToken(user=robot, name="ci").issue(Actor(rob), acme),
        lambda: ApiToken(user=robot, name="ci").issue(Actor(sam), globex),
    ):
        with refused("role_too_low"):
            attempt()


def test_section_3_a_deactivated_account_gets_no_token(acme, ada, mel):
    """Else the token would work when the account is reactivated."""
    robot = make_service_account(acme, "eval-ci", Actor(ada)).user
    for user, by, where in ((mel, Actor(mel), None), (robot, Actor(ada), acme)):
        user.deactivate(Actor(ada), acme)
        user.is_active = True  # as it was read before
        with refused("account_inactive"):
            ApiToken(user=user, name="late").issue(by, where)


def test_revoking_a_stale_copy_keeps_the_first_time(mel):
    make_token(mel)
    one, other = ApiToken.objects.get(), ApiToken.objects.get()
    one.revoke_by(Actor(mel))
    other.revoke_by(Actor(mel))
    assert ApiToken.objects.get().revoked_at == one.revoked_at


def test_a_token_that_was_revoked_meanwhile_is_not_replaced(mel):
    make_token(mel)
    one, other = ApiToken.objects.get(), ApiToken.objects.get()
    one.revoke_by(Actor(mel))
    with pytest.raises(Gone):
        other.replace_by(Actor(mel))
    assert not ApiToken.objects.usable().exists()


def test_one_person_has_no_two_tokens_of_a_name(mel, rob):
    first = make_token(mel, "Laptop")
    make_token(rob, "laptop")
    with refused("token_name_taken"):
        make_token(mel, " laptop ")
    first.revoke_by(Actor(mel))
    make_token(mel, "laptop")
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.create(user=mel, name="LAPTOP", digest="0" * 64)


@pytest.mark.parametrize("name, code", [("", "blank"), ("a\u202eb", "name_invalid"), ("x" * 114, "max_length")])
def test_names_are_names(mel, name, code):
    before = ApiToken.objects.count()
    with pytest.raises(Exception) as caught, transaction.atomic():
        make_token(mel, name)
    assert code in {error.code for error in caught.value.error_dict["name"]}
    assert ApiToken.objects.count() == before


def test_a_token_is_not_born_expired(mel):
    with pytest.raises(IntegrityError), transaction.atomic():
        now = timezone.now()
        ApiToken.objects.create(user=mel, name="x", digest="0" * 64, created_at=now, expires_at=now)


def test_use_is_noted_at_most_once_a_minute(mel, django_assert_num_queries):
    make_token(mel)
    token = ApiToken.objects.get()
    token.seen()
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    with django_assert_num_queries(0):
        ApiToken(pk=token.pk, last_used_at=first).seen()
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    ApiToken.objects.get().seen()
    assert ApiToken.objects.get().last_used_at >= first


def test_the_tokens_of_an_organization_are_those_of_its_people(acme, globex, mel, rob, sam):
    tokens = [make_token(user) for user in (mel, rob, sam)]
    assert {*ApiToken.objects.of_organization(acme)} == {*tokens[:2]}
    make_member(globex, mel)
    assert {*ApiToken.objects.of_organization(globex)} == {tokens[0], tokens[2]}


def test_whoever_has_tokens_is_not_deleted(mel):
    mel.memberships.all().delete()
    make_token(mel)
    with pytest.raises(ProtectedError):
        mel.delete()
