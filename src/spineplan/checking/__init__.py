"""Documents to checked Knowledge, or every problem at once."""
