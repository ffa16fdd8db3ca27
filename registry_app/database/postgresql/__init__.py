"""The PostgreSQL backend that prepares compiled queries."""
