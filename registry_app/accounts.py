"""How accounts begin: not by themselves."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter, with self sign-up closed: accounts are made by admins."""

    def is_open_for_signup(self, request):
        return False
