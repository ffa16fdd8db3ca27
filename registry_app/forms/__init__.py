"""What may come in. Pages and the Django admin share these forms."""

from .accepted_types import AcceptForm, AddTypesForm, RemoveTypeForm
from .artifacts import ArtifactFilter, DeleteVersionForm, VersionForm
from .audit import AuditFilter, DayForm, HistoryFilter
from .base import CursorForm
from .collections import (
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
from .members import ConfirmForm, InviteForm, JoinForm, MemberRoleForm, PeopleFilter, SecondFactorForm, ServiceForm
from .organizations import OrganizationForm, SetupForm
from .registries import CreateForm, DeleteForm, DetailsForm, RegistryFilter, RestrictForm
from .registry_members import AbleForm, AddAccessForm, AnswerForm, ChangeAccessForm, ExplainForm, RequestForm
from .search import SearchForm
from .teams import AddPeopleForm, TeamDeleteForm, TeamFilter, TeamForm, TeamSettingsForm
from .tokens import TokenForm

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
    "SecondFactorForm",
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
