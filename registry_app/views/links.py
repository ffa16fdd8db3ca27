"""Pages of the versions in a collection: linking one, what it is, its aliases and tags, comparing two, unlinking."""

import json
from urllib.parse import unquote

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, Value
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action
from ..forms import CompareForm, LabelsForm, LinkForm, UnlinkForm, VersionFilter
from ..listings.lineage import lineage_of
from ..models import Artifact, AuditEvent, Version
from ..permissions import get_collection, get_link
from .rendering import actor_of, admins_who_can_help, form_data, log_refusals, registry_page

SOURCES_SHOWN = 25  # versions to choose from
PLACES_SHOWN = 25  # links of the same version elsewhere
# How what is kept at such an address is fetched, by the address's scheme.
FETCH = {
    "s3": "aws s3 cp --recursive {uri} .",
    "gs": "gcloud storage cp --recursive {uri} .",
    "hf": "hf download {path}",
    "file": "cp -r {path} .",
    "http": "curl -LO {uri}",
    "https": "curl -LO {uri}",
    "mlflow-artifacts": "mlflow artifacts download -u {uri}",
    "runs": "mlflow artifacts download -u {uri}",
    "models": "mlflow artifacts download -u {uri}",
}


@require_http_methods(["GET", "POST"])
def create(request, organization, name, collection):
    """Publish a version in a collection (rules 21 to 25): of those that one may use, those of its type."""
    access, collection = get_collection(request.user, organization, name, collection, Action.LINK)
    filters = VersionFilter(request.GET)
    words = filters.require()["q"]
    form = LinkForm(form_data(request), collection=collection, membership=access.membership)
    if form.is_valid() and form.submit(_link, collection, actor_of(request), form.cleaned_data):
        messages.success(request, _linked(*form.answer))
        return redirect(collection)
    log_refusals(request, form, Action.LINK, access.membership, access.registry, collection=collection)
    usable = _matching(Version.objects.usable_by(access.membership), words)
    fitting = usable.filter(artifact__type=collection.type).order_by("-pk")
    found = list(fitting.select_related("artifact__team", "created_by")[: SOURCES_SHOWN + 1])
    context = {
        "form": form,
        "admins": admins_who_can_help(access.registry),
        "collection": collection,
        "words": words,
        "filters": filters,
        "found": found[:SOURCES_SHOWN],
        "more": len(found) > SOURCES_SHOWN,
        "chosen": request.POST.get("version", ""),
        "linked": dict(collection.links.filter(version__in=found).values_list("version_id", "number")),
        "others": list(_others(usable, collection)),
        "protected": access.registry.protected_names(),
    }
    return registry_page(
        request, "links/create.html", access, "detail", context, form.status, part="links/_versions.html"
    )


def _link(collection, actor, wanted):
    return collection.link(actor, wanted["version"], wanted["aliases"], wanted["reason"])


def _linked(link, is_new):
    """What happened, for the next page."""
    has = f" It has {', '.join(names)}." if (names := link.alias_names()) else ""
    if is_new:
        return f"{link.version} is linked as {link.label}.{has}"
    return f"{link.version} was here already, as {link.label}: it isn't linked twice.{has}"


def _matching(versions, words):
    """Those of `versions` whose artifact, project or team is called like each of `words`."""
    for word in words.split():
        versions = versions.filter(
            Q(artifact__name__icontains=word)
            | Q(artifact__project__icontains=word)
            | Q(artifact__team__name__icontains=word)
        )
    return versions


def _others(usable, collection):
    """The types of the usable versions that don't fit, for they are of another (rule 21)."""
    others = Artifact.objects.exclude(type=collection.type).filter(Exists(usable.filter(artifact=OuterRef("pk"))))
    return others.order_by("type").values_list("type", flat=True).distinct()[:SOURCES_SHOWN]


