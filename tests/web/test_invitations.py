"""Invitations: a link into an organization, shown once, that works once."""

import re
from datetime import timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.mail.backends import locmem
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Action, OrganizationRole, TeamRole
from registry_app.models import Actor, AuditEvent, Invitation, User
from registry_app.views import invitations as views
from tests.client import Page, browser, codes, logging, nothing_changes, nothing_happens, refused
from tests.factories import PASSWORD, make_invitation, make_member, make_team, make_user

ACCOUNT = {"username": "nora", "email": "nora@example.com", "password": PASSWORD, "password_again": PASSWORD}


def invite(organization):
    """The address of the page that makes invitations."""
    return reverse("invitations:create", args=[organization.slug])


def revoke(invitation):
    """The address that revokes one."""
    return reverse("invitations:revoke", args=[invitation.organization.slug, invitation.pk])


def link(token):
    """Where an invitation leads."""
    return reverse("invitations:accept", args=[token])


@pytest.fixture
def invited(acme):
    """An open invitation to Acme as a member, and its token."""
    return make_invitation(acme, email="nora@example.com")


# Making and ending them.


def told(response):
    """What the page says of mails: (the kind of message, the addresses in it) of each."""
    shown = [(message.level_tag, str(message)) for message in response.context["messages"]]
    return [(level, re.findall(r"\w+@example.com", text)) for level, text in shown]


@pytest.mark.parametrize("email", ["nora@example.com", ""])
def test_the_link_is_shown_once_and_kept_nowhere(acme, ada, email):
    client = browser(ada)
    data = Page(client.get(invite(acme))).form_to(invite(acme)).data
    page = client.post(invite(acme), {**data, "email": email, "role": "admin"}).url
    kept = str([session.get_decoded() for session in Session.objects.all()])
    response = client.get(page)
    token = urlsplit(response.context["link"]).path.split("/")[-2]
    made = Invitation.objects.get()
    assert (response.status_code, made.role, made.email, made.created_by) == (200, "admin", email, ada)
    assert token in response.text and response["Cache-Control"] == "no-store"
    assert token not in kept
    for address in (invite(acme), page):
        again = client.get(address)
        assert (again.status_code, email in again.text, token in again.text) == (200, True, False)
    assert [event.action for event in AuditEvent.objects.all()[:1]] == [Action.INVITE]
    assert not AuditEvent.objects.filter(body__contains=token).exists() and token not in made.token_hash
    assert browser().get(response.context["link"]).status_code == 200


def test_the_link_is_mailed_to_whom_it_is_meant_for(acme, ada, vision, mailoutbox):
    data = {"email": "nora@example.com", "role": "member", "teams": "Vision"}
    response = browser(ada).post(invite(acme), data, follow=True)
    (mail,) = mailoutbox
    assert (mail.to, told(response)) == (["nora@example.com"], [("success", ["nora@example.com"])])
    assert response.context["link"] in mail.body and vision.name in mail.body
    browser(ada).post(invite(acme), {"email": "", "role": "member"})
    assert len(mailoutbox) == 1


def test_without_a_mail_server_that_answers_the_link_is_handed_over(acme, ada, settings, mailoutbox):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # nothing answers where the settings point
    for expected in ([("warning", ["nora@example.com"])], []):
        response = browser(ada).post(invite(acme), {"email": "nora@example.com", "role": "member"}, follow=True)
        assert (told(response), bool(response.context["link"])) == (expected, True)
        settings.HAS_MAIL = False


def test_whoever_the_mail_server_refuses_is_named_and_the_others_get_theirs(acme, ada, monkeypatch):
    opened, sent = [], []

    def send(connection, mails):
        if mails[0].to == ["yusuf@example.com"]:
            raise SMTPException("no such mailbox")
        sent.extend(mails[0].to)
        return 1

    monkeypatch.setattr(locmem.EmailBackend, "open", lambda connection: opened.append(connection))
    monkeypatch.setattr(locmem.EmailBackend, "send_messages", send)
    emails = "zoe@example.com, yusuf@example.com, xenia@example.com"
    response = browser(ada).post(invite(acme), {"email": emails, "role": "member"}, follow=True)
    assert (len(opened), sent) == (1, ["zoe@example.com", "xenia@example.com"])
    assert told(response) == [
        ("success", ["zoe@example.com"]),
        ("success", ["xenia@example.com"]),
        ("warning", ["yusuf@example.com"]),
    ]
    assert len(response.context["links"]) == 3


