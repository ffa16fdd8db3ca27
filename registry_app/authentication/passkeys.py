"""allauth's forms of passkeys, made safe against malformed JSON."""

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

# What the parsers of JSON and of passkeys raise over what they can't read; allauth expects some of it only.
UNREADABLE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, struct.error)


class CredentialField(forms.JSONField):
    """A passkey's answer, of a `kind` of fido2's: read here once, for allauth's forms to read it again."""

    widget = forms.HiddenInput

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Nothing of what came in is shown again, because a browser makes a new answer each time."""
        return initial

    def clean(self, value: Any) -> Any:
        """The JSON. Refuses what the parser of passkeys can't read with `incorrect_code`."""
        try:
            credential = super().clean(value)
            self.kind.from_dict(credential)
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return credential


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    """A new passkey or security key."""

    name = forms.CharField(
        required=False, widget=forms.TextInput({"class": "input short", "autocomplete": "off"}), label_suffix=":"
    )  # a suffix, because the name that it suggests is there already: it isn't called optional
    passwordless = forms.BooleanField(
        label="Passkey: sign in without a password",
        required=False,
        help_text="The device asks for your finger, face or PIN.",
    )
    credential = CredentialField(RegistrationResponse)


class PasskeyLoginForm(webauthn.LoginWebAuthnForm):
    """Signing in with a passkey alone."""

    credential = CredentialField(AuthenticationResponse)


class PasskeyForm(webauthn.AuthenticateWebAuthnForm):
    """A passkey or security key after the password."""

    credential = CredentialField(AuthenticationResponse)


class PasskeyAgainForm(webauthn.ReauthenticateWebAuthnForm):
    """A passkey or security key, to confirm the identity of a signed-in person."""

    credential = CredentialField(AuthenticationResponse)
