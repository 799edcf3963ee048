"""Classic path of `theano.configuration`."""

from __future__ import annotations

from typing import Any

from theano.configuration.params import BoolParam, ConfigParam, EnumStr, FloatParam, IntParam, StrParam, TypedParam
from theano.configuration.parser import (
    AddConfigVar,
    TheanoConfigParser,
    change_flags,
    config,
    fetch_val_for_key,
    get_config_hash,
    sources,
)
from theano.configuration.sources import config_files_from_theanorc, parse_config_string
from theano.errors import TheanoConfigWarning

__all__ = [
    "THEANO_FLAGS",
    "AddConfigVar",
    "BoolParam",
    "ConfigParam",
    "EnumStr",
    "FloatParam",
    "IntParam",
    "StrParam",
    "TheanoConfigParser",
    "TheanoConfigWarning",
    "TypedParam",
    "change_flags",
    "config",
    "config_files_from_theanorc",
    "fetch_val_for_key",
    "get_config_hash",
    "parse_config_string",
]

THEANO_FLAGS = sources.text


def __getattr__(name: str) -> Any:
    if name == "THEANO_FLAGS_DICT":
        return dict(sources.flags)
    raise AttributeError(f"module 'theano.configparser' has no attribute {name!r}")
