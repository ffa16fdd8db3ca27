"""The PostgreSQL backend whose numbers are never cut."""
