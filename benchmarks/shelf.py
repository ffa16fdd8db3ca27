"""What is published in the databases of registries: two collections of Models, for a collection, a version, a link and
an alias to be measured. Mel may publish there.
"""

from benchmarks.operations import LINKS
from registry_app.choices import Role
from registry_app.database import triggers
from registry_app.models import (
    Actor,
    Artifact,
    Collection,
    RegistryMember,
    Team,
    TeamMembership,
    Version,
    VersionData,
    register,
)

COLLECTIONS = ("churn-ada", "churn-mel")
VERSIONS = 2000  # of which links are made while it is measured


def publish(organization, mel):
    """Make the collections with LINKS each; answers the ids of the other VERSIONS, which either may link."""
    models, staff = organization.registries.get(name="Models"), Actor(None, staff=True)
    team = Team(organization=organization, name="Publishers")
    team.create(staff)
    first, _ = register(team, staff, "bench", "churn", "model", VersionData(_digest(0), "s3://bench/0", 1))
    with triggers.disabled():
        TeamMembership.objects.create(team=team, user=mel)
        RegistryMember.objects.create(registry=models, user=mel, role=Role.MEMBER)
        more = Version.objects.bulk_create(
            Version(artifact=first.artifact, number=number, digest=_digest(number), uri=f"s3://bench/{number}", size=1)
            for number in range(1, VERSIONS)
        )
        Artifact.objects.filter(pk=first.artifact_id).update(next_number=VERSIONS)
    versions = [first, *more]
    for name in COLLECTIONS:
        collection = Collection(registry=models, name=name, type="model")
        collection.create(staff)
        for version in versions[:LINKS]:
            collection.link(staff, version)
    return [version.pk for version in versions[LINKS:]]


def _digest(number):
    return f"sha256:{number:064x}"
