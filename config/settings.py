"""The site's settings, read top to bottom. What differs between installations comes from the environment (env.py)."""

import re

from csp.constants import NONE, SELF

from config import env

BASE_DIR = env.BASE_DIR
DEBUG = env.debug
SECRET_KEY = env.secret_key()
ALLOWED_HOSTS = env.allowed_hosts()
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# Settings of the app.
PRODUCT = "Registry App"
PUBLIC_URL = env.origin  # without the path below which the site is: `reverse` adds that
FORCE_SCRIPT_NAME = env.prefix or None
HOST, PORT, WORKERS = env.host, env.port, env.workers
ADMIN_PASSWORD = env.admin_password
AUDIT_FORWARD = env.audit_forward  # where the audit log is forwarded to; empty: nowhere
RESTRICTION_JOURNAL = env.data_dir / "restricted.jsonl"  # restrictions, also those that a restored backup lacks
MLFLOW_CREDENTIALS = (env.mlflow_username, env.mlflow_password)  # of `import_mlflow`, where the server asks
HASHES = env.data_dir / "hashes"  # what `register_artifact` hashed before it was interrupted

INSTALLED_APPS = [
    "registry_app",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "config.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",  # above WhiteNoise, so that static files have the policy too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.PrivatePagesMiddleware",
    "registry_app.middleware.ProbeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.PageRedirectMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "registry_app.middleware.SingleSignOnMiddleware",
    "registry_app.middleware.ZoneMiddleware",
    "config.middleware.PageLoginMiddleware",
    "config.middleware.FormErrorsMiddleware",
    "registry_app.middleware.LimitMiddleware",
    "registry_app.middleware.SessionSeenMiddleware",
    "registry_app.middleware.RuleMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "registry_app.context_processors.site",
            ],
            "builtins": ["registry_app.templatetags.registry_tags", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "config.forms.FormRenderer"

# Database. IMMEDIATE serializes check-then-save on SQLite; FULL keeps committed data through a power cut.
DATABASE_WAIT = 5  # seconds for a lock or a connection: shorter than the time that people and proxies wait
DATABASES = {"default": env.database()}
# Queries of every page are compiled once (registry_app/database/compiled.py). Off, each call builds them anew.
COMPILED_QUERIES = env.compiled_queries
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "registry_app.database.sqlite"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_WAIT,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;",
    }
else:
    DATABASES["default"]["ENGINE"] = "registry_app.database.postgresql"
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": DATABASE_WAIT,
        "options": f"-c lock_timeout={DATABASE_WAIT}s",
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by all workers, so that the limits on login attempts hold across them.
CACHES = {
    "default": {
        "BACKEND": "config.cache.DatabaseCache",
        "LOCATION": "site_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},  # more entries would be deleted, and counts of tries with them
    }
}

# Authentication.
AUTH_USER_MODEL = "registry_app.User"
AUTHENTICATION_BACKENDS = ["registry_app.authentication.adapters.SignInBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "organizations:home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "registry_app.authentication.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "registry_app.authentication.reset_links.ResetLinks"  # noqa: S105
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
# Refused posts (4xx) in a minute: of a signed-in user, and of an address without login.
REFUSED_POSTS_OF_PERSON, REFUSED_POSTS_OF_ADDRESS = 60, 300
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{PRODUCT}] "
PASSWORD_RESET_TIMEOUT = 24 * 3600
ACCOUNT_FORMS = {
    "login": "registry_app.authentication.passwords.LoginForm",
    "reauthenticate": "registry_app.authentication.passwords.ConfirmForm",
    "change_password": "registry_app.authentication.passwords.ChangePasswordForm",
    "set_password": "registry_app.authentication.passwords.SetPasswordForm",
    "reset_password": "registry_app.authentication.password_reset.ResetForm",
    "reset_password_from_key": "registry_app.authentication.passwords.ResetPasswordForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "registry_app.authentication.codes.CodeForm",
    "reauthenticate": "registry_app.authentication.codes.CodeAgainForm",
    "activate_totp": "registry_app.authentication.codes.ActivateForm",
    "add_webauthn": "registry_app.authentication.passkeys.AddPasskeyForm",
    "login_webauthn": "registry_app.authentication.passkeys.PasskeyLoginForm",
    "authenticate_webauthn": "registry_app.authentication.passkeys.PasskeyForm",
    "reauthenticate_webauthn": "registry_app.authentication.passkeys.PasskeyAgainForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.https()  # browsers allow passkeys over HTTPS, and on localhost
MFA_ALLOW_UNVERIFIED_EMAIL = True  # admins and providers set addresses, users can't
MFA_TOTP_ISSUER = PRODUCT
MFA_TOTP_TOLERANCE = 1  # steps before and after: a code that changed while it was typed, a phone whose clock drifts
USERSESSIONS_ADAPTER = "registry_app.authentication.adapters.SessionsAdapter"
# Single sign-on: one OpenID Connect provider, or none. A link starts it, because the CSP lets no form lead to another
# site; the state binds the answer to the session.
SINGLE_SIGN_ON = env.single_sign_on()
PROVIDER_EMAIL_TRUSTED = env.oidc_trust_email  # also where it doesn't say that an address is verified
SSO_ONLY = env.sso_only  # passwords are for staff alone, for emergencies
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [SINGLE_SIGN_ON] if SINGLE_SIGN_ON else []}}
SOCIALACCOUNT_ADAPTER = "registry_app.authentication.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True
GROUPS_CLAIM = env.groups_claim  # where the provider says which groups a person is in
PROXIES = env.trusted_proxies()  # how many in front, or their networks: for config/middleware.py

# Mail, if there is a server: links to reset a password.
HAS_MAIL = bool(env.email())
globals().update(env.email())

# Security. Behind HTTPS a proxy ends TLS and must set X-Forwarded-Proto (docs/operating.md).
HTTPS = env.https()
SECURE_SSL_REDIRECT = HTTPS
# Probes reach a process directly, without the proxy.
SECURE_REDIRECT_EXEMPT = [f"^{re.escape(f'{env.prefix}/{name}'[1:])}$" for name in ("healthz", "readyz")]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env.hsts in {"subdomains", "preload"}
SECURE_HSTS_PRELOAD = HTTPS and env.hsts == "preload"
# The operator decides with REGISTRY_HSTS whether HSTS covers subdomains, because they may belong to others.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Browsers accept a cookie with this beginning only over HTTPS, from this host, and, without a prefix, for all paths.
COOKIE = ("__Secure-" if env.prefix else "__Host-") if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE}session", f"{COOKIE}csrf"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{env.prefix}/"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [env.origin] if HTTPS else []
CSRF_FAILURE_VIEW = "registry_app.views.errors.csrf_failure"
SESSION_ENGINE = "registry_app.authentication.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

REQUEST_BYTES = 16 * 1024 * 1024  # the server's limit; Django accepts 2.5 MiB without files

# Language, time zone, files.
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"  # of commands and mails; pages show the reader's (ZoneMiddleware)
USE_I18N = False
USE_TZ = True
STATIC_URL = f"{env.prefix}/static/"
STATIC_ROOT = env.static_dir
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.StaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.logs.RequestIdFilter"}},
    "formatters": {
        "line": {
            "class": "config.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["request_id"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "waitress.queue": {"level": "ERROR"},  # it warns about each request that waits for a thread
    },
}
