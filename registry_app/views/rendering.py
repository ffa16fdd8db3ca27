"""Helpers of views: pages and parts, with the context that every page of an organization needs."""

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from ..listings.sidebar import frame_of, recent_ids, recent_text, visited_first
from ..models import Actor
from ..models.event import record_refusals

YEAR = 365 * 24 * 3600  # seconds
SEEDS = "seeds"  # in the session: {what has a secret: the seed of it}, until that is shown


def actor_of(request):
    """The Actor of a request."""
    return Actor(request.user, request.id)


def site_address(request):
    """Where the site is, for programs: the address of its root, without a slash at the end."""
    return request.build_absolute_uri(reverse("organizations:home")).rstrip("/")


def form_data(request):
    """The data that a form is bound to: the fields of a POST, even without any; None for other methods."""
    return request.POST if request.method == "POST" else None


def wants_part(request):
    """Whether htmx asks, and for less than a page: a boosted link and a step back in the history ask for all of it."""
    return request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request


def render_page(request, template, membership, context, *, part=None, status=200):
    """The page `template` of the membership's organization, or only `part` of it for htmx."""
    if part and wants_part(request):
        context = {"membership": membership, "organization": membership.organization, **context}
        response = render(request, part, context, status=status)
    else:
        here = context.get("registry")
        recent = visited_first(recent_ids(request.COOKIES), here)
        response = render(request, template, {**frame_of(membership, recent, here), **context}, status=status)
        remember(request, response, organization=membership.organization.slug, recent=recent_text(recent))
    if part:
        patch_vary_headers(response, ["HX-Request"])
    return response


def remember(request, response, **cookies):
    """Let the browser keep `cookies` for a year, where it hasn't: where it was last, how it looks."""
    for name, value in cookies.items():
        if request.COOKIES.get(name, "") != value:
            options: dict = {"path": settings.SESSION_COOKIE_PATH, "secure": settings.HTTPS}
            response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", **options)


def registry_page(request, template, access, tab, context, status=200, *, part=None):
    """A page of the registry of `access` with its heading and tabs, or only `part` of it, like `render_page`."""
    context = {"registry": access.registry, "role": access.role, "allowed": access.allowed, "tab": tab, **context}
    return render_page(request, template, access.membership, context, status=status, part=part)


def refused_page(request, membership, form):
    """The page of the reason why `form`, a button without a page of its own, was refused."""
    return render_page(request, "refused.html", membership, {"form": form}, status=form.status)


def log_refusals(request, form, action, target):
    """Log what the rules refused of a bound form, which was to do `action` to `target`."""
    if form.is_bound and form.errors:
        record_refusals(actor_of(request), action, form.refusals(), target)


def wanted_target(request, kind, within, field="name"):
    """The AuditTarget of a new thing of `kind` in `within`, under the name that was sent for it."""
    return within.audit_target._replace(type=kind, id=None, name=str(request.POST.get(field, "")))


def keep_for_showing(request, thing):
    """Let the next page of `thing`, which was just created, show its secret: see models/secret.py."""
    request.session[SEEDS] = {**request.session.get(SEEDS, {}), _called(thing): thing.seed}


def take_seed(request, thing):
    """The seed of the secret of `thing`, once, for the page that shows it; else ""."""
    seeds = dict(request.session.get(SEEDS, {}))
    if seed := seeds.pop(_called(thing), ""):
        request.session[SEEDS] = seeds
    return seed


def take_seeds(request, rows):
    """{row: seed} of those of `rows` that have a secret to show, once."""
    seeds, kind = dict(request.session.get(SEEDS, {})), rows.model._meta.model_name
    keys = [int(name.split()[1]) for name in seeds if name.split()[0] == kind]
    taken = {row: seeds.pop(_called(row)) for row in rows.filter(pk__in=keys)}
    if taken:
        request.session[SEEDS] = seeds
    return taken


def _called(thing):
    return f"{thing._meta.model_name} {thing.pk}"
