"""Two proxies in front of the site, by an nginx of the tests' own: the outer one ends TLS, the inner one speaks HTTP.

`python -m tests.servers.nginx` makes sure that it is there. Both proxies are servers of one
nginx, which keeps its files in a folder of its own and listens on loopback.
"""

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.certificate import make_certificate
from tests.servers.packages import install

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;

    server {{
        listen 127.0.0.1:{outer} ssl;
        ssl_certificate     {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        location / {{ return 404; }}
        location {path}/ {{
            proxy_pass http://127.0.0.1:{inner};
            proxy_set_header Host              $http_host;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Forwarded-For   {client};
        }}
    }}
    server {{
        listen 127.0.0.1:{inner};
        location {path}/ {{
            proxy_pass http://127.0.0.1:{site}{to};
            proxy_set_header Host            $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""


def find():
    """Where nginx is installed, or None."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")


@contextmanager
def proxies(folder, *, outer, inner, site, path, strips, client="$remote_addr"):
    """Both, until the block ends: `outer` and `inner` are their ports, `site` is that of the site, below `path`.

    `strips`: the inner one takes the path away. `client` is what the outer one says in X-Forwarded-For.
    """
    program = find()
    if program is None:
        pytest.fail("The tests need nginx: apt-get install nginx-light.")
    make_certificate(folder)
    ports = {"outer": outer, "inner": inner, "site": site}
    text = CONFIGURATION.format(folder=folder, path=path, to="/" if strips else "", client=client, **ports)
    Path(folder, "nginx.conf").write_text(text)
    words = [program, "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            _wait_for(outer, process)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(port, process):
    """Return once somebody listens on the port; an error if the process ends, and after 30 seconds."""
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionError:
            if process.poll() is not None:
                pytest.fail(f"nginx ended at once: {process.stdout.read().decode()}")
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main():
    """Make sure that there is an nginx, or say what to do: the tests that need none run all the same."""
    if not find():
        install("nginx-light")
    print(f"Proxy: {find() or 'none, so tests will fail that need nginx: apt-get install nginx-light'}", flush=True)


if __name__ == "__main__":
    main()
