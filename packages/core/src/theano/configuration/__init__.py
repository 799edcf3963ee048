"""`theano.config`: options, their values and where these come from.

Values come, strongest first, from assignments, the variable THEANO_FLAGS (``floatX=float32,compile.timeout=60``), the
files in THEANORC (by default ``~/.theanorc``), and built-in defaults.  An option that does not exist is an error.
"""

from __future__ import annotations

from theano.configuration.accepted import accepted_options
from theano.configuration.check import check_names, check_pending_flags
from theano.configuration.options import register, register_all
from theano.configuration.params import (
    BoolParam,
    ConfigParam,
    EnumStr,
    FloatParam,
    IntParam,
    StrParam,
    TypedParam,
)
from theano.configuration.parser import (
    AddConfigVar,
    TheanoConfigParser,
    change_flags,
    config,
    fetch_val_for_key,
    get_config_hash,
    options,
    sources,
)

__all__ = [
    "AddConfigVar",
    "BoolParam",
    "ConfigParam",
    "EnumStr",
    "FloatParam",
    "IntParam",
    "StrParam",
    "TheanoConfigParser",
    "TypedParam",
    "change_flags",
    "check_pending_flags",
    "config",
    "fetch_val_for_key",
    "get_config_hash",
    "options",
    "sources",
]

register_all()
register(accepted_options())
check_names()
