"""Checked Knowledge to one Program for a profile: an ordered list of named expressions, choice included."""
