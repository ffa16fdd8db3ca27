"""The demo's two organizations: people, registries, roles, and a week of what the rules allow and refuse."""

from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from ...choices import Action, OrganizationRole, Role, TeamRole, Visibility
from ...models import (
    AccessRequest,
    Actor,
    OrganizationMembership,
    Registry,
    RegistryMember,
    Team,
    TeamMembership,
    User,
    create_organization_with_admin,
    make_account,
    make_service_account,
)
from ...models.event import refusals_logged
from .publications import publish

COMMAND_LINE = Actor(None, staff=True)
ALL = None  # in the place of a list of types

# Name, description, types, whether it is restricted from the start.
CUSTOM = (
    ("Benchmark_Datasets", "Datasets and test suites for evaluation.", ("dataset", "eval-suite", "prompt"), False),
    ("Churn Forecasting", "Everything the churn service deploys from.", ("dataset", "model"), False),
    ("Evaluation_Reports", "Reports from scheduled evaluation runs.", ALL, False),
    ("Feature_Store_Exports", "Snapshots of feature tables, one a week.", ("dataset", "feature-table"), False),
    ("Fine_Tuned_Models", "Adapters and tuned checkpoints.", ("adapter", "model"), False),
    ("Golden Datasets", "Hand-checked data that every release is measured against.", ("dataset",), False),
    ("Prompts", "Prompts and templates.", ("prompt",), True),
    ("Red_Team_Findings", "Attacks that worked, kept until they are fixed.", ("dataset", "report"), True),
    ("Release_Candidates", "Models on their way to production, in the order of their review.", ("model",), False),
    ("Safety_Classifiers", "Filters and their evaluation suites.", ("eval-suite", "model"), True),
    ("Speech_Corpora", "Recordings with consent, and their transcripts.", ("dataset", "transcript"), True),
    ("Tokenizers", "Vocabularies and merges.", ("tokenizer",), False),
)


def fill(passwords):
    """Make the people, {username: password}, and let them live through a week of the product's rules."""
    example = _found("Example Org", "ada", passwords)
    _found("Partner Org", "sam", passwords)
    ada = Actor(User.objects.get(username="ada"))
    colleague = _member(example, "mel", passwords["mel"], ada)
    registries = {name: _create(example, ada, name, *facts) for name, *facts in CUSTOM}
    RegistryMember(registry=registries["Safety_Classifiers"], user=colleague, role=Role.MEMBER).save_by(ada)
    RegistryMember(registry=registries["Tokenizers"], user=colleague, role=Role.ADMIN).save_by(ada)
    _share(example, registries, ada, colleague)
    _change(example, registries, ada, Actor(colleague))
    _try(example, registries, ada, Actor(colleague))
    publish(example, ada, Actor(colleague))


def _share(example, registries, ada, colleague):
    """A team, a service account, roles that they were given, and a request that waits for an answer."""
    team = Team(organization=example, name="Evaluation", description="Runs the test suites.")
    team.create(ada)
    TeamMembership(team=team, user=colleague, role=TeamRole.ADMIN).save_by(ada)
    robot = make_service_account(example, "eval-ci", ada).user
    benchmarks = registries["Benchmark_Datasets"]
    RegistryMember(registry=benchmarks, team=team, role=Role.MEMBER).save_by(ada)
    RegistryMember(registry=benchmarks, user=robot, role=Role.MEMBER).save_by(ada)
    soon = (timezone.now() + timedelta(days=30)).replace(hour=0, minute=0, second=0, microsecond=0)
    RegistryMember(registry=registries["Prompts"], team=team, role=Role.VIEWER, ends_at=soon).save_by(ada)
    reason = "I keep the golden questions up to date."
    AccessRequest(registry=registries["Golden Datasets"], user=colleague, role=Role.MEMBER, reason=reason).create(
        Actor(colleague)
    )


def _change(example, registries, ada, mel):
    """What the rules allow."""
    models, datasets = example.registries.core()
    models.add_types(ada, ["adapter"], reason="Fine-tuning now ships adapters.")
    datasets.add_types(ada, ["feature-table"], reason="The feature store publishes here.")
    reviewed = "Reviewed prompts and templates."
    registries["Prompts"].edit(ada, name="Prompt_Library", description=reviewed, reason="Only reviewed ones stay.")
    registries["Fine_Tuned_Models"].restrict(ada, reason="Holds checkpoints tuned on customer data.")
    registries["Tokenizers"].add_types(mel, ["vocabulary"])
    safety = "Filters, their thresholds and evaluation suites."
    registries["Safety_Classifiers"].edit(mel, name="Safety_Classifiers", description=safety)
    scratch = _create(example, ada, "Scratch", "To try things out.", ALL, False)
    scratch.delete_by(ada, reason="Nobody used it.")


def _try(example, registries, ada, mel):
    """What they refuse: the log shows it."""
    models, datasets = example.registries.core()
    tuned = registries["Fine_Tuned_Models"]
    _refused(ada, Action.EDIT, models, lambda: models.edit(ada, name="Prod Models", description=""))
    _refused(ada, Action.RESTRICT, datasets, lambda: datasets.restrict(ada))
    _refused(ada, Action.RESTRICT, tuned, lambda: tuned.restrict(ada))
    _refused(mel, Action.TYPE_ADD, models, lambda: models.add_types(mel, ["notebook"]))
    _refused(ada, Action.DELETE, models, lambda: models.delete_by(ada))


def _found(name, username, passwords):
    return create_organization_with_admin(name, username, f"{username}@example.com", passwords[username], COMMAND_LINE)


def _member(organization, username, password, by):
    user = make_account(username, f"{username}@example.com", password, by)
    OrganizationMembership(organization=organization, user=user, role=OrganizationRole.MEMBER).save_by(by)
    return user


def _create(organization, by, name, description, types, restricted):
    registry = Registry(
        organization=organization,
        name=name,
        description=description,
        visibility=Visibility.RESTRICTED if restricted else Visibility.ORGANIZATION,
        accepts_all_types=types is ALL,
    )
    registry.create(by, types or ())
    return registry


def _refused(by, action, registry, attempt):
    """Make one attempt, and log what refuses it."""
    with suppress(ValidationError), refusals_logged(by, action, registry):
        attempt()
