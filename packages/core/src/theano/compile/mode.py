"""Modes: how a graph is rewritten and how it is executed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from theano.compile.linkers import Linker, predefined_linkers
from theano.compile.query import Query
from theano.configuration import config
from theano.errors import KeyText, explain
from theano.plugin import registry

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "OPT_FAST_COMPILE",
    "OPT_FAST_RUN",
    "OPT_FAST_RUN_STABLE",
    "OPT_MERGE",
    "OPT_NONE",
    "OPT_O2",
    "OPT_O3",
    "OPT_STABILIZE",
    "OPT_UNSAFE",
    "Mode",
    "get_default_mode",
    "get_mode",
    "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers",
    "register_linker",
    "register_mode",
    "register_optimizer",
]

OPT_NONE = Query(include=[])
OPT_MERGE = Query(include=["merge"])
OPT_FAST_RUN = Query(include=["fast_run"])
OPT_FAST_RUN_STABLE = OPT_FAST_RUN.requiring("stable")
OPT_FAST_COMPILE = Query(include=["fast_compile", "fast_compile_gpu"])
OPT_STABILIZE = Query(include=["fast_run"], position_cutoff=1.5000001)
OPT_O2 = OPT_FAST_COMPILE.including("fusion")
OPT_O3 = OPT_FAST_RUN.excluding("inplace")
OPT_UNSAFE = OPT_O3.including("unsafe")

predefined_optimizers: dict[str | None, Any] = {
    None: OPT_NONE,
    "None": OPT_NONE,
    "merge": OPT_MERGE,
    "o4": OPT_FAST_RUN,
    "o3": OPT_O3,
    "o2": OPT_O2,
    "o1": OPT_FAST_COMPILE,
    "unsafe": OPT_UNSAFE,
    "fast_compile": OPT_FAST_COMPILE,
    "fast_run": OPT_FAST_RUN,
    "fast_run_stable": OPT_FAST_RUN_STABLE,
    "stabilize": OPT_STABILIZE,
}


class _WithoutDatabase:
    """What a query selects when no package that rewrites graphs is installed: its own extra rewriters."""

    def __init__(self, query: Query) -> None:
        self.rewriters = [rewriter for rewriter, _ in sorted(query.extra_optimizations, key=lambda pair: pair[1])]

    def optimize(self, fgraph: Any) -> None:
        for rewriter in self.rewriters:
            rewriter.optimize(fgraph)


def _look_up(table: Mapping[str | None, Any], name: str | None, kind: str) -> Any:
    try:
        return table[name]
    except KeyError:
        import difflib  # lazy: only for the error

        near = difflib.get_close_matches(str(name), [str(known) for known in table], 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        known = sorted(str(known) for known in table)
        raise KeyError(KeyText(explain(f"{kind} {name!r}", "it is not known", f"{hint}use one of {known}"))) from None


class Mode:
    """A linker (how to execute) and an optimizer (which rewrites to apply).

    Parameters
    ----------
    linker : str, Linker or None
        A name of ``predefined_linkers`` or of a registered backend; None: ``config.linker``.
    optimizer : str, Query, rewriter or None
        A name of ``predefined_optimizers``; "default": ``config.optimizer``; None: no rewrites.

    Attributes
    ----------
    provided_linker, provided_optimizer
        As given, names resolved where they mean the configuration.
    call_time, fn_time : float
        Seconds spent in functions of this mode, and in their compiled part (profiled functions only).

    Raises
    ------
    KeyError
        An unknown name.

    Examples
    --------
    >>> Mode(linker="py", optimizer="fast_run").excluding("fusion").provided_optimizer.exclude
    ('fusion',)
    """

    def __init__(self, linker: Any = None, optimizer: Any = "default") -> None:
        if linker is None:
            linker = config.linker
        if isinstance(optimizer, str) and optimizer == "default":
            optimizer = config.optimizer
        self.call_time = 0.0
        self.fn_time = 0.0
        self._set(linker, optimizer)

    def _set(self, linker: Any, optimizer: Any) -> None:
        self.provided_linker = linker
        self.provided_optimizer = optimizer
        self.linker, self._optimizer = self.get_linker_optimizer(linker, optimizer)

    def get_linker_optimizer(self, linker: Any, optimizer: Any) -> tuple[Linker, Any]:
        """The linker and the query (or rewriter) that these names stand for."""
        if linker is None or isinstance(linker, str):
            if linker in predefined_linkers or linker not in registry().backends:
                linker = _look_up(predefined_linkers, linker, "linker")
            else:
                linker = Linker(str(linker), str(linker))
        if optimizer is None or isinstance(optimizer, str):
            optimizer = _look_up(predefined_optimizers, optimizer, "optimizer")
        return linker, optimizer

    @property
    def optimizer(self) -> Any:
        """The rewriter to run: the answer of the rewrite database to the query of this mode."""
        if not isinstance(self._optimizer, Query):
            return self._optimizer
        if not self._optimizer.include and not self._optimizer.extra_optimizations:
            return _WithoutDatabase(self._optimizer)
        database = registry().optdb
        return _WithoutDatabase(self._optimizer) if database is None else database.query(self._optimizer)

    def _query(self) -> Query:
        if not isinstance(self._optimizer, Query):
            raise TypeError(
                explain(
                    "change the tags of a mode",
                    f"its optimizer is {self._optimizer!r}, which has no tags",
                    "make the mode from a name or a Query",
                )
            )
        return self._optimizer

    def _with(self, query: Any) -> Mode:
        new = copy.copy(self)
        new.call_time = new.fn_time = 0.0
        new._set(self.provided_linker, query)
        return new

    def including(self, *tags: str) -> Mode:
        """This mode with the rewrites of `tags` added."""
        return self._with(self._query().including(*tags))

    def excluding(self, *tags: str) -> Mode:
        """This mode without the rewrites of `tags`."""
        return self._with(self._query().excluding(*tags))

    def requiring(self, *tags: str) -> Mode:
        """This mode with only those rewrites that have all of `tags`."""
        return self._with(self._query().requiring(*tags))

    def register(self, *optimizations: tuple[Any, float]) -> Mode:
        """This mode with ``(rewriter, position)`` pairs put into the sequence of rewrites."""
        return self._with(self._query().register(*optimizations))

    def clone(self, link_kwargs: dict[str, Any] | None = None, optimizer: Any = "", **kwargs: Any) -> Mode:
        """A copy with linker options (``allow_gc``) or the optimizer replaced; fresh time counters."""
        linker = self.linker.clone(**link_kwargs) if link_kwargs else self.provided_linker
        new = copy.copy(self)
        new.call_time = new.fn_time = 0.0
        new._set(linker, self.provided_optimizer if optimizer == "" else optimizer)
        for name, value in kwargs.items():
            setattr(new, name, value)
        return new

    def __str__(self) -> str:
        return f"{type(self).__name__}(linker = {self.provided_linker}, optimizer = {self.provided_optimizer})"

    def __repr__(self) -> str:
        return str(self)


FAST_RUN = Mode("cvm", "fast_run")
FAST_COMPILE = Mode("vm", "fast_compile")
predefined_modes: dict[str, Mode] = {"FAST_COMPILE": FAST_COMPILE, "FAST_RUN": FAST_RUN}

_default_mode: tuple[Any, Mode] | None = None


def get_mode(orig_string: str | Mode | None) -> Mode:
    """The mode of a name; a mode is returned as it is, None means ``config.mode``.

    For None the flags ``optimizer_excluding``, ``optimizer_including`` and ``optimizer_requiring`` apply too.

    Raises
    ------
    KeyError
        An unknown name.
    TypeError
        Neither a mode nor a name.
    """
    if isinstance(orig_string, Mode):
        return orig_string
    if orig_string is not None:
        if not isinstance(orig_string, str):
            raise TypeError(
                explain(
                    "the mode of a function",
                    f"a {type(orig_string).__name__}: {orig_string!r}",
                    "give a Mode or the name of one; in theano.function it stands before updates, which are best "
                    "named: function(inputs, outputs, updates=...)",
                )
            )
        return _named_mode(orig_string)
    global _default_mode
    key = (
        config.mode,
        config.linker,
        config.optimizer,
        config.optimizer_excluding,
        config.optimizer_including,
        config.optimizer_requiring,
    )
    if _default_mode is None or _default_mode[0] != key:
        mode = config.mode if isinstance(config.mode, Mode) else _named_mode(config.mode)
        if config.optimizer_excluding:
            mode = mode.excluding(*config.optimizer_excluding.split(":"))
        if config.optimizer_including:
            mode = mode.including(*config.optimizer_including.split(":"))
        if config.optimizer_requiring:
            mode = mode.requiring(*config.optimizer_requiring.split(":"))
        _default_mode = (key, mode)
    return _default_mode[1]


def get_default_mode() -> Mode:
    """The mode of functions that name none."""
    return get_mode(None)


def _named_mode(name: str) -> Mode:
    if name in predefined_modes:
        return predefined_modes[name]
    if name == "Mode":
        return Mode(config.linker, config.optimizer)
    modes = registry().modes
    if name in modes:
        mode: Mode = modes[name]
        return mode
    if name == "NanGuardMode":
        from theano.compile.nanguardmode import NanGuardMode  # lazy: it is a kind of mode

        return NanGuardMode()
    if name in ("DebugMode", "DEBUG_MODE"):
        from theano.compile.debugmode import DebugMode  # lazy: as above

        return DebugMode()
    special = ["Mode", "NanGuardMode", "DebugMode", "DEBUG_MODE"]
    known: dict[str | None, Any] = dict.fromkeys([*special, *predefined_modes, *modes])
    found: Mode = _look_up(known, name, "mode")  # raises, with the names that are known
    return found


def _register(table: dict[Any, Any], name: str, value: Any, kind: str) -> None:
    if name in table:
        raise ValueError(explain(f"register {kind} {name!r}", "the name is taken", "choose another name"))
    table[name] = value


def register_mode(name: str, mode: Mode) -> None:
    """Make `mode` known as `name`; ValueError if the name is taken."""
    _register(predefined_modes, name, mode, "mode")


def register_linker(name: str, linker: Linker) -> None:
    """Make `linker` known as `name`; ValueError if the name is taken."""
    _register(predefined_linkers, name, linker, "linker")


def register_optimizer(name: str, opt: Any) -> None:
    """Make a query or rewriter known as `name`; ValueError if the name is taken."""
    _register(predefined_optimizers, name, opt, "optimizer")


def __getattr__(name: str) -> Any:
    if name == "optdb":
        return registry().optdb
    if name == "instantiated_default_mode":
        return None if _default_mode is None else _default_mode[1]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
