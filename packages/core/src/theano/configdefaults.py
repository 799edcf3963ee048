"""Classic path of the defaults of options."""

from __future__ import annotations

from typing import Any

from theano.configuration import config
from theano.configuration.accepted import (
    SUPPORTED_DNN_CONV_ALGO_BWD_DATA,
    SUPPORTED_DNN_CONV_ALGO_BWD_FILTER,
    SUPPORTED_DNN_CONV_ALGO_FWD,
    SUPPORTED_DNN_CONV_ALGO_RUNTIME,
    SUPPORTED_DNN_CONV_PRECISION,
)
from theano.configuration.defaults import local_bitwidth, python_int_bitwidth, warn_default

__all__ = [
    "SUPPORTED_DNN_CONV_ALGO_BWD_DATA",
    "SUPPORTED_DNN_CONV_ALGO_BWD_FILTER",
    "SUPPORTED_DNN_CONV_ALGO_FWD",
    "SUPPORTED_DNN_CONV_ALGO_RUNTIME",
    "SUPPORTED_DNN_CONV_PRECISION",
    "config",
    "local_bitwidth",
    "python_int_bitwidth",
    "warn_default",
]


def _compiler_version() -> str:
    # lazy: only asked for by old programs
    import subprocess

    if not config.cxx:
        return ""
    try:
        done = subprocess.run([config.cxx, "-dumpversion"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def __getattr__(name: str) -> Any:
    if name == "gcc_version_str":
        value = globals()[name] = _compiler_version()
        return value
    raise AttributeError(f"module 'theano.configdefaults' has no attribute {name!r}")
