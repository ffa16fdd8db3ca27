"""The rules of the rulebook, in pure functions: no query, no request, no clock.

A function named `refuse_…` answers None where the rule allows, else the Refusal. Forms, models, the admin, commands and
templates all ask here, so that the reason shown beforehand is the reason given afterwards.
"""

import unicodedata
from datetime import datetime
from typing import NamedTuple

from .choices import Action, Kind, OrganizationRole, Role, Source, TeamRole, Visibility

NAME_LENGTH = 113  # characters; the wandb client adds a prefix of 15 and takes 128
KEY_LENGTH = 4 * NAME_LENGTH  # characters of a name's key; some characters fold to as many as eighteen
TYPE_LENGTH = 128  # characters
TYPES_AT_ONCE = 500  # types in one call
DESCRIPTION_BYTES = 64 * 1024  # of UTF-8
REASON_LENGTH = 500  # characters

# Rule 1: name, description and preconfigured type of the core registries.
CORE_REGISTRIES = (
    ("Models", "Trained models that are ready for others to use.", "model"),
    ("Datasets", "Training and evaluation data with known origin.", "dataset"),
)


class Refusal(NamedTuple):
    """Why something may not be: the rulebook's code, a sentence for people, and a way out where there is one."""

    code: str
    reason: str
    way_out: str = ""


# Reasons that are shown before anything is tried, and again by whoever refuses.
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
TYPES_MISSING = Refusal("types_missing", "Name at least one type, or accept all types.")
ALL_TYPES_ACCEPTED = Refusal("all_types_accepted", "All types are accepted already.")
NAME_TAKEN = Refusal("name_taken", "That name is taken. Choose another name.")
NAME_INVALID = Refusal("name_invalid", "Names can't contain / \\ # ? % : or invisible characters.")
CONFIRMATION_DIFFERS = Refusal("confirmation_differs", "That isn't the name. Nothing was changed.")
STALE_PREVIEW = Refusal("stale_preview", "Something changed since this was shown. Nothing was done; look again.")
EDIT_CONFLICT = Refusal("edit_conflict", "Somebody else saved this meanwhile. Nothing was overwritten.")
SERVICE_ROLE = Refusal("service_role", "Service accounts are members or admins.")
NOT_HERE = Refusal("not_in_organization", "Only people, service accounts and teams of the organization can be added.")
ROLE_ENDS_BEFORE = Refusal("end_date_past", "A role can't end before it begins.")
ORGANIZATION_ADMINS_ONLY = Refusal("role_too_low", "You need the Admin role of the organization for this.")
TEAM_ADMINS_ONLY = Refusal("role_too_low", "You need the Admin role of the team or of the organization for this.")
ADMINS_CREATE = Refusal("role_too_low", "Only organization admins create registries here.")
SERVICE_IS_NO_ADMIN = Refusal("service_role", "Service accounts are members of the organization, never its admins.")
INVITATION_USED = Refusal("invitation_used", "This invitation has been used or has ended. Ask for a new one.")
REQUESTED_ALREADY = Refusal("requested_already", "You asked already; the admins of the registry see your request.")
REQUEST_ANSWERED = Refusal("request_answered", "Somebody answered this request already.")
ROLE_HELD = Refusal("role_held", "You have this role, or a higher one, already.")
USERNAME_TAKEN = Refusal("username_taken", "A user with that username already exists.")
EMAIL_TAKEN = Refusal("email_taken", "Another account has this email address.")
IN_OTHER_ORGANIZATIONS = Refusal(
    "other_organization",
    "The account is used in another organization too.",
    "Take it out of this one, or ask the installation's staff.",
)
ACCOUNT_OF_STAFF = Refusal(
    "account_of_staff", "The account is one of the installation's staff.", "Ask the installation's staff."
)
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
LOG_STAYS = Refusal("log_stays", "Audit entries can't be edited or deleted.")


# Rules 1 to 9: what a registry is and who sees it.


def refuse_kind(stored, wanted):
    """Rules 1 and 6: why a registry of kind `stored` (None for a new one made by people) may not be `wanted`."""
    if stored is None:
        return CORE_IS_GIVEN if wanted == Kind.CORE else None
    return KIND_STAYS if stored != wanted else None


def refuse_organization(stored, wanted):
    """Rule 6: why a registry may not move from organization `stored` (None for a new one) to `wanted` (ids)."""
    return ORGANIZATION_STAYS if stored is not None and stored != wanted else None


def refuse_visibility(kind, stored, wanted):
    """Rules 2 and 9: why a registry may not go from visibility `stored` (None for a new one) to `wanted`."""
    if kind == Kind.CORE and wanted != Visibility.ORGANIZATION:
        return CORE_IS_SHARED
    if stored == Visibility.RESTRICTED and wanted != Visibility.RESTRICTED:
        return RESTRICTED_STAYS
    return None


