"""Pages: a file a resource, a function an address."""
