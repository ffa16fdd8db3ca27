"""`reset_password`: a link that works once, for whom it was made, and until its day is over."""

from datetime import datetime, timedelta

import pytest
from allauth.account.forms import default_token_generator
from django.conf import settings
from django.test import Client

from registry_app.models import Actor, AuditEvent, make_service_account
from tests.client import Page
from tests.factories import COMMAND_LINE, PASSWORD

NEW = "another horse battery"
CHOSEN = {"password1": NEW, "password2": NEW}


def link_of(run, username):
    """The address in what the command prints."""
    done = run("reset_password", username)
    assert (done.status, done.err) == (0, "")
    (link,) = [word for word in done.out.split() if word.startswith(settings.PUBLIC_URL)]
    return link.removeprefix(settings.PUBLIC_URL)


def follow(link, client=None, **data):
    """Open the link, and post its form where it has one."""
    client = client or Client()
    page = client.get(link, follow=True)
    forms = Page(page).forms
    return client.post(forms[0].action, {**forms[0].data, **CHOSEN, **data}) if forms else page


def knows(user, password):
    """Whether `password` opens the account."""
    user.refresh_from_db()
    return user.check_password(password)


def test_the_link_works_once(run, mel):
    there = Client()
    there.force_login(mel)
    link = link_of(run, "mel")
    assert follow(link).status_code == 302
    assert knows(mel, NEW)
    assert there.get("/orgs/").status_code == 302  # her other sessions have ended
    response = follow(link, password1="yet another horse", password2="yet another horse")
    assert (response.status_code, bool(response.context["token_fail"])) == (200, True)
    assert knows(mel, NEW)


def test_the_log_tells_of_link_and_reset_and_not_the_link(run, mel):
    link = link_of(run, "mel")
    follow(link)
    made, used = AuditEvent.objects.filter(action__startswith="user.password").order_by("seq")
    assert (made.action, made.actor_name, made.target_name) == ("user.password.link", "command line", "mel")
    assert (used.action, used.actor_id, used.target_name) == ("user.password.reset", mel.pk, "mel")
    assert not any(word in made.body + used.body for word in (NEW, link.rsplit("-", 1)[1].strip("/")))


def test_choosing_does_not_sign_in(run, mel):
    """Else the link would pass by a second factor."""
    client = Client()
    follow(link_of(run, "mel"), client)
    assert client.get("/orgs/").status_code == 302


@pytest.mark.parametrize(
    "password, again", [("short", "short"), ("9471038562", "9471038562"), (NEW, "other"), ("", "")]
)
def test_a_password_that_is_none_changes_nothing_and_the_link_stays(run, mel, password, again):
    link = link_of(run, "mel")
    assert follow(link, password1=password, password2=again).context["form"].errors
    assert knows(mel, PASSWORD)
    assert follow(link).status_code == 302


def test_the_link_ends_after_a_day(run, mel, monkeypatch):
    link = link_of(run, "mel")
    later = datetime.now() + timedelta(hours=24, minutes=1)  # noqa: DTZ005, as Django's own clock of tokens
    monkeypatch.setattr(type(default_token_generator), "_now", lambda self: later)
    assert follow(link).context["token_fail"]
    assert knows(mel, PASSWORD)


def test_the_link_ends_when_the_password_changes_otherwise(run, mel):
    link = link_of(run, "mel")
    mel.set_password("changed by an admin")
    mel.save()
    assert follow(link).context["token_fail"]


def test_the_link_ends_when_its_owner_signs_in(run, mel):
    link = link_of(run, "mel")
    Client().force_login(mel)
    assert follow(link).context["token_fail"]


def test_the_link_ends_when_the_account_is_deactivated_for_good(run, acme, ada, mel):
    link = link_of(run, "mel")
    mel.deactivate(Actor(ada), acme)
    assert follow(link).context["token_fail"]
    mel.reactivate(Actor(ada), acme)
    assert follow(link).context["token_fail"]
    assert follow(link_of(run, "mel")).status_code == 302


def test_the_link_opens_no_other_account(run, mel, rob):
    link = link_of(run, "mel")
    key = link.rsplit("/", 2)[1].split("-", 1)[1]
    theirs = link_of(run, "rob")
    others = theirs.replace(theirs.rsplit("/", 2)[1].split("-", 1)[1], key)
    assert follow(others).context["token_fail"]
    assert knows(rob, PASSWORD)


@pytest.mark.parametrize("key", ["1-x", "zzzzzzzzzzzzz-x", "0-set-password", "1-é", "1-" + "x" * 5000, "1-%00"])
def test_other_links_lead_nowhere(mel, key):
    response = Client().get(f"/accounts/password/reset/key/{key}/")
    assert (response.status_code, bool(response.context["token_fail"])) == (200, True)


def test_a_second_factor_can_be_set_up_after_a_link_was_made(run, mel):
    """allauth may note the address as not verified, which must not be in the way."""
    follow(link_of(run, "mel"))
    mel.refresh_from_db()
    client = Client()
    client.force_login(mel)
    client.post("/accounts/reauthenticate/", {"password": NEW})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_what_it_refuses(run, acme, mel):
    make_service_account(acme, "eval-ci", COMMAND_LINE)
    mel.is_active = False
    mel.save()
    before = AuditEvent.objects.count()
    for username in ("mel", "eve", "eval-ci"):
        done = run("reset_password", username)
        assert (done.status, done.out) == (1, "")
    assert AuditEvent.objects.count() == before