@pytest.mark.parametrize(
    "data, code", [({"email": "no address", "role": "member"}, "invalid"), ({"role": "owner"}, "invalid_choice")]
)
def test_a_wrong_invitation_is_not_made(acme, ada, data, code):
    refused(browser(ada), invite(acme), data, code)


def test_open_invitations_are_listed_and_revoked(acme, ada, invited):
    invitation, token = invited
    client = browser(ada)
    shown = client.get(invite(acme))
    assert [row["email"] for row in shown.context["page"].rows] == ["nora@example.com"]
    with logging() as events:
        assert client.post(revoke(invitation), Page(shown).form_to(revoke(invitation)).data).status_code == 302
    assert [event.action for event in events] == [Action.INVITE_REVOKE]
    assert client.get(invite(acme)).context["page"].rows == []
    with nothing_happens():  # once is enough
        assert client.post(revoke(invitation), {}).status_code == 302
        assert browser().get(link(token)).status_code == 404


def test_loading_the_page_of_a_link_again_makes_no_second_invitation(acme, ada):
    client = browser(ada)
    shown = client.post(invite(acme), {"email": "nora@example.com", "role": "admin"}, follow=True)
    address = shown.wsgi_request.path
    with nothing_happens():
        again = client.get(address)
    assert (again.status_code, again.context["link"]) == (200, "")
    with logging() as events:
        replaced = client.post(address, Page(again).form_to(address).data, follow=True)
    assert [event.action for event in events] == [Action.INVITE_REVOKE, Action.INVITE]
    assert [(each.email, each.role) for each in acme.invitations.open()] == [("nora@example.com", "admin")]
    assert browser().get(shown.context["link"]).status_code == 404
    assert browser().get(replaced.context["link"]).status_code == 200
    assert client.get(address).status_code == 404


def test_several_people_are_invited_at_once(acme, ada, mailoutbox):
    client, emails = browser(ada), ["zoe@example.com", "yusuf@example.com", "xenia@example.com"]
    sent = {"email": f"{emails[0]}, {emails[1]};\n{emails[2]}\n{emails[0]}", "role": "admin"}
    with logging() as events:
        shown = client.post(invite(acme), sent, follow=True)
    assert [event.action for event in events] == [Action.INVITE] * 3
    links = {invitation.email: address for invitation, address in shown.context["links"]}
    assert list(links) == emails
    assert [mail.to for mail in mailoutbox] == [[email] for email in emails]
    assert {browser().get(address).status_code for address in links.values()} == {200}
    with nothing_happens():
        again = client.get(shown.wsgi_request.path)
    assert again.context["links"] == []
    assert {invitation.role for invitation in acme.invitations.open()} == {"admin"}


def test_links_are_shown_by_their_own_organization_alone(acme, globex, ada):
    make_member(globex, ada, OrganizationRole.ADMIN)
    client, sent = browser(ada), {"email": "zoe@example.com, yusuf@example.com", "role": "member"}
    pages = {organization: client.post(invite(organization), sent).url for organization in (acme, globex)}
    for organization, page in pages.items():
        links = client.get(page).context["links"]
        assert {invitation.organization for invitation, _ in links} == {organization}
        assert [browser().get(address).status_code for _, address in links] == [200, 200]


@pytest.mark.parametrize(
    "email, code",
    [
        ("zoe@example.com, no address", "invalid"),
        (",".join(f"a{number}@example.com" for number in range(101)), "too_many"),
        ("x" * 30_000, "max_length"),
    ],
)
def test_one_wrong_address_invites_nobody(acme, ada, email, code):
    page = refused(browser(ada), invite(acme), {"email": email, "role": "member"}, code)
    assert Page(page).form_to(invite(acme)).data["email"] == [email]


def test_an_invitation_of_another_organization_is_not_there(sam, globex, invited):
    other = reverse("invitations:revoke", args=[globex.slug, invited[0].pk])
    with nothing_happens():
        assert browser(sam).post(other, {}).status_code == 404


def test_many_open_invitations_come_in_pages(acme, ada):
    for _ in range(27):
        make_invitation(acme)
    client = browser(ada)
    first = client.get(invite(acme)).context["page"]
    second = client.get(invite(acme), {"after": first.after}).context["page"]
    assert (len(first.rows), len(second.rows)) == (25, 2)
    assert client.get(invite(acme), {"after": "x"}).status_code == 400


