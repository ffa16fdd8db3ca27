"""What may come in. Pages and the Django admin share these forms."""

from .access import AbleForm, AddAccessForm, AnswerForm, ChangeAccessForm, ExplainForm, RequestForm
from .audit import AuditFilter
from .organization import SetupForm
from .registry import CreateForm, DeleteForm, DetailsForm, RegistryFilter, RestrictForm
from .token import TokenForm
from .types import AcceptForm, AddTypesForm, RemoveTypeForm

__all__ = [
    "AbleForm",
    "AcceptForm",
    "AddAccessForm",
    "AddTypesForm",
    "AnswerForm",
    "AuditFilter",
    "ChangeAccessForm",
    "CreateForm",
    "DeleteForm",
    "DetailsForm",
    "ExplainForm",
    "RegistryFilter",
    "RemoveTypeForm",
    "RequestForm",
    "RestrictForm",
    "SetupForm",
    "TokenForm",
]
