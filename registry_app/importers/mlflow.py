"""What an MLflow server has, brought into a team's project and into a registry; a second time, what is new there."""

import hashlib
from collections import Counter

from django.core.exceptions import ValidationError

from .. import rules
from ..choices import Action
from ..models import Collection, Version, VersionData, register
from ..models.event import COMMAND_LINE, canonical, refusals_logged
from ..models.validation import format_errors

REASON = "import from MLflow"
TYPE = "model"
KINDS = ("models", "versions", "collections", "links", "aliases", "tags")
OUTCOMES = ("found", "new", "existing", "skipped")


class ImportReport:
    """How many of what were found there, are new here, existed or were skipped; and why."""

    def __init__(self):
        self.counts: dict[str, Counter] = {kind: Counter() for kind in KINDS}
        self.reasons: list[str] = []

    def count(self, kind, outcome, number=1):
        """So many more of `kind`, one of KINDS, came to `outcome`, one of OUTCOMES."""
        self.counts[kind][outcome] += number

    def skip(self, kind, called, reason):
        """One of `kind`, `called` so there, was skipped. Written so that no name can play tricks on a terminal."""
        self.count(kind, "skipped")
        seen = "".join(char if rules.visible(char) else f"U+{ord(char):04X}" for char in called)
        self.reasons.append(f"{kind}: {seen!r}: {reason}")

    def lines(self):
        """The table, and a line for each that was skipped."""
        yield f"{'':<12}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES)
        for kind, counted in self.counts.items():
            yield f"{kind:<12}" + "".join(f"{counted[outcome]:>10,}" for outcome in OUTCOMES)
        yield from (f"skipped  {reason}" for reason in self.reasons)


def digest_of(version):
    """What a ModelVersion is known by here: nothing in it changes there, and a number that is used again differs."""
    identity = canonical([version.model, version.number, version.created])
    return f"mlflow:{hashlib.sha256(identity.encode()).hexdigest()}"


def facts_of(server, version):
    """The VersionData of a ModelVersion, with what its run says and how large it is, asked of the server."""
    run = server.run(version.run_id) if version.run_id else None
    size, file_count = server.measure(version)
    metadata = {"description": version.description, "tags": version.tags}
    if run:
        metadata |= {"params": run.params, "metrics": run.metrics}
    name = rules.clean_name(run.name) if run else version.run_id
    return VersionData(
        digest=digest_of(version),
        uri=version.source,
        size=size,
        file_count=file_count,
        metadata={key: value for key, value in metadata.items() if value},
        run=version.run_id if rules.refuse_label(name) else name,
        run_url=run.url if run else "",
    )


