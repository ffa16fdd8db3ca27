"""The tests of the pages share helpers that assert, and pytest explains those like its own."""

import pytest

pytest.register_assert_rewrite("tests.views.pages")
