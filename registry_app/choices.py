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
    """Who sees a registry: the whole organization, or whoever has a role in it."""

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
    """How long a new API token works: days, or for good."""

    MONTH = "30", "30 days"
    QUARTER = "90", "90 days"
    YEAR = "365", "1 year"
    FOREVER = "never", "Until it is revoked"


class Action(TextChoices):
    """What one can do: what a role allows, and what an audit entry says was done (or, see `attempt`, refused)."""

    ORGANIZATION_CREATE = "organization.create", "Founded"
    ORGANIZATION_EDIT = "organization.edit", "Edited the settings of"
    USER_CREATE = "user.create", "Made the account"
    USER_EDIT = "user.edit", "Edited the account"
    USER_DEACTIVATE = "user.deactivate", "Deactivated the account"
    USER_REACTIVATE = "user.reactivate", "Reactivated the account"
    SERVICE_CREATE = "service_account.create", "Made the service account"
    PERSON_ADD = "organization.member.add", "Brought into the organization"
    PERSON_CHANGE = "organization.member.change", "Changed the organization role of"
    PERSON_REMOVE = "organization.member.remove", "Took out of the organization"
    INVITE = "invitation.create", "Invited"
    INVITE_REVOKE = "invitation.revoke", "Revoked the invitation of"
    TEAM_CREATE = "team.create", "Made the team"
    TEAM_EDIT = "team.edit", "Edited the team"
    TEAM_DELETE = "team.delete", "Deleted the team"
    TEAM_MEMBER_ADD = "team.member.add", "Put somebody into the team"
    TEAM_MEMBER_CHANGE = "team.member.change", "Changed somebody's role in the team"
    TEAM_MEMBER_REMOVE = "team.member.remove", "Took somebody out of the team"
    FACTOR_REQUIRE = "organization.factor.require", "Changed who needs a second factor in"
    SIGN_IN = "user.sign_in", "Signed in"
    SIGN_OUT = "user.sign_out", "Signed out"
    SIGN_IN_LIMIT = "user.sign_in.limit", "Reached the limit of tries"
    POST_LIMIT = "request.limit", "Reached the limit of refused requests"
    PASSWORD_CHANGE = "user.password.change", "Changed the password of"
    PASSWORD_LINK = "user.password.link", "Made a reset link for"
    PASSWORD_RESET = "user.password.reset", "Reset the password of"
    SSO_CONNECT = "user.sso.connect", "Connected single sign-on to"
    SSO_DISCONNECT = "user.sso.disconnect", "Disconnected single sign-on from"
    FACTOR_ADD = "user.factor.add", "Set up a second factor for"
    FACTOR_REMOVE = "user.factor.remove", "Removed a second factor of"
    FACTOR_CODES = "user.factor.codes", "Made new recovery codes for"
    SESSION_END = "user.session.end", "Ended a session of"
    TOKEN_ISSUE = "token.issue", "Issued the token"
    TOKEN_REVOKE = "token.revoke", "Revoked the token"
    SEE = "registry.see", "Saw"
    CREATE = "registry.create", "Created"
    EDIT = "registry.edit", "Edited"
    RESTRICT = "registry.restrict", "Restricted"
    DELETE = "registry.delete", "Deleted"
    TYPE_ADD = "registry.type.add", "Added types to"
    TYPE_REMOVE = "registry.type.remove", "Removed a type from"
    TYPES_ALL = "registry.types.all", "Accepted all types in"
    TYPES_LIST = "registry.types.list", "Accepted only listed types in"
    MEMBER_ADD = "registry.member.add", "Gave a role in"
    MEMBER_CHANGE = "registry.member.change", "Changed a role in"
    MEMBER_REMOVE = "registry.member.remove", "Took a role in"
    USE = "registry.use", "Read the source of"
    PROTECT = "registry.alias.protect", "Protected an alias in"
    UNPROTECT = "registry.alias.unprotect", "Stopped protecting an alias in"
    COLLECTION_CREATE = "collection.create", "Created the collection"
    COLLECTION_EDIT = "collection.edit", "Edited the collection"
    COLLECTION_TAG = "collection.tag", "Changed the tags of"
    COLLECTION_DELETE = "collection.delete", "Deleted the collection"
    LINK = "link.create", "Linked a version into"
    LINK_TAG = "link.tag", "Changed the tags of the version"
    UNLINK = "link.delete", "Unlinked a version from"
    ALIAS_PUT = "alias.put", "Put the alias"
    ALIAS_TAKE = "alias.take", "Took the alias"
    VERSION_CREATE = "version.create", "Registered the version"
    VERSION_DELETE = "version.delete", "Deleted the version"
    REQUEST = "access.request", "Requested a role in"
    REQUEST_DECLINE = "access.decline", "Declined a request for a role in"

    @property
    def attempt(self):
        """The words for one that a rule refused."""
        first, _, rest = self.label.partition(" ")
        return " ".join(filter(None, ("Tried to", INFINITIVES[first], rest)))


INFINITIVES = {
    "Accepted": "accept",
    "Added": "add",
    "Brought": "bring",
    "Changed": "change",
    "Connected": "connect",
    "Created": "create",
    "Deactivated": "deactivate",
    "Declined": "decline",
    "Deleted": "delete",
    "Disconnected": "disconnect",
    "Edited": "edit",
    "Ended": "end",
    "Founded": "found",
    "Gave": "give",
    "Invited": "invite",
    "Issued": "issue",
    "Linked": "link",
    "Made": "make",
    "Protected": "protect",
    "Put": "put",
    "Reactivated": "reactivate",
    "Reached": "reach",
    "Read": "read",
    "Registered": "register",
    "Removed": "remove",
    "Requested": "request",
    "Reset": "reset",
    "Restricted": "restrict",
    "Revoked": "revoke",
    "Saw": "see",
    "Set": "set",
    "Signed": "sign",
    "Stopped": "stop",
    "Took": "take",
    "Unlinked": "unlink",
}
