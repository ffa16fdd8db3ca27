"""Registering a list of versions at once: first what would happen, row by row, then all of it or nothing."""

import hashlib
from typing import NamedTuple

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ..access import artifacts_for
from ..choices import Action
from ..forms import ImportForm, VersionForm
from ..models import enter, may_register
from ..models.audit import canonical
from .artifacts import team_page
from .pages import actor_of, log_refusals, posted

REASON = "import"  # what the log says of each version
ARTIFACT, VERSION, EXISTS, REFUSED = "New artifact", "New version", "Exists already", "Refused"
PLURALS = {ARTIFACT: "New artifacts", VERSION: "New versions", EXISTS: "Exist already", REFUSED: "Refused"}


class Outcome(NamedTuple):
    """What comes of one row: `subject` is the version's path, or what a refused row calls it.

    `refusals` are (field, code, reason) each.
    """

    row: int
    kind: str
    subject: str
    refusals: list


@require_http_methods(["GET", "POST"])
def create(request, organization, team):
    """Take a list of versions; register them once what would happen was shown and is still so (rule 18)."""
    door = artifacts_for(request.user, organization, team)
    form = ImportForm(posted(request), request.FILES if request.method == "POST" else None)
    context: dict = {"form": form}
    carried: list = []
    if form.is_valid() and form.carry_out(lambda: carried.extend(_carry_in(form, door, actor_of(request)))):
        outcomes, mark, done = carried
        if done:
            messages.success(request, f"The list is registered. {_sum(outcomes)}")
            return redirect("artifacts:index", organization, door.team.name)
        context |= {"outcomes": outcomes, "text": form.cleaned_data["text"], "mark": mark, "sum": _sum(outcomes)}
        context["wrong"] = any(outcome.refusals for outcome in outcomes)
        if form.cleaned_data["seen"] not in {"", mark}:
            form.refuse_stale()
        form.refuse_rows(outcomes)
    log_refusals(request, form, Action.VERSION_CREATE, door.membership, subject=door.team.name)
    template = "imports/preview.html" if carried else "imports/create.html"
    return team_page(request, template, door, context, form.status)


def _carry_in(form, door, by):
    """(the Outcomes, their mark, whether it is done): done only where `form` has seen just these, none refused.

    Looking and doing are one: what was only to be looked at is rolled back.
    """
    with transaction.atomic():
        may_register(door.team, by)
        outcomes = [_register(number, row, door, by) for number, row in enumerate(form.cleaned_data["rows"], 1)]
        shown = canonical({"text": form.cleaned_data["text"], "outcomes": outcomes})
        mark = hashlib.sha256(shown.encode()).hexdigest()
        done = form.cleaned_data["seen"] == mark and not any(outcome.refusals for outcome in outcomes)
        transaction.set_rollback(not done)
    return outcomes, mark, done


def _register(number, row, door, by):
    form = VersionForm(row, door=door)
    if answer := form.register(by, REASON, enter):
        version, is_new = answer
        kind = (VERSION if version.number else ARTIFACT) if is_new else EXISTS
        return Outcome(number, kind, str(version), [])
    refusals = [
        ("" if field == "__all__" else field, error.code, " ".join(error.messages))
        for field, errors in form.errors.as_data().items()
        for error in errors
    ]
    subject = "/".join(row.get(field, "")[:80] for field in ("project", "name"))
    return Outcome(number, REFUSED, subject, refusals)


def _sum(outcomes):
    """How many rows come to what, in words."""
    kinds = [outcome.kind for outcome in outcomes]
    counted = [(label, kinds.count(kind)) for kind, label in PLURALS.items()]
    return " ".join(f"{label}: {count:,}." for label, count in [("Rows", len(kinds)), *counted] if count)
