"""The class Refusal, and the refusals that are constants."""

from typing import NamedTuple


class Refusal(NamedTuple):
    """Why something is not allowed: the rulebook's code, a sentence for people, and a way out or ""."""

    code: str
    reason: str
    way_out: str = ""

    @property
    def message(self) -> str:
        """Reason and way out as one text."""
        return f"{self.reason} {self.way_out}".strip()


# The codes of what a rule or a role forbids, or an attempt that nobody makes by mistake: the audit log keeps them (§5).
# The others tell of slips of the keyboard and of pages that were out of date.
FORBIDDING = {
    "account_elsewhere",
    "account_inactive",
    "account_of_staff",
    "address_taken",
    "alias_protected",
    "alias_reserved",
    "all_types_accepted",
    "already_set_up",
    "artifacts_stay",
    "core_is_fixed",
    "core_is_given",
    "core_is_shared",
    "core_stays",
    "core_type_stays",
    "invitation_used",
    "kind_stays",
    "last_admin",
    "link_stays",
    "log_stays",
    "not_in_organization",
    "organization_stays",
    "other_identity",
    "other_organization",
    "request_answered",
    "restricted_stays",
    "restriction_not_noted",
    "role_too_low",
    "second_factor_missing",
    "service_account",
    "service_role",
    "source_hidden",
    "team_mapped",
    "token_read_only",
    "too_many_tries",
    "type_in_use",
    "type_not_accepted",
    "type_stays",
    "types_missing",
    "unknown_field",
    "version_is_fixed",
    "version_linked",
}


def forbids(code: str) -> bool:
    """Whether a refusal with this code belongs into the audit log (rulebook §5)."""
    return code in FORBIDDING


