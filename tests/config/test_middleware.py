"""Who asks: the client's address behind proxies, by which limits count."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from config.middleware import ClientAddressMiddleware
from tests.factories import PASSWORD

LOGIN = reverse("account_login")
PROXY, WRONG = "10.0.0.1", "wrong"


@pytest.mark.parametrize(
    "proxies, forwarded, expected",
    [
        (0, None, PROXY),
        (0, "192.0.2.7", PROXY),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "1.1.1.1, 192.0.2.7", "192.0.2.7"),
        (1, "1.1.1.1,2.2.2.2 ,192.0.2.7", "192.0.2.7"),
        (2, "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "1.1.1.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (3, "1.1.1.1, 192.0.2.7, 10.0.0.2, 10.0.0.3", "192.0.2.7"),
        (1, "192.0.2.7:4711", "192.0.2.7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "::ffff:192.0.2.7", "192.0.2.7"),
        # What names no client: fewer than the proxies that are trusted, or no address. Then it is who asked.
        (1, None, PROXY),
        (1, "", PROXY),
        (2, "192.0.2.7", PROXY),
        (1, "unknown", PROXY),
        (1, "192.0.2.7, ", PROXY),
        (1, "<script>", PROXY),
        (1, "x" * 5000, PROXY),
        (1, "\0", PROXY),
    ],
)
def test_the_client_is_whom_the_trusted_proxies_name(rf, settings, proxies, forwarded, expected):
    settings.PROXIES = proxies
    seen = []

    def view(request):
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    ClientAddressMiddleware(view)(rf.get("/", REMOTE_ADDR=PROXY, headers=headers))
    assert seen == [expected]


def tries(number, forwarded, login="eve{0}", password=WRONG):
    """The statuses of `number` tries to sign in, which carry `forwarded` and come from the proxy."""
    return [
        Client()
        .post(
            LOGIN,
            {"login": login.format(each), "password": password},
            REMOTE_ADDR=PROXY,
            headers={"X-Forwarded-For": forwarded.format(each)},
        )
        .status_code
        for each in range(number)
    ]


@pytest.mark.parametrize(
    "proxies, one, other",
    [
        (1, "192.0.2.7", "192.0.2.8"),
        (2, "192.0.2.7, 10.0.0.2", "192.0.2.8, 10.0.0.2"),
        (3, "192.0.2.7, 10.0.0.3, 10.0.0.2", "192.0.2.8, 10.0.0.3, 10.0.0.2"),
    ],
)
def test_one_client_s_wrong_tries_hold_up_no_other_behind_the_same_proxies(mel, settings, proxies, one, other):
    settings.PROXIES = proxies
    assert tries(11, one)[-1] == 429
    assert tries(1, other, "mel", PASSWORD) == [302]


@pytest.mark.parametrize(
    "proxies, forwarded",
    [
        (0, "192.0.2.{0}"),
        (1, "192.0.2.{0}, 198.51.100.7"),
        (1, "192.0.2.{0}, 192.0.2.9, 198.51.100.7"),
        (2, "192.0.2.{0}, 198.51.100.7, 10.0.0.2"),
        (2, "192.0.2.{0}"),
        (1, "not an address {0}"),
    ],
)
def test_whoever_forges_addresses_is_still_one_client(mel, settings, proxies, forwarded):
    settings.PROXIES = proxies
    assert tries(12, forwarded)[-2:] == [429, 429]
