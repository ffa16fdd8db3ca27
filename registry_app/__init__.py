"""Registry App: which registries exist, who sees them, what each accepts."""
