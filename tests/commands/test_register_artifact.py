"""`register_artifact`: digests of real files and folders, resumed after an interruption, and all that it refuses."""

import hashlib
import os
import socket
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from registry_app.importers import digests
from registry_app.models import Artifact, AuditEvent, Link, Version
from tests.factories import make_organization, make_team, make_version


@pytest.fixture
def register(run, acme, vision, notes):
    """Runs the command on a path for Vision, with more words where a test has some."""

    def register(path, *more, **changed):
        asked = {"organization": "acme-ml", "team": "vision", "project": "forecasts", "name": "churn", "type": "model"}
        words = [f"--{option}={value}" for option, value in {**asked, **changed}.items()]
        return run("register_artifact", str(path), *words, *more)

    return register


def sha(content):
    """The SHA-256 of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def digest_of(folder):
    """What the digest of a folder is, by its definition."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    lines = sorted(f"{sha(path.read_bytes())}  {path.relative_to(folder).as_posix()}\n".encode() for path in files)
    return f"sha256:{sha(b''.join(lines))}"


def test_a_file_is_registered_by_its_bytes(register, tmp_path):
    path = tmp_path / "a model.bin"
    path.write_bytes(b"weights")
    done = register(path)
    version = Version.objects.get()
    assert (done.status, str(version)) == (0, "Vision/forecasts/churn:v0")
    assert (version.digest, version.size, version.file_count) == (f"sha256:{sha(b'weights')}", 7, 1)
    assert version.uri == path.as_uri() and " " not in version.uri
    assert version.digest in done.out and version.get_absolute_url() in done.out
    assert (version.created_by, Link.objects.exists()) == (None, False)


def test_a_folder_is_registered_by_its_sorted_lines(register, folder):
    register(folder)
    version = Version.objects.get()
    assert (version.digest, version.size, version.file_count) == (digest_of(folder), 3_000_002, 3)
    assert version.uri == folder.as_uri()


def test_a_folder_is_the_same_wherever_it_lies_and_another_after_a_rename(register, folder, tmp_path):
    register(folder)
    again = register(folder.rename(tmp_path / "moved"))
    assert "already" in again.out and Version.objects.count() == 1
    (tmp_path / "moved" / "empty").rename(tmp_path / "moved" / "void")
    register(tmp_path / "moved")
    assert [version.number for version in Version.objects.order_by("pk")] == [0, 1]


def test_all_that_is_known_is_kept(register, vision, folder, tmp_path):
    source = make_version(vision, "raw", type="dataset")
    (tmp_path / "facts.json").write_text('{"rows": 7}')
    more = ("--uri=s3://bucket/churn", "--run=train-7", "--run-url=https://runs.example.com/7")
    register(folder, *more, f"--metadata={tmp_path / 'facts.json'}", f"--made-from={source}")
    version = Version.objects.get(artifact__name="churn")
    assert (version.uri, version.metadata, version.run) == ("s3://bucket/churn", {"rows": 7}, "train-7")
    assert (version.run_url, list(version.made_from.all())) == ("https://runs.example.com/7", [source])
    entry = AuditEvent.objects.first()
    assert (entry.action, entry.actor_name) == ("version.create", "command line")


def test_a_version_of_another_organization_is_no_source(register, sam, folder):
    foreign = make_version(make_team(make_organization("Globex", sam), "Vision"))
    done = register(folder, f"--made-from={foreign}")
    assert (done.status, "source_hidden" in done.err) == (1, True)


