"""What is kept."""

from .audit import Actor, AuditEvent, AuditHead
from .founding import found_organization
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
    "found_organization",
]
