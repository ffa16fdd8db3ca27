"""How fast the site is: against the Django admin on the same rows, and against rendering alone (`make bench`)."""
