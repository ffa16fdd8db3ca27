"""`import_mlflow`: what a server has is brought here once and followed, and whatever else answers is told from it."""

import json
import socket
import unicodedata
from base64 import b64encode

import pytest

from registry_app.audit.reconcile import find_drift
from registry_app.importers import mlflow, mlflow_client
from registry_app.importers.mlflow import MlflowImport
from registry_app.importers.mlflow_report import KINDS
from registry_app.models import Actor, Alias, Artifact, AuditEvent, Collection, Link, Version
from tests.client import nothing_happens
from tests.factories import COMMAND_LINE, make_collection, make_registry, make_team, make_version, protect
from tests.outages import held
from tests.servers.mlflow import Fake, model, pairs, serving, version

pytestmark = pytest.mark.usefixtures("vision")


@pytest.fixture
def fake():
    """A server with two models: churn, with three versions, two aliases and tags, and scoring, with one."""
    fake = Fake()
    fake.models = [
        model("scoring", description="Scores."),
        model("churn", [("champion", 2), ("challenger", 3)], description="# Churn\n\nWho leaves."),
    ]
    fake.versions = [  # the newest first, as MLflow does
        version("churn", 3, tags=pairs(stage="staging")),
        version("churn", 2, tags=pairs(validation="passed", note="see a/b")),
        version("scoring", 1, run_id="", source="s3://bucket/scoring"),
        version("churn", 1, description="The first."),
    ]
    for number in (1, 2):
        fake.runs[f"run{number}"] = {
            "info": {
                "run_id": f"run{number}",
                "run_name": f"train-{number}",
                "experiment_id": "7",
                "artifact_uri": f"mlflow-artifacts:/1/run{number}/artifacts",
            },
            "data": {"params": pairs(depth="3"), "metrics": [{"key": "auc", "value": 0.9, "step": 0}]},
        }
    fake.files["", "1/run1/artifacts/churn"] = [
        {"path": "MLmodel", "is_dir": False, "file_size": 100},
        {"path": "data", "is_dir": True},
    ]
    fake.files["", "1/run1/artifacts/churn/data"] = [{"path": "model.pkl", "is_dir": False, "file_size": "900"}]
    return fake


@pytest.fixture
def bring(run, acme, fake):
    """Runs the command against the fake, for Vision's project forecasts."""

    def bring(*more, url=None):
        words = ["--organization=acme-ml", "--team=Vision", "--project=forecasts"]
        with serving(fake) as address:
            return run("import_mlflow", url or address, *words, *more)

    return bring


@pytest.fixture
def release_registry(acme, ada):
    """A registry that takes models."""
    return make_registry(acme, ada, "Release")


def table(done):
    """{kind: (found, new, existing, skipped)} of what the command printed. Its exit status tells what was left out."""
    left_out = sum(line.startswith("left out") for line in done.out.splitlines())
    assert (done.status, bool(done.err)) == ((2, True) if left_out else (0, False))
    rows = [line.split() for line in done.out.splitlines()[1:] if line.split()[0] in KINDS]
    return {kind: tuple(map(int, counts[:4])) for kind, *counts in rows if any(map(int, counts))}


def labels(collection):
    """({alias: number of its link}, {tag: number of its link}) of a collection."""
    aliases, tags = (held.select_related("link") for held in (collection.aliases, collection.tags))
    return {alias.name: alias.link.number for alias in aliases}, {tag.name: tag.link.number for tag in tags}


def test_each_model_becomes_an_artifact_and_each_version_a_version(bring, vision):
    assert table(bring()) == {"models": (2, 2, 0, 0), "versions": (4, 4, 0, 0)}
    first, second, third = Version.objects.filter(artifact__name="churn").order_by("number")
    assert [stored.uri[-16:] for stored in (first, second, third)] == [
        f"run{number}/artifacts/churn"[-16:] for number in (1, 2, 3)
    ]
    assert (first.run, first.size, first.file_count) == ("train-1", 1000, 2)
    assert first.run_url.endswith("/#/experiments/7/runs/run1")
    assert first.metadata == {"description": "The first.", "params": {"depth": "3"}, "metrics": {"auc": 0.9}}
    assert second.metadata["tags"] == {"validation": "passed", "note": "see a/b"}
    assert (third.run, third.run_url, third.size) == ("run3", "", 0)  # its run is gone
    assert all(stored.digest.startswith("mlflow:") for stored in (first, second, third))
    assert set(vision.artifacts.values_list("type", flat=True)) == {"model"}
    assert not Link.objects.exists()


def test_a_second_run_brings_nothing_new_and_asks_for_lists_alone(bring, fake, release_registry):
    bring("--registry=Release")
    fake.asked = []
    with nothing_happens():
        done = table(bring("--registry=release"))
    assert done == {
        "models": (2, 0, 2, 0),
        "versions": (4, 0, 4, 0),
        "collections": (2, 0, 2, 0),
        "links": (4, 0, 4, 0),
        "aliases": (2, 0, 2, 0),
        "tags": (3, 0, 2, 1),
    }
    assert {path for path in fake.asked if "search" not in path} == set()


