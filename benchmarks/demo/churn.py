"""The demo's main story: a classifier that the team Retention trains, publishes and brings to production."""

from registry_app.choices import Action
from registry_app.models import AliasRequest, ProtectedAlias

from . import publishing
from .named import actor, collection, registry
from .organizations import refused
from .training import MONTHS, REPORT_EVERY, VERSIONS, month_of

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
MODEL, DATA, HOLDOUT = "Models/Churn_Classifier", "Datasets/Customer_Churn", "Golden Datasets/Churn_Holdout"
REPORTS, DEPLOYED = "Evaluation_Reports/Churn_Reports", "Churn Forecasting/Deployed_Churn"
CANDIDATES = "Release_Candidates/Churn_Next"
FIRST_DAY, BETWEEN = 266, 4.45  # days ago, and days from one version of the classifier to the next
AUTHORS = ("mel", "jon", "priya", "kofi", "wei")

COLLECTIONS = (
    (269, "mel", DATA, "dataset", "Who stayed and who left: one export a month.", ["churn"]),
    (269, "mel", HOLDOUT, "dataset", HOLDOUT_CARD, ["churn"]),
    (267, "mel", MODEL, "model", CARD, ["churn", "weekly"]),
    (265, "jon", REPORTS, "report", "A report for every sixth version of the classifier.", ["churn"]),
    (187, "priya", DEPLOYED, "model", "What the retention service has loaded, in order.", ["churn"]),
    (149, "rob", CANDIDATES, "model", "Proposed for production, and under review.", ["churn", "review"]),
)
# Days ago, who, version, alias, reason.
MOVES = (
    (251, "jon", 3, "candidate", "The first one that looks stable."),
    (247, "jon", 4, "candidate", "Trained for longer."),
    (243, "priya", 4, "staging", "To see it with the traffic of a week."),
    (238, "ada", 4, "production", "First one that beats the rule of thumb."),
    (225, "mel", 9, "candidate", "More customers in the training data."),
    (219, "priya", 9, "staging", "To see it with the traffic of a week."),
    (206, "kofi", 13, "candidate", "Lower loss than the one before."),
    (203, "jon", 13, "staging", "Ready for the weekly test."),
    (196, "rob", 13, "production", "A week in staging without a fault."),
    (184, "mel", 18, "candidate", "Lower loss than the one before."),
    (181, "kofi", 19, "candidate", "The last one of this training."),
    (176, "priya", 19, "staging", "Ready for the weekly test."),
    (168, "rob", 19, "production", "Signed off in the monthly review."),
    (158, "wei", 24, "candidate", "The new training with weight decay."),
    (136, "jon", 29, "candidate", "Higher AUC than version 19."),
    (131, "wei", 29, "staging", "To compare it with production."),
    (118, "mel", 33, "candidate", "Higher AUC than version 29."),
    (114, "priya", 33, "staging", "Ready for the weekly test."),
    (108, "rob", 33, "production", "Signed off in the monthly review."),
    (91, "kofi", 39, "candidate", "The last one of this training."),
    (88, "priya", 39, "staging", "Ready for the weekly test."),
    (84, "ada", 39, "production", "Signed off in the monthly review."),
    (82, "rob", 33, "production", "Back: the service could not load the new one."),
    (77, "rob", 39, "production", "The service is mended."),
    (74, "wei", 43, "candidate", "Trained on more customers."),
    (56, "anton", 46, "candidate", "Higher AUC than version 43."),
    (51, "jon", 46, "staging", "To compare it with production."),
    (29, "mel", 53, "candidate", "The highest AUC so far."),
    (26, "priya", 53, "staging", "Ready for the weekly test."),
    (20, "rob", 53, "production", "Signed off in the monthly review."),
    (11, "kofi", 57, "candidate", "Lower loss than version 53."),
    (2, "wei", 59, "staging", "The last one of this training."),
)
# Days ago, who, version, tags.
TAGS = (
    (245, "priya", 4, ["baseline"]),
    (157, "wei", 24, ["weight-decay"]),
    (116, "jon", 33, ["weight-decay", "reviewed"]),
    (83, "rob", 39, ["weight-decay", "slow-to-load"]),
    (28, "mel", 53, ["reviewed"]),
)
# Days ago, who, collection, version, reason.
LINKS = (
    (186, "priya", DEPLOYED, 4, "The first one that the service loads."),
    (185, "priya", DEPLOYED, 13, ""),
    (167, "rob", DEPLOYED, 19, ""),
    (148, "rob", CANDIDATES, 24, "To be compared with production."),
    (117, "priya", CANDIDATES, 33, ""),
    (107, "priya", DEPLOYED, 33, ""),
    (90, "kofi", CANDIDATES, 39, ""),
    (76, "rob", DEPLOYED, 39, "Loaded a second time."),
    (27, "priya", CANDIDATES, 53, ""),
    (19, "rob", DEPLOYED, 53, ""),
)


