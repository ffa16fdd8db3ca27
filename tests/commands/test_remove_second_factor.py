"""`remove_second_factor`: all of one account's, and nobody else's; logged."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from registry_app.models import AuditEvent


def test_all_of_one_account_are_taken_away_and_logged(run, mel, rob):
    for user in (mel, rob):
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    done = run("remove_second_factor", "mel")
    assert (done.status, done.err) == (0, "")
    assert set(Authenticator.objects.values_list("user", flat=True)) == {rob.pk}
    event = AuditEvent.objects.order_by("seq").last()
    assert (event.action, event.actor_name, event.target_name) == ("user.factor.remove", "command line", "mel")
    assert event.changes == {"factor": [["recovery_codes", "totp"], None]}


def test_what_it_refuses(run, mel):
    before = AuditEvent.objects.count()
    for username in ("mel", "eve"):
        assert run("remove_second_factor", username).status == 1
    assert AuditEvent.objects.count() == before