def test_later_what_is_new_is_brought(bring, fake, release_registry):
    bring("--registry=Release")
    fake.versions.insert(0, version("churn", 4))
    fake.models[1] = model("churn", [("champion", 4)])
    done = table(bring("--registry=Release"))
    assert (done["models"], done["versions"], done["links"]) == ((2, 0, 2, 0), (5, 1, 4, 0), (5, 1, 4, 0))
    assert done["aliases"] == (1, 1, 0, 0)
    churn = Collection.objects.get(name="churn")
    assert labels(churn)[0] == {"champion": 3}  # the other is gone there


def test_a_number_that_is_used_again_there_is_another_version(bring, fake):
    bring()
    fake.versions[0] = version("churn", 3, creation_timestamp=1_800_000_000_000)
    assert table(bring())["versions"] == (4, 1, 3, 0)


def test_with_a_registry_versions_are_linked_with_their_aliases_and_tags(bring, release_registry):
    done = bring("--registry=Release")
    assert table(done)["tags"] == (3, 2, 0, 1)
    assert "note see a/b" in done.out
    churn = release_registry.collections.get(name="churn")
    assert (churn.type, churn.summary) == ("model", "Who leaves.")
    assert [str(link.version) for link in churn.links.order_by("number")] == [
        f"Vision/forecasts/churn:v{number}" for number in range(3)
    ]
    assert {alias.name: alias.link.number for alias in churn.aliases.all()} == {"champion": 1, "challenger": 2}
    assert {tag.name: tag.link.number for tag in churn.tags.all()} == {"validation passed": 1, "stage staging": 2}


def test_the_registry_keeps_how_many_links_and_bytes_an_import_brought(bring, release_registry):
    bring("--registry=Release")
    release_registry.refresh_from_db()
    links, sizes = Link.objects.filter(collection__registry=release_registry), Version.objects.values_list("size")
    assert release_registry.link_count == links.count() == release_registry.weeks.get().link_count == 4
    assert release_registry.byte_count == sum(size for (size,) in sizes) > 0
    assert list(find_drift()) == []


def test_what_people_added_here_stays(bring, release_registry):
    bring("--registry=Release")
    link = Link.objects.get(aliases__name="champion")
    link.set_tags(COMMAND_LINE, [*link.tag_names(), "ours"])
    link.change_aliases(COMMAND_LINE, ["ours"])
    bring("--registry=Release")
    assert (link.tag_names(), link.alias_names()) == (["ours", "validation passed"], ["champion", "ours"])


def test_rule_26_protected_aliases_are_put_by_staff_and_logged(bring, release_registry):
    protect(release_registry, "champion")
    assert table(bring("--registry=Release"))["aliases"] == (2, 2, 0, 0)
    entry = AuditEvent.objects.get(action="alias.set", target_name="Release/churn:champion")
    assert (entry.actor_name, entry.content["staff"], entry.reason) == ("command line", True, "import from MLflow")


def test_what_the_rules_refuse_is_told_and_the_rest_is_done(bring, fake, release_registry, vision):
    make_version(vision, "scoring", type="dataset")
    fake.models.append(model("a/b"))
    fake.models.append(model("empty"))
    fake.versions.append(version("a/b", 1))
    fake.versions.append(version("churn", 9, source="has no scheme"))
    fake.versions.append(version("churn", 10, status="PENDING_REGISTRATION"))
    fake.models[1] = model("churn", [("v7", 1), ("latest", 1), ("a:b", 1), ("gone", 77), ("champion", 2)])
    done = bring("--registry=Release")
    counts = table(done)
    assert (counts["models"], counts["versions"]) == ((4, 1, 0, 3), (7, 3, 0, 4))
    assert counts["collections"] == (3, 1, 0, 2)
    assert set(Collection.objects.values_list("name", flat=True)) == {"churn"}  # nothing empty is made
    assert (counts["links"], counts["aliases"]) == ((3, 3, 0, 0), (5, 1, 0, 4))
    for told in ("type_stays", "name_invalid", "uri_invalid", "not ready", "not linked"):
        assert told in done.out
    assert set(AuditEvent.objects.exclude(code="").values_list("code", flat=True)) == {"type_stays"}


def test_section_5_what_was_refused_is_logged_though_the_import_fails_later(bring, vision, monkeypatch):
    make_version(vision, "churn", type="dataset")
    stored = MlflowImport._stored
    monkeypatch.setattr(
        MlflowImport, "_stored", lambda self, model: 1 / 0 if model.name == "scoring" else stored(self, model)
    )
    before = AuditEvent.objects.count()
    with pytest.raises(ZeroDivisionError):
        bring()
    events = AuditEvent.objects.order_by("seq")[before:]
    assert [(event.action, event.code, event.target_name) for event in events] == [
        ("version.create", "type_stays", f"churn {number}") for number in (1, 2, 3)
    ]


