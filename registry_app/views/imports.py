"""Import a list of versions: a preview of each row first, then all rows or none."""

from typing import NamedTuple

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ..choices import Action
from ..forms import ImportForm, VersionForm
from ..models import Batch
from ..models.change import changing, digest_of
from ..permissions import get_artifacts
from .artifacts import team_page
from .rendering import actor_of, form_data, log_refusals

REASON = "import"  # of each version, in the log
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
        outcomes, etag, done = carried
        if done:
            messages.success(request, f"The list is registered. {_sum(outcomes)}")
            return redirect("artifacts:index", organization, access.team.name)
        again = ImportForm(initial={"text": form.cleaned_data["text"], "etag": etag})
        context |= {"outcomes": outcomes, "again": again, "sum": _sum(outcomes)}
        context["wrong"] = any(outcome.refusals for outcome in outcomes)
        if form.cleaned_data["etag"] not in {"", etag}:
            form.refuse_stale()
        form.refuse_rows(outcomes)
    log_refusals(request, form, Action.VERSION_CREATE, access.team)
    template = "imports/preview.html" if carried else "imports/create.html"
    return team_page(request, template, access, context, form.status)


def _carry_in(form, access, by):
    """(the Outcomes, their etag, whether they are saved). Saved only if `form` has this etag and none is refused.

    Preview and import validate alike. The preview only reads. Rows are validated before anything is locked.
    """
    rows = [VersionForm(row, access=access) for row in form.cleaned_data["rows"]]
    for row in rows:
        row.full_clean()
    shown = form.cleaned_data["etag"]
    if not shown:
        access.team.check_role(by, Action.VERSION_CREATE)
        return *_judge(form, rows, access, by)[1:], False
    with changing(access.team, by, Action.VERSION_CREATE):
        batch, outcomes, etag = _judge(form, rows, access, by)
        done = shown == etag and not any(outcome.refusals for outcome in outcomes)
        if done:
            batch.save(REASON)
    return outcomes, etag, done


def _judge(form, rows, access, by):
    """(the Batch of new versions, the Outcomes of `rows`, their etag)."""
    batch = Batch(access.team, by, [row.cleaned_data.get("name", "") for row in rows])
    outcomes = [_outcome(number, row, batch) for number, row in zip(form.cleaned_data["numbers"], rows, strict=True)]
    return batch, outcomes, digest_of(form.cleaned_data["text"], outcomes)


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
