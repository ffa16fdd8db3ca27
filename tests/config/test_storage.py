"""Static files have addresses with a digest, worked out once."""

from config.storage import StaticFilesStorage


def test_an_address_has_its_digest_and_is_worked_out_once(tmp_path):
    storage = StaticFilesStorage(location=tmp_path, base_url="/static/")
    storage.hashed_files = {"icon.svg": "icon.0123456789ab.svg"}
    assert storage.url("icon.svg") == "/static/icon.0123456789ab.svg"
    storage.hashed_files = {}
    assert storage.url("icon.svg") == "/static/icon.0123456789ab.svg"
