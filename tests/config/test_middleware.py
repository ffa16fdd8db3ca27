"""Who asks: the client's address behind proxies, by which limits count. Where htmx is led."""

from ipaddress import ip_network

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from config.middleware import ClientAddressMiddleware
from tests.client import at, browser
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
    assert seen_by_a_view(rf, PROXY, forwarded).META["REMOTE_ADDR"] == expected


def seen_by_a_view(rf, asked_from, forwarded, **headers):
    """The request as a view gets it."""
    seen = []

    def view(request):
        seen.append(request)
        return HttpResponse()

    headers |= {} if forwarded is None else {"X-Forwarded-For": forwarded}
    ClientAddressMiddleware(view)(rf.get("/", REMOTE_ADDR=asked_from, headers=headers))
    return seen[0]


NETWORKS = [ip_network(each) for each in ("10.0.0.0/8", "192.168.1.5", "fd00::/8")]


@pytest.mark.parametrize(
    "asked_from, forwarded, expected",
    [
        # Through one proxy, or several: whatever their number, the client is left of all of them.
        (PROXY, "192.0.2.7", "192.0.2.7"),
        (PROXY, "192.0.2.7, 192.168.1.5", "192.0.2.7"),
        (PROXY, "192.0.2.7, 10.9.9.9,192.168.1.5 , fd12::1", "192.0.2.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
        (PROXY, "192.0.2.7:4711, 10.0.0.2:80", "192.0.2.7"),
        (PROXY, "[2001:db8::7]:4711, [fd00::2]:80", "2001:db8::7"),
        # What a client wrote itself stands left of its own address.
        (PROXY, "10.0.0.9, 192.0.2.7", "192.0.2.7"),
        (PROXY, "1.1.1.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (PROXY, "unknown, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        # Who isn't a proxy says nothing, not even from near a network or a single address.
        ("192.0.2.9", "192.0.2.7", "192.0.2.9"),
        ("11.0.0.1", "10.0.0.1", "11.0.0.1"),
        ("192.168.1.6", "192.0.2.7", "192.168.1.6"),
        ("2001:db8::9", "fd00::1", "2001:db8::9"),
        ("", "192.0.2.7", ""),
        # A request of a proxy's own, and headers that name no client.
        (PROXY, None, PROXY),
        (PROXY, "", PROXY),
        (PROXY, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (PROXY, "192.0.2.7, unknown", PROXY),
        (PROXY, "192.0.2.7, unknown, 10.0.0.2", "10.0.0.2"),
        (PROXY, "192.0.2.7, _hidden", PROXY),
        (PROXY, "x" * 5000, PROXY),
        (PROXY, "\0", PROXY),
    ],
)
def test_the_client_is_the_nearest_outside_of_the_networks_of_the_proxies(
    rf, settings, asked_from, forwarded, expected
):
    settings.PROXIES = NETWORKS
    assert seen_by_a_view(rf, asked_from, forwarded).META["REMOTE_ADDR"] == expected


@pytest.mark.parametrize(
    "proxies, asked_from, said, secure",
    [
        (NETWORKS, PROXY, "https", True),
        (NETWORKS, "fd00::1", "https", True),
        (NETWORKS, "::ffff:192.168.1.5", "https", True),
        (NETWORKS, PROXY, "http", False),
        (NETWORKS, PROXY, None, False),
        (NETWORKS, "192.0.2.9", "https", False),
        (NETWORKS, "192.168.1.50", "https", False),
        (NETWORKS, "", "https", False),
        (1, "192.0.2.9", "https", True),
    ],
)
def test_that_a_request_came_by_https_is_taken_from_trusted_proxies_alone(
    rf, settings, proxies, asked_from, said, secure
):
    settings.PROXIES, settings.SECURE_PROXY_SSL_HEADER = proxies, ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {} if said is None else {"X-Forwarded-Proto": said}
    assert seen_by_a_view(rf, asked_from, "192.0.2.7", **headers).is_secure() is secure


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
        (NETWORKS, "192.0.2.7", "192.0.2.8, 10.0.0.3, 192.168.1.5"),
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
        (NETWORKS, "192.0.2.{0}, 198.51.100.7"),
        (NETWORKS, "192.0.2.{0}, 198.51.100.7, 10.0.0.2"),
        (NETWORKS, "10.0.0.{0}, 198.51.100.7"),
        (NETWORKS, "198.51.100.7, unknown {0}"),
        ([ip_network("10.0.0.2/32")], "192.0.2.{0}"),
    ],
)
def test_whoever_forges_addresses_is_still_one_client(mel, settings, proxies, forwarded):
    settings.PROXIES = proxies
    assert tries(12, forwarded)[-2:] == [429, 429]


def test_a_redirect_leads_the_whole_page_of_htmx_and_what_it_says_waits_there(ada, golden, mel):
    access = at("registry_members:index", golden)
    client = browser(ada)
    added = client.post(f"{access}add/", {"holders": "mel", "role": "member"}, headers={"HX-Request": "true"})
    assert (added.status_code, added["HX-Redirect"], added.has_header("Location")) == (200, access, False)
    assert len(client.get(access).context["messages"]) == 1
