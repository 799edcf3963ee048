"""The peers that are installed; None where one is not."""

from __future__ import annotations

import importlib
import os
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")


def optional(name: str) -> Any:
    """Import `name`, or return None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


jax: Any = optional("jax")
if jax is not None:
    jax.config.update("jax_enable_x64", True)
numba: Any = optional("numba")
pytensor: Any = optional("pytensor")
