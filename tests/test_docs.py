"""What the documentation names is there, and what it must name it names."""

import re

import pytest
from django.conf import settings

from registry_app import rules
from registry_app.choices import Action, Target
from registry_app.database import triggers

ROOT = settings.BASE_DIR
README = (ROOT / "README.md").read_text()
OPERATING = (ROOT / "docs/operating.md").read_text()
EVENTS = (ROOT / "docs/audit-events.md").read_text()
RULES = (ROOT / "docs/rules.md").read_text()
PUBLISH = (ROOT / "docs/publish.md").read_text()
SIGN_IN = (ROOT / "docs/sign-in.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_every_variable_of_the_environment_is_explained_and_no_other():
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "config/env.py").read_text()))
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATING, re.MULTILINE)) == read


def test_every_code_is_explained():
    refusals = [value for value in vars(rules).values() if isinstance(value, rules.Refusal)]
    codes = {refusal.code for refusal in refusals} | set(triggers.REFUSALS)
    assert [code for code in sorted(codes) if f"`{code}`" not in RULES] == []


def test_every_event_of_the_audit_log_is_explained_and_no_other():
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([a-z]+(?: or [a-z]+)?) \|", EVENTS, re.MULTILINE)
    assert sorted(action for action, _ in rows) == sorted(Action.values)
    assert {kind for _, kinds in rows for kind in kinds.split(" or ")} == set(Target.values)


def test_each_rule_is_explained_once_and_in_order_below_each_heading():
    tables = [re.findall(r"^\| (\d+) \|", part, re.MULTILINE) for part in RULES.split("\n## ")]
    tables = [[int(number) for number in numbers] for numbers in tables]
    assert tables == [sorted(numbers) for numbers in tables]
    numbers = sorted(number for numbers in tables for number in numbers)
    assert numbers == [*range(1, 29), 31]


def test_the_two_commands_come_first():
    assert re.search(r"```\n(.*?)```", README, re.DOTALL)[1].split("\n") == ["make run", "make test", ""]


@pytest.mark.parametrize("text", [README, OPERATING, RULES], ids=["README", "operating", "rules"])
def test_the_make_targets_that_it_names_exist(text):
    targets = set(re.findall(r"\bmake ([a-z]+)`", text)) | set(re.findall(r"^make ([a-z]+)$", text, re.MULTILINE))
    assert [name for name in targets if f"\n{name}:" not in MAKEFILE] == []


@pytest.mark.parametrize(
    "text", [README, OPERATING, SIGN_IN, PUBLISH], ids=["README", "operating", "sign-in", "publish"]
)
def test_the_commands_that_it_names_exist(text):
    ours = {path.stem for path in (ROOT / "registry_app/management/commands").glob("*.py")}
    djangos = {"migrate", "createcachetable", "shell"}
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= ours | djangos


def test_what_the_readme_links_to_exists():
    links = re.findall(r"\]\(([a-z_/-]+\.\w+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
