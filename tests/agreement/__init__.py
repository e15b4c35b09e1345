"""Evaluators agree: random expressions and Programs, built backwards from the wished type, give the same on every evaluator."""
