"""`python -m benchmarks.sign_in`: how long the site takes to refuse a sign-in or to answer who forgot a password.

What is known and what isn't must take the same time, or the time tells who has an account. Prints a table: for each
page, medians over TRIES requests each, taken in turn, and their difference. Works on a database of its own, with the
site's own password hasher; limits on tries are off, and mails are thrown away.
"""

import os
import statistics
import tempfile
import time

TRIES = 200
PEOPLE = 50  # other accounts
CASES = {  # page: {what is sent: the text}
    "sign in by username": {"known": "ada", "unknown": "eve"},
    "sign in by address": {"known": "ada@example.com", "unknown": "eve@example.com"},
    "forgotten password": {"known": "ada@example.com", "unknown": "eve@example.com"},
}


def main():
    """Make the database, measure, and print."""
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        prepare(folder)
        print(f"{'median of ' + str(TRIES) + ', ms':24}{'known':>10}{'unknown':>10}{'difference':>12}")
        for page, texts in CASES.items():
            known, unknown = (1000 * statistics.median(times) for times in measured(page, texts))
            print(f"{page:24}{known:10.2f}{unknown:10.2f}{known - unknown:12.2f}", flush=True)


def prepare(folder):
    """The site, on an empty database in `folder`, with people."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REGISTRY_DATA_DIR": folder,
        "REGISTRY_SECRET_KEY": "only-for-measuring",
        "REGISTRY_HOSTS": "testserver",
        "REGISTRY_EMAIL_URL": "smtp://127.0.0.1:9",
        "REGISTRY_EMAIL_FROM": "registry@example.com",
    }
    import django
    from django.conf import settings

    settings.ACCOUNT_RATE_LIMITS = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    from registry_app.models import User

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    password = make_password("correct horse battery staple")
    for name in ["ada", *(f"person{number}" for number in range(PEOPLE))]:
        User.objects.create(username=name, email=f"{name}@example.com", password=password)


def measured(page, texts):
    """The seconds that each of `texts` took, TRIES times, in turn."""
    from django.test import Client

    times, client = {text: [] for text in texts.values()}, Client()
    for _ in range(TRIES):
        for text in texts.values():
            if page == "forgotten password":
                address, data = "/accounts/password/reset/", {"email": text}
            else:
                address, data = "/accounts/login/", {"login": text, "password": "not the password"}
            began = time.perf_counter()
            client.post(address, data)
            times[text].append(time.perf_counter() - began)
    return times.values()


if __name__ == "__main__":
    main()
