"""Forms: raw input to clean data, all errors at once."""

from sampling.forms.ceremony import (
    BatchForm,
    DrawForm,
    EnterpriseOutForm,
    PersonOutForm,
    ReasonForm,
    SealedCopyForm,
)
from sampling.forms.freezing import FreezeForm
from sampling.forms.scope import ScopeForm
from sampling.forms.wizard import (
    AttachForm,
    CancelForm,
    DatesForm,
    ItemsForm,
    KeyForm,
    NameForm,
    NewForm,
    PeopleForm,
)

__all__ = [
    "AttachForm",
    "BatchForm",
    "CancelForm",
    "DatesForm",
    "DrawForm",
    "EnterpriseOutForm",
    "FreezeForm",
    "ItemsForm",
    "KeyForm",
    "NameForm",
    "NewForm",
    "PeopleForm",
    "PersonOutForm",
    "ReasonForm",
    "ScopeForm",
    "SealedCopyForm",
]
