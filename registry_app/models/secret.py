"""Secrets that are shown once, and kept nowhere: made of a random seed and the site's key.

The session holds the seed until the secret is shown. It alone tells nothing: who reads the database lacks the key.
"""

import secrets

from django.utils.crypto import salted_hmac


def new_seed() -> str:
    """A new seed, of 256 random bits."""
    return secrets.token_urlsafe(32)


def secret_of(seed: str) -> str:
    """The secret of this seed: 64 hexadecimal digits."""
    return salted_hmac("registry_app.secret", seed, algorithm="sha256").hexdigest()
