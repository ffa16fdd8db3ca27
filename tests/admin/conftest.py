"""Who uses the Django admin in these tests: Root, site staff."""

import pytest

from tests.client import sign_in


@pytest.fixture
def staff(client, root):
    """Root's browser, signed in."""
    sign_in(client, root)
    return client
