"""What may come in. Pages and the Django admin share these forms."""

from .accepted_types import AcceptForm, AddTypesForm, RemoveTypeForm
from .aliases import AliasFilter, AliasRequestForm, ProtectForm, UnprotectForm
from .artifacts import ArtifactFilter, VersionForm
from .audit import ActivityFilter, AuditFilter, DayForm, HistoryFilter
from .base import CursorForm
from .collections import CollectionFilter, CreateCollectionForm, EditCollectionForm
from .confirming import ConfirmNameForm, DeleteForm, DeleteVersionForm
from .group_mappings import ChangeMappingForm, GroupMappingForm, RemoveMappingForm
from .imports import ImportForm
from .links import LabelsForm, LinkForm, PromoteForm, UnlinkForm, VersionFilter
from .members import ConfirmForm, InviteForm, JoinForm, MemberRoleForm, PeopleFilter, SecondFactorForm, ServiceForm
from .metrics import CompareForm, KeyMetricsForm, LineageFilter, LinkFilter
from .organizations import OrganizationForm, SetupForm
from .principals import NamesTyped
from .publishing import PublishForm, RegistryPublishForm
from .registries import CreateForm, DetailsForm, RegistryFilter, RestrictForm
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
from .teams import AddPeopleForm, TeamFilter, TeamForm, TeamSettingsForm
from .tokens import TokenForm
