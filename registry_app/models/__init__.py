"""What is kept."""

from .accepted_type import AcceptedType
from .audit import Actor, AuditEvent, AuditHead
from .former_name import FormerName
from .founding import (
    found_installation,
    found_organization,
    found_organization_with_admin,
    make_account,
    setup_token,
)
from .law import enforce
from .organization import Organization, OrganizationMembership, User
from .registry import Registry, Restriction
from .registry_member import RegistryMember
from .token import ApiToken

__all__ = [
    "AcceptedType",
    "Actor",
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "FormerName",
    "Organization",
    "OrganizationMembership",
    "Registry",
    "RegistryMember",
    "Restriction",
    "User",
    "enforce",
    "found_installation",
    "found_organization",
    "found_organization_with_admin",
    "make_account",
    "setup_token",
]
