"""Entries for what the log didn't tell of accounts: that `createsuperuser` made them, and rights given at the set-up.

From here on `verify_audit` follows accounts as well; what it finds now is as it was found at the upgrade.
"""

import hashlib
import json

from django.db import migrations
from django.utils import timezone

CREATING = ("user.create", "service_account.create")
CHANGING = ("user.edit", "user.deactivate", "user.reactivate")
NEW = {
    "email": "",
    "first_name": "",
    "last_name": "",
    "is_active": True,
    "is_staff": False,
    "is_superuser": False,
    "is_service": False,
}


def tell(apps, schema_editor):
    """Append an entry for each account that is not what the log says."""
    told = _told(apps.get_model("registry_app", "AuditEvent"))
    for user in apps.get_model("registry_app", "User").objects.order_by("pk"):
        known = told.get(user.username)
        facts = {name: getattr(user, name) for name in NEW}
        if known is None:
            action = "service_account.create" if user.is_service else "user.create"
            known, before = NEW | {"is_service": user.is_service}, dict.fromkeys(NEW)
        else:
            action, before = "user.edit", known
        changes = {name: [before[name], value] for name, value in facts.items() if value != known[name]}
        if changes or action != "user.edit":
            _append(apps, action, user.username, changes)


def _told(events):
    """{username: facts} of the accounts in the log."""
    told = {}
    bodies = events.objects.filter(code="", action__in=CREATING + CHANGING).order_by("seq").values_list("body", flat=True)
    for body in bodies.iterator(chunk_size=5000):
        entry = json.loads(body)
        name, changes = entry["subject"], entry["changes"]
        after = {field: values[1] for field, values in changes.items()}
        if entry["action"] in CREATING:
            told[name] = NEW | {"is_service": entry["action"] == "service_account.create"} | after
        elif account := told.pop(changes.get("username", [name])[0], None):
            told[after.get("username", name)] = account | after
    return told


def _append(apps, action, subject, changes):
    head = apps.get_model("registry_app", "AuditHead").objects.select_for_update().get()
    columns = {
        "action": action,
        "code": "",
        "actor_id": None,
        "actor_name": "command line",
        "organization_id": None,
        "registry_id": None,
        "collection_id": None,
        "subject": subject,
        "request_id": "",
    }
    now, seq = timezone.now(), head.seq + 1
    reason = "As it was found at an upgrade: the log had not told it."
    facts = columns | {"at": now.isoformat(), "changes": changes, "reason": reason, "staff": True}
    body = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    seal = hashlib.sha256(f"{head.hash}\n{seq}\n{body}".encode()).hexdigest()
    events, heads = (apps.get_model("registry_app", name).objects for name in ("AuditEvent", "AuditHead"))
    events.create(seq=seq, prev_hash=head.hash, hash=seal, body=body, at=now, **columns)
    heads.update(seq=seq, hash=seal)


class Migration(migrations.Migration):

    dependencies = [
        ('registry_app', '0006_guards_of_collections'),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
