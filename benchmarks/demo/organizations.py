"""The demo's registries: how they came, who got which role in them, and what the rules allowed and refused."""

from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from registry_app.choices import Action, Role, Visibility
from registry_app.models import AccessRequest, Registry, RegistryMember
from registry_app.models.event import refusals_logged

from .named import actor, example, person, registry, team

ALL = None  # in the place of a list of types

# Days ago, name, description, types, whether it is restricted from the start.
CUSTOM = (
    (271, "Golden Datasets", "Hand-checked data that every release is measured against.", ("dataset",), False),
    (271, "Evaluation_Reports", "Reports from scheduled evaluation runs.", ALL, False),
    (270, "Tokenizers", "Vocabularies and merges.", ("tokenizer",), False),
    (270, "Prompts", "Prompts and templates.", ("prompt",), True),
    (268, "Feature_Store_Exports", "Snapshots of feature tables.", ("dataset", "feature-table"), False),
    (262, "Benchmark_Datasets", "Datasets and test suites for evaluation.", ("dataset", "eval-suite", "prompt"), False),
    (247, "Safety_Classifiers", "Filters and their evaluation suites.", ("eval-suite", "model"), True),
    (246, "Red_Team_Findings", "Attacks that worked, kept until they are fixed.", ("dataset", "report"), True),
    (224, "Fine_Tuned_Models", "Adapters and tuned checkpoints.", ("adapter", "model"), False),
    (203, "Speech_Corpora", "Recordings with consent, and their transcripts.", ("dataset", "transcript"), True),
    (189, "Churn Forecasting", "Everything the churn service deploys from.", ("dataset", "model"), False),
    (152, "Release_Candidates", "Models on their way to production, in the order of their review.", ("model",), False),
)
# Days ago, registry, team, role.
TEAM_ROLES = (
    (270, "Models", "Retention", Role.MEMBER),
    (270, "Datasets", "Retention", Role.MEMBER),
    (270, "Golden Datasets", "Retention", Role.MEMBER),
    (270, "Evaluation_Reports", "Retention", Role.MEMBER),
    (269, "Tokenizers", "Language", Role.MEMBER),
    (269, "Prompts", "Language", Role.MEMBER),
    (269, "Models", "Language", Role.MEMBER),
    (267, "Feature_Store_Exports", "Retention", Role.MEMBER),
    (261, "Benchmark_Datasets", "Evaluation", Role.MEMBER),
    (260, "Datasets", "Evaluation", Role.MEMBER),
    (246, "Safety_Classifiers", "Safety", Role.MEMBER),
    (245, "Red_Team_Findings", "Safety", Role.MEMBER),
    (223, "Fine_Tuned_Models", "Language", Role.MEMBER),
    (202, "Speech_Corpora", "Language", Role.MEMBER),
    (188, "Churn Forecasting", "Retention", Role.MEMBER),
    (151, "Release_Candidates", "Retention", Role.MEMBER),
)
# Days ago, registry, person or service account, role.
ROLES = (
    (268, "Tokenizers", "mel", Role.ADMIN),
    (268, "Models", "rob", Role.ADMIN),
    (245, "Benchmark_Datasets", "eval-ci", Role.MEMBER),
    (244, "Safety_Classifiers", "mel", Role.MEMBER),
    (243, "Safety_Classifiers", "ines", Role.ADMIN),
    (149, "Models", "deploy-bot", Role.MEMBER),
    (120, "Release_Candidates", "priya", Role.ADMIN),
)


