"""API tokens: how programs sign in as a person or a service account."""

import hashlib
import re
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from .. import rules
from ..choices import Action, Target
from ..database.availability import best_effort
from .change import Gone, changing, locked
from .event import Actor, AuditTarget, record, reference
from .organization import Organization
from .secret import new_seed, secret_of
from .user import User
from .validation import raise_refusal, refused_as, validate_name

PREFIX = "local-"
FORM = re.compile(rf"{PREFIX}[0-9a-f]{{40}}", re.ASCII)
SEEN_EVERY = timedelta(minutes=1)


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256, hex.

    A slow hash with a salt, as for passwords, would add nothing: the secret is 160 random bits, which nobody guesses
    or finds in a table, and each request of a program would pay for it.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def token_of(seed: str) -> str:
    """The token of this seed."""
    return PREFIX + secret_of(seed)[:40]


def fingerprint(kept: str) -> str:
    """What the log says of a token, given the digest that is kept of its secret: enough to tell that it is the same."""
    return digest(kept)[:16]


class ApiTokenQuerySet(models.QuerySet["ApiToken", "ApiToken"]):
    """Tokens as doors and pages ask for them."""

    def usable(self) -> Self:
        """Those that work now: neither revoked nor expired, of people who can still sign in."""
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at__isnull=True, user__is_active=True)

    def of_organization(self, organization: Organization) -> Self:
        """Those not revoked, of the people and service accounts who are in `organization`, with their users."""
        here = self.filter(user__memberships__organization=organization, revoked_at__isnull=True)
        return here.select_related("user")

    def with_secret(self, secret: str) -> "ApiToken | None":
        """The usable token that `secret` opens, with its user, or None. Whatever text comes in, none raises."""
        if not FORM.fullmatch(secret):
            return None
        return self.usable().select_related("user").filter(digest=digest(secret)).first()


class ApiToken(models.Model):
    """What a program shows in the place of a person's password. Its secret is told once and not kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=rules.NAME_LENGTH, validators=[validate_name])
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    read_only = models.BooleanField(default=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    seed = ""  # of its secret; known to the object that was just issued, and to no other

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "user",
                Lower("name"),
                condition=Q(revoked_at__isnull=True),
                name="token_name_is_unique",
                **refused_as(rules.TOKEN_NAME_TAKEN),
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=models.F("created_at")),
                name="token_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.TOKEN, self.pk, self.name)

    def clean(self) -> None:
        self.name = rules.clean_name(self.name)

    @property
    def secret(self) -> str:
        """What a program signs in with; "" but of the object that was just issued."""
        return token_of(self.seed) if self.seed else ""

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def issue(self, by: Actor, organization: Organization | None = None) -> None:
        """Save it as new, and log it; `seed` is set then, and so `secret`.

        A person's is their own to issue; a service account's its organization's, for an admin of it. Refuses with
        `role_too_low`, `account_inactive` or `token_name_taken`.
        """
        with self._changing(by, Action.TOKEN_ISSUE, organization, belongs=self._belongs_to):
            seed = new_seed()
            self.digest = digest(token_of(seed))
            user = locked(User, no_key=True, pk=self.user_id)  # so that the name stays free
            raise_refusal(None if user.is_active else rules.ACCOUNT_INACTIVE)
            self.full_clean()
            self.save(force_insert=True)
            self.record(by, Action.TOKEN_ISSUE, self.creation_changes(), organization)
        self.seed = seed

    def creation_changes(self) -> dict[str, list]:
        """What the log says of a new token, beside whose it is: {field: [None, value]}."""
        expires = self.expires_at.astimezone(UTC).isoformat() if self.expires_at else "never"
        facts = {"expires": expires, "read_only": self.read_only, "fingerprint": fingerprint(self.digest)}
        return {name: [None, value] for name, value in facts.items()}

    def revoke_by(self, by: Actor, organization: Organization | None = None) -> bool:
        """End it permanently, and log it. Twice is once. Answers whether it wasn't revoked before.

        One's own, or as admin of an `organization` that its user is in. Refuses with `role_too_low`.
        """
        with self._changing(by, Action.TOKEN_REVOKE, organization, belongs=self._is_in):
            now = timezone.now()
            ended = bool(ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now))
            if ended:
                self.revoked_at = now
                self.record(by, Action.TOKEN_REVOKE, {}, organization)
        return ended

    def replace_by(self, by: Actor, organization: Organization | None = None) -> "ApiToken":
        """Revoke it, and issue another of the same name, access and lifetime. Refuses as those do.

        Raises Gone where it was revoked meanwhile.
        """
        life = self.expires_at - self.created_at if self.expires_at else None
        expires_at = timezone.now() + life if life else None
        other = ApiToken(user=self.user, name=self.name, read_only=self.read_only, expires_at=expires_at)
        with transaction.atomic():
            if not self.revoke_by(by, organization):
                raise Gone("ApiToken")
            other.issue(by, organization)
        return other

    def seen(self) -> None:
        """Note that it was used just now: at most once a minute, for a program may ask many times a second."""
        now = timezone.now()
        if self.last_used_at is None or self.last_used_at <= now - SEEN_EVERY:
            best_effort(lambda: ApiToken.objects.filter(pk=self.pk).update(last_used_at=now))
            self.last_used_at = now

    @contextmanager
    def _changing(self, by, action, organization, *, belongs):
        """A Change by its user, or by an admin of `organization`, to which it must belong."""
        with changing(organization or User.objects.get(pk=self.user_id), by, action) as change:
            raise_refusal(None if organization is None or belongs(organization) else rules.ORGANIZATION_ADMINS_ONLY)
            yield change

    def _is_in(self, organization):
        """Whether its user is in `organization`."""
        return organization.memberships.filter(user=self.user_id).exists()

    def _belongs_to(self, organization):
        """Whether its user is a service account of `organization`."""
        return self.user.is_service and self._is_in(organization)

    def record(
        self,
        by: Actor,
        action: Action,
        changes: dict[str, list],
        organization: Organization | None = None,
        reason: str = "",
    ) -> None:
        """Log `action` on it; `organization` is the one whose admin does it."""
        target = self.audit_target._replace(organization=organization.pk if organization else None)
        record(by, action, target, changes, {"user": reference(self.user)}, reason=reason)
