"""What is kept."""

from .accepted_type import AcceptedType
from .access_path import paths, paths_of_person, winners
from .access_request import AccessRequest
from .audit import Actor, AuditEvent, AuditHead
from .former_name import FormerName
from .founding import (
    found_installation,
    found_organization,
    found_organization_with_admin,
    make_account,
    make_invited_account,
    make_service_account,
    setup_token,
)
from .invitation import Invitation
from .law import enforce
from .organization import Organization, OrganizationMembership, User
from .registry import Registry, Restriction
from .registry_member import RegistryMember
from .team import Team, TeamMembership
from .token import ApiToken

__all__ = [
    "AcceptedType",
    "AccessRequest",
    "Actor",
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "FormerName",
    "Invitation",
    "Organization",
    "OrganizationMembership",
    "Registry",
    "RegistryMember",
    "Restriction",
    "Team",
    "TeamMembership",
    "User",
    "enforce",
    "found_installation",
    "found_organization",
    "found_organization_with_admin",
    "make_account",
    "make_invited_account",
    "make_service_account",
    "paths",
    "paths_of_person",
    "setup_token",
    "winners",
]
