"""What is kept."""

from .accepted_type import AcceptedType
from .access_request import AccessRequest
from .alias import Alias
from .alias_request import AliasRequest
from .artifact import Artifact, Version
from .audit_forward import AuditForward
from .collection import Collection
from .event import Actor, AuditChainHead, AuditEvent
from .former_name import FormerName
from .group_mapping import GroupMapping
from .group_sign_in import follow_groups
from .impact import ContentCounts, RestrictionImpact
from .invitation import Invitation
from .link import Link
from .organization import Organization
from .organization_membership import OrganizationMembership
from .protected_alias import ProtectedAlias
from .provisioning import (
    create_organization,
    create_organization_with_admin,
    make_account,
    make_invited_account,
    make_service_account,
    make_superuser,
    set_up,
    setup_token,
)
from .publication import Publication
from .registration import Batch, clean_names, register
from .registry import Registry
from .registry_member import RegistryMember
from .registry_week import LinkCounts, RegistryWeek, week_of
from .role_sources import effective_sources, role_sources, role_sources_of_person
from .tag import Tag
from .team import Team, TeamMembership
from .token import ApiToken
from .user import User
from .validation import raise_refusal
from .version_data import VersionData
