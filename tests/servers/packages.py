"""Programs of the tests that come as packages of the distribution."""

import os
import shutil
import subprocess


def install(package):
    """As root on Debian, install `package`, and say so; elsewhere nothing."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing the distribution's package {package}.", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        subprocess.run(words, check=False, env=quiet, stdout=subprocess.DEVNULL)
