"""§3: what one can't see is answered like what isn't there, at every address: same words, same number of queries."""

import pytest

from tests.assertions import undone
from tests.client import browser, nothing_happens, told
from tests.web.endpoints import IN_ORGANIZATION, OF_REGISTRY, lines_of, takes

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(world):
    """A function: what a person is told at an address of Vault where it names `new` instead of `old`."""
    vault = world.registries["vault"]

    def ask(person, method, name, old, new):
        places = [vault.organization.slug, *lines_of(name)[0].arguments(vault)]
        places[places.index(old)] = new
        with undone():
            return told(browser(world.people[person]), method, name, *places, but=new)

    return ask


@pytest.mark.parametrize("name", OF_REGISTRY)
def test_section_3_a_hidden_registry_is_answered_like_one_that_is_not_there(ask, name):
    for method in ("GET", "POST"):
        with nothing_happens():
            hidden, absent = (ask("org-member", method, name, "Vault", instead) for instead in ("Vault", "Fault"))
        assert hidden == absent
        assert hidden[0][0] == (404 if takes(name, method) else 405)


@pytest.mark.parametrize("name", sorted(IN_ORGANIZATION))
def test_section_3_a_strange_organization_is_answered_like_one_that_is_not_there(ask, name):
    for method in ("GET", "POST"):
        with nothing_happens():
            strange, absent = (ask("stranger", method, name, "acme-ml", instead) for instead in ("acme-ml", "no-such"))
        assert strange == absent