# Joining.


def test_who_is_signed_in_joins_with_a_button(acme, sam, globex, invited):
    client = browser(sam)
    data = Page(client.get(link(invited[1]))).form_to(link(invited[1])).data
    with logging() as events:
        response = client.post(link(invited[1]), data)
    assert (response.status_code, response.url) == (302, acme.get_absolute_url())
    assert [(event.action, event.actor_id, event.target_name) for event in events] == [
        (Action.PERSON_ADD, sam.pk, "sam")
    ]
    assert acme.memberships.get(user=sam).role == OrganizationRole.MEMBER
    assert client.get(acme.get_absolute_url()).status_code == 200


def test_who_has_no_account_makes_one_there_and_is_signed_in(acme, invited):
    client = browser()
    form = Page(client.get(link(invited[1]))).form_to(link(invited[1]))
    assert ({*form.data}, form.data["email"]) == ({*ACCOUNT, "csrfmiddlewaretoken"}, ["nora@example.com"])
    with logging() as events:
        response = client.post(link(invited[1]), ACCOUNT)
    nora = User.objects.get(username="nora")
    assert response.url == acme.get_absolute_url()
    assert client.get(response.url).status_code == 200
    assert nora.check_password(PASSWORD) and not (nora.is_staff or nora.is_superuser)
    assert [(event.action, event.actor_name, event.actor_id) for event in events] == [
        (Action.USER_CREATE, "nora", None),
        (Action.PERSON_ADD, "nora", nora.pk),
        (Action.SIGN_IN, "nora", nora.pk),
    ]
    assert events[-1].changes == {"methods": [None, ["invitations:accept"]]}
    assert {event.request_id for event in events} == {response["X-Request-ID"]}


def test_an_admin_is_invited_as_one(acme):
    _, token = make_invitation(acme, OrganizationRole.ADMIN)
    client = browser()
    assert client.post(link(token), ACCOUNT).status_code == 302
    assert acme.memberships.admins().filter(user__username="nora").exists()


@pytest.mark.parametrize(
    "changes, field, code",
    [
        ({"username": "mel"}, "username", "unique"),
        ({"email": "MEL@example.com"}, "email", "email_taken"),
        ({"password_again": "other"}, "password_again", "password_mismatch"),
        ({"password": "short", "password_again": "short"}, "password", "password_too_short"),
        ({"username": "a b"}, "username", "invalid"),
        ({"role": "admin"}, "__all__", "unknown_field"),
        ({"is_staff": "on"}, "__all__", "unknown_field"),
    ],
)
def test_a_refused_account_leaves_the_invitation_open(acme, mel, invited, changes, field, code):
    with nothing_happens():
        response = browser().post(link(invited[1]), {**ACCOUNT, **changes})
    assert response.status_code == 422
    assert response.context["form"].has_error(field, code)
    shown = Page(response).form_to(link(invited[1])).data
    assert shown["password"] == [""]
    assert browser().get(link(invited[1])).status_code == 200


def test_who_is_in_already_leaves_the_invitation_to_others(acme, mel, invited):
    with nothing_happens():
        for method in ("get", "post"):
            assert getattr(browser(mel), method)(link(invited[1])).url == acme.get_absolute_url()
    assert browser().get(link(invited[1])).status_code == 200


def ended(invitation):
    """Its seven days are over."""
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def used(invitation):
    """Somebody was faster."""
    invitation.accept(Actor(make_user("eve")))


def revoked(invitation):
    """An admin thought better of it."""
    Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())


@pytest.mark.parametrize("end", [ended, used, revoked])
def test_what_no_longer_works_is_answered_like_what_never_was(acme, sam, globex, invited, end):
    invitation, token = invited
    end(invitation)
    for client in (browser(), browser(sam)):
        for method in ("get", "post"):
            with nothing_happens():
                answers = [getattr(client, method)(link(name), ACCOUNT) for name in (token, "x" * len(token), "\0é")]
            assert {answer.status_code for answer in answers} == {404}
            assert {answer.templates[0].name for answer in answers} == {"404.html"}


# Teams.


