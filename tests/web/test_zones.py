"""Each reader sees their zone: on pages, in filters of days, and in what they set; exports and mails say UTC."""

from datetime import UTC, date, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Role
from registry_app.models import Actor, AuditEvent, RegistryMember
from tests.client import at, browser, codes, send
from tests.factories import give_role

ZONES = ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu", "Europe/Berlin", "Pacific/Kiritimati", "UTC"]
ODD = ["Mars/Olympus", "", "../../etc/passwd", '"Europe/Berlin', "x" * 4000, "é", "Europe/Berlin\0", "<script>"]


def in_zone(user, zone):
    """A browser of `user` whose script has said `zone`."""
    client = browser(user)
    client.cookies["zone"] = zone
    return client


def log(acme, **days):
    """The address of the log between these days."""
    return f"{reverse('audit:index', args=[acme.slug])}?" + "&".join(f"{name}={day}" for name, day in days.items())


@pytest.fixture
def clock():
    """A function that lets it be this moment (UTC)."""
    patches = []

    def at_moment(*parts):
        moment = datetime(*parts, tzinfo=UTC)
        patches.append(mock.patch.object(timezone, "now", lambda: moment))
        patches[-1].start()
        return moment

    yield at_moment
    for patch in patches:
        patch.stop()


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_of_the_log_is_the_readers_day(acme, ada, golden, zone):
    event = AuditEvent.objects.order_by("seq").last()
    today = timezone.localdate(event.at, ZoneInfo(zone))
    client = in_zone(ada, zone)
    for since, until, found in ((0, 0, True), (1, None, False), (None, -1, False), (-1, 1, True)):
        days = {"since": since, "until": until}
        asked = {name: today + timedelta(days=days[name]) for name in days if days[name] is not None}
        response = client.get(log(acme, **asked))
        assert response.status_code == 200
        assert (event in [each for _, events in response.context["days"] for each in events]) == found
    assert [day for day, _ in response.context["days"]] == [today]


def test_the_day_ends_at_midnight_of_the_reader(acme, ada, golden, clock):
    """23:30 of the 28th in Los Angeles is the 29th in UTC, and in Auckland since long."""
    clock(2040, 11, 29, 7, 30)  # far from all else that is logged
    golden.edit(Actor(ada), name="Late", description="")
    told = {}
    for zone in ("America/Los_Angeles", "UTC", "Pacific/Auckland"):
        days = (date(2040, 11, 28), date(2040, 11, 29))
        client = in_zone(ada, zone)
        told[zone] = [bool(client.get(log(acme, since=day, until=day)).context["days"]) for day in days]
    assert told["America/Los_Angeles"] == [True, False]
    assert told["UTC"] == told["Pacific/Auckland"] == [False, True]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 5, 11, 18, 23])
def test_today_is_a_day_everywhere(acme, ada, golden, clock, zone, hour):
    now = clock(2026, 12, 1, hour, 30)
    today = now.astimezone(ZoneInfo(zone)).date()
    client = in_zone(ada, zone)
    pages = [at("snapshots:registry", golden), log(acme), reverse("search:index", args=[acme.slug])]
    pages += [f"{pages[0]}?on={today}", log(acme, since=today, until=today), f"{pages[2]}?q=created:{today}"]
    for address in pages:
        assert client.get(address).status_code == 200
    response = client.get(pages[0])
    assert response.context["day"] == today
    assert browser(ada).get(f"{pages[0]}?on={today}").status_code == 200  # shared with a reader in UTC
    assert client.get(f"{pages[0]}?on={today + timedelta(days=2)}").status_code == 400


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin", "UTC", "Asia/Kathmandu"])
def test_the_last_day_of_a_role_is_the_readers_day(acme, ada, mel, golden, zone):
    member = give_role(golden, mel, Role.VIEWER)
    client, there = in_zone(ada, zone), ZoneInfo(zone)
    today = timezone.localdate(timezone=there)
    address = reverse("registry_members:change", args=[acme.slug, golden.name, member.pk])
    assert send(client, address, ends_at=str(today)).status_code == 302
    ends_at = RegistryMember.objects.get(pk=member.pk).ends_at.astimezone(there)
    assert (ends_at.date(), ends_at.hour) == (today + timedelta(days=1), 0)
    assert f'value="{today}"' in client.get(address).text
    refused = send(client, address, ends_at=str(today - timedelta(days=1)))
    assert (refused.status_code, bool(codes(refused))) == (422, True)


