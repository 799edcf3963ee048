"""Theano: define, differentiate, optimize and compile array expressions.

Importing this package imports NumPy and little else; names such as ``theano.function`` or ``theano.tensor`` are
looked up in the module where they live when they are first used.
"""

from __future__ import annotations

from pkgutil import extend_path
from typing import Any

__path__ = extend_path(__path__, __name__)

from theano._facade import FACADE, SUBMODULES, resolve
from theano.configuration import config as config
from theano.configuration.numpy_errors import set_numpy_errors
from theano.version import version

__version__ = version
__api_version__ = 1
del version

set_numpy_errors()


def __getattr__(name: str) -> Any:
    value = resolve(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *FACADE, *SUBMODULES} - {"FACADE", "SUBMODULES", "resolve", "extend_path", "Any"})