@require_safe
def detail(request, organization, name, collection, number):
    """All facts of a version in a collection."""
    access, collection, found = get_link(request.user, organization, name, collection, number)
    version = found.version
    elsewhere = version.places(access.membership).exclude(pk=found.pk)
    context = {
        **_marks(access.registry, found),
        "collection": collection,
        "link": found,
        "version": version,
        "may_use": Action.USE in access.allowed,
        "fetch": _fetch(version.uri),
        "elsewhere": elsewhere.select_related("collection__registry__organization")[:PLACES_SHOWN],
        "drawing": lineage_of(found, access.membership),
    }
    return registry_page(request, "links/detail.html", access, "detail", context)


def _marks(registry, link):
    """The aliases of a link (`with_latest`), those that are protected, and its tags: one query."""
    found: dict[str, list] = {"alias": [], "tag": [], "protected": []}
    rows = [
        each.order_by().values_list("name", Value(kind))
        for kind, each in (("alias", link.aliases), ("tag", link.tags), ("protected", registry.protected_aliases))
    ]
    for name, kind in rows[0].union(*rows[1:], all=True):
        found[kind].append(name)
    protected = rules.protected_among(found["alias"], found["protected"])
    return {
        "aliases": sorted(set(found["alias"]) - set(protected)),
        "protected": protected,
        "tags": sorted(found["tag"]),
        "is_latest": link.latest,
    }


def _fetch(uri):
    """The command that fetches what is kept at `uri`, or None where none is known here."""
    scheme, _, rest = uri.partition(":")
    path = rest.removeprefix("//")
    if scheme.lower() == "file":
        path = unquote(path)
    pattern = FETCH.get(scheme.lower())
    if pattern is None or path.startswith("-"):  # a path that a command would take for an option
        return None
    return pattern.format(uri=_quoted(uri), path=_quoted(path))


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


@require_http_methods(["GET", "POST"])
def edit(request, organization, name, collection, number):
    """Aliases and tags of a version (rules 25 and 26)."""
    access, collection, found = get_link(request.user, organization, name, collection, number, Action.ALIAS_PUT)
    form = LabelsForm(form_data(request), link=found)
    if form.is_valid() and form.submit(_mark, found, actor_of(request), form.cleaned_data):
        names = ", ".join(found.alias_names()) or "no aliases"
        messages.success(request, f"Aliases and tags of {found.label} are saved: it has {names} now.")
        return redirect(collection)
    log_refusals(request, form, Action.ALIAS_PUT, access.membership, access.registry, collection=collection)
    if form.is_bound:
        form.initial["seen"] = found.facts
    marks = _marks(access.registry, found)
    context = {
        **marks,
        **_choices(request, collection, found, access),
        "form": form,
        "collection": collection,
        "link": found,
        "refusal": rules.refuse_protected(access.role, marks["protected"], marks["protected"]),
        "admins": admins_who_can_help(access.registry),
    }
    if form.status == 409:
        context["theirs"] = AuditEvent.objects.of_collection(collection).filter(code="").first()
    return registry_page(request, "links/edit.html", access, "detail", context, form.status)


def _choices(request, collection, link, access):
    """The aliases to tick: `kept` of its own, and those that other versions hold, which may move to it.

    What came since the form was shown is ticked too: nobody takes off what they haven't seen.
    """
    names, protected = link.alias_names(), access.registry.protected_names()
    held = list(collection.aliases.exclude(link=link).select_related("link")[:SOURCES_SHOWN])
    guarded = rules.protected_among([alias.name for alias in held], protected)
    locked = guarded if rules.refuse_protected(access.role, guarded, protected) else []
    if request.method == "POST":
        shown = request.POST.get("seen", "").partition(" | ")[0].split(", ")
        fresh = [name for name in names if name not in shown]
        kept = [*request.POST.getlist("keep"), *fresh]
    else:
        kept, fresh = names, []
    return {
        "kept": kept,
        "fresh": fresh,
        "moved": request.POST.getlist("move"),
        "held": [(alias, alias.name in guarded) for alias in held if alias.name not in locked],
        "locked": [alias for alias in held if alias.name in locked],
    }