class MlflowImport:
    """Brings Models into the `project` of a team, and (where there is one) into a registry; `tally` says what came.

    `facts` are {digest: VersionData} of the versions that the project lacks.
    """

    def __init__(self, team, project, registry, facts):
        self.team, self.project, self.registry, self.facts = team, project, registry, facts
        self.tally = ImportReport()

    def bring(self, model):
        """A Model: an artifact with its versions; in the registry a collection with links, aliases and tags."""
        self.tally.count("models", "found")
        self.tally.count("versions", "found", len(model.versions))
        here = {version.digest: version for version in self._stored(model)}
        kind = "existing" if here else "new"
        pairs = [(version, here.get(digest_of(version)) or self._register(version)) for version in model.versions]
        kept = [(version, stored) for version, stored in pairs if stored]
        self.tally.count("versions", "existing", sum(digest_of(version) in here for version in model.versions))
        if kept:
            self.tally.count("models", kind)
        else:
            self.tally.skip("models", model.name, "no version of it is registered")
        if self.registry and (collection := self._collection(model)):
            links = {version.number: self._link(collection, version, stored) for version, stored in kept}
            self._put_aliases(model, links)

    def _stored(self, model):
        versions = Version.objects.select_related("artifact__team")
        name = rules.clean_name(model.name)
        if not rules.may_be_stored(name):
            return versions.none()
        return versions.filter(artifact__team=self.team, artifact__project=self.project, artifact__name=name)

    def _register(self, version):
        """The Version, or None where it is skipped."""
        called = f"{version.model} {version.number}"
        if not version.is_ready:
            return self.tally.skip("versions", called, "it is not ready there")
        names = (self.project, version.model, TYPE)
        answer = self._do(
            "versions",
            called,
            Action.VERSION_CREATE,
            lambda: register(self.team, COMMAND_LINE, *names, self.facts[digest_of(version)], REASON),
        )
        if answer:
            self.tally.count("versions", "new" if answer[1] else "existing")
        return answer and answer[0]

    def _collection(self, model):
        """The registry's collection of that name, made where there is none; None where it is skipped."""
        self.tally.count("collections", "found")
        name = rules.clean_name(model.name)
        if stored := self.registry.collections.filter(name_key=rules.name_key(name)).first():
            self.tally.count("collections", "existing")
            return stored
        new = Collection(registry=self.registry, name=name, type=TYPE, description=model.description)
        made = self._do(
            "collections",
            model.name,
            Action.COLLECTION_CREATE,
            lambda: new.create(COMMAND_LINE, reason=REASON) or new,
        )
        if made:
            self.tally.count("collections", "new")
        return made

    def _link(self, collection, version, stored):
        """The Link, with the tags that the version has there; None where it is skipped."""
        self.tally.count("links", "found")
        called = f"{version.model} {version.number}"
        answer = self._do("links", called, Action.LINK, lambda: collection.link(COMMAND_LINE, stored, reason=REASON))
        if not answer:
            return None
        link, is_new = answer
        self.tally.count("links", "new" if is_new else "existing")
        self._put_tags(version, link)
        return link

    def _put_tags(self, version, link):
        """Beside the tags that it has here: a key and its value are one tag here, the server's own are none."""
        here, new = link.tag_names(), list[str]()
        for key, value in version.tags.items():
            name = rules.clean_name(f"{key} {value}")
            if key.startswith("mlflow."):
                continue
            self.tally.count("tags", "found")
            if name in here:
                self.tally.count("tags", "existing")
            elif refusal := rules.refuse_tag(name) or rules.refuse_count([*here, *new, name], "tags"):
                self.tally.skip("tags", f"{version.model} {version.number}: {name}"[:200], refusal.reason)
            else:
                new.append(name)
        if new and self._do("tags", link, Action.LINK_TAG, lambda: [link.set_tags(COMMAND_LINE, here + new)]):
            self.tally.count("tags", "new", len(new))

    def _put_aliases(self, model, links):
        """Rules 24 to 26: each on its version's link; who imports is staff, so protected ones too."""
        for alias, number in model.aliases.items():
            self.tally.count("aliases", "found")
            name, link = rules.clean_name(alias), links.get(number)
            refusal = rules.refuse_alias_name(name)
            if refusal or not link:
                reason = refusal.reason if refusal else "its version is not linked"
                self.tally.skip("aliases", f"{model.name}: {alias}"[:200], reason)
            elif name in link.alias_names():
                self.tally.count("aliases", "existing")
            elif self._do("aliases", alias, Action.ALIAS_PUT, lambda link=link, name=name: _put(link, name)):
                self.tally.count("aliases", "new")

    def _do(self, kind, called, action, verb):
        """What `verb` answers; where the law refuses, None: that is told, and logged."""
        organization = self.team.organization_id
        try:
            with refusals_logged(COMMAND_LINE, action, subject=str(called), organization=organization):
                return verb()
        except ValidationError as error:
            return self.tally.skip(kind, str(called), format_errors(error).replace("\n", " "))


def _put(link, name):
    link.change_aliases(COMMAND_LINE, [name], reason=REASON)
    return True
