"""Which things a text may name. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_app.search.references import Place, Reference, read_reference

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "text, place",
    [
        ("Models/Churn_Classifier:v1", Place(None, "models", "churn_classifier", "v1")),
        ("Churn_Classifier:production", Place(None, None, "churn_classifier", "production")),
        ("acme-ml/Models/Churn:v1", Place("acme-ml", "models", "churn", "v1")),
        ("wandb-registry-models/Churn:v1", Place(None, "models", "churn", "v1")),
        ("entity/wandb-registry-Golden Datasets/Churn:latest", Place(None, "golden datasets", "churn", "latest")),
        ('"Golden Datasets/Churn model:v1"', Place(None, "golden datasets", "churn model", "v1")),
        ('"Golden Datasets"/"Churn model":v1', Place(None, "golden datasets", "churn model", "v1")),
        ('The "best"/Of all:v1', Place(None, 'the "best"', "of all", "v1")),
        ("  Models / Churn : v1 ", Place(None, "models", "churn", "v1")),
        ("Models/a:b:v1", Place(None, "models", "a:b", "v1")),
        ("Models/Churn", Place(None, "models", "churn", None)),
    ],
)
def test_a_place_is_read(text, place):
    assert place in read_reference(text).places


@pytest.mark.parametrize("text", ["churn", ":v1", "a/b/c/d:v1", "//:", "", "/", "x" * 129 + ":v1", "a/", "\0/a:v1"])
def test_what_names_no_place(text):
    assert read_reference(text).places == ()


@pytest.mark.parametrize(
    "text, start",
    [
        (f"sha256:{HEX}", f"sha256:{HEX}"),
        (HEX, f"sha256:{HEX}"),
        (HEX.upper(), f"sha256:{HEX}"),
        (f"SHA256:{HEX[:12].upper()}", f"sha256:{HEX[:12]}"),
        (f" {HEX[:8]} ", f"sha256:{HEX[:8]}"),
        (f'"{HEX[:9]}"', f"sha256:{HEX[:9]}"),
        (f"mlflow:{HEX}", f"mlflow:{HEX}"),
        (HEX[:7], ""),
        ("0123456g", ""),
        ("sha256:", ""),
        (HEX * 3, ""),
        ("０１２３４５６７", ""),
    ],
)
def test_the_beginning_of_a_digest_is_read(text, start):
    assert read_reference(text).digest_start == start


@pytest.mark.parametrize(
    "text, uris",
    [
        ("s3://bucket/path", ("s3://bucket/path", "s3://bucket/path/")),
        ("s3://bucket/path/", ("s3://bucket/path/", "s3://bucket/path")),
        ('"hf://team/model"', ("hf://team/model", "hf://team/model/")),
        ("wandb-artifact://team/project/name:v2", ("wandb-artifact://team/project/name:v2",) * 2),
        ("javascript:alert(1)/x", ()),
        ("s3://two words", ()),
        ("churn", ()),
        ("s3://" + "x" * 2000, ()),
    ],
)
def test_an_address_is_read(text, uris):
    found = read_reference(text).uris
    assert found[:1] == uris[:1]
    assert {uri.rstrip("/") for uri in found} == {uri.rstrip("/") for uri in uris}


@pytest.mark.parametrize("text, is_word", [("churn", True), ("deadbeef", True), ("a:b", False), ("a/b", False)])
def test_what_may_be_a_word(text, is_word):
    assert read_reference(text).is_word == is_word


def test_a_source_version_and_a_run_are_read():
    assert read_reference("Vision/forecasts/churn:v2").sources == (("vision", "forecasts", "churn", 2),)
    assert read_reference(' "two words" ').run == "two words"
    assert read_reference("x" * 129).run == ""


@given(
    st.text(max_size=300) | st.lists(st.sampled_from(['"', ":", "/", " ", "v1", "a", "\0"]), max_size=30).map("".join)
)
def test_whatever_is_typed_is_read(text):
    assert isinstance(read_reference(text), Reference)
