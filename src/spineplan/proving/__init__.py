"""Whether the knowledge does what it should: named patients and what must come out."""