@pytest.mark.parametrize(
    "changed, code",
    [
        ({"project": "a/b"}, "name_invalid"),
        ({"name": "x" * 129}, "name_invalid"),
        ({"type": "a/b"}, "type_invalid"),
        ({"project": "fore\u3164casts"}, "name_invalid"),
        ({"name": "сhurn"}, "name_invalid"),
        ({"type": "model\u034f"}, "type_invalid"),
        ({"uri": "no scheme"}, "uri_invalid"),
        ({"run": "a/b"}, "name_invalid"),
        ({"run-url": "ftp://x"}, "url_invalid"),
        ({"made-from": "nothing"}, "source_hidden"),
        ({"organization": "none"}, "no organization none"),
        ({"team": "none"}, "no team none"),
    ],
    ids=str,
)
def test_what_is_refused_is_refused_before_anything_is_hashed(register, folder, monkeypatch, changed, code):
    monkeypatch.setattr(digests, "_hash", lambda *_: pytest.fail("it was hashed"))
    done = register(folder, **changed)
    assert (done.status, done.out, Artifact.objects.exists()) == (1, "", False)
    assert code in done.err


def test_an_artifact_keeps_its_type(register, vision, folder):
    make_version(vision, type="dataset")
    done = register(folder)
    assert (done.status, "type_stays" in done.err) == (1, True)
    assert AuditEvent.objects.first().code == "type_stays"


@pytest.mark.parametrize("text", ["{", "[]", '{"a": NaN}', "\udcff", "x" * 3_000_000])
def test_metadata_that_is_none_is_refused(register, folder, tmp_path, text):
    (tmp_path / "facts").write_bytes(text.encode(errors="surrogateescape"))
    assert register(folder, f"--metadata={tmp_path / 'facts'}").status == 1
    assert register(folder, f"--metadata={tmp_path / 'nothing'}").status == 1
    assert not Artifact.objects.exists()


# What can't be hashed.


def test_what_is_not_there_or_empty_is_refused(register, tmp_path):
    (tmp_path / "hollow" / "inner").mkdir(parents=True)
    for path in (tmp_path / "nothing", tmp_path / "hollow", tmp_path / "hollow" / ("x" * 300)):
        done = register(path)
        assert (done.status, done.out) == (1, "") and "Traceback" not in done.err
        assert str(path) in done.err


def documented(folder, find="find ."):
    """The digest of a folder by the command in the documentation."""
    text = (Path(settings.BASE_DIR) / "docs" / "publish.md").read_text()
    (line,) = [line.strip() for line in text.splitlines() if line.strip().startswith("find . ")]
    command = line.replace("find .", find, 1)
    shown = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=True)
    return f"sha256:{shown.stdout.decode().split()[0]}"


