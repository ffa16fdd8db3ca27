"""Pages of a source version: show and delete."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..choices import Action
from ..forms import DeleteVersionForm
from ..listings.versions import relatives
from ..permissions import get_version
from .artifacts import team_page
from .rendering import actor_of, form_data, log_refusals

SHOWN = 50  # links of one version


@require_safe
def detail(request, organization, team, project, name, number):
    """A version: its data, the versions it was made from, those made from it, and its links."""
    access, version = get_version(request.user, organization, team, project, name, number)
    context = {
        "made_from": relatives(version.made_from.all(), access.membership),
        "made_into": relatives(version.made_into.all(), access.membership),
        "links": version.places(access.membership)[:SHOWN],
        "refusal": version.refuse_deletion(access.membership),
    }
    return _version_page(request, "versions/detail.html", access, version, context)


@require_http_methods(["GET", "POST"])
def delete(request, organization, team, project, name, number):
    """Delete a version permanently, after a preview; refused while it is linked (rule 27)."""
    access, version = get_version(request.user, organization, team, project, name, number, Action.VERSION_DELETE)
    called, artifact = str(version), version.artifact
    form = DeleteVersionForm(form_data(request), name=version.called)
    if form.is_valid() and form.submit(version.delete_by, actor_of(request), form.cleaned_data["reason"]):
        messages.success(request, f"{called} is deleted. The audit log keeps its history.")
        return (
            redirect(artifact)
            if artifact.versions.exists()
            else redirect("artifacts:index", organization, access.team.name)
        )
    log_refusals(request, form, Action.VERSION_DELETE, version)
    context = {
        "form": form,
        "refusal": version.refuse_deletion(access.membership),
        "links": version.places(access.membership)[:SHOWN],
        "is_last": artifact.versions.count() == 1,
        "heirs": version.made_into.usable_by(access.membership).count(),
    }
    return _version_page(request, "versions/delete.html", access, version, context, form.status)


def _version_page(request, template, access, version, context, status=200):
    context = {"version": version, "artifact": version.artifact, **context}
    return team_page(request, template, access, context, status)
