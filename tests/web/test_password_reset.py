"""Password reset by mail: nobody learns who has an account, and a mail server that is down changes nothing."""

import os
import subprocess
import sys
from smtplib import SMTPServerDisconnected

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from tests.client import Page

ASK, DONE = "/accounts/password/reset/", "/accounts/password/reset/done/"
NEW = "another horse battery"


def ask(email, client=None):
    """Post the form."""
    return (client or Client()).post(ASK, {"email": email})


def test_the_link_in_the_mail_works(mel):
    client = Client()
    form = Page(client.get(ASK)).form_to(ASK)
    assert client.post(form.action, {**form.data, "email": "Mel@example.com"}).url == DONE
    (message,) = mail.outbox
    assert (message.to, message.from_email) == (["mel@example.com"], "registry@example.com")
    (link,) = [word for word in message.body.split() if word.startswith("http://testserver/")]
    page = client.get(link, follow=True)
    form = Page(page).forms[0]
    assert client.post(form.action, {**form.data, "password1": NEW, "password2": "other"}).status_code == 422
    assert client.post(form.action, {**form.data, "password1": NEW, "password2": NEW}).status_code == 302
    mel.refresh_from_db()
    assert mel.check_password(NEW)


def test_whoever_asks_does_not_learn_who_has_an_account(mel, rob):
    rob.is_active = False
    rob.save()
    known, unknown, inactive = (ask(email) for email in ("mel@example.com", "eve@example.com", "rob@example.com"))
    assert {(answer.status_code, answer.url) for answer in (known, unknown, inactive)} == {(302, DONE)}
    pages = {Client().get(answer.url).text for answer in (known, unknown, inactive)}
    assert len(pages) == 1
    assert len(mail.outbox) == 3  # and takes as long
    assert ["http" in message.body for message in mail.outbox] == [True, False, False]


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "é@", "mel@example.com\nbcc: eve@example.com", "x" * 400 + "@example.com"]
)
def test_what_is_no_address_gets_no_mail(mel, email):
    assert ask(email).status_code == 422
    assert not mail.outbox


def test_asking_is_limited(mel):
    client = Client()
    for _ in range(7):
        ask("mel@example.com", client)
    assert len(mail.outbox) == 5


def test_a_mail_server_that_is_down_changes_no_answer(mel, monkeypatch):
    def down(self, fail_silently=False):
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr(mail.EmailMessage, "send", down)
    assert ask("mel@example.com").url == ask("eve@example.com").url == DONE


def test_without_a_mail_server_nobody_asks_for_mail():
    """The page isn't there, and the sign-in page says who can help."""
    program = (
        "import django; django.setup()\n"
        "from django.test import RequestFactory; from django.template.loader import render_to_string\n"
        "from django.urls import resolve, reverse, Resolver404, NoReverseMatch\n"
        "page = render_to_string('account/login.html', request=RequestFactory().get('/'))\n"
        "assert 'Forgot your password? Ask' in page and 'Continue with' not in page\n"
        "assert reverse('account_reset_password_from_key', args=['1', 'x'])\n"
        "for name in ('account_reset_password', 'openid_connect_login'):\n"
        "    try: reverse(name, args=[] if name.startswith('account') else ['x'])\n"
        "    except NoReverseMatch: print(name)\n"
    )
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_EMAIL", "REGISTRY_OIDC"))
    }
    env = {**kept, "DJANGO_SETTINGS_MODULE": "config.settings", "REGISTRY_DEBUG": "true"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["account_reset_password", "openid_connect_login"]), (
        done.stderr
    )
