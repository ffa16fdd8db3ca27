"""Pages of the versions in a collection: linking one, what it is, its aliases and tags, comparing two, unlinking."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..access import collection_for, link_for
from ..choices import Action
from ..forms import CompareForm, LinkForm, MarkForm, SourceFilter, UnlinkForm
from ..models import Artifact, Link, Version
from .lineage import lineage_of
from .pages import actor_of, log_refusals, posted, registry_page

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
def link(request, organization, name, collection):
    """Publish a version in a collection (rules 21 to 25): of those that one may use, those of its type."""
    door, collection = collection_for(request.user, organization, name, collection, Action.LINK)
    filters = SourceFilter(request.GET)
    words = filters.require()["q"]
    form = LinkForm(posted(request), collection=collection, membership=door.membership)
    if form.is_valid() and form.carry_out(_link, collection, actor_of(request), form.cleaned_data):
        messages.success(request, f"{form.cleaned_data['version']} is linked.")
        return redirect(collection)
    log_refusals(request, form, Action.LINK, door.membership, door.registry, collection=collection)
    usable = _matching(Version.objects.usable_by(door.membership), words)
    fitting = usable.filter(artifact__type=collection.type).order_by("-pk")
    found = list(fitting.select_related("artifact__team", "created_by")[: SOURCES_SHOWN + 1])
    context = {
        "form": form,
        "collection": collection,
        "words": words,
        "found": found[:SOURCES_SHOWN],
        "more": len(found) > SOURCES_SHOWN,
        "chosen": request.POST.get("version", ""),
        "linked": set(collection.links.filter(version__in=found).values_list("version_id", flat=True)),
        "others": list(_others(usable, collection)),
        "protected": door.registry.protected_names(),
    }
    return registry_page(
        request, "versions/link.html", door, "detail", context, form.status, part="versions/_sources.html"
    )


def _link(collection, actor, wanted):
    collection.link(actor, wanted["version"], wanted["aliases"], wanted["reason"])


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
    door, collection, found = link_for(request.user, organization, name, collection, number)
    version = found.version
    elsewhere = version.places(door.membership).exclude(pk=found.pk)
    context = {
        **_marks(door.registry, found),
        "collection": collection,
        "link": found,
        "version": version,
        "may_use": Action.USE in door.may,
        "fetch": _fetch(version.uri),
        "elsewhere": elsewhere.select_related("collection__registry__organization")[:PLACES_SHOWN],
        "drawing": lineage_of(found, door.membership),
    }
    return registry_page(request, "versions/detail.html", door, "detail", context)


def _marks(registry, link):
    """The aliases of a link, those that are protected, and its tags."""
    aliases = link.alias_names()
    protected = rules.protected_among(aliases, registry.protected_names())
    return {
        "aliases": [name for name in aliases if name not in protected],
        "protected": protected,
        "tags": link.tag_names(),
        "is_latest": link.is_latest,
    }


def _fetch(uri):
    """The command that fetches what is kept at `uri`, or None where its scheme is not known here."""
    parts = urlsplit(uri)
    path = uri.partition(":")[2].removeprefix("//")
    pattern = FETCH.get(parts.scheme.lower())
    return pattern and pattern.format(uri=_quoted(uri), path=_quoted(path))


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


@require_http_methods(["GET", "POST"])
def edit(request, organization, name, collection, number):
    """Aliases and tags of a version (rules 25 and 26)."""
    door, collection, found = link_for(request.user, organization, name, collection, number, Action.ALIAS_PUT)
    form = MarkForm(posted(request), link=found, initial={"tags": ", ".join(found.tag_names())})
    if form.is_valid() and form.carry_out(_mark, found, actor_of(request), form.cleaned_data):
        messages.success(request, f"Aliases and tags of {found.label} are saved.")
        return redirect(collection)
    log_refusals(request, form, Action.ALIAS_PUT, door.membership, door.registry, collection=collection)
    marks = _marks(door.registry, found)
    kept = request.POST.getlist("keep") if form.is_bound else [*marks["aliases"], *marks["protected"]]
    context = {
        **marks,
        "form": form,
        "collection": collection,
        "link": found,
        "kept": kept,
        "held": list(collection.aliases.exclude(link=found).select_related("link")[:SOURCES_SHOWN]),
        "refusal": rules.refuse_protected(door.role, marks["protected"], marks["protected"]),
        "protected_here": door.registry.protected_names(),
    }
    return registry_page(request, "versions/edit.html", door, "detail", context, form.status)


def _mark(link, actor, wanted):
    kept = [*wanted["keep"], *wanted["aliases"]]
    take = [name for name in link.alias_names() if name not in kept]
    link.mark(
        actor, put=wanted["aliases"], take=take, tags=wanted["tags"], seen=wanted["seen"], reason=wanted["reason"]
    )


@require_http_methods(["GET", "POST"])
def unlink(request, organization, name, collection, number):
    """Take a version out of a collection: first what goes with it (rules 26, 27)."""
    door, collection, found = link_for(request.user, organization, name, collection, number, Action.UNLINK)
    form = UnlinkForm(posted(request), registry=door.registry)
    if form.is_valid() and form.carry_out(found.unlink, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{found.label} is unlinked. {found.version} stays where it is.")
        return redirect(collection)
    log_refusals(request, form, Action.UNLINK, door.membership, door.registry, collection=collection)
    marks = _marks(door.registry, found)
    refusal = rules.refuse_protected(door.role, marks["protected"], marks["protected"])
    context = {**marks, "form": form, "collection": collection, "link": found, "refusal": refusal}
    return registry_page(request, "versions/unlink.html", door, "detail", context, form.status)


@require_safe
def compare(request, organization, name, collection):
    """Two versions of a collection side by side, what differs marked."""
    door, collection = collection_for(request.user, organization, name, collection)
    wanted = CompareForm(request.GET).require()
    links = collection.links.select_related("version__artifact__team").prefetch_related("aliases", "tags")
    found = {each.number: each for each in links.filter(number__in=[wanted["one"], wanted["other"]])}
    if not {wanted["one"], wanted["other"]} <= found.keys():
        raise Http404
    one, other = found[wanted["one"]], found[wanted["other"]]
    context = {"collection": collection, "one": one, "other": other}
    context["groups"] = [
        ("Facts", _beside(_facts(one, door.may), _facts(other, door.may))),
        ("Metadata", _beside(dict(_flat(one.version.metadata)), dict(_flat(other.version.metadata)))),
    ]
    return registry_page(request, "versions/compare.html", door, "detail", context)


def _facts(link: Link, may):
    """{what it is called: its value} of what two versions are compared by; its address for whoever may use it."""
    version = link.version
    facts = {
        "Aliases": ", ".join(sorted(alias.name for alias in link.aliases.all())),
        "Tags": ", ".join(sorted(tag.name for tag in link.tags.all())),
        "Source": str(version),
        "Digest": version.digest,
        "Size in bytes": version.size,
        "Files": version.file_count,
        "Run": version.run,
    }
    return facts | {"Address": version.uri} if Action.USE in may else facts


def _flat(value, path=""):
    """(dotted path, value) of each leaf of metadata."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def _beside(one, other):
    """[(name, value of one, value of the other, whether they differ)], in order of their names where both have none."""
    names = dict.fromkeys([*one, *other])
    return [(name, one.get(name), other.get(name), one.get(name) != other.get(name)) for name in names if name]
