"""Many refused posts: after so many in a minute a person, or an address, waits; nobody else does, and nothing else."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from registry_app.choices import Action
from registry_app.models import Registry
from tests.client import at, browser, logging, nothing_changes, nothing_happens
from tests.factories import make_token

OF_PERSON, OF_ADDRESS = settings.REFUSED_POSTS_OF_PERSON, settings.REFUSED_POSTS_OF_ADDRESS


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The time that the site's limits see: a list whose one number is the seconds; a minute has just begun."""
    now = [1_800_000_000.0]
    monkeypatch.setattr("registry_app.middleware.time.time", lambda: now[0])
    return now


def refuse(client, registry, number=1, **options):
    """Post to a page what it refuses, `number` times. Answers the statuses."""
    return [client.post(at("registries:restrict", registry), {}, **options).status_code for _ in range(number)]


def test_a_person_who_is_refused_too_often_waits(acme, mel, rob, golden, clock):
    hers, his = browser(mel), browser(rob)
    assert refuse(hers, golden, OF_PERSON) == [403] * OF_PERSON
    with logging() as events:
        last = hers.post(at("registries:restrict", golden), {})
        assert (last.status_code, last["Retry-After"]) == (429, "60")
        assert "429.html" in [template.name for template in last.templates]
        assert refuse(hers, golden, 5) == [429] * 5
    done, limit = events  # the post that was one too many was read still, those after it weren't
    assert (done.code, limit.action, limit.actor_id) == ("role_too_low", Action.POST_LIMIT, mel.pk)
    assert (limit.target_name, limit.changes) == (
        "mel",
        {"page": [None, "registries:restrict"], "tries": [None, OF_PERSON + 1]},
    )
    assert "127.0.0.1" not in limit.body
    assert refuse(his, golden) == [422]
    clock[0] += 60
    assert refuse(hers, golden) == [403]


def test_whoever_waits_reads_on_and_what_they_send_is_not_done(acme, ada, golden, clock):
    client = browser(ada)
    refuse(client, golden, OF_PERSON + 1)
    wanted = {"name": "New", "accepts_all_types": "on", "visibility": "organization"}
    with nothing_happens():
        assert client.post(reverse("registries:create", args=[acme.slug]), wanted).status_code == 429
        assert client.get(at("registries:detail", golden)).status_code == 200
    clock[0] += 60
    assert client.post(reverse("registries:create", args=[acme.slug]), wanted).status_code == 302
    assert Registry.objects.filter(name="New").exists()


def test_a_person_is_counted_in_all_their_browsers_and_processes(mel, golden):
    clients = [browser(mel, REMOTE_ADDR=f"192.0.2.{number}") for number in range(3)]
    for client in clients:
        assert refuse(client, golden, OF_PERSON // 3) == [403] * (OF_PERSON // 3)
    with logging() as events:
        assert [refuse(client, golden) for client in clients] == [[429]] * 3
    assert [event.action for event in events].count(Action.POST_LIMIT) == 1


def test_before_login_an_address_is_counted(mel, golden, clock):
    address, appearance, dark = reverse("account_inactive"), reverse("site:appearance"), {"theme": "dark"}
    client, network = Client(REMOTE_ADDR="2001:db8:1:2::7"), Client(REMOTE_ADDR="2001:db8:1:2::8")
    for sender in (client, network):
        statuses = [sender.post(address).status_code for _ in range(OF_ADDRESS // 2)]
        assert statuses == [405] * (OF_ADDRESS // 2)
    with logging() as events:
        assert client.post(address)["Retry-After"] == "60"
        assert network.post(address).status_code == 429
        assert client.post(appearance, dark).status_code == 429
    assert [(event.action, event.actor_name, event.target_name) for event in events] == [
        (Action.POST_LIMIT, "not signed in", "account_inactive")
    ]
    assert "2001:db8" not in events[0].body
    assert Client(REMOTE_ADDR="192.0.2.9").post(address).status_code == 405
    assert refuse(browser(mel, REMOTE_ADDR="2001:db8:1:2::7"), golden) == [403]  # a person is no address
    clock[0] += 60
    assert client.post(appearance, dark).status_code == 302


def test_a_program_is_told_in_json(mel):
    client = Client(headers={"authorization": f"Bearer {make_token(mel).secret}"})
    address = reverse("api_me")
    statuses = [client.post(address).status_code for _ in range(OF_ADDRESS)]
    answer = client.post(address)
    assert (statuses, answer.status_code) == ([405] * OF_ADDRESS, 429)
    assert (answer.json()["code"], int(answer["Retry-After"])) == ("too_many_tries", 60)


def test_posts_that_are_taken_and_pages_cost_no_cache(mel, golden, monkeypatch):
    def used(*args, **kwargs):
        raise AssertionError("the cache was asked")

    for name in ("get", "set", "add", "incr", "delete", "get_many"):
        monkeypatch.setattr(cache, name, used)
    client = browser(mel)
    assert client.get(at("registries:restrict", golden)).status_code == 403
    assert client.post(reverse("site:appearance"), {"theme": "dark"}).status_code == 302
    assert client.post(reverse("account_logout")).status_code == 302


def test_a_cache_that_is_busy_refuses_nobody(mel, golden):
    minute = 1_800_000_000 // 60 * 60 + 60
    cache.add(f"refused-posts:person:{mel.pk}:{minute}:lock", True)
    with nothing_changes():
        assert refuse(browser(mel), golden) == [403]
