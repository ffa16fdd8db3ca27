"""What is kept."""

from .accepted_type import AcceptedType
from .access_request import AccessRequest
from .artifact import Artifact, Batch, Facts, Version, check_registrar, clean_names, may_register, register
from .collection import Collection
from .event import Actor, AuditEvent, AuditHead
from .former_name import FormerName
from .impact import Holdings, Restriction
from .invitation import Invitation
from .link import Alias, Link, Tag, facts_of
from .organization import Organization, OrganizationMembership, User
from .protected_alias import ProtectedAlias
from .provisioning import (
    found_installation,
    found_organization,
    found_organization_with_admin,
    make_account,
    make_invited_account,
    make_service_account,
    make_superuser,
    setup_token,
)
from .registry import Registry
from .registry_member import RegistryMember
from .role_sources import paths, paths_of_person, winners
from .team import Team, TeamMembership
from .token import ApiToken
from .validation import enforce

__all__ = [
    "AcceptedType",
    "AccessRequest",
    "Actor",
    "Alias",
    "ApiToken",
    "Artifact",
    "AuditEvent",
    "AuditHead",
    "Batch",
    "Collection",
    "Facts",
    "FormerName",
    "Holdings",
    "Invitation",
    "Link",
    "Organization",
    "OrganizationMembership",
    "ProtectedAlias",
    "Registry",
    "RegistryMember",
    "Restriction",
    "Tag",
    "Team",
    "TeamMembership",
    "User",
    "Version",
    "check_registrar",
    "clean_names",
    "enforce",
    "facts_of",
    "finding",
    "found_installation",
    "found_organization",
    "found_organization_with_admin",
    "make_account",
    "make_invited_account",
    "make_service_account",
    "make_superuser",
    "may_register",
    "paths",
    "paths_of_person",
    "register",
    "setup_token",
    "winners",
]