@pytest.mark.parametrize(
    "zone, shown",
    [
        ("Pacific/Auckland", "NZDT"),
        ("America/Los_Angeles", "PST"),
        ("Asia/Kathmandu", "+0545"),
        ("Europe/Berlin", "CET"),
        ("UTC", "UTC"),
    ],
)
def test_times_say_their_zone_and_utc_in_the_title(acme, ada, golden, clock, zone, shown):
    clock(2026, 12, 1, 12, 0)
    golden.edit(Actor(ada), name="Late", description="")
    page = in_zone(ada, zone).get(log(acme)).text
    assert f" {shown}</time>" in page
    assert 'title="1 December 2026, 12:00:00 UTC"' in page
    assert 'datetime="2026-12-01T12:00:00+00:00"' in page


def test_exports_and_mails_are_in_utc(acme, ada, golden, settings):
    settings.HAS_MAIL = True
    client = in_zone(ada, "Pacific/Auckland")
    lines = b"".join(client.get(reverse("audit:export", args=[acme.slug]))).decode().splitlines()
    assert all("+00:00" in line for line in lines[1:])
    send(client, reverse("invitations:create", args=[acme.slug]), email="new@example.com")
    moment = acme.invitations.get().expires_at.astimezone(UTC)
    assert f"{moment:%H:%M} UTC" in mail.outbox[0].body


@pytest.mark.parametrize("value", ODD)
def test_a_cookie_that_names_no_zone_is_ignored(acme, ada, golden, value):
    client = browser(ada)
    client.cookies["zone"] = value
    response = client.get(log(acme))
    assert (response.status_code, response.context["zone"]) == (200, "UTC")


def test_the_zone_of_the_account_counts_before_that_of_the_browser(acme, ada, mel):
    client, address = in_zone(ada, "Europe/Berlin"), reverse("site:time_zone")
    assert client.get(address).context["zone"] == "Europe/Berlin"
    assert send(client, address, time_zone="Asia/Kathmandu").status_code == 302
    assert client.get(address).context["zone"] == "Asia/Kathmandu"
    assert browser(ada).get(log(acme)).context["zone"] == "Asia/Kathmandu"
    assert in_zone(mel, "Europe/Berlin").get(address).context["zone"] == "Europe/Berlin"
    assert send(client, address, time_zone="").status_code == 302
    assert client.get(address).context["zone"] == "Europe/Berlin"


@pytest.mark.parametrize("value", ["Mars/Olympus", "europe/berlin", "x" * 500, "UTC\0", "1"])
def test_the_account_takes_no_other_text(ada, value):
    response = send(browser(ada), reverse("site:time_zone"), time_zone=value)
    ada.refresh_from_db()
    assert (response.status_code, ada.time_zone) == (422, "")


def test_one_readers_zone_is_not_the_nexts(acme, ada):
    in_zone(ada, "Pacific/Auckland").get(log(acme))
    assert timezone.get_current_timezone_name() == "UTC"
    assert browser(ada).get(log(acme)).context["zone"] == "UTC"


@pytest.mark.parametrize(
    "zone, shown", [("UTC", "5 Jan 2999, 10:30 UTC"), ("Europe/Berlin", "5 Jan 2999, 11:30 CET")], ids=["UTC", "Berlin"]
)
def test_an_entry_tells_the_end_of_a_role_in_the_readers_zone(acme, ada, mel, golden, zone, shown):
    ends_at = datetime(2999, 1, 5, 10, 30, tzinfo=UTC)
    RegistryMember(registry=golden, user=mel, role=Role.MEMBER, ends_at=ends_at).save_by(Actor(ada))
    (_, events), *_ = in_zone(ada, zone).get(log(acme)).context["days"]
    assert ("Until", [], [shown]) in events[0].rows