def refuse_restriction(kind, visibility):
    """Rules 2 and 8: why a registry of this `kind` and `visibility` can't be restricted (once more)."""
    if visibility == Visibility.RESTRICTED:
        return RESTRICTED_STAYS
    return refuse_visibility(kind, visibility, Visibility.RESTRICTED)


def refuse_metadata(kind):
    """Rule 3: why name and description of a registry of `kind` may not be edited."""
    return CORE_IS_FIXED if kind == Kind.CORE else None


def refuse_delete(kind):
    """Rule 5: why a registry of `kind` may not be deleted."""
    return CORE_STAYS if kind == Kind.CORE else None


# Rules 4 and 11 to 13: what a registry accepts.


def refuse_type_list(types):
    """Rule 7: why a registry may not accept just `types`."""
    return None if types else TYPES_MISSING


def refuse_all_types(kind):
    """Rule 4: why a registry of `kind` may not accept all types."""
    return CORE_KEEPS_A_LIST if kind == Kind.CORE else None


def refuse_type_removal(kind, name, *, in_use, others):
    """Rules 4, 7 and 11: why type `name` may not be removed where it is `in_use` or no `others` (a count) are left."""
    if kind == Kind.CORE:
        return CORE_TYPE_STAYS
    if in_use:
        return Refusal(
            "type_in_use",
            f"{name} stays: a type can't be removed while collections use it.",
            "Move or delete those collections first.",
        )
    if not others:
        return TYPES_MISSING
    return None


def refuse_type_addition(accepts_all):
    """Rule 12: why no type may be added to a registry that `accepts_all`."""
    return ALL_TYPES_ACCEPTED if accepts_all else None


def refuse_lookalike(name, accepted):
    """Rule 13: why type `name` needs a confirmation beside those `accepted`."""
    twin = next((other for other in accepted if other != name and _alike(other.casefold(), name.casefold())), None)
    if twin is None:
        return None
    return Refusal("type_looks_alike", f"{name} looks like {twin}, which is accepted already. Add it all the same?")


def _alike(one, other):
    return one in {other, f"{other}s"} or other == f"{one}s"


# How names are written.


def clean_name(text):
    """A name as it is kept: trimmed and in Unicode's composed form (NFC).

    What is far too long stays as it is: it will be refused, and composing a long run of marks takes minutes.
    """
    text = text.strip()
    return unicodedata.normalize("NFC", text) if len(text) <= 100 * NAME_LENGTH else text


def clean_description(text):
    """A description as it is kept: trimmed, lines ended as on Unix."""
    return text.replace("\r\n", "\n").strip()


