"""Spineplan: an individual, explained plan for a patient with severe back pain. Use `spineplan.application`."""

__version__ = "0.1.0"