def steps():
    """(days ago, function, arguments) of each."""
    return [
        *((days, _create, *facts) for days, *facts in CUSTOM),
        *((days, _share, *facts) for days, *facts in TEAM_ROLES),
        *((days, _give, *facts) for days, *facts in ROLES),
        (243, _add_types, "ada", "Models", "adapter", "Fine-tuning now ships adapters."),
        (241, _add_types, "ada", "Datasets", "feature-table", "The feature store publishes here."),
        (235, _rename_prompts),
        (216, _describe_safety),
        (215, _add_types, "mel", "Tokenizers", "vocabulary", ""),
        (196, _restrict_tuned),
        (180, _create, "Scratch", "To try things out.", ALL, False),
        (140, _drop_scratch),
        (137, _try_core),
        (110, _try_tuned),
        (64, _try_types),
        (96, _ask, "greta", "Golden Datasets", "I check the labels of the new customers."),
        (95, _grant, "greta"),
        (41, _ask, "sofia", "Tokenizers", "I would like to try a smaller vocabulary."),
        (40, _decline, "sofia", "mel", "Please start from a copy in a team of yours."),
        (15, _share_for_a_time),
        (4, _ask, "hana", "Golden Datasets", "I keep the golden questions up to date."),
    ]


def refused(by, action, target, attempt):
    """Make one attempt, and log what refuses it."""
    with suppress(ValidationError), refusals_logged(by, action, target):
        attempt()


def _create(name, description, types, restricted):
    made = Registry(
        organization=example(),
        name=name,
        description=description,
        visibility=Visibility.RESTRICTED if restricted else Visibility.ORGANIZATION,
        accepts_all_types=types is ALL,
    )
    made.create(actor("ada"), types or ())


def _share(place, name, role):
    RegistryMember(registry=registry(place), team=team(name), role=role).save_by(actor("ada"))


def _give(place, username, role):
    RegistryMember(registry=registry(place), user=person(username), role=role).save_by(actor("ada"))


def _share_for_a_time():
    """A role that ends a month from today: 15 days have passed since."""
    ends = (timezone.now() + timedelta(days=45)).replace(hour=0, minute=0, second=0, microsecond=0)
    viewers = RegistryMember(registry=registry("Prompt_Library"), team=team("Evaluation"), role=Role.VIEWER)
    viewers.ends_at = ends
    viewers.save_by(actor("ada"), reason="For the review of this quarter.")


def _add_types(username, place, name, reason):
    registry(place).add_types(actor(username), [name], reason=reason)


def _rename_prompts():
    text = "Reviewed prompts and templates."
    registry("Prompts").edit(actor("ada"), name="Prompt_Library", description=text, reason="Only reviewed ones stay.")


def _describe_safety():
    text = "Filters, their thresholds and evaluation suites."
    registry("Safety_Classifiers").edit(actor("ines"), name="Safety_Classifiers", description=text)


def _restrict_tuned():
    registry("Fine_Tuned_Models").restrict(actor("ada"), reason="Holds checkpoints tuned on customer data.")


def _drop_scratch():
    registry("Scratch").delete_by(actor("ada"), reason="Nobody used it.")


def _ask(username, place, reason):
    by = actor(username)
    AccessRequest(registry=registry(place), user=by.user, role=Role.MEMBER, reason=reason).create(by)


def _grant(username):
    AccessRequest.objects.get(user__username=username).grant_by(actor("ada"), "Thank you for helping.")


def _decline(username, answering, note):
    AccessRequest.objects.get(user__username=username).decline_by(actor(answering), note)


def _try_core():
    ada, models, datasets = actor("ada"), registry("Models"), registry("Datasets")
    refused(ada, Action.EDIT, models, lambda: models.edit(ada, name="Prod Models", description=""))
    refused(ada, Action.RESTRICT, datasets, lambda: datasets.restrict(ada))
    refused(ada, Action.DELETE, models, lambda: models.delete_by(ada))


def _try_tuned():
    ada, tuned = actor("ada"), registry("Fine_Tuned_Models")
    refused(ada, Action.RESTRICT, tuned, lambda: tuned.restrict(ada))


def _try_types():
    mel, models = actor("mel"), registry("Models")
    refused(mel, Action.TYPE_ADD, models, lambda: models.add_types(mel, ["notebook"]))
