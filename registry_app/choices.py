"""Every closed list of words, as Django choices."""

from django.db.models import TextChoices


class Theme(TextChoices):
    """How a browser shows the site."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Kind(TextChoices):
    """What a registry is: born with its organization, or made by people."""

    CORE = "core"
    CUSTOM = "custom"


class Visibility(TextChoices):
    """Who sees a registry: the whole organization, or only people with a role in it."""

    ORGANIZATION = "organization"
    RESTRICTED = "restricted"


class Role(TextChoices):
    """What a person is in one registry, lowest first."""

    RESTRICTED_VIEWER = "restricted_viewer", "Restricted viewer"
    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"


class OrganizationRole(TextChoices):
    """What a person is in an organization, lowest first."""

    MEMBER = "member"
    ADMIN = "admin"


class TeamRole(TextChoices):
    """What a person is in a team, lowest first."""

    MEMBER = "member"
    ADMIN = "admin"


class Source(TextChoices):
    """Where a role in a registry comes from."""

    ORGANIZATION = "organization", "Organization admin"
    VISIBILITY = "visibility", "Everyone in the organization"
    PERSON = "person", "Given here"
    TEAM = "team", "Through a team"


class TokenLife(TextChoices):
    """How long a new API token works: days, or permanently."""

    MONTH = "30", "30 days"
    QUARTER = "90", "90 days"
    YEAR = "365", "1 year"
    FOREVER = "never", "Until it is revoked"


class Direction(TextChoices):
    """Whether more or less of a key metric is better."""

    HIGHER = "higher", "Higher is better"
    LOWER = "lower", "Lower is better"


class Side(TextChoices):
    """Which versions in the lineage of a version: those that it was made from, or those that were made from it."""

    INPUTS = "inputs"
    OUTPUTS = "outputs"


class Permission(TextChoices):
    """What a person may do beside the Actions."""

    SEE = "registry.see"
    USE = "registry.use", "Read the source of versions in"
    LEAVE = "team.leave", "Leave team"
    JOIN = "organization.join", "Join organization"


class Hit(TextChoices):
    """What a search finds: of two that fit equally well the earlier one comes first."""

    REGISTRY = "registry", "Registries"
    COLLECTION = "collection", "Collections"
    VERSION = "version", "Versions"
    ARTIFACT = "artifact", "Artifacts"


class Target(TextChoices):
    """What an entry of the audit log can be about."""

    ORGANIZATION = "organization"
    USER = "user"
    INVITATION = "invitation"
    TOKEN = "token"  # noqa: S105
    TEAM = "team"
    GROUP = "group"
    REGISTRY = "registry"
    COLLECTION = "collection"
    LINK = "link"
    ALIAS = "alias"
    VERSION = "version"
    SITE = "site"


class EventKind(TextChoices):
    """What an entry of the audit log belongs to. One that a rule refused is REFUSED, whatever was tried."""

    VERSION = "version", "Versions"
    ALIAS = "alias", "Aliases"
    COLLECTION = "collection", "Collections"
    REGISTRY = "registry", "Registry"
    ACCESS = "access", "Access"
    ACCOUNT = "account", "Organization and people"
    REFUSED = "refused", "Refused by a rule"


# How the actions of a kind begin; the first that fits counts, all others are of accounts.
BEGINNINGS = {
    "link.": EventKind.VERSION,
    "version.": EventKind.VERSION,
    "alias.": EventKind.ALIAS,
    "registry.alias.": EventKind.ALIAS,
    "collection.": EventKind.COLLECTION,
    "registry.member.": EventKind.ACCESS,
    "access.": EventKind.ACCESS,
    "registry.": EventKind.REGISTRY,
}


class Action(TextChoices):
    """What was done, or (see `attempt`) refused: the audit log's word, and the words of pages before the name.

    docs/audit-events.md says of each what its entry holds.
    """

    ORGANIZATION_CREATE = "organization.create", "Created organization"
    ORGANIZATION_EDIT = "organization.edit", "Edited settings of"
    FACTOR_REQUIRE = "organization.factor.require", "Changed who needs a second factor in"
    PERSON_ADD = "organization.member.add", "Added member"
    PERSON_CHANGE = "organization.member.change", "Changed organization role of"
    PERSON_REMOVE = "organization.member.remove", "Removed member"
    INVITE = "invitation.create", "Invited"
    INVITE_REVOKE = "invitation.revoke", "Revoked invitation of"
    GROUP_MAP = "organization.group.add", "Added mapping of group"
    GROUP_CHANGE = "organization.group.change", "Changed mapping of group"
    GROUP_UNMAP = "organization.group.remove", "Removed mapping of group"
    USER_CREATE = "user.create", "Created account"
    USER_EDIT = "user.edit", "Edited account"
    USER_DEACTIVATE = "user.deactivate", "Deactivated account"
    USER_REACTIVATE = "user.reactivate", "Reactivated account"
    SERVICE_CREATE = "service_account.create", "Created service account"
    SIGN_IN = "user.sign_in", "Signed in"
    SIGN_OUT = "user.sign_out", "Signed out"
    SIGN_IN_LIMIT = "user.sign_in.limit", "Reached the limit of tries"
    POST_LIMIT = "request.limit", "Reached the limit of refused requests"
    PASSWORD_CHANGE = "user.password.change", "Changed password of"
    PASSWORD_LINK = "user.password.link", "Created reset link for"
    PASSWORD_RESET = "user.password.reset", "Reset password of"
    SSO_CONNECT = "user.sso.connect", "Connected single sign-on to"
    SSO_DISCONNECT = "user.sso.disconnect", "Disconnected single sign-on from"
    FACTOR_ADD = "user.factor.add", "Added second factor for"
    FACTOR_REMOVE = "user.factor.remove", "Removed second factor of"
    FACTOR_CODES = "user.factor.codes", "Created recovery codes for"
    SESSION_END = "user.session.end", "Ended session of"
    TOKEN_ISSUE = "token.issue", "Issued token"
    TOKEN_REVOKE = "token.revoke", "Revoked token"
    TEAM_CREATE = "team.create", "Created team"
    TEAM_EDIT = "team.edit", "Edited team"
    TEAM_DELETE = "team.delete", "Deleted team"
    TEAM_MEMBER_ADD = "team.member.add", "Added member to team"
    TEAM_MEMBER_CHANGE = "team.member.change", "Changed role in team"
    TEAM_MEMBER_REMOVE = "team.member.remove", "Removed member from team"
    CREATE = "registry.create", "Created"
    EDIT = "registry.edit", "Edited"
    RESTRICT = "registry.restrict", "Restricted"
    DELETE = "registry.delete", "Deleted"
    TYPE_ADD = "registry.type.add", "Added types to"
    TYPE_REMOVE = "registry.type.remove", "Removed a type from"
    TYPES_ALL = "registry.types.all", "Accepted all types in"
    TYPES_LIST = "registry.types.list", "Accepted only listed types in"
    MEMBER_ADD = "registry.member.add", "Added role in"
    MEMBER_CHANGE = "registry.member.change", "Changed role in"
    MEMBER_REMOVE = "registry.member.remove", "Removed role in"
    REQUEST = "access.request", "Requested a role in"
    REQUEST_GRANT = "access.grant", "Granted a request for a role in"
    REQUEST_DECLINE = "access.decline", "Declined a request for a role in"
    PROTECT = "registry.alias.protect", "Protected an alias in"
    UNPROTECT = "registry.alias.unprotect", "Stopped protecting an alias in"
    COLLECTION_CREATE = "collection.create", "Created collection"
    COLLECTION_EDIT = "collection.edit", "Edited collection"
    COLLECTION_DELETE = "collection.delete", "Deleted collection"
    LINK = "link.create", "Linked a version as"
    LINK_TAG = "link.tag", "Changed tags of"
    UNLINK = "link.delete", "Unlinked"
    ALIAS_SET = "alias.set", "Set alias"
    ALIAS_REMOVE = "alias.remove", "Removed alias"
    ALIAS_REQUEST = "alias.request", "Requested to set alias"
    ALIAS_APPROVE = "alias.approve", "Approved a request to set alias"
    ALIAS_DECLINE = "alias.decline", "Declined a request to set alias"
    VERSION_CREATE = "version.create", "Registered version"
    VERSION_DELETE = "version.delete", "Deleted version"

    @property
    def kind(self):
        """The EventKind of what was done."""
        return next((kind for start, kind in BEGINNINGS.items() if self.startswith(start)), EventKind.ACCOUNT)

    @property
    def attempt(self):
        """The words for one that a rule refused."""
        first, _, rest = self.label.partition(" ")
        return " ".join(filter(None, ("Tried to", INFINITIVES[first], rest)))


INFINITIVES = {
    "Accepted": "accept",
    "Added": "add",
    "Approved": "approve",
    "Changed": "change",
    "Connected": "connect",
    "Created": "create",
    "Deactivated": "deactivate",
    "Declined": "decline",
    "Deleted": "delete",
    "Disconnected": "disconnect",
    "Edited": "edit",
    "Ended": "end",
    "Granted": "grant",
    "Invited": "invite",
    "Issued": "issue",
    "Linked": "link",
    "Protected": "protect",
    "Reached": "reach",
    "Reactivated": "reactivate",
    "Registered": "register",
    "Removed": "remove",
    "Requested": "request",
    "Reset": "reset",
    "Restricted": "restrict",
    "Revoked": "revoke",
    "Set": "set",
    "Signed": "sign",
    "Stopped": "stop",
    "Unlinked": "unlink",
}
