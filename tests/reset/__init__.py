"""An app whose command `flush` empties the database after a test that commits."""
