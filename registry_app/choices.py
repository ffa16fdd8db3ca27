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

    RESTRICTED_VIEWER = "restricted_viewer"
    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"


class OrganizationRole(TextChoices):
    """What a person is in an organization, lowest first."""

    MEMBER = "member"
    ADMIN = "admin"


class TokenLife(TextChoices):
    """How long a new API token works: days, or for good."""

    MONTH = "30", "30 days"
    QUARTER = "90", "90 days"
    YEAR = "365", "1 year"
    FOREVER = "never", "Until it is revoked"


class Action(TextChoices):
    """What one can do: what a role allows, and what an audit entry says was done (or, see `attempt`, refused)."""

    ORGANIZATION_CREATE = "organization.create", "Founded"
    USER_CREATE = "user.create", "Made the account"
    USER_EDIT = "user.edit", "Edited the account"
    PERSON_ADD = "organization.member.add", "Brought into the organization"
    PERSON_CHANGE = "organization.member.change", "Changed the organization role of"
    PERSON_REMOVE = "organization.member.remove", "Took out of the organization"
    FACTOR_REQUIRE = "organization.factor.require", "Changed who needs a second factor in"
    PASSWORD_CHANGE = "user.password.change", "Changed the password of"
    PASSWORD_LINK = "user.password.link", "Made a reset link for"
    PASSWORD_RESET = "user.password.reset", "Reset the password of"
    SSO_CONNECT = "user.sso.connect", "Connected single sign-on to"
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
    "Deleted": "delete",
    "Edited": "edit",
    "Ended": "end",
    "Founded": "found",
    "Gave": "give",
    "Issued": "issue",
    "Made": "make",
    "Removed": "remove",
    "Reset": "reset",
    "Restricted": "restrict",
    "Revoked": "revoke",
    "Saw": "see",
    "Set": "set",
    "Took": "take",
}