def name_key(name):
    """What two names that differ only in case or width share; unique in an organization (rule 14)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def refuse_name(name):
    """Why a cleaned `name` may not name a registry or an organization."""
    if not name:
        return Refusal("name_invalid", "Give it a name.")
    if len(name) > NAME_LENGTH:
        return Refusal("name_invalid", f"Names have at most {NAME_LENGTH} characters; this one has {len(name)}.")
    if name in {".", ".."} or any(char in "/\\#?%:\ufffd" or not _visible(char) for char in name):
        return NAME_INVALID
    if len(name_key(name)) > KEY_LENGTH:
        return NAME_INVALID
    if name_key(name).startswith("wandb-registry-"):
        return Refusal("name_invalid", "Names can't start with wandb-registry-; the wandb client adds that itself.")
    return None


def refuse_type_name(name):
    """Why a cleaned `name` may not name an artifact type. Split, not matched: no expression to backtrack."""
    if not 1 <= len(name) <= TYPE_LENGTH:
        return Refusal("type_invalid", f"Types have 1 to {TYPE_LENGTH} characters.")
    words = name.split(" ")
    if all(word and word[0] != "." and all(_word_char(char) for char in word) for word in words):
        return None
    return Refusal(
        "type_invalid",
        f"{_short(name)}: types are words of letters, digits, dashes, underscores and dots, single spaces between.",
    )


def refuse_description(text):
    """Why `text` may not describe a registry."""
    if len(text.encode("utf-8", "replace")) > DESCRIPTION_BYTES:
        return Refusal("description_invalid", "Descriptions have at most 64 KiB.")
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\r\t" for char in text):
        return Refusal("description_invalid", "Descriptions can't contain control characters.")
    return None


def _visible(char):
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _word_char(char):
    return char in "_-." or unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def _short(text):
    return text if len(text) <= 40 else f"{text[:40]}…"


# Who may.

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_token(read_only, method):
    """Why a token, `read_only` or not, may not carry a request of this HTTP `method`."""
    return TOKEN_READ_ONLY if read_only and method not in SAFE_METHODS else None


DEFAULT_ROLES = (Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER)  # what an organization may give to everybody
LADDER = (Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN)
NEEDED = {
    Action.SEE: Role.RESTRICTED_VIEWER,
    Action.EDIT: Role.MEMBER,
    Action.TYPE_ADD: Role.ADMIN,
    Action.TYPE_REMOVE: Role.ADMIN,
    Action.TYPES_ALL: Role.ADMIN,
    Action.TYPES_LIST: Role.ADMIN,
    Action.RESTRICT: Role.ADMIN,
    Action.DELETE: Role.ADMIN,
    Action.MEMBER_ADD: Role.ADMIN,
    Action.MEMBER_CHANGE: Role.ADMIN,
    Action.MEMBER_REMOVE: Role.ADMIN,
}


class Path(NamedTuple):
    """One way in which somebody has a role in a registry (rulebook §3).

    `team` names the team that it comes through, `ends_at` is when it ends (None: never), `counts` whether it does now.
    """

    role: Role
    source: Source
    team: str = ""
    ends_at: datetime | None = None
    counts: bool = True


def rank(role):
    """Where `role` stands, from 0 for the lowest; -1 for None."""
    return -1 if role is None else LADDER.index(role)


def above(role):
    """The role next above `role`, or None above the highest."""
    return LADDER[rank(role) + 1] if rank(role) + 1 < len(LADDER) else None


def highest(roles):
    """The highest of `roles`, or None where there is none."""
    return max(roles, key=rank, default=None)


def shared_role(visibility, default):
    """What everybody of the organization is in a registry of this visibility: `default`, or None."""
    return Role(default) if visibility == Visibility.ORGANIZATION else None


def effective_role(visibility, organization_role, given, *, default=Role.VIEWER, service=False):
    """The highest role that counts (rulebook §3), or None.

    `organization_role` is the person's role in the organization (None outside it: then nothing counts), `given` the
    highest role given to them or their teams in the registry (None where none was), `default` the organization's
    default role, and `service` says that it is a service account.
    """
    if organization_role is None:
        return None
    if organization_role == OrganizationRole.ADMIN:
        return Role.ADMIN
    role = highest(role for role in (shared_role(visibility, default), given) if role)
    return _lifted(role and Role(role), service)


def effective_of(paths, *, service):
    """The effective role that comes of all `paths` of somebody (a list of Path), or None."""
    return _lifted(highest(path.role for path in paths if path.counts), service)


def _lifted(role, service):
    """A service account is never below member where it has any role (rulebook §3)."""
    return highest([role, Role.MEMBER]) if service and role else role


def refuse_given_role(role, *, service):
    """Why `role` may not be given in a registry, to a service account or not."""
    return SERVICE_ROLE if service and rank(role) < rank(Role.MEMBER) else None


def refuse_creation(organization_role, *, members_create):
    """Why somebody may not create a registry in an organization whose setting is `members_create`."""
    if organization_role is None:
        return Refusal("role_too_low", "Only people of the organization create registries here.")
    return None if members_create or organization_role == OrganizationRole.ADMIN else ADMINS_CREATE


def refuse_role(action, role):
    """Why somebody of effective `role` (None for none) may not do `action` in a registry (rule 10, §3)."""
    needed = NEEDED[action]
    if rank(role) >= rank(needed):
        return None
    return Refusal("role_too_low", f"You need the {needed.label} role for this.")


def actions_of(role, kind, visibility, accepts_all_types):
    """What somebody of effective `role` may do in such a registry: the controls that a page shows."""
    allowed = {action for action in NEEDED if refuse_role(action, role) is None}
    if kind == Kind.CORE:
        allowed -= {
            Action.EDIT,
            Action.RESTRICT,
            Action.DELETE,
            Action.TYPE_REMOVE,
            Action.TYPES_ALL,
            Action.TYPES_LIST,
        }
    if visibility == Visibility.RESTRICTED:
        allowed.discard(Action.RESTRICT)
    allowed -= {Action.TYPE_ADD, Action.TYPE_REMOVE, Action.TYPES_ALL} if accepts_all_types else {Action.TYPES_LIST}
    return frozenset(allowed)


# Teams: led by their own admins and by the organization's; made and deleted by the organization's alone.

LEADING = frozenset(
    {Action.TEAM_EDIT, Action.TEAM_MEMBER_ADD, Action.TEAM_MEMBER_CHANGE, Action.TEAM_MEMBER_REMOVE, Action.TEAM_DELETE}
)


def refuse_in_team(action, organization_role, team_role):
    """Why somebody of these roles (None for none) may not do `action` of LEADING in a team."""
    if organization_role == OrganizationRole.ADMIN:
        return None
    if action == Action.TEAM_DELETE:
        return DELETE_BY_ADMINS
    return None if team_role == TeamRole.ADMIN and organization_role is not None else TEAM_ADMINS_ONLY


def actions_in_team(organization_role, team_role):
    """What somebody of these roles may do in a team: the controls that a page shows."""
    return frozenset(action for action in LEADING if refuse_in_team(action, organization_role, team_role) is None)
