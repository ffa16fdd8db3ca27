"""How an organization begins: with its two core registries and its first admin, or not at all."""

from django.db import transaction
from django.utils.text import slugify

from .. import rules
from ..choices import Action, Kind, OrganizationRole, Visibility
from . import audit
from .organization import Organization, OrganizationMembership
from .registry import AcceptedType, Registry


@transaction.atomic
def found_organization(name, admin, by):
    """Found an organization called `name`, with `admin` (a User) as its first admin (rules 1 and 17). Answers it.

    Raises ValidationError with `name_invalid`.
    """
    name = rules.clean_name(name)
    organization = Organization(name=name, slug=_free_slug(name))
    organization.full_clean()
    organization.save()
    audit.record(by, Action.ORGANIZATION_CREATE, subject=name, organization=organization.pk)
    for core in rules.CORE_REGISTRIES:
        _give_core_registry(organization, *core, by)
    OrganizationMembership(organization=organization, user=admin, role=OrganizationRole.ADMIN).save_by(by)
    return organization


def _give_core_registry(organization, name, description, preconfigured, by):
    registry = Registry(
        organization=organization,
        kind=Kind.CORE,
        name=name,
        name_key=rules.name_key(name),
        description=description,
        visibility=Visibility.ORGANIZATION,
    )
    registry.save(force_insert=True)
    AcceptedType.objects.create(registry=registry, name=preconfigured, preconfigured=True)
    registry.record(by, Action.CREATE, registry.birth([preconfigured]))


def _free_slug(name):
    stem = slugify(name)[:50].strip("-_") or "organization"
    taken = set(Organization.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if (stem if n == 1 else f"{stem}-{n}") not in taken)
    return stem if number == 1 else f"{stem}-{number}"
