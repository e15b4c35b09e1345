"""One patient through a Program: the reference (obvious, slow) and the compiled path (fast), which agree on every definition."""