def test_a_registry_that_takes_no_models_gets_none(bring, acme, ada):
    make_registry(acme, ada, "Data", types=["dataset"])
    counts = table(bring("--registry=Data"))
    assert (counts["versions"], counts["collections"]) == ((4, 4, 0, 0), (2, 0, 0, 2))


@pytest.mark.parametrize("source", ["s3://bucket/run1/churn", "runs:/run1/churn"])
def test_sizes_are_those_of_the_run_where_the_server_does_not_serve_artifacts(bring, fake, source):
    fake.runs["run1"]["info"]["artifact_uri"] = "s3://bucket/run1"
    fake.versions[3]["source"] = source
    fake.files["run1", "churn"] = [{"path": "churn/MLmodel", "is_dir": False, "file_size": 5}]
    bring()
    stored = Version.objects.get(artifact__name="churn", number=0)
    assert (stored.size, stored.file_count) == (5, 1)


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_sizes_that_the_server_can_not_tell_stay_unknown(bring, fake, status):
    fake.answers["mlflow-artifacts/artifacts"] = (status, b"no")
    assert table(bring())["versions"] == (4, 4, 0, 0)
    assert set(Version.objects.values_list("size", "file_count")) == {(0, 0)}


def test_a_source_on_the_servers_own_disk_is_a_file_address(bring, fake):
    fake.versions = [version("churn", 1, source="/srv/models/a b")]
    bring()
    assert Version.objects.get().uri == "file:///srv/models/a%20b"


def test_credentials_are_sent_where_there_are_any(bring, fake, settings):
    bring()
    assert fake.authorization == ""
    settings.MLFLOW_CREDENTIALS = ("ada", "secret")
    bring()
    assert fake.authorization == "Basic " + b64encode(b"ada:secret").decode()


# What the import put here follows the server; what people put stays.


@pytest.mark.parametrize(
    "before, after, shown",
    [
        (pairs(state="pending"), pairs(state="approved"), {"state approved"}),
        (pairs(state="pending"), [], set()),
        (pairs(state="pending", a="b"), pairs(a="b"), {"a b"}),
        ([], pairs(state="new"), {"state new"}),
        (pairs(state="ours"), pairs(state="theirs"), {"state theirs"}),
        (pairs(state="pending"), pairs(state="a/b"), set()),
        (pairs(kind="x"), pairs(KIND="x"), {"KIND x"}),
    ],
)
def test_a_tag_that_changes_there_changes_here(bring, fake, release_registry, before, after, shown):
    fake.models, fake.versions = [model("churn")], [version("churn", 1, tags=before)]
    bring("--registry=Release")
    link = Link.objects.get()
    link.set_tags(COMMAND_LINE, [*link.tag_names(), "by people"])
    fake.versions = [version("churn", 1, tags=after)]
    bring("--registry=Release")
    assert set(link.tag_names()) == {"by people", *shown}
    with nothing_happens():
        bring("--registry=Release")


def test_a_tag_that_people_put_first_stays_when_it_goes_there(bring, fake, release_registry):
    fake.models, fake.versions = [model("churn")], [version("churn", 1)]
    bring("--registry=Release")
    link = Link.objects.get()
    link.set_tags(COMMAND_LINE, ["state approved"])
    for tags in (pairs(state="approved"), []):
        fake.versions = [version("churn", 1, tags=tags)]
        with nothing_happens():
            bring("--registry=Release")
    assert link.tag_names() == ["state approved"]


@pytest.mark.parametrize(
    "tags", [pairs(state="pending"), pairs(a="b"), pairs(k="v", a="b"), pairs(état="prêt"), pairs(empty="")], ids=str
)
@pytest.mark.parametrize("kept", [[], ["by people"]], ids=["none", "one of people"])
def test_a_tag_that_people_removed_stays_so_until_it_changes_there(bring, fake, release_registry, tags, kept):
    fake.models, fake.versions = [model("churn")], [version("churn", 1, tags=tags, current_stage="Staging")]
    bring("--registry=Release")
    link = Link.objects.get()
    all_of_it = set(link.tag_names())
    link.set_tags(COMMAND_LINE, ["stage Staging", *kept])
    for _ in range(2):
        with nothing_happens():
            done = bring("--registry=Release")
    assert set(link.tag_names()) == {"stage Staging", *kept}
    assert done.out.count("it was removed here") == len(tags) == len(all_of_it) - 1
    fake.versions[0]["tags"] = pairs(other="x")
    bring("--registry=Release")
    assert set(link.tag_names()) == {"stage Staging", "other x", *kept}
    fake.versions[0]["tags"] = tags
    bring("--registry=Release")
    assert set(link.tag_names()) == {*all_of_it, *kept}


def test_a_tag_that_people_removed_and_put_again_is_theirs(bring, fake, release_registry):
    fake.models, fake.versions = [model("churn")], [version("churn", 1, tags=pairs(state="pending"))]
    bring("--registry=Release")
    link = Link.objects.get()
    for tags in ([], ["state pending"]):
        link.set_tags(COMMAND_LINE, tags)
    fake.versions[0]["tags"] = []
    bring("--registry=Release")
    assert link.tag_names() == ["state pending"]


