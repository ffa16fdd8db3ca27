"""The models of the Django admin, and rows of each of them."""

from allauth.socialaccount.models import SocialAccount
from django.apps import apps

from registry_app.choices import Role
from registry_app.models import (
    AccessRequest,
    Actor,
    AliasRequest,
    AuditForward,
    Collection,
    GroupMapping,
    Link,
    Organization,
    OrganizationMembership,
    ProtectedAlias,
    Registry,
    RegistryMember,
    Team,
    TeamMembership,
    User,
)
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
    protect,
)

MODELS = [*apps.get_app_config("registry_app").get_models(), SocialAccount]
ADDABLE = {
    *(Collection, GroupMapping, Link, Organization, OrganizationMembership, ProtectedAlias),
    *(Registry, RegistryMember, Team, TeamMembership, User),
}
CHANGEABLE = {
    *(Collection, GroupMapping, Link, Organization, OrganizationMembership),
    *(Registry, RegistryMember, Team, TeamMembership, User),
}


def fill(organization, numbers):
    """One more row of every model for each of `numbers`."""
    for number in numbers:
        user = make_user(f"user{number}")
        make_member(organization, user)
        make_organization(f"Organization {number}", user)
        registry = make_registry(organization, user, f"Registry {number}", types=["model", "dataset"])
        friend = make_user(f"friend{number}")
        make_member(organization, friend)
        give_role(registry, friend, Role.VIEWER)
        registry.edit(COMMAND_LINE, name=f"Renamed {number}", description="")
        AccessRequest(registry=registry, user=friend, role=Role.ADMIN, reason="Why not").create(Actor(friend))
        team = make_team(organization, f"Team {number}", people=[friend])
        version = make_version(team, made_from=(make_version(team, "raw", type="dataset"),))
        link = make_link(make_collection(registry, tags=["churn"]), version, "production")
        link.set_tags(COMMAND_LINE, ["checked"])
        protect(registry, "production")
        protect(registry, "release")
        publisher = make_user(f"publisher{number}")
        make_member(organization, publisher)
        give_role(registry, publisher, Role.MEMBER)
        AliasRequest(link=link, alias="release", user=publisher, reason="Why not").create(Actor(publisher))
        map_group(organization, f"group{number}", team=team)
        make_invitation(organization)
        AuditForward.to(f"file:/var/log/{number}")
        make_token(friend)
        SocialAccount.objects.create(user=friend, provider="sso", uid=f"friend-{number}")
