"""What may come in. Pages and the Django admin share these forms."""

from .access import AbleForm, AddAccessForm, AnswerForm, ChangeAccessForm, ExplainForm, RequestForm
from .artifacts import ArtifactFilter, DeleteVersionForm, VersionForm
from .audit import AuditFilter, DayForm, HistoryFilter
from .base import CursorForm
from .collection import (
    CollectionFilter,
    CompareForm,
    CreateCollectionForm,
    DeleteCollectionForm,
    EditCollectionForm,
    LinkForm,
    MarkForm,
    ProtectForm,
    SourceFilter,
    UnlinkForm,
    UnprotectForm,
)
from .imports import ImportForm
from .organization import OrganizationForm, SetupForm
from .people import ConfirmForm, InviteForm, JoinForm, MemberRoleForm, PeopleFilter, ServiceForm
from .registry import CreateForm, DeleteForm, DetailsForm, RegistryFilter, RestrictForm
from .search import SearchForm
from .teams import AddPeopleForm, TeamDeleteForm, TeamFilter, TeamForm, TeamSettingsForm
from .token import TokenForm
from .types import AcceptForm, AddTypesForm, RemoveTypeForm

__all__ = [
    "AbleForm",
    "AcceptForm",
    "AddAccessForm",
    "AddPeopleForm",
    "AddTypesForm",
    "AnswerForm",
    "ArtifactFilter",
    "AuditFilter",
    "ChangeAccessForm",
    "CollectionFilter",
    "CompareForm",
    "ConfirmForm",
    "CreateCollectionForm",
    "CreateForm",
    "CursorForm",
    "DayForm",
    "DeleteCollectionForm",
    "DeleteForm",
    "DeleteVersionForm",
    "DetailsForm",
    "EditCollectionForm",
    "ExplainForm",
    "HistoryFilter",
    "ImportForm",
    "InviteForm",
    "JoinForm",
    "LinkForm",
    "MarkForm",
    "MemberRoleForm",
    "OrganizationForm",
    "PeopleFilter",
    "ProtectForm",
    "RegistryFilter",
    "RemoveTypeForm",
    "RequestForm",
    "RestrictForm",
    "SearchForm",
    "ServiceForm",
    "SetupForm",
    "SourceFilter",
    "TeamDeleteForm",
    "TeamFilter",
    "TeamForm",
    "TeamSettingsForm",
    "TokenForm",
    "UnlinkForm",
    "UnprotectForm",
    "VersionForm",
]
