"""`Registry`: everything that plugins registered.

Each part is filled on first use: reading ``registry.backends`` calls the hook ``theano_register_backends`` of all
plugins, once.  So a program that only builds graphs never imports a rewrite or a backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.errors import DuplicateRegistrationError, explain
from theano.plugin.rules import RuleTable, call_method, origin_of

__all__ = ["NamedRegistrations", "Registry"]

Undo = Callable[[], None]
Journal = Callable[[Undo], None]


def _adapt_l_op(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda node, output_grads: method(node.op, node.inputs, node.outputs, output_grads)


def _adapt_inputs_only(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda node, directions: method(node.op, node.inputs, directions)


# Per table: the methods of op classes that answer the same question, and how to call them.
STANDARD_TABLES: dict[str, dict[str, Callable[..., Any]]] = {
    "shape": {"infer_shape": call_method},
    "gradient": {"L_op": _adapt_l_op, "grad": _adapt_inputs_only},
    "forward": {"R_op": _adapt_inputs_only},
    "derivative": {},
    "batching": {},
    "lowering.loops": {"lower": call_method},
    "lowering.c": {},
    "lowering.cuda": {},
    "lowering.opencl": {},
}

# Per table: the stage of registration that fills it; other tables are filled by "theano_register_rules".
STAGE_OF_TABLE = {
    "shape": "shape_rules",
    "gradient": "gradient_rules",
    "forward": "gradient_rules",
    "derivative": "gradient_rules",
    "batching": "gradient_rules",
    "lowering.loops": "lowerings.loops",
    "lowering.c": "lowerings.c",
    "lowering.cuda": "lowerings.cuda",
    "lowering.opencl": "lowerings.opencl",
}


class NamedRegistrations(dict[str, Any]):
    """Registrations by name; a second one under the same name raises and tells both origins."""

    def __init__(self, kind: str, journal: Journal) -> None:
        super().__init__()
        self.kind = kind
        self._journal = journal

    def __setitem__(self, name: str, value: Any) -> None:
        before = self.get(name)
        if before is not None and before is not value:
            raise DuplicateRegistrationError(
                explain(
                    f"{self.kind} {name!r}",
                    f"both {origin_of(before)} and {origin_of(value)} are registered under this name",
                    "rename one of them, or call .replace(name, value) to take the place of the first",
                )
            )
        self.replace(name, value)

    def replace(self, name: str, value: Any) -> None:
        """Register under a name that may be taken."""
        before = self.get(name)
        super().__setitem__(name, value)
        restore = super().__setitem__
        self._journal(lambda: self.pop(name, None) if before is None else restore(name, before))

    def update(self, *args: Any, **kwargs: Any) -> None:
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]


class OrderedRegistrations(list[Any]):
    """Registrations in order; the last ones are tried first."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def append(self, value: Any) -> None:
        self.insert(len(self), value)

    def insert(self, index: Any, value: Any) -> None:
        super().insert(index, value)
        self._journal(lambda: self.remove(value))

    def extend(self, values: Any) -> None:
        for value in values:
            self.append(value)


class Registry:
    """Tables and named parts, filled by the hooks ``theano_register_*``.

    Attributes
    ----------
    backends, modes, types, ops : dict
        By name.
    shared_constructors : list of callable
        Makers of shared variables, tried from last to first.
    optdb : database of rewrites or None
        None while no package that rewrites graphs is installed.
    altered : bool
        Somebody registered something outside of the hooks.
    """

    def __init__(self, run_stage: Callable[[str], None]) -> None:
        self._run_stage = run_stage
        self._journals: list[list[Undo]] = []
        self.altered = False
        self._tables: dict[str, RuleTable] = {}
        self._backends = NamedRegistrations("backend", self._record)
        self._modes = NamedRegistrations("mode", self._record)
        self._types = NamedRegistrations("type", self._record)
        self._ops = NamedRegistrations("op", self._record)
        self._shared_constructors = OrderedRegistrations(self._record)
        self._optdb: Any = None
        for name, methods in STANDARD_TABLES.items():
            self._tables[name] = RuleTable(name, methods, self._record)

    def table(self, name: str, methods: Any = None) -> RuleTable:
        """Return a table, made on first use; ``methods`` are those of `RuleTable`, for a table of your own."""
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = RuleTable(name, methods, self._record)
        self._run_stage(STAGE_OF_TABLE.get(name) or f"rules.{name}")
        return table

    @property
    def table_names(self) -> tuple[str, ...]:
        """Names of all tables that exist."""
        return tuple(self._tables)

    @property
    def backends(self) -> NamedRegistrations:
        self._run_stage("backends")
        return self._backends

    @property
    def modes(self) -> NamedRegistrations:
        self._run_stage("modes")
        return self._modes

    @property
    def types(self) -> NamedRegistrations:
        self._run_stage("types")
        return self._types

    @property
    def ops(self) -> NamedRegistrations:
        self._run_stage("ops")
        return self._ops

    @property
    def shared_constructors(self) -> OrderedRegistrations:
        self._run_stage("types")
        return self._shared_constructors

    @property
    def optdb(self) -> Any:
        self._run_stage("rewrites")
        return self._optdb

    @optdb.setter
    def optdb(self, value: Any) -> None:
        before = self._optdb
        if before is not None and before is not value:
            raise DuplicateRegistrationError(
                explain(
                    "registry.optdb",
                    f"both {origin_of(before)} and {origin_of(value)} want to be the database of rewrites",
                    "disable one of the plugins with THEANO_DISABLE_PLUGINS",
                )
            )
        self._optdb = value
        self._record(lambda: setattr(self, "_optdb", before))

    # Undo.  Each hook call has a journal of its own, so that a failing plugin takes back its own entries only,
    # also when its hook made another stage run in between.

    def _record(self, undo: Undo) -> None:
        if self._journals:
            self._journals[-1].append(undo)
        else:
            self.altered = True

    def note_change(self) -> None:
        """For databases of a plugin's own, which do not tell how to undo: something was registered."""
        self.altered |= not self._journals

    def begin(self) -> None:
        """Start to note registrations."""
        self._journals.append([])

    def commit(self) -> None:
        """Keep what was registered since `begin`."""
        self._journals.pop()

    def rollback(self) -> None:
        """Take back what was registered since `begin`."""
        for undo in reversed(self._journals.pop()):
            undo()
