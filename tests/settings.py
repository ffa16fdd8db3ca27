"""The site's settings, for tests: the same but for speed, and on the database that TEST_DATABASE names."""

import atexit
import os
import shutil
import tempfile

os.environ["REGISTRY_DATA_DIR"] = tempfile.mkdtemp(prefix="registry-tests-")
atexit.register(shutil.rmtree, os.environ["REGISTRY_DATA_DIR"], ignore_errors=True)
os.environ["REGISTRY_SECRET_KEY"] = "only-for-tests"
for name in ("REGISTRY_URL", "REGISTRY_HOSTS", "REGISTRY_DEBUG", "HOST", "PORT", "DATABASE_URL"):
    os.environ.pop(name, None)
# With a mail server and a provider, for their pages to be there; nothing answers at these addresses.
os.environ |= {
    "REGISTRY_EMAIL_URL": "smtp://127.0.0.1:9",
    "REGISTRY_EMAIL_FROM": "registry@example.com",
    "REGISTRY_OIDC_URL": "http://127.0.0.1:9",
    "REGISTRY_OIDC_CLIENT_ID": "registry",
    "REGISTRY_OIDC_CLIENT_SECRET": "a-secret-of-the-tests",
    "REGISTRY_OIDC_NAME": "Example login",
}
if os.environ.get("TEST_DATABASE") == "postgresql":
    from tests.servers import postgresql

    os.environ["DATABASE_URL"] = postgresql.start()

from benchmarks.demo.settings import *  # noqa: E402, F403

RESTRICTION_JOURNAL.touch()  # noqa: F405
INSTALLED_APPS = ["tests.reset", *INSTALLED_APPS]  # noqa: F405
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 60  # seconds: a provider on a machine that runs many tests may be slow
# A machine that runs many tests may keep a lock longer than a site would.
if DATABASES["default"]["ENGINE"] == "registry_app.database.sqlite":  # noqa: F405
    DATABASES["default"]["OPTIONS"]["timeout"] = 20  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405
    # A file, for a database in memory is one connection's alone.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["REGISTRY_DATA_DIR"], "test_registry.sqlite3")}  # noqa: F405, PTH118
else:
    DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=20s"  # noqa: F405