@pytest.mark.parametrize(
    "there, here",
    [
        ([("champion", 2)], {}),
        ([("champion", 3)], {"champion": 2}),
        ([("champion", 1), ("other", 2)], {"champion": 0, "other": 1}),
        ([("Champion", 2)], {"Champion": 1}),
        ([], {}),
    ],
)
@pytest.mark.parametrize("moved_first", [False, True])
def test_rule_25_an_alias_that_people_removed_stays_so_until_it_changes_there(
    bring, fake, release_registry, there, here, moved_first
):
    bring("--registry=Release")
    churn = release_registry.collections.get(name="churn")
    if moved_first:
        churn.links.get(number=0).change_aliases(COMMAND_LINE, ["champion"])
        bring("--registry=Release")
    churn.aliases.get(name="champion").delete_by(COMMAND_LINE)
    with nothing_happens():
        assert "it was removed here" in bring("--registry=Release").out
    fake.models[1] = model("churn", there)
    bring("--registry=Release")
    assert labels(churn)[0] == here
    for back in ([], [("champion", 2)]):
        fake.models[1] = model("churn", back)
        bring("--registry=Release")
    assert labels(churn)[0] == {"champion": 1}


@pytest.mark.parametrize(
    "there, here",
    [
        ([], {}),
        ([("champion", 3)], {"champion": 2}),
        ([("champion", 1), ("challenger", 1)], {"champion": 0, "challenger": 0}),
        ([("challenger", 2), ("champion", 3)], {"challenger": 1, "champion": 2}),
        ([("Champion", 2)], {"Champion": 1}),
        ([("champion", 77)], {"champion": 1}),  # of a version that isn't here: told, and left where it is
    ],
)
def test_rule_25_an_alias_moves_and_goes_as_it_does_there(bring, fake, release_registry, there, here):
    bring("--registry=Release")
    churn = release_registry.collections.get(name="churn")
    churn.links.get(number=0).change_aliases(COMMAND_LINE, ["by people"])
    fake.models[1] = model("churn", there)
    bring("--registry=Release")
    assert labels(churn)[0] == {"by people": 0, **here}
    with nothing_happens():
        bring("--registry=Release")


def test_rule_25_an_alias_that_people_moved_here_stays_where_it_is(bring, fake, release_registry):
    bring("--registry=Release")
    churn = release_registry.collections.get(name="churn")
    churn.links.get(number=0).change_aliases(COMMAND_LINE, ["champion"])
    for there in ([("champion", 2)], [("champion", 3)], []):
        fake.models[1] = model("churn", there)
        done = bring("--registry=Release")
        assert ("it was set here on v0, and stays there" in done.out) == bool(there)
    assert labels(churn)[0] == {"champion": 0}


@pytest.fixture
def meanwhile(monkeypatch):
    """Lets an act of people happen in the pause before each step of an import."""

    def meanwhile(act):
        monkeypatch.setattr(mlflow, "TURN", 1)
        monkeypatch.setattr(mlflow, "let_others_write", act)

    return meanwhile


@pytest.mark.parametrize("there", [[("champion", 3), ("challenger", 3)], [("challenger", 3)]], ids=["moves", "goes"])
def test_rule_25_an_alias_that_people_set_during_an_import_stays(bring, fake, release_registry, meanwhile, there):
    bring("--registry=Release")
    churn = release_registry.collections.get(name="churn")
    fake.models[1] = model("churn", there)
    meanwhile(lambda: churn.links.get(number=0).change_aliases(COMMAND_LINE, ["champion"]))
    done = bring("--registry=Release")
    assert labels(churn)[0] == {"champion": 0, "challenger": 2}
    assert "it was set here meanwhile, and stays there" in done.out


