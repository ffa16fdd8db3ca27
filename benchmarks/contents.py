"""What registries keep of what was bulk-loaded into them: counted afterwards, as the verbs would have noted it."""

from registry_app.models import Link, Registry


def note_contents():
    """Let every custom registry keep how many collections, links and bytes it holds, and its links per week."""
    for registry in Registry.objects.custom():
        links = Link.objects.filter(collection__registry=registry).counted()
        unnoted = registry.collections.count() - registry.collection_count
        Registry.objects.note_content(registry.pk, "", collections=unnoted, links=links)
