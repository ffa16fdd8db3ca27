"""Import a list of versions: a preview of each row first, then the rows in short transactions."""

from typing import NamedTuple

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ..choices import Action
from ..database.availability import let_others_write
from ..forms import ImportForm, VersionForm
from ..models import Batch
from ..models.change import changing, digest_of
from ..permissions import get_artifacts
from .artifacts import team_page
from .rendering import actor_of, form_data, log_refusals

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


@require_http_methods(["GET", "POST"])
def create(request, organization, team):
    """Preview a list of versions; register it if the preview is still right (rule 18)."""
    access = get_artifacts(request.user, organization, team)
    form = ImportForm(form_data(request), request.FILES if request.method == "POST" else None)
    context: dict = {"form": form}
    carried: list = []
    if form.is_valid() and form.submit(lambda: carried.extend(_carry_in(form, access, actor_of(request)))):
        outcomes, etag, registered, is_done = carried
        if is_done:
            messages.success(request, f"The list is registered. {_sum(outcomes)}")
            return redirect("artifacts:index", organization, access.team.name)
        again = ImportForm(initial={"text": form.cleaned_data["text"], "etag": etag})
        context |= {"outcomes": outcomes, "again": again, "sum": _sum(outcomes), "batch": BATCH}
        context["wrong"] = any(outcome.refusals for outcome in outcomes)
        if form.cleaned_data["etag"]:
            form.refuse_stale(registered)
        form.refuse_rows(outcomes)
    log_refusals(request, form, Action.VERSION_CREATE, access.team)
    template = "imports/preview.html" if carried else "imports/create.html"
    return team_page(request, template, access, context, form.status)


def _carry_in(form, access, by):
    """(the Outcomes of all rows, their etag, how many new rows are registered, whether that is all).

    Rows are registered only if `form` has this etag, that is, was shown, and no row is refused.
    """
    access.team.check_role(by, Action.VERSION_CREATE)
    rows, outcomes, etag = _look(form, access, by)
    if form.cleaned_data["etag"] != etag or any(outcome.refusals for outcome in outcomes):
        return outcomes, etag, 0, False
    new = [outcome for outcome in outcomes if outcome.kind in {ARTIFACT, VERSION}]
    registered = _register(rows, new, access, by)
    if registered == len(new):
        return outcomes, etag, registered, True
    return *_look(form, access, by)[1:], registered, False


def _look(form, access, by):
    """({number of the row: its VersionForm}, the Outcomes of all rows, their etag). Only reads."""
    numbered = zip(form.cleaned_data["numbers"], form.cleaned_data["rows"], strict=True)
    rows = {number: VersionForm(row, access=access) for number, row in numbered}
    for row in rows.values():
        row.full_clean()
    outcomes = _judge(rows, access, by)[1]
    return rows, outcomes, digest_of(form.cleaned_data["text"], outcomes)


def _register(rows, shown, access, by):
    """Register the rows of the Outcomes `shown`, BATCH at a time; the number of those that are registered.

    Each batch is judged again under its lock. It ends before the first batch whose outcomes differ from those shown.
    """
    for start in range(0, len(shown), BATCH):
        if start:
            let_others_write()
        part = shown[start : start + BATCH]
        with changing(access.team, by, Action.VERSION_CREATE):
            batch, outcomes = _judge({outcome.row: rows[outcome.row] for outcome in part}, access, by)
            if outcomes != part:
                return start
            batch.save(REASON)
    return len(shown)


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
