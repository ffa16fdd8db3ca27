"""An OpenID Connect provider, for the tests of single sign-on: allauth's own, as a site in a process of its own.

`python -m tests.servers.oidc_provider FOLDER` keeps its database in FOLDER, prints the port that it listens on, and
serves until it is told to stop.
"""

import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

CLIENT, SECRET, PASSWORD = "registry", "a-secret-of-the-tests", "a password there"
CALLBACK = "http://testserver/accounts/oidc/127-0-0-1-9/login/callback/"
PEOPLE = {  # username there: (email, whether the provider has verified it)
    "mel-there": ("Mel@example.com", True),
    "ada-there": ("ada@example.com", True),
    "liar": ("mel@example.com", False),
    "newcomer": ("newcomer@example.com", True),
    "stranger": ("stranger@example.com", False),
    "silent": ("", False),
    "long": ("long@example.com", True),
    "mel-again": ("", False),  # of these three oidc_provider_urls.py says another address
    "mel-in-capitals": ("", False),
    "ci-there": ("", False),
}


def point(settings, url):
    """Let the site's provider be at `url`."""
    app = {**settings.SINGLE_SIGN_ON, "settings": {"server_url": url, "oauth_pkce_enabled": True}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}


def say(issuer, claims):
    """Let the provider say these claims, {username: claims}, beside the usual ones from now on."""
    requests.post(f"{issuer}/say/", json=claims, timeout=30).raise_for_status()


def configure(folder):
    """The provider's settings."""
    key = rsa.generate_private_key(65537, 2048)
    settings.configure(
        SECRET_KEY="only-for-tests",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="tests.servers.oidc_provider_urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/provider.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            *("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"),
            *("django.contrib.messages", "allauth", "allauth.account", "allauth.idp.oidc"),
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LOGIN_URL="account_login",
        ACCOUNT_EMAIL_VERIFICATION="none",
        ACCOUNT_RATE_LIMITS=False,
        SESSION_COOKIE_NAME="provider",  # cookies know no ports, and the site under test is on this machine too
        IDP_OIDC_RP_INITIATED_LOGOUT_ASKS_FOR_OP_LOGOUT=False,  # but where it isn't told who leaves
        IDP_OIDC_ADAPTER="tests.servers.oidc_provider_urls.Adapter",
        IDP_OIDC_PRIVATE_KEY=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )
    django.setup()


def furnish():
    """Its tables, its people, and the site under test as its client."""
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for username, (email, verified) in PEOPLE.items():
        user = User.objects.create_user(username, "", PASSWORD, first_name=username.title())
        if email:
            EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    client = Client(id=CLIENT, name="Registry App", scopes="openid\nprofile\nemail", redirect_uris=CALLBACK)
    client.set_secret(SECRET)
    client.save()


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *args):
        pass


def main():
    """Serve."""
    configure(sys.argv[1])
    furnish()
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
