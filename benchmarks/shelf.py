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
)

COLLECTIONS = ("churn-ada", "churn-mel")
VERSIONS = 2000  # of which links are made while it is measured


def publish(organization, mel):
    """Make the collections with LINKS each, and VERSIONS that either can link; answers what the load needs to know."""
    models, staff = organization.registries.get(name="Models"), Actor(None, staff=True)
    team = Team(organization=organization, name="Publishers")
    team.create(staff)
    with triggers.disabled():
        TeamMembership.objects.create(team=team, user=mel)
        RegistryMember.objects.create(registry=models, user=mel, role=Role.MEMBER)
        artifact = Artifact.objects.create(team=team, project="bench", name="churn", type="model", next_number=VERSIONS)
        versions = Version.objects.bulk_create(
            Version(
                artifact=artifact,
                number=number,
                digest=f"sha256:{number:064x}",
                uri=f"s3://bench/{number}",
                size=number,
            )
            for number in range(VERSIONS)
        )
    for name in COLLECTIONS:
        collection = Collection(registry=models, name=name, type="model")
        collection.create(staff)
        for version in versions[:LINKS]:
            collection.link(staff, version)
    return [version.pk for version in versions[LINKS:]]
