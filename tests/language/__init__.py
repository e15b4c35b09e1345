"""The manual of the rule language. It is the test suite: every table is run on every evaluator, and rendered to docs/language.md."""
