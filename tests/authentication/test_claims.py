"""What a provider says of a person is kept, whatever characters it has."""

import pytest
from allauth.socialaccount.models import SocialAccount

from registry_app.authentication.claims import storable


@pytest.mark.parametrize(
    "said, kept",
    [
        ({"groups": ["a\0b", "\ud800", "plain"]}, {"groups": ["a\ufffdb", "\ufffd", "plain"]}),
        ({"na\0me": {"in": ["\udfff", 7, None, 1.5]}}, {"na\ufffdme": {"in": ["\ufffd", 7, None, 1.5]}}),
        ("\0", "\ufffd"),
        ({}, {}),
        ({"name": "Zoë 🚀\n\t"}, {"name": "Zoë 🚀\n\t"}),
    ],
)  # fmt: skip
def test_what_a_database_refuses_is_replaced(said, kept):
    assert storable(said) == kept


def test_a_connection_is_kept_with_it(mel):
    account = SocialAccount.objects.create(user=mel, provider="sso", uid="1", extra_data={"groups": ["a\0", "\ud800"]})
    account.refresh_from_db()
    assert account.extra_data == {"groups": ["a\ufffd", "\ufffd"]}
