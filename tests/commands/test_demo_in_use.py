"""`demo` in an installation that is in use: nothing."""

from registry_app.models import AuditEvent, Organization


def test_an_installation_in_use_is_left_alone(run, acme):
    before = AuditEvent.objects.count()
    assert run("demo").status == 1
    assert (list(Organization.objects.all()), AuditEvent.objects.count()) == ([acme], before)