def test_who_accepts_is_in_the_teams_of_the_invitation_at_once(acme, ada, vision, sam, globex):
    shown = browser(ada).post(invite(acme), {"role": "member", "teams": "vision"}, follow=True)
    offered = browser(sam).get(shown.context["link"])
    with logging() as events:
        welcome = browser(sam).post(shown.context["link"], follow=True)
    assert "Vision" in offered.text and "Vision" in str(*welcome.context["messages"])
    assert vision.memberships.get(user=sam).role == TeamRole.MEMBER
    assert [event.action for event in events] == [Action.PERSON_ADD, Action.TEAM_MEMBER_ADD]
    used = acme.invitations.get()
    assert [event.related["invitation"]["id"] for event in events] == [used.pk, used.pk]
    assert (events[1].related["member"]["id"], events[1].actor_name) == (sam.pk, "sam")
    made = AuditEvent.objects.get(action=Action.INVITE)
    assert [team["id"] for team in made.related["teams"]] == [vision.pk]


def test_who_makes_an_account_to_accept_is_in_the_teams_too(acme, ada, vision):
    shown = browser(ada).post(invite(acme), {"role": "member", "teams": "Vision"}, follow=True)
    assert browser().post(shown.context["link"], ACCOUNT).status_code == 302
    assert vision.memberships.filter(user__username="nora", role=TeamRole.MEMBER).exists()


def test_a_team_that_is_gone_is_left_out_and_the_invited_are_told(acme, ada, vision, sam, globex):
    risk = make_team(acme, "Risk")
    shown = browser(ada).post(invite(acme), {"role": "member", "teams": "Vision, Risk"}, follow=True)
    vision.edit(Actor(ada), name="Sight", description="")
    risk.delete_by(Actor(ada))
    shown_again = [browser(ada).get(invite(acme)), browser(ada).get(shown.request["PATH_INFO"])]
    for page in (*shown_again, browser(sam).get(shown.context["link"])):
        assert ("Sight" in page.text, "Vision" in page.text, "Risk" in page.text) == (True, False, True)
    teams = shown_again[0].context["rows"][0]["teams"]
    assert [(team["name"], team["gone"]) for team in teams] == [("Sight", False), ("Risk", True)]
    welcome = browser(sam).post(shown.context["link"], follow=True)
    (said,) = map(str, welcome.context["messages"])
    assert (acme.memberships.filter(user=sam).exists(), vision.memberships.filter(user=sam).exists()) == (True, True)
    assert "Sight" in said and "Risk" in said


def test_a_replaced_invitation_leads_into_the_same_teams(acme, ada, vision):
    client = browser(ada)
    client.post(invite(acme), {"role": "member", "teams": "Vision"})
    address = reverse("invitations:detail", args=[acme.slug, acme.invitations.get().pk])
    client.get(address)
    client.post(address, Page(client.get(address)).form_to(address).data)
    assert [[team.pk for team in each.teams_left] for each in acme.invitations.open()] == [[vision.pk]]


@pytest.mark.parametrize("teams", ["Nothing", "Vision, Elsewhere", "mel"])
def test_only_teams_of_the_organization_can_be_named(acme, globex, ada, mel, vision, teams):
    make_team(globex, "Elsewhere")
    refused(browser(ada), invite(acme), {"role": "member", "teams": teams}, "not_in_organization")


# The role of its maker.


@pytest.fixture
def ora(acme):
    """Organization admin of Acme beside Ada."""
    user = make_user("ora")
    make_member(acme, user, OrganizationRole.ADMIN)
    return user


@pytest.fixture
def hers(acme, ora):
    """The link of an invitation to be an admin, which Ora made."""
    return urlsplit(browser(ora).post(invite(acme), {"role": "admin"}, follow=True).context["link"]).path


def demoted(acme, user):
    """Made a member, as Ada does."""
    membership = acme.memberships.get(user=user)
    membership.role = OrganizationRole.MEMBER
    membership.save_by(Actor(acme.memberships.get(user__username="ada").user))


def removed(acme, user):
    """Taken out of the organization by Ada, after she made them a member."""
    demoted(acme, user)
    acme.memberships.get(user=user).delete_by(Actor(acme.memberships.get(user__username="ada").user))


def deactivated(acme, user):
    """The account closed by Ada."""
    user.deactivate(Actor(acme.memberships.get(user__username="ada").user), acme)


