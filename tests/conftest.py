import os
from pathlib import Path

import pytest
from requirements import absent


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of all data sets, named by ``DEEPCHECK_DATA``."""
    folder = os.environ.get("DEEPCHECK_DATA")
    if not folder:
        absent("data", "the data sets are missing: DEEPCHECK_DATA names no folder")
    if not Path(folder).is_dir():
        absent("data", f"the data sets are missing: DEEPCHECK_DATA names {folder}, which is no folder")
    return Path(folder)
