"""Who gets what at which address: endpoint_matrix.txt, line by line."""

import pytest
from django.urls import reverse

from tests.client import nothing_changes, nothing_happens
from tests.web.endpoints import ALLAUTH, LINES, NAMES, WORDS, lines_of, routes, takes

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST")
OTHERS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def word(response):
    """What a person got, in the words of the table."""
    if response.status_code == 302:
        return "in" if response.url.startswith(reverse("account_login")) else "to"
    return WORDS.get(response.status_code, str(response.status_code))


def test_every_address_is_in_the_table_once_for_each_method():
    assert set(NAMES) == {name for name, _ in routes() if not name.startswith("admin:")}
    asked = [(line.name, line.of, method) for line in LINES for method in line.methods]
    assert sorted(asked) == sorted({(name, of, method) for name, of, _ in asked for method in METHODS})


@pytest.mark.parametrize("name", NAMES)
def test_each_person_gets_what_the_table_says(world, name):
    """Who was deactivated while signed in gets what nobody gets."""
    failures, addresses = [], {line.of: world.address(line) for line in lines_of(name)}
    with nothing_changes():
        for line in lines_of(name):
            for method in line.methods:
                for person, expected in {**line.expected, "deactivated": line.expected["nobody"]}.items():
                    got = word(world.ask(person, method, addresses[line.of]))
                    if got != expected:
                        failures.append(f"{name} {line.of} {method} {person}: expected {expected}, got {got}")
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("name", [name for name in NAMES if takes(name, "GET") and not takes(name, "POST")])
def test_pages_answer_head_like_get(world, name):
    address = world.address(lines_of(name)[0])
    assert word(world.ask("org-admin", "HEAD", address)) == word(world.ask("org-admin", "GET", address))


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(ALLAUTH)])
def test_no_address_takes_a_method_that_it_did_not_declare(world, name):
    address = world.address(lines_of(name)[0])
    with nothing_happens():
        answers = {method: word(world.ask("org-admin", method, address)) for method in OTHERS}
    assert answers == dict.fromkeys(OTHERS, "m")


@pytest.mark.parametrize("name", [name for name in NAMES if takes(name, "GET")])
def test_foreign_parameters_change_no_answer(world, name):
    """Links get some on their way: mails, chats and search engines add them."""
    address = world.address(lines_of(name)[0])
    answer = word(world.ask("org-admin", "GET", address))
    for query in ("utm_source=slack&utm_source=mail&fbclid=1&gclid=2", "ref=x&page=2&_=1", "%FF=%00&q[]=a&="):
        assert word(world.ask("org-admin", "GET", f"{address}?{query}")) == answer
