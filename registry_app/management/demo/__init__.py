"""What the command `demo` fills an empty installation with. Nothing else of the product imports it."""
