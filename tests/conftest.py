"""What several tests share: the knowledge that ships, ready to use, and the profiles of Hypothesis."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from spineplan.application import Engine, open_engine

ROOT = Path(__file__).resolve().parent.parent
settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("SPINEPLAN_TESTS", "quick"))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The knowledge that ships, for the default profile."""
    return open_engine(ROOT / "knowledge", cache=tmp_path_factory.getbasetemp().parent / "prepared")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project folder."""
    return ROOT