NAMES = [
    b"a b ",
    b" a",
    b"-x",
    b"-",
    b"--help",
    b"a\\b",
    b"\\n",
    b"a\tb",
    b"a\rb",
    b"\x01",
    b"\xff\xfe",
    b"a\xc3",
    b"'\"$`*",
]
NAMES += ["größe".encode(), "模型/モデル".encode(), b".hidden", b"...", b"a" * 255, b"\x1b[31m"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_of_any_bytes_have_the_digest_of_the_documented_command(register, folder, name):
    for each in (name, name[:-1] or b"0"):
        path = folder / os.fsdecode(each)
        path.parent.mkdir(exist_ok=True)
        if not path.is_dir():
            path.write_bytes(b"same")
    assert register(folder).status == 0
    assert Version.objects.get().digest == documented(folder)


def test_a_folder_as_the_hub_caches_it_is_read_through_its_links(register, tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "0a1b"
    blobs.mkdir()
    (snapshot / "onnx").mkdir(parents=True)
    for name in ("config.json", "onnx/model.onnx"):
        (blobs / sha(name.encode())).write_text(name)
        (snapshot / name).symlink_to(os.path.relpath(blobs / sha(name.encode()), (snapshot / name).parent))
    done = register(snapshot)
    assert (done.status, "2 symbolic links, nothing else" in done.err, "--follow-links" in done.err) == (1, True, True)
    assert register(snapshot, "--follow-links").status == 0
    version = Version.objects.get()
    assert (version.digest, version.file_count) == (documented(snapshot, "find -L ."), 2)
    (tmp_path / "main").symlink_to(snapshot)
    assert "already" in register(tmp_path / "main", "--follow-links").out
    assert register(blobs / sha(b"config.json"), name="config").status == 0


def _beside(snapshot, blob, name):
    (snapshot / name).symlink_to(Path("..") / ".." / "blobs" / blob.name)


def _anywhere(snapshot, blob, name):
    (snapshot / name).symlink_to(blob)


def _over_another(snapshot, blob, name):
    over = snapshot.parent.parent / "refs" / name
    over.parent.mkdir(exist_ok=True)
    over.symlink_to(blob)
    (snapshot / name).symlink_to(over)


def _in_its_folder(snapshot, blob, name):
    (snapshot / f"{name} of" / "größe").mkdir(parents=True)
    (snapshot / f"{name} of" / "größe" / "-x \xff").symlink_to(blob)


def _to_its_folder(snapshot, blob, name):
    (snapshot.parent / name).mkdir()
    (snapshot.parent / name / "file").write_bytes(blob.read_bytes())
    (snapshot / name).symlink_to(snapshot.parent / name)


@pytest.mark.parametrize("link", [_beside, _anywhere, _over_another, _in_its_folder, _to_its_folder])
@pytest.mark.parametrize("number, told", [(1, "1 symbolic link,"), (3, "3 symbolic links,")])
def test_a_folder_of_links_alone_says_so_or_is_read_through_them(register, tmp_path, link, number, told):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "0a1b"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for each in range(number):
        blob = blobs / sha(str(each).encode())
        blob.write_text(str(each))
        link(snapshot, blob, f"file-{each}")
    done = register(snapshot)
    assert (done.status, f"{told} nothing else" in done.err, "--follow-links" in done.err) == (1, True, True)
    assert register(snapshot, "--follow-links").status == 0
    version = Version.objects.get()
    assert (version.digest, version.file_count) == (documented(snapshot, "find -L ."), number)


def test_links_to_folders_are_read_as_often_as_they_stand_there(register, folder, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_bytes(b"x")
    for name in ("one", "two"):
        (folder / name).symlink_to(tmp_path / "outside")
    register(folder, "--follow-links")
    version = Version.objects.get()
    assert (version.digest, version.file_count) == (documented(folder, "find -L ."), 5)


@pytest.mark.parametrize("target", [".", "..", "weights", "loop", "../{}/weights", "nowhere", "/nowhere/at all"])
def test_links_that_never_end_or_lead_nowhere_are_named(register, folder, target):
    (folder / "weights" / "loop").symlink_to(target.format(folder.name))
    if target == "weights":
        (folder / "weights" / "weights").symlink_to(folder)
    done = register(folder, "--follow-links")
    assert (done.status, str(folder / "weights") in done.err) == (1, True)
    assert not Artifact.objects.exists() and "Traceback" not in done.err


@pytest.mark.parametrize("what, told", [("/dev/null", "a device"), ("pipe", "a pipe"), (".", "never ends")])
def test_a_link_to_what_is_no_file_is_named(register, folder, what, told):
    os.mkfifo(folder.parent / "pipe")
    (folder / "link").symlink_to(folder.parent / what if what == "pipe" else what)
    done = register(folder, "--follow-links")
    assert (done.status, str(folder / "link") in done.err, told in done.err) == (1, True, True)


@pytest.mark.parametrize("meddle", [Path.unlink, Path.touch, lambda path: (path.parent / "new").touch()])
def test_a_folder_that_changes_after_a_file_was_read_is_told(register, folder, monkeypatch, meddle):
    """The folder is looked through again in the end."""
    really = digests._hash

    def hashed(file, progress):
        digest = really(file, progress)
        if file.name == "config.json":
            os.utime(file.path, ns=(0, 0)) if meddle is Path.touch else meddle(Path(file.path))
        return digest

    monkeypatch.setattr(digests, "_hash", hashed)
    done = register(folder)
    assert (done.status, "changed while it was read" in done.err, Artifact.objects.exists()) == (1, True, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_metadata_is_read_as_windows_writes_it(register, folder, tmp_path, encoding):
    (tmp_path / "facts.json").write_bytes('{"wer": "größe"}'.encode(encoding))
    register(folder, f"--metadata={tmp_path / 'facts.json'}")
    assert Version.objects.get().metadata == {"wer": "größe"}


def test_symbolic_links_are_not_followed(register, folder, tmp_path):
    before = digest_of(folder)
    (folder / "link").symlink_to(tmp_path)
    (folder / "dangling").symlink_to("nowhere")
    done = register(folder)
    assert "symbolic links: 2" in done.err
    assert Version.objects.get().digest == before
    (tmp_path / "link").symlink_to(folder)
    assert register(tmp_path / "link").status == 1


def test_what_is_neither_file_nor_folder_is_refused(register, folder):
    os.mkfifo(folder / "pipe")
    assert "neither" in register(folder).err
    (folder / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)  # an address of a socket is short
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        assert "neither" in register(folder).err
    assert not Artifact.objects.exists()


def test_a_line_break_in_a_name_is_refused(register, folder):
    (folder / "a\nb").write_bytes(b"")
    assert register(folder).status == 1


def test_what_vanishes_changes_or_can_not_be_read_is_told(register, folder, monkeypatch):
    config, really = folder / "config.json", os.open

    def meddled(meddle):
        def opened(path, *args, **kwargs):
            if str(path) == str(config):
                meddle()
            return really(path, *args, **kwargs)

        monkeypatch.setattr(os, "open", opened)
        done = register(folder)
        monkeypatch.setattr(os, "open", really)
        return done

    def forbidden():
        raise PermissionError(13, "Permission denied")

    for meddle, told in [
        (forbidden, "Permission denied"),
        (lambda: config.write_bytes(b"{ }"), "changed"),
        (config.unlink, "No such file"),
    ]:
        done = meddled(meddle)
        assert (done.status, str(config) in done.err, told in done.err) == (1, True, True)
    assert not Artifact.objects.exists()


# Going on after an interruption.


@pytest.fixture
def hashed(monkeypatch):
    """The names of the files that are hashed, from here on; `stop_at` so many."""
    really, names = digests._hash, []

    def active(file, progress):
        if len(names) == active.stop_at:
            raise KeyboardInterrupt
        names.append(file.name)
        return really(file, progress)

    active.stop_at = -1
    monkeypatch.setattr(digests, "_hash", active)
    active.names = names
    return active


def test_an_interrupted_run_goes_on_with_what_is_left(register, folder, hashed, notes):
    hashed.stop_at = 2
    done = register(folder)
    assert (done.status, len(hashed.names), Artifact.objects.exists()) == (1, 2, False)
    (state,) = notes.iterdir()
    assert state.stat().st_mode & 0o077 == 0
    with state.open("a") as torn:
        torn.write('\n["config.json", 2')
    hashed.stop_at = -1
    assert register(folder).status == 0
    assert sorted(hashed.names) == ["config.json", "empty", "weights/größe 1.bin"]
    assert Version.objects.get().digest == digest_of(folder)
    assert list(notes.iterdir()) == []  # not needed any more


def test_a_file_that_changed_since_is_hashed_again(register, folder, hashed):
    hashed.stop_at = 2
    register(folder)
    changed = folder / hashed.names[0]
    changed.write_bytes(b"something else altogether")
    hashed.stop_at = -1
    register(folder)
    assert hashed.names.count(changed.relative_to(folder).as_posix()) == 2
    assert Version.objects.get().digest == digest_of(folder)


def test_a_refusal_in_the_end_keeps_what_was_hashed(register, vision, folder, hashed):
    make_version(vision, type="dataset")
    register(folder)
    register(folder, name="other")
    assert len(hashed.names) == 3
