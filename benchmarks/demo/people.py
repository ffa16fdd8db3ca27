"""Who is in the demo: two organizations, their people and service accounts, and teams."""

from datetime import timedelta

from django.utils import timezone

from registry_app.choices import OrganizationRole, TeamRole
from registry_app.models import (
    Actor,
    ApiToken,
    OrganizationMembership,
    Team,
    create_organization_with_admin,
    make_account,
    make_service_account,
)

from .named import actor, example, person, team

COMMAND_LINE = Actor(None, staff=True)

# Days ago, name, description, who leads it.
TEAMS = (
    (272, "Retention", "Keeps customers, and the models that help.", "rob"),
    (272, "Evaluation", "Runs the test suites.", "mel"),
    (271, "Language", "Tokenizers, prompts and tuned models.", "noor"),
    (248, "Safety", "Filters, and what gets past them.", "ines"),
)
# Days ago, username, team. They sign in through their company: none of them has a password.
PEOPLE = (
    (273, "rob", ""),
    (273, "noor", ""),
    (272, "jon", "Retention"),
    (271, "priya", "Retention"),
    (271, "tomas", "Language"),
    (270, "lena", "Evaluation"),
    (262, "kofi", "Retention"),
    (255, "yuki", "Language"),
    (249, "ines", ""),
    (247, "omar", "Safety"),
    (230, "greta", "Evaluation"),
    (214, "diego", "Language"),
    (201, "amina", "Safety"),
    (183, "wei", "Retention"),
    (166, "sofia", ""),
    (149, "pavel", "Language"),
    (131, "hana", "Evaluation"),
    (118, "luis", "Safety"),
    (92, "mira", ""),
    (71, "anton", "Retention"),
    (44, "zoe", "Evaluation"),
    (16, "felix", ""),
)


def steps(passwords):
    """How they came, {username: password} given: (days ago, function, arguments) each."""
    return [
        (275, _found, "Example Org", "ada", passwords["ada"]),
        (275, _found, "Partner Org", "sam", passwords["sam"]),
        (274, _join, "mel", passwords["mel"]),
        *((days, _join, name, None) for days, name, _ in PEOPLE),
        *((days, _gather, *facts) for days, *facts in TEAMS),
        (270, _enter, "Retention", "mel"),
        *((days, _enter, name, person) for days, person, name in PEOPLE if name),
        (246, _make_robot, "eval-ci"),
        (150, _make_robot, "deploy-bot"),
        (60, _issue, "eval-ci", "nightly evaluation", 72),
        (58, _issue, "deploy-bot", "retention service", 365),
        (80, _issue_own, "mel", "notebook", 90),
    ]


def _make_robot(name):
    make_service_account(example(), name, actor("ada"))


def _found(name, username, password):
    create_organization_with_admin(name, username, f"{username}@example.com", password, COMMAND_LINE)


def _join(username, password):
    by = actor("ada")
    user = make_account(username, f"{username}@example.com", password, by)
    OrganizationMembership(organization=example(), user=user, role=OrganizationRole.MEMBER).save_by(by)


def _gather(name, description, lead):
    made = Team(organization=example(), name=name, description=description)
    made.create(actor("ada"))
    made.add(actor("ada"), [person(lead)], TeamRole.ADMIN)


def _enter(name, username):
    team(name).add(actor("ada"), [person(username)], TeamRole.MEMBER)


def _issue(username, name, days):
    token = ApiToken(user=person(username), name=name, expires_at=timezone.now() + timedelta(days=days))
    token.issue(actor("ada"), example())


def _issue_own(username, name, days):
    by = actor(username)
    ApiToken(user=by.user, name=name, read_only=True, expires_at=timezone.now() + timedelta(days=days)).issue(by)
