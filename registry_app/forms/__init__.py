"""What may come in. Pages and the Django admin share these forms."""

from .audit import AuditFilter
from .organization import SetupForm
from .registry import CreateForm, DeleteForm, DetailsForm, RegistryFilter, RestrictForm
from .token import TokenForm
from .types import AcceptForm, AddTypesForm, RemoveTypeForm

__all__ = [
    "AcceptForm",
    "AddTypesForm",
    "AuditFilter",
    "CreateForm",
    "DeleteForm",
    "DetailsForm",
    "RegistryFilter",
    "RemoveTypeForm",
    "RestrictForm",
    "SetupForm",
    "TokenForm",
]
