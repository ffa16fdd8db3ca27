"""Where a version of an MLflow server is kept, as an address of its own."""

import pytest

from registry_app import rules
from registry_app.importers.mlflow_client import ModelVersion, Run
from registry_app.importers.mlflow_version import address_of

RUN = Run("train", "", "s3://bucket/1/abc/artifacts", {}, {})


def version(source):
    """A version with this source, of the run abc."""
    return ModelVersion("churn", 1, 1, source, "abc", "", True, "", {})


@pytest.mark.parametrize(
    "source, address",
    [
        ("s3://bucket/a", "s3://bucket/a"),
        ("s3://bucket/my models/a b", "s3://bucket/my%20models/a%20b"),
        (" s3://bucket/a\t", "s3://bucket/a"),
        ("s3://bucket/a\u00a0b\u202e", "s3://bucket/a%C2%A0b%E2%80%AE"),
        ("s3://bucket/größe", "s3://bucket/größe"),
        ("/srv/models/a b", "file:///srv/models/a%20b"),
        ("C:\\models\\m", "file:///C:/models/m"),
        ("c:/models/my m", "file:///c:/models/my%20m"),
        ("\\\\host\\share\\m", "file://host/share/m"),
        ("file:///C:\\models\\m", "file:///C:/models/m"),
        ("models:/churn/1", "models:/churn/1"),
        ("models:/m-0123", "models:/m-0123"),
        ("runs:/abc/my model", "runs:/abc/my%20model"),
        ("dbfs:/models/a", "dbfs:/models/a"),
        ("mlflow-artifacts:/1/abc/artifacts/m", "mlflow-artifacts:/1/abc/artifacts/m"),
        ("model", "s3://bucket/1/abc/artifacts/model"),
        ("./my model/", "s3://bucket/1/abc/artifacts/my%20model"),
        ("mlruns/1/abc/artifacts/model", "s3://bucket/1/abc/artifacts/model"),
        ("..\\mlruns\\1\\abc\\artifacts\\model", "s3://bucket/1/abc/artifacts/model"),
        ("mlruns/1/abc/artifacts", "s3://bucket/1/abc/artifacts"),
        (".", "s3://bucket/1/abc/artifacts"),
    ],
)
def test_a_source_becomes_an_address(source, address):
    found, fault = address_of(version(source), RUN)
    assert (found, fault) == (address, "")
    assert rules.refuse_uri(found) is None


@pytest.mark.parametrize(
    "source, run",
    [
        ("", RUN),
        (" \t", RUN),
        ("model", None),
        ("mlruns/1/abc/artifacts/model", None),
        ("model", RUN._replace(artifact_uri="")),
        ("model", RUN._replace(artifact_uri="./mlruns/1/abc/artifacts")),
        ("../other", RUN),
        ("C:model", RUN),
        ("javascript:alert(1)", RUN),
        ("data:text/html,x", RUN),
        ("s3://" + "x" * 2000, RUN),
    ],
)
def test_a_source_that_is_no_address_is_told(source, run):
    found, fault = address_of(version(source), run)
    assert (found, fault.startswith("uri_invalid: ")) == ("", True)
