"""The programmatic doors."""
