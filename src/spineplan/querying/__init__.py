"""A Program beyond one patient: as SQL text."""