def _mark(link, actor, wanted):
    put = list(dict.fromkeys([*wanted["move"], *wanted["aliases"]]))
    take = [name for name in link.alias_names() if name not in (*wanted["keep"], *put)]
    link.mark(actor, put=put, take=take, tags=wanted["tags"], seen=wanted["seen"], reason=wanted["reason"])


@require_http_methods(["GET", "POST"])
def unlink(request, organization, name, collection, number):
    """Take a version out of a collection: first what goes with it (rules 26, 27)."""
    access, collection, found = get_link(request.user, organization, name, collection, number, Action.UNLINK)
    form = UnlinkForm(form_data(request), registry=access.registry)
    if form.is_valid() and form.submit(found.unlink, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{found.label} is unlinked. {found.version} stays where it is.")
        return redirect(collection)
    log_refusals(request, form, Action.UNLINK, access.membership, access.registry, collection=collection)
    marks = _marks(access.registry, found)
    refusal = rules.refuse_protected(access.role, marks["protected"], marks["protected"])
    context = {**marks, "form": form, "collection": collection, "link": found, "refusal": refusal}
    context["admins"] = admins_who_can_help(access.registry)
    return registry_page(request, "links/unlink.html", access, "detail", context, form.status)


@require_safe
def compare(request, organization, name, collection):
    """Two versions of a collection side by side, what differs marked; without any named, the form to name them."""
    access, collection = get_collection(request.user, organization, name, collection)
    newest = [] if request.GET else collection.links.order_by("-number")[:2]
    form = CompareForm(request.GET or None, collection=collection, newest=newest)
    form.require_known()
    context = {"collection": collection, "form": form, "compare_form": form}
    if form.is_valid():
        one, other = form.versions()
        context |= {"one": one, "other": other}
        context["groups"] = [
            ("Facts", _beside(_facts(one, access.allowed), _facts(other, access.allowed))),
            ("Metadata", _beside(_flat(one.version.metadata), _flat(other.version.metadata))),
        ]
    return registry_page(request, "links/compare.html", access, "detail", context, 422 if form.errors else 200)


def _facts(link, allowed):
    """{what it is called: its value} of what two versions are compared by; its address for whoever may use it."""
    version, given = link.version, sorted(alias.name for alias in link.aliases.all())
    facts = {
        "Aliases": ", ".join([rules.LATEST, *given] if link.latest else given),
        "Tags": ", ".join(sorted(tag.name for tag in link.tags.all())),
        "Source": str(version),
        "Digest": version.digest,
        "Size in bytes": f"{version.size:,}",
        "Files": f"{version.file_count:,}",
        "Run": version.run,
    }
    if Action.USE in allowed:
        facts["Address"] = version.uri
    return {name: value for name, value in facts.items() if value}


def _flat(metadata):
    """{where in it: value} of each leaf; where is its keys with dots between, quoted where that would be unclear."""
    leaves: dict = {}
    for key, value in metadata.items():
        name = key if key and "." not in key else json.dumps(key, ensure_ascii=False)
        if isinstance(value, dict) and value:
            leaves |= {f"{name}.{path}": leaf for path, leaf in _flat(value).items()}
        else:
            leaves[name] = value
    return leaves


def _beside(one, other):
    """[(name, the sides, whether they differ)]; a side is [its value], or nothing where that version lacks it."""
    names = dict.fromkeys([*one, *other])
    rows = [(name, [[side[name]] if name in side else [] for side in (one, other)]) for name in names]
    written = [(name, sides, [json.dumps(side, sort_keys=True) for side in sides]) for name, sides in rows]
    return [(name, sides, one_text != other_text) for name, sides, (one_text, other_text) in written]
