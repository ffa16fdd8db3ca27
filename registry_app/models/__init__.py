"""What is kept."""

from .audit import Actor, AuditEvent, AuditHead
from .founding import found_installation, found_organization, found_organization_with_admin, setup_token
from .law import enforce
from .organization import Organization, OrganizationMembership, User
from .registry import AcceptedType, FormerName, Registry, RegistryMember, Restriction

__all__ = [
    "AcceptedType",
    "Actor",
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
    "setup_token",
]
