"""The manual of the rule language: every table is run on every evaluator, and rendered to docs/language.md."""
