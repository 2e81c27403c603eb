"""What a test needs and a machine may lack: the test skips, or fails where ``DEEPCHECK_REQUIRE`` names it."""

import importlib
import os
from types import ModuleType
from typing import NoReturn

import pytest


def require(name: str) -> ModuleType:
    """Import an optional module; without it the calling test skips, or fails where its package is required."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        absent(name.partition(".")[0], f"{name} cannot be imported: {error}")


def absent(name: str, reason: str) -> NoReturn:
    """Skip the calling test, or fail it where ``DEEPCHECK_REQUIRE`` lists ``name``."""
    if name in os.environ.get("DEEPCHECK_REQUIRE", "").split(","):
        pytest.fail(f"DEEPCHECK_REQUIRE names {name}, but {reason}")
    pytest.skip(reason, allow_module_level=True)
