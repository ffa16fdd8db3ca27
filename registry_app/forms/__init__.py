"""What may come in. Pages and the Django admin share these forms."""

from .accepted_types import AcceptForm, AddTypesForm, RemoveTypeForm
from .artifacts import ArtifactFilter, DeleteVersionForm, VersionForm
from .audit import ActivityFilter, AuditFilter, DayForm, HistoryFilter
from .base import CursorForm
from .collections import (
    AliasFilter,
    AliasRequestForm,
    CollectionFilter,
    CreateCollectionForm,
    DeleteCollectionForm,
    EditCollectionForm,
    LabelsForm,
    LinkForm,
    PromoteForm,
    ProtectForm,
    UnlinkForm,
    UnprotectForm,
    VersionFilter,
)
from .group_mappings import ChangeMappingForm, GroupMappingForm, RemoveMappingForm
from .imports import ImportForm
from .members import ConfirmForm, InviteForm, JoinForm, MemberRoleForm, PeopleFilter, SecondFactorForm, ServiceForm
from .metrics import CompareForm, KeyMetricsForm, LineageFilter, LinkFilter
from .organizations import OrganizationForm, SetupForm
from .principals import NamesTyped
from .publishing import PublishForm, RegistryPublishForm
from .registries import CreateForm, DeleteForm, DetailsForm, RegistryFilter, RestrictForm
from .registry_members import (
    AddAccessForm,
    AliasAnswerForm,
    AnswerForm,
    ChangeAccessForm,
    ExplainForm,
    RequestForm,
    WhoCanForm,
)
from .search import SearchForm
from .site import TimeZoneForm
from .teams import AddPeopleForm, TeamDeleteForm, TeamFilter, TeamForm, TeamSettingsForm
from .tokens import TokenForm

__all__ = [
    "AcceptForm",
    "ActivityFilter",
    "AddAccessForm",
    "AddPeopleForm",
    "AddTypesForm",
    "AliasAnswerForm",
    "AliasFilter",
    "AliasRequestForm",
    "AnswerForm",
    "ArtifactFilter",
    "AuditFilter",
    "ChangeAccessForm",
    "ChangeMappingForm",
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
    "GroupMappingForm",
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
    "NamesTyped",
    "OrganizationForm",
    "PeopleFilter",
    "PromoteForm",
    "ProtectForm",
    "PublishForm",
    "RegistryFilter",
    "RegistryPublishForm",
    "RemoveMappingForm",
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
    "TimeZoneForm",
    "TokenForm",
    "UnlinkForm",
    "UnprotectForm",
    "VersionFilter",
    "VersionForm",
    "WhoCanForm",
]
