"""Pages of artifacts: the list of all teams' and of one team's, a new version, and one artifact with its versions."""

from functools import partial

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..choices import Action
from ..forms import VersionForm
from ..listings.artifacts import ArtifactListing, TeamArtifactListing
from ..listings.versions import VersionListing
from ..models import register
from ..permissions import get_artifact, get_artifacts, get_organization
from .rendering import actor_of, form_data, log_refusals, render_page


@require_safe
def organization(request, organization):
    """The artifacts of all teams, as far as the user may see them."""
    membership = get_organization(request.user, organization)
    context = {"section": "artifacts", **ArtifactListing(membership, request.GET).context}
    return render_page(request, "artifacts/organization.html", membership, context, part="artifacts/_results.html")


@require_safe
def index(request, organization, team):
    """The artifacts of a team, for its people and organization admins."""
    access = get_artifacts(request.user, organization, team)
    context = TeamArtifactListing(access, request.GET).context
    return team_page(request, "artifacts/index.html", access, context, part="artifacts/_results.html")


@require_http_methods(["GET", "POST"])
def create(request, organization, team):
    """Register a new version of an artifact, or a new artifact."""
    access = get_artifacts(request.user, organization, team)
    form = VersionForm(form_data(request), access=access)
    if form.is_bound and (answer := form.register(partial(register, access.team, actor_of(request)))):
        version, is_new = answer
        if is_new:
            messages.success(request, f"{version} is registered.")
        else:
            messages.info(request, f"{version} has this digest already. Nothing was changed.")
        return redirect(version)
    log_refusals(request, form, Action.VERSION_CREATE, access.team)
    return team_page(request, "artifacts/create.html", access, {"form": form}, form.status)


@require_safe
def detail(request, organization, team, project, name):
    """An artifact with its versions, the newest first."""
    access, artifact = get_artifact(request.user, organization, team, project, name)
    listing = VersionListing(access, artifact, request.GET)
    context = {"artifact": artifact, **listing.context}
    return team_page(request, "artifacts/detail.html", access, context)


def team_page(request, template, access, context, status=200, *, part=None):
    """The page `template` about something of the team of `access`."""
    context = {"team": access.team, "section": "artifacts", **context}
    return render_page(request, template, access.membership, context, part=part, status=status)
