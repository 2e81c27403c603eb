import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from requirements import absent

# Speed is measured in benchmarks/, never asserted here. CI runs the same examples every time; developers find new ones.
settings.register_profile(
    "deepcheck",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("deepcheck")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of all data sets, named by ``DEEPCHECK_DATA``."""
    folder = os.environ.get("DEEPCHECK_DATA")
    if not folder:
        absent("data", "the data sets are missing: DEEPCHECK_DATA names no folder")
    if not Path(folder).is_dir():
        absent("data", f"the data sets are missing: DEEPCHECK_DATA names {folder}, which is no folder")
    return Path(folder)
