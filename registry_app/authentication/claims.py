"""What the identity provider says of a person, as a database can keep it."""

import re
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db.models.signals import pre_save

UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # what PostgreSQL takes in no text


def connect() -> None:
    """Connect the handler to the signal of Django."""
    pre_save.connect(_keep_storable, sender=SocialAccount, dispatch_uid="keep storable")


def storable(value: Any) -> Any:
    """The JSON `value` with U+FFFD in place of each character that a database refuses."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return value


def _keep_storable(sender, instance, **_):
    instance.extra_data = storable(instance.extra_data)