@pytest.mark.parametrize("end", [demoted, removed, deactivated])
def test_section_3_nobody_comes_back_by_an_invitation_of_their_own(acme, ora, hers, end):
    client = browser(ora)
    end(acme, ora)
    with nothing_happens():
        assert client.get(hers).status_code == client.post(hers, {}).status_code == 404
        assert browser().post(hers, ACCOUNT).status_code == 404
    assert not acme.memberships.admins().filter(user=ora).exists()
    assert Page(browser(acme.memberships.admins().get().user).get(invite(acme))).forms  # and the list of open ones
    assert acme.invitations.open().count() == 0


@pytest.mark.parametrize("email", ["ora@example.com", "ORA@Example.com"])
@pytest.mark.parametrize("end", [removed, deactivated])
def test_section_3_nobody_comes_back_by_an_old_invitation_to_their_address(acme, ora, end, email):
    _, token = make_invitation(acme, email=email)
    other, _ = make_invitation(acme, email="nora@example.com")
    end(acme, ora)
    assert list(acme.invitations.open()) == [other]
    with nothing_happens():
        assert browser(ora).post(link(token), {}).status_code == 404
        assert browser().post(link(token), ACCOUNT).status_code == 404
    assert make_invitation(acme, email=email)[0] in acme.invitations.open()  # a new one is meant


def test_section_3_accepting_asks_again_for_the_role_of_the_maker(acme, ora, hers, sam, globex, monkeypatch):
    """Whatever took the role: here somebody who wrote into the database."""
    real = views.actor_of

    def meanwhile(request):
        acme.memberships.filter(user=ora).update(role=OrganizationRole.MEMBER)
        return real(request)

    monkeypatch.setattr(views, "actor_of", meanwhile)
    assert browser(sam).get(hers).status_code == 200
    assert browser(sam).post(hers, {}).status_code == 404
    assert not acme.memberships.filter(user=sam).exists()
    with nothing_happens():
        assert browser(sam).get(hers).status_code == 404


def test_an_invitation_of_the_installation_ends_with_nobodys_role(acme, root, ada):
    made = Invitation(organization=acme)
    token = made.create(Actor(root, staff=True))
    assert (made.created_by, make_invitation(acme)[0].created_by) == (None, None)
    User.objects.filter(pk=root.pk).update(is_staff=False, is_active=False)
    assert browser().get(link(token)).status_code == 200
    made.revoke_by(Actor(ada))
    assert browser().get(link(token)).status_code == 404


@pytest.mark.parametrize("person", [None, "sam"])
def test_an_invitation_posted_twice_at_once_works_once(acme, sam, globex, invited, person, monkeypatch):
    invitation, token = invited
    real = Invitation.objects.of_token

    def slower(text):
        found = real(text)
        used(invitation)
        return found

    monkeypatch.setattr(views.Invitation.objects, "of_token", slower)
    before = {*acme.memberships.values_list("user__username", flat=True), "eve"}
    response = browser(sam if person else None).post(link(token), {} if person else ACCOUNT)
    assert response.status_code == 404
    assert {*acme.memberships.values_list("user__username", flat=True)} == before
    assert not User.objects.filter(username="nora").exists()


def test_a_sign_in_on_the_way_leads_back_to_the_invitation(sam, globex, invited):
    client = browser()
    onward = next(link for link in Page(client.get(link(invited[1]))).links if "next=" in link)
    response = client.post(onward, {"login": "sam", "password": PASSWORD})
    assert response.url == link(invited[1])
    assert codes(client.get(response.url)) == set()


def test_a_look_at_an_invitation_changes_nothing(sam, globex, invited):
    with nothing_changes():
        assert browser(sam).get(link(invited[1])).status_code == 200
        assert browser().get(link(invited[1])).status_code == 200


def test_two_who_choose_one_username_at_once_are_not_both_it(acme, invited, monkeypatch):
    """Somebody else's account is there by the time that the database is asked."""
    token = invited[1]
    monkeypatch.setattr(User, "full_clean", lambda self, *args, **kwargs: None)
    make_user("nora")
    with nothing_changes():
        response = browser().post(link(token), {**ACCOUNT, "email": "other@example.com"})
    assert (response.status_code, codes(response)) == (422, {"username_taken"})
    with nothing_changes():
        response = browser().post(link(token), {**ACCOUNT, "username": "other"})
    assert (response.status_code, codes(response)) == (422, {"email_taken"})
