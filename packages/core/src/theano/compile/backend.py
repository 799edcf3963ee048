"""Backends: what turns a plan into something callable, and which one a function gets."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from theano.configuration import config
from theano.errors import TheanoError, explain
from theano.plugin import hook, registry

if TYPE_CHECKING:
    from theano.compile.callable import Function
    from theano.compile.maker import FunctionMaker
    from theano.compile.sharedvalue import Container

__all__ = ["Backend", "BackendUnavailable", "PythonBackend", "choose_backend", "warn_fall_back"]


class BackendUnavailable(TheanoError):
    """A backend cannot make a function after all; the function then runs on the Python executor."""


class Backend(Protocol):
    """What ``registry.backends`` holds.

    Attributes
    ----------
    name : str
        The key in the registry.
    target : str or None
        Which lowering rules apply ("c", "cuda", "opencl"); None: every step is Python.
    """

    name: str
    target: str | None

    def unavailable(self) -> str | None:
        """Why this backend cannot work here, in one line; None if it can."""

    def make_function(self, maker: FunctionMaker, plan: Any, containers: Sequence[Container]) -> Function:
        """The function that runs `plan` on the values in `containers` (one for each graph input).

        Raises
        ------
        BackendUnavailable
            It does not work after all; the Python executor takes over, with one warning.
        """


class PythonBackend:
    """Runs every node's ``perform`` in Python: always available, and what other backends are compared to."""

    name = "py"
    target: str | None = None

    def unavailable(self) -> str | None:
        return None

    def make_function(self, maker: FunctionMaker, plan: Any, containers: Sequence[Container]) -> Function:
        from theano.compile.callable import PythonFunction  # lazy: callable needs the maker, which needs this module

        own = getattr(maker.mode, "make_function", None)  # a mode may have functions of its own
        made: Function = (own or PythonFunction)(maker, plan, containers)
        return made


python_backend = PythonBackend()
_warned: set[str] = set()


def warn_fall_back(name: str, reason: str) -> None:
    """Say, once per process and backend, that functions run on the Python executor."""
    if name in _warned:
        return
    _warned.add(name)
    warnings.warn(
        explain(
            f"compile functions with the backend {name!r}",
            reason,
            "mend that, or nothing if slow functions are good enough (they run in Python now, with the same results); "
            "`python -m theano` tells more",
        ),
        stacklevel=2,
    )


def check_device() -> None:
    """Say, once per process, that the GPU that ``config.device`` asks for does not compile functions, and why.

    Raises
    ------
    RuntimeError
        With ``config.force_device``.
    """
    device = str(config.device)
    if not device.startswith(("cuda", "gpu", "opencl")):
        return
    backend = registry().backends.get("cuda")
    reason = "theano-cuda is not installed (pip install theano-cuda)" if backend is None else backend.unavailable()
    if reason is None:
        return
    text = explain(f"compile functions for device={device}", reason, "run on the CPU: device=cpu")
    if config.force_device:
        raise RuntimeError(text)
    if device not in _warned:
        _warned.add(device)
        warnings.warn(f"{text} (functions run on the CPU now)", stacklevel=2)


def choose_backend(fgraph: Any, mode: Any) -> Backend:
    """The backend for a rewritten graph: a plugin's choice, else the one that the linker names, else Python.

    A backend whose package is not installed is passed over silently; one that is installed but cannot work gives a
    warning.
    """
    check_device()
    name = mode.linker.backend
    if name == "py":
        return python_backend
    name = hook("theano_select_backend", fgraph=fgraph, mode=mode) or name
    backend: Backend | None = registry().backends.get(name)
    if backend is None:
        return python_backend
    reason = backend.unavailable()
    if reason is not None:
        warn_fall_back(name, reason)
        return python_backend
    return backend