def test_what_people_unlinked_deleted_or_renamed_here_stays_so(run, bring, fake, release_registry):
    """An old version that came back would be latest."""
    bring("--registry=Release")
    churn, scoring = (release_registry.collections.get(name=name) for name in ("churn", "scoring"))
    churn.links.get(number=0).unlink(COMMAND_LINE)
    churn.edit(COMMAND_LINE, name="Churn EU", description="Ours.", tags=[])
    scoring.delete_by(COMMAND_LINE)
    with nothing_happens():
        done = bring("--registry=Release")
    assert (table(done)["collections"], table(done)["links"]) == ((2, 0, 1, 0), (3, 0, 2, 0))
    assert ["churn 1" in line for line in done.out.splitlines() if "unlinked here" in line] == [True]
    assert ["scoring" in line for line in done.out.splitlines() if "deleted here" in line] == [True]
    fake.versions.insert(0, version("churn", 4))
    Collection(registry=release_registry, name="scoring", type="model").create(COMMAND_LINE)
    assert table(bring("--registry=Release"))["links"] == (5, 2, 2, 0)
    assert list(churn.links.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    for link in churn.links.all():
        link.unlink(COMMAND_LINE)
    assert table(bring("--registry=Release"))["collections"] == (2, 0, 2, 0)  # no other one comes of the old name
    with serving(fake) as address:  # the same names of another server
        words = ["--organization=acme-ml", "--team=Vision", "--project=other", "--registry=Release"]
        run("import_mlflow", address, *words)
    of_project = Link.objects.filter(version__artifact__project="other")
    assert set(of_project.values_list("collection__name", flat=True)) == {"churn", "scoring"}
    assert not churn.links.exists()


def test_a_collection_that_people_delete_during_an_import_is_told(bring, fake, release_registry, meanwhile):
    bring("--registry=Release")
    fake.models[1] = model("churn", [("champion", 3), ("challenger", 1)])
    gone = release_registry.collections.filter(name="churn")
    meanwhile(lambda: [collection.delete_by(COMMAND_LINE) for collection in gone.all()])
    done = bring("--registry=Release")
    assert (done.status, gone.all().exists(), table(done)["aliases"]) == (2, False, (2, 0, 0, 2))
    assert "it was deleted here meanwhile" in done.out


def noted(done, kind):
    """The names of what the command noted of this kind."""
    return [line.split("'")[1] for line in done.out.splitlines() if line.startswith(f"note      {kind}:")]


def test_what_people_deleted_stays_so_and_is_told(bring, run, fake, release_registry, acme, ada):
    make_collection(release_registry, "churn", type="model").delete_by(Actor(ada))  # no import had brought that
    bring("--registry=Release")
    release_registry.collections.get(name="scoring").delete_by(Actor(ada))
    release_registry.collections.get(name="churn").links.get(number=1).unlink(Actor(ada))
    Version.objects.get(artifact__name="churn", number=1).delete_by(Actor(ada))
    fake.asked = []
    for _ in range(2):
        with nothing_happens():
            done = bring("--registry=Release")
    told = [noted(done, kind) for kind in ("versions", "links", "collections", "aliases")]
    assert told == [["churn 2"], [], ["scoring"], ["churn: champion"]]
    assert (done.status, {path for path in fake.asked if "search" not in path}) == (0, set())
    make_collection(release_registry, "Scoring", type="model")
    assert table(bring("--registry=Release"))["links"] == (3, 1, 2, 0)  # people made the collection anew
    make_team(acme, "Others")
    words = ["--organization=acme-ml", "--team=Others", "--project=forecasts"]
    with serving(fake) as address:
        assert table(run("import_mlflow", address, *words))["versions"] == (4, 4, 0, 0)  # nobody deleted it there


def test_an_alias_that_another_project_brought_is_not_moved_to_and_fro(run, bring, fake, release_registry):
    bring("--registry=Release")
    churn = release_registry.collections.get(name="churn")
    before = labels(churn)[0]
    words = ["--organization=acme-ml", "--team=Vision", "--project=others", "--registry=Release"]
    fake.versions[2]["creation_timestamp"] = 1
    with serving(fake) as address:
        done = run("import_mlflow", address, *words)
    assert (labels(churn)[0], churn.links.count(), "stays there" in done.out) == (before, 6, True)


# Names that are the same here.

NFC, NFD = (unicodedata.normalize(form, "modèle") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    "names",
    [
        ["score", "score ", "Score"],
        ["score", " score"],
        ["Score", "SCORE", "score"],
        [NFC, NFD],
        ["score", "ｓｃｏｒｅ"],
        ["my score", "my  score"],
        ["Straße", "STRASSE"],
    ],
)
def test_models_whose_names_are_the_same_here_are_told_and_the_oldest_is_brought(bring, fake, release_registry, names):
    fake.models = [model(name, [("champion", 1)], creation_timestamp=number) for number, name in enumerate(names)][::-1]
    fake.versions = [version(name, 1, tags=pairs(of=f"n{number}")) for number, name in enumerate(names)]
    counts = table(done := bring("--registry=Release"))
    others = len(names) - 1
    assert (counts["models"], counts["versions"]) == ((1 + others, 1, 0, others), (1 + others, 1, 0, others))
    assert done.out.count("which is older") == others
    assert (Version.objects.count(), Artifact.objects.get().name) == (1, unicodedata.normalize("NFC", names[0].strip()))
    assert labels(Collection.objects.get()) == ({"champion": 0}, {"of n0": 0})
    with nothing_happens():
        bring("--registry=Release")


@pytest.mark.parametrize("names", [["score", "scores"], ["score", "ѕсоге"], ["score-1", "score_1"], ["o", "0", "ο"]])
def test_models_whose_names_only_look_alike_have_names_of_their_own(bring, fake, release_registry, names):
    fake.models, fake.versions = [model(name) for name in names], [version(name, 1) for name in names]
    assert table(bring("--registry=Release"))["collections"] == (len(names), len(names), 0, 0)


@pytest.mark.parametrize(
    "aliases",
    [
        [(NFC, 1), (NFD, 2)],
        [("a", 1), ("a ", 2)],
        [(" a ", 1), ("a", 2), ("a ", 3)],
        [("a\u00a0", 3), ("a", 1)],
        [("\ta", 1), ("a", 2)],
    ],
)
def test_rule_25_aliases_that_are_the_same_here_do_not_walk(bring, fake, release_registry, aliases):
    fake.models = [model("churn", aliases)]
    first = table(bring("--registry=Release"))["aliases"]
    assert first == (len(aliases), 1, 0, len(aliases) - 1)
    before = Alias.objects.get().link.number
    with nothing_happens():
        bring("--registry=Release")
    exact = [number for name, number in aliases if unicodedata.normalize("NFC", name.strip()) == name]
    assert [before + 1] == exact


# What else a model registry holds.

LONG = "long " * 40


@pytest.mark.parametrize("name", ["a/b", "\x07bell", LONG, "🚀", "..", "\u202eturned", "a\nb", "", "\u0300" * 2000])
def test_a_name_that_cannot_be_kept_is_told_and_nothing_is_made_of_it(bring, fake, release_registry, name):
    fake.models = [model(name, [("champion", 1)]), model("churn")]
    fake.versions = [version(name, 1, source="s3://b/x"), version("churn", 2)]
    counts = table(done := bring("--registry=Release"))
    assert (counts["models"], counts["versions"], "name_invalid" in done.out) == ((2, 1, 0, 1), (2, 1, 0, 1), True)
    assert [collection.name for collection in release_registry.collections.all()] == ["churn"]


@pytest.mark.parametrize("name", ["churn 🚀", "Модель", "模型", "a.b-c_d", "x" * 128, "100 %", "a\\b", "a?b#c"])
def test_an_odd_name_is_kept_as_it_is(bring, fake, release_registry, name):
    fake.models, fake.versions = [model(name, [("champion", 1)])], [version(name, 1)]
    assert table(bring("--registry=Release"))["collections"] == (1, 1, 0, 0)
    assert Artifact.objects.get().name == Collection.objects.get().name == name


@pytest.mark.parametrize(
    "stage, tags", [("Production", ["stage Production"]), ("Staging", ["stage Staging"]), ("None", []), ("", [])]
)
def test_a_stage_is_a_tag_and_follows(bring, fake, release_registry, stage, tags):
    fake.models, fake.versions = [model("churn")], [version("churn", 1, current_stage=stage)]
    bring("--registry=Release")
    link = Link.objects.get()
    assert link.tag_names() == tags
    fake.versions[0]["current_stage"] = "Archived"
    bring("--registry=Release")
    assert link.tag_names() == ["stage Archived"]


def test_what_is_gone_or_renamed_there_stays_here_and_is_told(bring, fake, release_registry):
    bring("--registry=Release")
    fake.models = [model("scores", [("champion", 1)])]
    fake.versions = [version("scores", 1, source="s3://bucket/scoring")]
    done = bring("--registry=Release")
    assert table(done)["versions"] == (1, 1, 0, 0)
    assert [line for line in done.out.splitlines() if line.startswith("note") and "not there any more" in line] == [
        "note      models: 'churn': v0, v1, v2 came from there and are not there any more; they stay here",
        "note      models: 'scoring': v0 came from there and are not there any more; they stay here",
    ]
    assert set(release_registry.collections.values_list("name", flat=True)) == {"churn", "scoring", "scores"}
    assert labels(release_registry.collections.get(name="churn"))[0] == {"champion": 1, "challenger": 2}


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_run_that_cannot_be_asked_for_now_leaves_its_version_to_the_next_import(bring, fake, status):
    fake.answers["mlflow/runs/get"] = (status, b"later")
    counts = table(done := bring())
    assert (counts["versions"], f"status {status}" in done.out) == ((4, 1, 0, 3), True)
    fake.answers.clear()
    assert table(bring())["versions"] == (4, 3, 1, 0)
    assert Version.objects.filter(metadata__params={"depth": "3"}).count() == 2


@pytest.mark.parametrize(
    "params, metrics, missing",
    [
        ({"big": "x" * 300_000, "depth": "3"}, [], ["params big"]),
        ({f"p{n}": "x" * 6000 for n in range(60)}, [], ["256 KiB"]),
        ({"nul": "a\0b", "depth": "3"}, [], ["params nul"]),
        ({f"p{n}": "1" for n in range(500)}, [], []),
        ({}, [{"key": "auc", "value": "NaN"}, {"key": "loss", "value": float("inf")}], []),
        ({}, [{"key": "auc", "value": float("nan")}, {"key": "n", "value": 10**400}], []),
        ({"": "empty", "depth": ""}, [{"key": "deep", "value": None}], []),
    ],
    ids=str,
)
def test_a_version_is_not_lost_because_one_of_its_values_is(bring, fake, params, metrics, missing):
    fake.models, fake.versions = [model("churn")], [version("churn", 1)]
    fake.runs["run1"]["data"] = {"params": pairs(**params), "metrics": metrics}
    counts = table(done := bring())
    assert (counts["versions"], done.status) == ((1, 1, 0, 0), 2 if missing else 0)
    kept = Version.objects.get().metadata
    assert all(word in done.out for word in missing)
    assert set(kept.get("metrics", {})) == {each["key"] for each in metrics}
    assert (set(kept.get("params", {})) == set(params)) == (not missing)
    assert "depth" not in params or kept["params"]["depth"] == params["depth"]


# What is done, and what isn't, as people and programs read it.


def test_a_report_has_all_that_was_done_and_left_out(bring, release_registry, tmp_path):
    file = tmp_path / "report.json"
    done = bring("--registry=Release", f"--report={file}")
    report = json.loads(file.read_text())
    assert (done.status, "Left out, as told above: 1." in done.err) == (2, True)
    assert (report["project"], report["registry"], "error" in report) == ("forecasts", "Release", True)
    assert report["counts"]["versions"] == {"found": 4, "new": 4, "existing": 0, "skipped": 0, "removed": 0}
    assert [each["name"] for each in report["done"] if each["kind"] == "links"] == [
        "churn 1",
        "churn 2",
        "churn 3",
        "scoring 1",
    ]
    assert [(each["kind"], each["name"]) for each in report["left_out"]] == [("tags", "churn 2: note see a/b")]
    assert [each["kind"] for each in report["notes"]] == ["versions"]


def test_a_report_tells_of_an_import_that_failed(bring, fake, tmp_path):
    fake.answers = dict.fromkeys(LISTS, (401, b""))
    assert bring(f"--report={tmp_path / 'report.json'}").status == 1
    assert "status 401" in json.loads((tmp_path / "report.json").read_text())["error"]


def test_a_report_that_cannot_be_written_ends_it_before_anything_is_asked(bring, fake, tmp_path):
    done = bring(f"--report={tmp_path / 'none' / 'report.json'}")
    assert (done.status, "can't be written" in done.err, fake.asked) == (1, True, [])


@pytest.mark.django_db(transaction=True)
def test_others_write_while_an_import_runs(bring, fake, release_registry, monkeypatch):
    turns = []

    def write():
        with held():
            turns.append(Version.objects.count())

    monkeypatch.setattr(mlflow, "TURN", 2)
    monkeypatch.setattr(mlflow, "let_others_write", write)
    assert bring("--registry=Release").status == 2
    assert len(turns) >= 5 and turns == sorted(turns)


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_is_told_and_the_next_import_completes_it(bring, fake, release_registry, monkeypatch):
    fake.models, fake.versions = [model("churn")], [version("churn", number) for number in (1, 2)]
    monkeypatch.setattr(mlflow, "register", _busy_after_one(mlflow.register))
    done = bring("--registry=Release")
    assert (done.status, "Traceback" in done.err, "import again" in done.err) == (1, False, True)
    assert (Version.objects.count(), Collection.objects.count()) == (1, 0)
    monkeypatch.undo()
    assert table(bring("--registry=Release"))["versions"] == (2, 1, 1, 0)


def _busy_after_one(register):
    calls = []

    def register_once(*args):
        calls.append(args)
        if len(calls) == 1:
            return register(*args)
        with held():
            return register(*args)

    return register_once


# What isn't an MLflow server.

LISTS = ("mlflow/registered-models/search", "mlflow/model-versions/search")
SURROGATE = b'{"model_versions": [{"name": "\\ud800", "version": "1", "creation_timestamp": 1}]}'


@pytest.mark.parametrize(
    "status, body",
    [
        (401, b"Who are you?"),
        (403, {}),
        (404, b"<html>"),
        (500, b""),
        (302, b""),
        (200, b"<!doctype html><title>Welcome</title>"),
        (200, b""),
        (200, b"[]"),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
        (200, {"registered_models": 7, "model_versions": 7}),
        (200, {"registered_models": [7], "model_versions": [7]}),
        (200, {"registered_models": [{"name": 7}], "model_versions": [{"name": 7}]}),
        (200, {"model_versions": [{"name": "x", "version": "one"}], "registered_models": {}}),
        (200, {"model_versions": [{"name": "x", "version": -1}], "registered_models": {}}),
        (200, {"model_versions": [{"name": "x", "tags": {"a": 1}}], "registered_models": {}}),
        (200, {"registered_models": [], "model_versions": [], "next_page_token": "again"}),
        (200, {"registered_models": [], "model_versions": [], "next_page_token": 7}),
        (200, SURROGATE),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_answer_that_is_not_mlflows_is_told_and_nothing_is_done(bring, fake, status, body):
    fake.answers = dict.fromkeys(LISTS, (status, body))
    before = AuditEvent.objects.count()
    done = bring()
    assert (done.status, done.out) == (1, "")
    assert "Traceback" not in done.err and len(done.err.splitlines()) == 1
    assert (Version.objects.exists(), AuditEvent.objects.count()) == (False, before)
    assert ("MLFLOW_TRACKING_PASSWORD" in done.err) == (status in {401, 403})


@pytest.mark.parametrize(
    "path, body",
    [
        ("mlflow/runs/get", {"run": []}),
        ("mlflow/runs/get", {"run": {"info": {}, "data": {"params": "x"}}}),
        ("mlflow/model-versions/get-download-uri", b"<html>"),
        ("mlflow-artifacts/artifacts", {"files": [{"path": "x", "file_size": "many"}]}),
    ],
)
def test_a_strange_answer_about_one_version_stops_all(bring, fake, path, body):
    fake.answers[path] = (200, body)
    assert bring().status == 1
    assert not Version.objects.exists()


def test_long_lists_are_asked_for_in_pages(bring, fake, monkeypatch):
    """MLflow answers with 10,000 versions at once, unless told otherwise; a change there moves one to the next page."""
    monkeypatch.setattr(mlflow_client, "ROWS", 2)
    monkeypatch.setattr(mlflow_client, "ANSWER_BYTES", 4000)
    fake.page = 10_000
    fake.versions = [version("churn", number, description="x" * 1000) for number in (3, 2, 2, 1)]
    fake.models = [model("churn"), model("other"), model("other"), model("scoring")]
    done = bring()
    assert (table(done)["versions"], done.status) == ((3, 3, 0, 0), 0)
    monkeypatch.setattr(mlflow_client, "ROWS", 1000)
    assert bring().status == 1


def test_folders_without_end_have_no_size(bring, fake, monkeypatch):
    monkeypatch.setattr(mlflow_client, "FOLDERS", 20)
    fake.answers["mlflow-artifacts/artifacts"] = (200, {"files": [{"path": "deeper", "is_dir": True}]})
    assert table(bring())["versions"] == (4, 4, 0, 0)
    assert set(Version.objects.values_list("size", "file_count")) == {(0, 0)}


def test_hostile_words_are_kept_as_words_or_skipped(bring, fake, release_registry):
    fake.models = [model("\x1b[31mred\u202e"), model("fine", [("\x1b[2J", 1)], description="\0")]
    fake.versions = [version("\x1b[31mred\u202e", 1), version("fine", 1, tags=pairs(a="\x1b]0;x\x07"))]
    done = bring("--registry=Release")
    assert done.status == 2 and "\x1b" not in done.out and "\u202e" not in done.out
    assert Version.objects.get().artifact.name == "fine"


def test_twins_of_names_are_skipped_and_told(bring, fake, release_registry):
    fake.models = [
        model("churn", [("champion", 1), ("champion\u3164", 1), ("chаmpion", 1), ("🚀", 1)]),
        model("churn\ufe0f"),
    ]
    fake.versions = [
        version("churn", 1, tags=pairs(stage="prod\u3164", note="prоd")),
        version("churn\ufe0f", 1),
    ]
    counts = table(done := bring("--registry=Release"))
    assert (counts["models"], counts["versions"]) == ((2, 1, 0, 1), (2, 1, 0, 1))
    assert (counts["collections"], counts["aliases"], counts["tags"]) == ((2, 1, 0, 1), (4, 1, 0, 3), (2, 0, 0, 2))
    for told in ("U+3164 HANGUL FILLER", "U+FE0F VARIATION SELECTOR-16", "U+0430 CYRILLIC SMALL LETTER A"):
        assert told in done.out
    assert not {"\u3164", "\ufe0f"} & set(done.out)


def test_a_description_that_cannot_be_kept_is_told_and_its_collection_is_made_without(bring, fake, release_registry):
    """MLflow keeps descriptions of 70,000 characters: versions are linked and aliases set all the same."""
    texts = {"long": "z" * 70_000, "turned": "\u202ebackwards", "fine": "Who leaves."}
    fake.models = [model(name, [("champion", 1)], description=text) for name, text in texts.items()]
    fake.versions = [version(name, 1) for name in texts]
    done = bring("--registry=Release")
    assert (table(done)["links"], table(done)["aliases"]) == ((3, 3, 0, 0), (3, 3, 0, 0))
    kept = dict(release_registry.collections.values_list("name", "description"))
    assert kept == {"long": "", "turned": "", "fine": "Who leaves."}
    told = [line for line in done.out.splitlines() if line.startswith("left out")]
    assert [line.split(":")[1].strip(" '") for line in told] == ["long", "turned"]
    assert "U+202E" in done.out and "\u202e" not in done.out


def test_a_server_that_does_not_answer_is_told(bring, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        assert bring(url=f"http://127.0.0.1:{port}").status == 1  # nobody listens
        silent.listen()
        monkeypatch.setattr(mlflow_client, "TIMEOUT", 0.2)
        done = bring(url=f"http://127.0.0.1:{port}")
        assert (done.status, "timed out" in done.err) == (1, True)


@pytest.mark.parametrize(
    "url",
    [
        "mlflow.example.com",
        "ftp://mlflow.example.com",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
        "http://a:b@c",
        "http://x?y=1",
        "http://x y",
        "http://nowhere.invalid",
        "http://127.0.0.1:99999",
    ],
)
def test_an_address_that_is_none_is_told(bring, url):
    done = bring(url=url)
    assert (done.status, done.out, "Traceback" in done.err) == (1, "", False)


@pytest.mark.parametrize("option", ["--organization=none", "--team=none", "--project=a/b", "--registry=none"])
def test_places_that_are_not_there_are_told_before_anything_is_asked(bring, fake, option):
    assert bring(option).status == 1
    assert fake.asked == []
