"""Who uses the Django admin in these tests: Root, installation staff."""

import pytest


@pytest.fixture
def staff(client, root):
    """Root's browser, signed in."""
    client.force_login(root)
    return client