def steps(made):
    """(days ago, function, arguments) of each; `made` is what `training.make` answered."""
    return [
        *((days, publishing.create, *facts) for days, *facts in COLLECTIONS),
        *_data(made),
        *(step for number in range(VERSIONS) for step in _model(made, number)),
        (250, _protect),
        (248, _choose_metrics),
        *((days, publishing.set_alias, who, MODEL, *facts) for days, who, *facts in MOVES),
        *((days, publishing.set_tags, who, MODEL, *facts) for days, who, *facts in TAGS),
        *((days, publishing.link, who, path, "classifier", *facts) for days, who, path, *facts in LINKS),
        (190, _try_production),
        (1, _ask_for_production),
    ]


def _data(made):
    """The exports, a month apart, the first of them twice; and the customers that are held out."""
    raw, *exports = made["customers"]
    return [
        (268, _publish, "mel", HOLDOUT, "holdout", made["holdout"][0], {}),
        (268, publishing.set_alias, "mel", HOLDOUT, 0, "reference", ""),
        (268, _publish, "mel", DATA, "customers", raw, {}),
        *((267 - 29 * n, _publish, "jon", DATA, "customers", each, {}) for n, each in enumerate(exports)),
        (266, publishing.set_tags, "mel", DATA, 1, ["deduplicated"]),
        (266, publishing.set_alias, "mel", DATA, 1, "reviewed", "Some rows stood in it twice."),
        (24, publishing.set_alias, "anton", DATA, MONTHS, "reviewed", "Counted, and compared with the bills."),
    ]


def _model(made, number):
    """How a version of the classifier comes, and the report on it."""
    days, known = FIRST_DAY - round(number * BETWEEN), len(AUTHORS) if number >= 20 else 4
    who, each = AUTHORS[number % known], made["classifier"][number]
    source = ("customers", month_of(number) + 1)
    lineage = {"run": f"train-{number}", "made_from": [source]}
    yield days, _publish, who, MODEL, "classifier", each, lineage
    if number % REPORT_EVERY == 0:
        report = made["report"][number // REPORT_EVERY]
        lineage = {"run": f"evaluate-{number}", "made_from": [("classifier", number), ("holdout", 0)]}
        yield days - 1, _publish, "jon", REPORTS, "report", report, lineage


def _publish(username, path, artifact, made, lineage):
    publishing.publish(username, "Retention", path, artifact, made, **lineage)


def _protect():
    ProtectedAlias(registry=registry("Models"), name="production").save_by(
        actor("ada"), reason="The retention service loads it."
    )


def _choose_metrics():
    collection(MODEL).choose_metrics(actor("rob"), [("auc", "higher"), ("f1", "higher"), ("loss", "lower")])


def _try_production():
    mel, link = actor("mel"), publishing.link_of(MODEL, 17)
    refused(mel, Action.ALIAS_SET, link, lambda: link.change_aliases(mel, ["production"]))


def _ask_for_production():
    mel = actor("mel")
    reason = "Its loss on the held-out customers is lower than that of version 53."
    AliasRequest(link=publishing.link_of(MODEL, 59), alias="production", user=mel.user, reason=reason).create(mel)
