"""What the demo publishes: real files, as versions with true digests and sizes, and who did what with them."""

from contextlib import suppress
from io import StringIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import OutputWrapper

from ...choices import Action, Role, TeamRole
from ...importers.digests import hash_path
from ...models import Collection, ProtectedAlias, RegistryMember, Team, TeamMembership, VersionData, register
from ...models.event import refusals_logged
from .training import make

CARD = """Tells which customers are about to leave, from their tenure, fee and calls to support.

## Intended use
Ranks customers for the retention team, once a week.

## Not for
Setting prices, or deciding about anybody alone: it knows three facts.

## How it was evaluated
On 300 customers that it has not seen. See the reports in *Evaluation_Reports*.
"""
HOLDOUT_CARD = """Customers that no model has seen in training. Whoever trains on them can't measure with them.

## How it was made
The last 300 of the export, set aside before anything else was done.
"""


def publish(organization, ada, mel):
    """Let the team Retention register what it made, publish it, and find out who moves `production`.

    `ada` is an organization admin, `mel` a member: both Actors.
    """
    team = Team(organization=organization, name="Retention", description="Keeps customers, and the models that help.")
    team.create(ada)
    for actor, role in ((ada, TeamRole.ADMIN), (mel, TeamRole.MEMBER)):
        TeamMembership(team=team, user=actor.user, role=role).save_by(ada)
    versions = _register(team, mel, make(settings.ARTIFACTS))
    shelves = {registry.name: registry for registry in organization.registries.all()}
    for name in ("Models", "Datasets", "Golden Datasets", "Evaluation_Reports"):
        RegistryMember(registry=shelves[name], team=team, role=Role.MEMBER).save_by(ada)
    _publish_data(shelves, mel, versions)
    _publish_model(shelves, ada, mel, versions)


def _register(team, by, made):
    """{name: [Version]} of all that was made, each made from what it was made from."""
    runs = "https://runs.example.com/churn"
    versions = {"customers": [_kept(team, by, "customers", "dataset", each) for each in made["customers"]]}
    versions["holdout"] = [_kept(team, by, "holdout", "dataset", made["holdout"][0])]
    versions["classifier"] = [
        _kept(team, by, "classifier", "model", each, f"train-{n}", f"{runs}/train-{n}", versions["customers"][-1:])
        for n, each in enumerate(made["classifier"])
    ]
    versions["report"] = [
        _kept(
            team, by, "report", "report", each, f"evaluate-{n}", f"{runs}/evaluate-{n}", [model, *versions["holdout"]]
        )
        for n, (each, model) in enumerate(zip(made["report"], versions["classifier"], strict=True))
    ]
    return versions


def _kept(team, by, name, type_name, made, run="", run_url="", made_from=()):
    hashed = hash_path(str(made.path), OutputWrapper(StringIO()))
    lineage = {"run": run, "run_url": run_url, "made_from": tuple(made_from)}
    facts = VersionData(uri=made.path.as_uri(), metadata=made.metadata, **hashed._asdict(), **lineage)
    return register(team, by, "churn", name, type_name, facts)[0]


def _publish_data(shelves, mel, versions):
    customers = _collection(
        shelves["Datasets"], mel, "Customer_Churn", "dataset", "Who stayed and who left.", ["churn"]
    )
    for version in versions["customers"]:
        customers.link(mel, version)
    customers.links.get(number=1).edit_labels(
        mel, put=["reviewed"], tags=["deduplicated"], reason="18 rows stood in it twice."
    )
    golden = _collection(shelves["Golden Datasets"], mel, "Churn_Holdout", "dataset", HOLDOUT_CARD, ["churn"])
    golden.link(mel, versions["holdout"][0], ["reference"])


def _publish_model(shelves, ada, mel, versions):
    models, reports = shelves["Models"], shelves["Evaluation_Reports"]
    ProtectedAlias(registry=models, name="production").save_by(ada, reason="The retention service loads it.")
    churn = _collection(models, mel, "Churn_Classifier", "model", CARD, ["churn", "weekly"])
    links = [churn.link(mel, version)[0] for version in versions["classifier"]]
    links[1].change_aliases(ada, ["production"], reason="First one that beats the rule of thumb.")
    links[2].edit_labels(mel, put=["candidate"], tags=["regularized"])
    told = _collection(
        reports, mel, "Churn_Reports", "report", "One report for each version of the classifier.", ["churn"]
    )
    for version in versions["report"]:
        told.link(mel, version)
    with suppress(ValidationError), refusals_logged(mel, Action.ALIAS_SET, links[2]):
        links[2].change_aliases(mel, ["production"])


def _collection(registry, by, name, type_name, card, tags):
    collection = Collection(registry=registry, name=name, type=type_name, description=card)
    collection.create(by, tags)
    return collection
