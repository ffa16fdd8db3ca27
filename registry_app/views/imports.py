"""Import a list of versions: a preview of each row first, then the rows in short transactions."""

import logging
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import Error
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from .. import rules
from ..choices import Action
from ..database.availability import fault_of, let_others_write
from ..forms import ImportForm, VersionForm
from ..models import Batch
from ..models.change import changing, digest_of
from ..permissions import get_artifacts
from .artifacts import team_page
from .errors import RETRY_AFTER
from .rendering import actor_of, form_data, log_refusals

logger = logging.getLogger(__name__)

REASON = "import"  # of each version, in the log
BATCH = 10  # rows in one transaction: what others wait for
ARTIFACT, VERSION, EXISTS, REFUSED = "New artifact", "New version", "Exists already", "Refused"
PLURALS = {ARTIFACT: "New artifacts", VERSION: "New versions", EXISTS: "Exist already", REFUSED: "Refused"}


class Outcome(NamedTuple):
    """The outcome of one row: `subject` is the version's path, or the name in a refused row.

    `refusals` is a list of (field, code, reason).
    """

    row: int
    kind: str
    subject: str
    refusals: list


class Answer(NamedTuple):
    """The Outcomes of all rows and their etag, to show; how many new rows are `registered` of all that are `new`.

    `stopped` is the Refusal that ended it before all were, or None. Where its person may no more, nothing is shown.
    """

    outcomes: list
    etag: str
    registered: int = 0
    new: int = 0
    stopped: rules.Refusal | None = None


@require_http_methods(["GET", "POST"])
def create(request, organization, team):
    """Preview a list of versions; register it if the preview is still right (rule 18)."""
    access = get_artifacts(request.user, organization, team)
    form = ImportForm(form_data(request), request.FILES if request.method == "POST" else None)
    context: dict = {"form": form}
    shown = []
    if form.is_valid() and form.submit(_carry_in, form, access, actor_of(request)):
        shown, stopped = form.answer.outcomes, form.answer.stopped
        if form.cleaned_data["etag"] and not stopped:
            messages.success(request, f"The list is registered. {_sum(shown)}")
            return redirect("artifacts:index", organization, access.team.name)
        again = ImportForm(initial={"text": form.cleaned_data["text"], "etag": form.answer.etag})
        wrong = any(outcome.refusals for outcome in shown)
        context |= {"answer": form.answer, "again": again, "sum": _sum(shown), "batch": BATCH, "wrong": wrong}
        form.refuse_rest(stopped, form.answer.registered, form.answer.new)
        form.refuse_rows(shown)
    log_refusals(request, form, Action.VERSION_CREATE, access.team)
    return _page(request, "imports/preview.html" if shown else "imports/create.html", access, context)


def _page(request, template, access, context):
    """The page, with status 503 where the database stopped it."""
    form = context["form"]
    if rules.DATABASE_UNAVAILABLE.code not in form.codes:
        return team_page(request, template, access, context, form.status)
    response = team_page(request, template, access, context, 503)
    response["Retry-After"] = RETRY_AFTER
    return response


def _carry_in(form, access, by):
    """The Answer. Rows are registered only if `form` has the etag, that is, was shown, and no row is refused."""
    access.team.check_role(by, Action.VERSION_CREATE)
    rows, outcomes, etag = _look(form, access, by)
    if form.cleaned_data["etag"] != etag or any(outcome.refusals for outcome in outcomes):
        return Answer(outcomes, etag, stopped=rules.STALE_PREVIEW if form.cleaned_data["etag"] else None)
    new = [outcome for outcome in outcomes if outcome.kind in {ARTIFACT, VERSION}]
    registered, stopped = _register(rows, new, access, by)
    if stopped:
        told = "The import of a list for the team %s ended after %d of %d new rows: %s"
        logger.warning(told, access.team, registered, len(new), stopped.reason)
        outcomes, etag = ([], "") if rules.forbids(stopped.code) else _look(form, access, by)[1:]
    return Answer(outcomes, etag, registered, len(new), stopped)


def _look(form, access, by):
    """({number of the row: its VersionForm}, the Outcomes of all rows, their etag). Only reads."""
    numbered = zip(form.cleaned_data["numbers"], form.cleaned_data["rows"], strict=True)
    rows = {number: VersionForm(row, access=access) for number, row in numbered}
    for row in rows.values():
        row.full_clean()
    outcomes = _judge(rows, access, by)[1]
    return rows, outcomes, digest_of(access.team.pk, form.cleaned_data["text"], outcomes)


def _register(rows, shown, access, by):
    """Register the rows of the Outcomes `shown`, BATCH at a time.

    Answers (how many are registered, the Refusal that ended it before all were, or None). What is refused before the
    first is registered is raised.
    """
    for start in range(0, len(shown), BATCH):
        if start:
            let_others_write()
        try:
            if not _register_part(rows, shown[start : start + BATCH], access, by):
                return start, rules.STALE_PREVIEW
        except (ValidationError, Error) as error:
            stopped = _refusal_of(error)
            if not start or not stopped:
                raise
            return start, stopped
    return len(shown), None


def _register_part(rows, part, access, by):
    """Judge these Outcomes again under the lock, and register their rows where they are as shown; whether they are."""
    with changing(access.team, by, Action.VERSION_CREATE):
        batch, outcomes = _judge({outcome.row: rows[outcome.row] for outcome in part}, access, by)
        if outcomes == part:
            batch.save(REASON)
        return outcomes == part


def _refusal_of(error):
    """Why a part wasn't registered; None for a defect of the app."""
    if isinstance(error, ValidationError):
        refused = next(iter(error.error_dict.values()))[0]
        return rules.Refusal(refused.code or "", " ".join(refused.messages))
    fault = fault_of(error)
    return rules.STALE_PREVIEW if fault == rules.CHANGED_AT_ONCE else fault


def _judge(rows, access, by):
    """(the Batch of new versions, the Outcomes of `rows`)."""
    batch = Batch(access.team, by, [row.cleaned_data.get("name", "") for row in rows.values()])
    return batch, [_outcome(number, row, batch) for number, row in rows.items()]


def _outcome(number, form, batch):
    if answer := form.register(batch.add, batch.new):
        version, is_new = answer
        kind = (VERSION if version.number else ARTIFACT) if is_new else EXISTS
        return Outcome(number, kind, str(version), [])
    refusals = [
        ("" if field == "__all__" else field, error.code, " ".join(error.messages))
        for field, errors in form.errors.as_data().items()
        for error in errors
    ]
    subject = "/".join(form.data.get(field, "")[:80] for field in ("project", "name"))
    return Outcome(number, REFUSED, subject, refusals)


def _sum(outcomes):
    """The number of rows with each outcome, in words."""
    kinds = [outcome.kind for outcome in outcomes]
    counted = [(label, kinds.count(kind)) for kind, label in PLURALS.items()]
    return " ".join(f"{label}: {count:,}." for label, count in [("Rows", len(kinds)), *counted] if count)
