"""What `make demo` fills an empty installation with. Nothing of the product imports it."""