CORE_IS_GIVEN = Refusal("core_is_given", "Every organization has its two core registries, and no third.")
CORE_IS_SHARED = Refusal(
    "core_is_shared",
    "Core registries are the organization's shared shelf, so everyone keeps access to them.",
    "Need a private one? Create a restricted custom registry.",
)
CORE_IS_FIXED = Refusal(
    "core_is_fixed",
    "Core names and descriptions are the same in every installation, so that code and documentation can rely on them.",
)
CORE_TYPE_STAYS = Refusal("core_type_stays", "A type can't be taken off a core registry.")
CORE_KEEPS_A_LIST = Refusal("core_type_stays", "A core registry accepts a list of types, never all types.")
CORE_STAYS = Refusal("core_stays", "Core registries can't be deleted.")
KIND_STAYS = Refusal("kind_stays", "Core stays core, and custom stays custom.")
ORGANIZATION_STAYS = Refusal("organization_stays", "A registry stays in its organization.")
RESTRICTED_STAYS = Refusal(
    "restricted_stays",
    "Some of what is here may have been added because it was restricted, so it is never opened to everyone.",
    "To share with everyone, create an organization registry and link versions there.",
)
RESTRICTION_NOT_NOTED = Refusal(
    "restriction_not_noted",
    "It can't be restricted now, because the file that keeps it restricted through a restore can't be written.",
    "Ask the people who run this site.",
)
TYPES_MISSING = Refusal("types_missing", "Name at least one type, or accept all types.")
ALL_TYPES_ACCEPTED = Refusal("all_types_accepted", "All types are accepted already.")
NAME_TAKEN = Refusal("name_taken", "That name is taken. Choose another name.")
NAME_INVALID = Refusal("name_invalid", "Names can't contain / \\ # ? % : and aren't . or ..")
CONFIRMATION_DIFFERS = Refusal("confirmation_differs", "That isn't the name. Nothing was changed.")
STALE_PREVIEW = Refusal("stale_preview", "Something changed since this was shown. Nothing was done; look again.")
EDIT_CONFLICT = Refusal("edit_conflict", "Somebody else saved this meanwhile. Nothing was overwritten.")
SERVICE_ROLE = Refusal("service_role", "Service accounts are members or admins.")
NOT_HERE = Refusal("not_in_organization", "Only people, service accounts and teams of the organization can be added.")
ROLE_ENDS_BEFORE = Refusal("end_date_past", "A role can't end before it begins.")
ORGANIZATION_ADMINS_ONLY = Refusal("role_too_low", "You need the Admin role of the organization for this.")
TEAM_PEOPLE_ONLY = Refusal("role_too_low", "Only people of the team see its artifacts and register versions for it.")
TEAM_ADMINS_ONLY = Refusal("role_too_low", "You need the Admin role of the team or of the organization for this.")
ADMINS_CREATE = Refusal("role_too_low", "Only organization admins create registries here.")
SERVICE_IS_NO_ADMIN = Refusal("service_role", "Service accounts are members of the organization, never its admins.")
INVITATION_USED = Refusal("invitation_used", "This invitation has been used or has ended. Ask for a new one.")
REQUESTED_ALREADY = Refusal("requested_already", "You asked already; the admins of the registry see your request.")
OWN_REQUESTS_ONLY = Refusal("role_too_low", "Only the person who asked withdraws a request.")
REQUEST_ANSWERED = Refusal("request_answered", "Somebody answered this request already.")
ALIAS_NEEDS_NO_REQUEST = Refusal("request_needless", "You can set this alias yourself.", "Edit the version's aliases.")
ALIAS_IS_HERE = Refusal("alias_held", "The version carries this alias already.")
ROLE_HELD = Refusal("role_held", "You have this role, or a higher one, already.")
USERNAME_TAKEN = Refusal("username_taken", "A user with that username already exists.")
ADDRESS_TAKEN = Refusal(
    "address_taken",
    "Another account has the address that the provider says of this person now.",
    "Give that account another address, or deactivate it and take its address away.",
)
EMAIL_TAKEN = Refusal("email_taken", "Another account has this email address.")
OTHER_ORGANIZATION = Refusal("other_organization", "The version belongs to another organization.")
ACCOUNT_ELSEWHERE = Refusal(
    "account_elsewhere",
    "The account is used in another organization too.",
    "Remove it from this one, or ask the staff of this site.",
)
ACCOUNT_OF_STAFF = Refusal("account_of_staff", "The account belongs to site staff.", "Ask site staff.")
DELETE_BY_ADMINS = Refusal("role_too_low", "Only organization admins delete teams.")
LAST_ADMIN = Refusal("last_admin", "One admin must remain. The last admin can't be removed or demoted.")
SECOND_FACTOR_MISSING = Refusal(
    "second_factor_missing", "This organization asks its members for a second factor.", "Set one up to go on."
)
TOKEN_INVALID = Refusal(
    "token_invalid",
    "There is no valid API token in this request: it is missing, unknown, expired or revoked.",
    "Send one as “Authorization: Bearer local-…”.",
)
TOKEN_READ_ONLY = Refusal("token_read_only", "This API token is for reading only.", "Use one that may also write.")
TOKEN_NAME_TAKEN = Refusal("token_name_taken", "You have a token of that name. Revoke it, or choose another name.")
OTHER_IDENTITY = Refusal(
    "other_identity",
    "The account is connected to another person of the identity provider.",
    "If that person is not its owner any more, ask site staff to end the connection.",
)
ACCOUNT_INACTIVE = Refusal("account_inactive", "The account is deactivated.", "Ask an admin to reactivate it.")
SERVICE_SIGNS_IN = Refusal("service_account", "A service account signs in with its tokens alone.")
TOO_MANY_TRIES = Refusal("too_many_tries", "Too many tries.", "Wait a few minutes, then try again.")
ALIAS_RESERVED = Refusal(
    "alias_reserved", "latest and v0, v1, … are given by the system: latest follows the newest version."
)
ALIAS_PROTECTED = Refusal(
    "alias_protected", "A version under a protected alias stays.", "Move the alias first, then unlink."
)
TYPE_STAYS = Refusal("type_stays", "A collection holds one type, set when it was created.")
TYPE_NOT_ACCEPTED = Refusal("type_not_accepted", "A collection takes versions of its own type only.")
LINK_STAYS = Refusal("link_stays", "A link keeps its number and its version, and a number is never used again.")
SOURCE_HIDDEN = Refusal(
    "source_hidden",
    "You can link versions of your own teams, and versions linked in registries where you are a viewer or more.",
)
VERSION_IS_FIXED = Refusal(
    "version_is_fixed", "A version never changes: its digest, size and address stay as they are."
)
VERSION_LINKED = Refusal("version_linked", "It is linked in a registry.", "Unlink it there first.")
ARTIFACTS_STAY = Refusal("artifacts_stay", "The team has registered artifacts, which need an owner.")
TEAM_MAPPED = Refusal(
    "team_mapped",
    "A group of the identity provider puts people into the team.",
    "Remove the group's mapping first.",
)
GROUP_MAPPED = Refusal("group_mapped", "This group is mapped to that already. Change or remove that mapping.")
NO_PROVIDER = Refusal("no_provider", "This site has no identity provider, so it knows no groups.")
URI_INVALID = Refusal("uri_invalid", "Say where it is kept, as s3://bucket/path, hf://… or file://…, without spaces.")
DIGEST_INVALID = Refusal(
    "digest_invalid",
    "A digest is a SHA-256, as 64 hexadecimal digits or as sha256- and base64; or another kind, a colon and its value.",
)
NUMBER_INVALID = Refusal("number_invalid", "Sizes and counts are whole numbers from 0.")
IMPORT_TOO_LONG = Refusal("too_many", "At most 1 MiB at a time.", "Split the list.")
LOG_STAYS = Refusal("log_stays", "Audit entries can't be edited or deleted.")
DATABASE_UNAVAILABLE = Refusal(
    "database_unavailable", "The database is busy, full or out of reach.", "Try again in a moment."
)
CHANGED_AT_ONCE = Refusal("changed_at_once", "Somebody changed the same thing at the same moment.", "Try again.")
