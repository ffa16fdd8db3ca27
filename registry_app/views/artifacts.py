"""Pages of a team's artifacts: the list, a new version, and one artifact with its versions."""

from functools import partial

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ..choices import Action
from ..forms import ArtifactFilter, CursorForm, VersionForm
from ..listings.artifacts import SORTS, artifact_rows, with_newest
from ..listings.cursor import paginate
from ..models import Link, register
from ..permissions import get_artifact, get_artifacts
from .rendering import actor_of, form_data, log_refusals, render_page


@require_safe
def index(request, organization, team):
    """The artifacts of a team: its people see them, and organization admins."""
    access = get_artifacts(request.user, organization, team)
    artifacts = access.team.artifacts.order_by()
    filters = ArtifactFilter(request.GET, types=artifacts.values_list("type", flat=True).distinct().order_by("type"))
    wanted = filters.require()
    sort = wanted["sort"] or "name"
    keys, descending = SORTS[sort]
    cursors = {"after": wanted["after"], "before": wanted["before"]}
    page = paginate(with_newest(filters.apply(artifacts)), keys, descending=descending, **cursors)
    context = {"filters": filters, "sort": sort, "page": page, "artifacts": artifact_rows(page.rows, access)}
    return team_page(request, "artifacts/index.html", access, context, part="artifacts/_results.html")


@require_http_methods(["GET", "POST"])
def create(request, organization, team):
    """A new version, of an artifact that is there or of a new one."""
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
    """An artifact: its versions, newest first."""
    access, artifact = get_artifact(request.user, organization, team, project, name)
    columns = ("id", "number", "digest", "size", "created_at", "created_by__username")
    page = paginate(artifact.versions.values(*columns), ["id"], descending=True, **CursorForm(request.GET).require())
    seen = Link.objects.filter(collection__registry__in=access.membership.registries().order_by().values("pk"))
    seen = seen.filter(version__in=[row["id"] for row in page.rows]).order_by()
    links = dict(seen.values("version").annotate(count=Count("pk")).values_list("version", "count"))
    names = [organization, access.team.name, artifact.project, artifact.name]
    for row in page.rows:
        row["address"] = reverse("versions:detail", args=[*names, row["number"]])
        row["links"] = links.get(row["id"], 0)
    return team_page(request, "artifacts/detail.html", access, {"artifact": artifact, "page": page})


def team_page(request, template, access, context, status=200, *, part=None):
    """The page `template` about what belongs to the team of `door`."""
    context = {"team": access.team, "section": "people", **context}
    return render_page(request, template, access.membership, context, part=part, status=status)
