"""The organization that tests of all addresses share, and who asks there."""

from typing import NamedTuple

from registry_app.choices import Role
from registry_app.models import AccessRequest, AliasRequest, make_service_account
from tests.assertions import undone
from tests.client import browser
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_invitation,
    make_link,
    make_member,
    make_organization,
    make_registry,
    make_team,
    make_token,
    make_user,
    make_version,
    map_group,
)

SENT = {"csrfmiddlewaretoken": "sent along", "accepts_all_types": "on"}  # a form that nothing was written into


def furnish(acme, rob, mel):
    """A team with a version, a service account with a token, an invitation, and a mapped group."""
    make_version(make_team(acme, "Foundry", people=[rob, mel]))
    make_token(make_service_account(acme, "eval-ci", COMMAND_LINE).user)
    make_invitation(acme)
    map_group(acme, "ml-team")


def fill(acme, registries):
    """In each of the registries a role and a request of Eve's, and a collection with two versions."""
    eve = make_user("eve")
    make_member(acme, eve)
    makers = make_team(acme, "Makers")
    for registry in registries:
        give_role(registry, eve, Role.VIEWER)
        AccessRequest.objects.create(registry=registry, user=eve, role=Role.ADMIN, reason="To help.")
        kind = "dataset" if registry.name == "Golden Datasets" else "model"
        collection = make_collection(registry, "Shelf", type=kind)
        for _ in range(2):
            link = make_link(collection, make_version(makers, f"shelved-{kind}", type=kind))
        AliasRequest.objects.create(
            registry=registry, collection=collection, link=link, alias="production", user=eve, reason="It is better."
        )


class World(NamedTuple):
    """The registries and people of endpoint_matrix.txt, by the words of its table."""

    registries: dict
    people: dict

    @property
    def golden(self):
        """The custom registry that all of Acme sees."""
        return self.registries["golden"]

    @property
    def acme(self):
        """The organization whose registries these are."""
        return self.golden.organization

    @property
    def ada(self):
        """Organization admin of Acme."""
        return self.people["org-admin"]

    @property
    def mel(self):
        """A member of Acme without a role of her own."""
        return self.people["org-member"]

    def address(self, line):
        """The address of a line of the table."""
        return line.address(self.registries.get(line.registry, self.golden))

    def ask(self, person, method, address):
        """What `person` is answered; whatever it does is undone. A POST sends an empty form."""
        with undone():
            client = browser(self.people[person])
            return getattr(client, method.lower())(address, SENT if method == "POST" else {})


def make_world():
    """Acme with one of everything that an address can name, Globex, and the people of the table's columns."""
    names = ("ada", "rob", "mel", "sam", "left", "restricted", "viewer", "member")
    ada, rob, mel, sam, left, *holders = map(make_user, names)
    acme = make_organization("Acme ML", ada)
    make_organization("Globex", sam)
    for user in (rob, mel, left, *holders):
        make_member(acme, user)
    golden = make_registry(acme, ada, "Golden Datasets", types=["dataset", "eval-suite"])
    vault = make_registry(acme, ada, "Vault", types=None, restricted=True)
    registries = {"golden": golden, "vault": vault, "models": acme.registries.get(name="Models")}
    for registry in registries.values():
        for user, role in zip(holders, (Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER), strict=True):
            give_role(registry, user, role)
    for registry in (golden, vault):
        give_role(registry, rob, Role.ADMIN)
        give_role(registry, left, Role.ADMIN)
    make_team(acme, "Vision", leads=[rob], people=[mel])
    furnish(acme, rob, mel)
    fill(acme, registries.values())
    people = {"nobody": None, "org-admin": ada, "registry-admin": rob, "org-member": mel, "stranger": sam}
    people |= {"staff": make_user("root", is_staff=True, is_superuser=True), "deactivated": left}
    people |= {user.username: user for user in holders}
    left.is_active = False
    left.save()
    return World(registries, people)
