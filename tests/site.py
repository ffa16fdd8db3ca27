"""The site that the browsers of a test ask."""

from functools import cache

from django.test.client import ClientHandler


@cache
def site():
    """Its handler. It loads the middleware once, as a server does; Django's client would load it for each browser."""
    handler = ClientHandler(enforce_csrf_checks=False)
    handler.load_middleware()  # now: two threads that ask first at the same time would both do it
    return handler
