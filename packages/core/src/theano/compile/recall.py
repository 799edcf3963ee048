"""Functions that were compiled before, by this or another process: their plans come from a cache, and no stage runs.

`recall` asks the backend for what it kept under the identity of a function (`function_key`). Where it has something,
the function is made of that alone; neither rewrites nor lowering rules are imported. The rewritten graph is not kept:
whoever asks for it (printing, copies, an error to be explained) makes `settle` run the stages on the private graph of
this very process, which gives names, traces and shared variables as they are here.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from theano.compile.backend import Backend, check_device
from theano.compile.identity import Uncertain, graph_text
from theano.compile.installation import code_identity, is_certain, is_ours, is_unchanged
from theano.compile.io import In, SymbolicOutput
from theano.compile.linkers import Linker
from theano.compile.mode import Mode
from theano.compile.query import Query
from theano.compile.sharedvalue import Container
from theano.configuration import config
from theano.configuration.parser import as_of, deviations
from theano.digest import digest
from theano.forks import lock_of_process
from theano.plugin import get_manager, registry

if TYPE_CHECKING:
    from theano.compile.maker import FunctionMaker

__all__ = ["claim_key", "function_key", "recall", "settle"]

_REFUSED = frozenset({"compute_test_value", "compute_test_value_opt", "optimizer_verbose", "check_stack_trace",
                      "profile", "profile_optimizer"})  # fmt: skip
"""Options that make compiling do more than make a function: once one is set, everything is compiled anew."""

_INDIFFERENT = frozenset({"kernel_cache", "kernel_cache_size", "base_compiledir", "compiledir", "compiledir_format",
                          "plan_cache", "unittests.rseed"})  # fmt: skip
"""Options that say where things are, and nothing of functions."""

_PLAIN = (str, int, float, bool, type(None))


def recall(maker: FunctionMaker) -> bool:
    """Whether the function of `maker` needs no compiling, because a backend has kept its plan.

    Otherwise ``maker.key`` is the key under which it may be kept, if there is one.
    """
    backend = _keeper(maker)
    if backend is None:
        return False
    maker.options = deviations()
    key = function_key(maker)
    if key is None:
        return False
    maker.recalled = backend.recall(key)
    if maker.recalled is None:
        maker.key = key
        return False
    maker.backend = backend
    return True


def claim_key(maker: FunctionMaker) -> str | None:
    """For backends: the key under which the plan that was just made may be kept; given out once."""
    key, maker.key = maker.key, None
    sure = key is not None and maker.options == deviations() and is_certain() and is_unchanged()
    return key if sure else None


def _keeper(maker: FunctionMaker) -> Any:
    """The backend that may have kept the plan of the function; None where all stages must run."""
    mode = maker.mode
    if maker.given or maker.nested or maker.profile or maker.function_builder is not None or not config.plan_cache:
        return None
    if type(mode) is not Mode or type(mode.linker) is not Linker or mode.linker.wrapper is not None:
        return None
    if mode.linker.backend == "py":
        return None
    check_device()
    backend: Any = _backend(mode.linker.backend)
    able = hasattr(backend, "recall") and backend.unavailable() is None  # it may also be able to look at files faster
    return backend if able and is_certain() else None


def _backend(name: str) -> Backend | None:
    """The backend of this name, without loading the plugins if it is one of ours."""
    own = get_manager().standard_plugins() or {}
    if own.get(name) == f"theano.{name}.plugin":
        backend: Backend | None = getattr(import_module(f"theano.{name}.backend"), "backend", None)
        return backend
    return registry().backends.get(name)


def function_key(maker: FunctionMaker) -> str | None:
    """A key that differs between functions, configurations, and installed codes; None where that is not sure."""
    options = {name: value for name, value in maker.options.items() if name not in _INDIFFERENT}
    if not options.keys().isdisjoint(_REFUSED) or any(type(value) not in _PLAIN for value in options.values()):
        return None
    updates = [spec.update for spec in maker.specs if spec.update is not None]
    try:
        text = graph_text(maker.roots, [*(out.variable for out in maker.results), *updates], is_ours)
        facts = (_mode(maker.mode), tuple(map(_input, maker.specs)), tuple(map(_output, maker.results)))
    except (Uncertain, RecursionError, ValueError):  # nested too deeply to be written
        return None
    more = (facts, _same_storage(maker.specs), bool(maker.accept_inplace), tuple(options.items()))
    return digest(str(code_identity()), repr(more), text)


def _mode(mode: Mode) -> tuple[Any, ...]:
    known = {"call_time", "fn_time", "provided_linker", "provided_optimizer", "linker", "_optimizer"}
    query = mode._optimizer
    if not vars(mode).keys() <= known or type(query) is not Query or query.subquery or query.extra_optimizations:
        raise Uncertain(mode)
    tags = (query.include, query.require, query.exclude, query.position_cutoff)
    return mode.linker.name, mode.linker.backend, mode.linker.allow_gc, tags


def _input(spec: Any) -> tuple[Any, ...]:
    if type(spec) is not In:
        raise Uncertain(spec)
    flags = (spec.implicit, spec.shared, spec.mutable, spec.borrow, spec.strict, spec.allow_downcast)
    return *map(_flag, flags), spec.value is not None, spec.update is not None, spec.name


def _output(out: Any) -> bool | None:
    if type(out) is not SymbolicOutput:
        raise Uncertain(out)
    return _flag(out.borrow)


def _same_storage(specs: Sequence[Any]) -> list[int]:
    """For each input the first one with the same storage."""
    first: dict[int, int] = {}
    stores = [getattr(spec.value, "container", spec.value) for spec in specs]
    return [first.setdefault(id(store), i) if isinstance(store, Container) else i for i, store in enumerate(stores)]


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


_settling = lock_of_process(threading.RLock)


def settle(maker: FunctionMaker) -> None:
    """Run the stages that `recall` spared, with the options of that time."""
    from theano.compile.pipeline import run_all_stages  # lazy: the pipeline begins with `recall`

    with _settling():
        if maker.recalled is None:
            return
        # The stages work on a twin, so that this thread and others see the maker only before and after.
        twin = object.__new__(type(maker))
        twin.__dict__.update(maker.__dict__, recalled=None)
        with as_of(maker.options):
            run_all_stages(twin)
        maker.fgraph, maker.plan, maker.backend = twin.fgraph, twin.plan, twin.backend
        maker.recalled = None
