"""Making a module that forwards its names to other modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["forward"]

# ``import *`` offers nothing from a home that may be missing.
OPTIONAL = ("theano.cpu.", "theano.gof.params_type:", "theano.gof.op:")


def forward(
    here: str, names: Mapping[str, str], submodules: Iterable[str] = (), rest: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a forwarding module.

    Parameters
    ----------
    here : str
        Name of the module.
    names : mapping
        ``name: "module:attribute"``.
    submodules : iterable of str
        Modules below this one.
    rest : str
        Module that is asked for all other names.

    Raises
    ------
    AttributeError
        From ``__getattr__``, when the name has no home, or the package of its home is not installed.
    """
    below = frozenset(submodules)

    def missing(name: str, why: str = "") -> AttributeError:
        return AttributeError(f"module {here!r} has no attribute {name!r}{why}")

    def get(name: str) -> Any:
        if name in below:
            return import_module(f"{here}.{name}")
        home = names.get(name) or (f"{rest}:{name}" if rest and not name.startswith("_") else "")
        if not home:
            raise missing(name)
        module_name, _, attribute = home.partition(":")
        try:
            value = getattr(import_module(module_name), attribute)
        except (ModuleNotFoundError, AttributeError) as error:
            raise missing(name, f" (looked for {module_name}.{attribute}: {error})") from error
        setattr(sys.modules[here], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[here]), *names, *below})

    offered = sorted(name for name, home in names.items() if not home.startswith(OPTIONAL))
    return get, listed, offered
