"""What may come in. Pages and the Django admin share these forms."""

from .accepted_types import AcceptForm, AddTypesForm, RemoveTypeForm
from .artifacts import ArtifactFilter, DeleteVersionForm, VersionForm
from .audit import AuditFilter, DayForm, HistoryFilter
from .base import CursorForm
from .collections import (
    CollectionFilter,
    CreateCollectionForm,
    DeleteCollectionForm,
    EditCollectionForm,
    LabelsForm,
    LinkForm,
    ProtectForm,
    UnlinkForm,
    UnprotectForm,
    VersionFilter,
)
from .imports import ImportForm
from .members import ConfirmForm, InviteForm, JoinForm, MemberRoleForm, PeopleFilter, SecondFactorForm, ServiceForm
from .metrics import CompareForm, KeyMetricsForm, LineageFilter, LinkFilter
from .organizations import OrganizationForm, SetupForm
from .registries import CreateForm, DeleteForm, DetailsForm, RegistryFilter, RestrictForm
from .registry_members import AddAccessForm, AnswerForm, ChangeAccessForm, ExplainForm, RequestForm, WhoCanForm
from .search import SearchForm
from .teams import AddPeopleForm, TeamDeleteForm, TeamFilter, TeamForm, TeamSettingsForm
from .tokens import TokenForm

__all__ = [
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
    "KeyMetricsForm",
    "LabelsForm",
    "LineageFilter",
    "LinkFilter",
    "LinkForm",
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
    "TeamDeleteForm",
    "TeamFilter",
    "TeamForm",
    "TeamSettingsForm",
    "TokenForm",
    "UnlinkForm",
    "UnprotectForm",
    "VersionFilter",
    "VersionForm",
    "WhoCanForm",
]
