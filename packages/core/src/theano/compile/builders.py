"""`OpFromGraph`: a sub-graph used as one op."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from theano.compile.sharedvalue import SharedVariable
from theano.errors import explain
from theano.graph import Apply, FunctionGraph, Op, Variable, clone_get_equiv, clone_replace, graph_inputs, toposort

__all__ = ["OpFromGraph", "inline_ofg_expansion"]


class OpFromGraph(Op):
    """An op whose meaning is a graph.

    Parameters
    ----------
    inputs : list of Variable
    outputs : list of Variable
        Expressions of the inputs. Shared variables in them become further inputs by themselves.
    inline : bool
        Whether functions put the graph in the place of the node when they are compiled.
    lop_overrides, grad_overrides : "default", callable, OpFromGraph, Variable or list of these
        The gradient, in place of the one of the graph. A callable takes ``(inputs, outputs, output_grads)`` (`grad`:
        ``(inputs, output_grads)``) and returns one gradient for each input; in a list there is one entry for each
        input, each returning one gradient. A variable of null or disconnected type stands for itself.
    rop_overrides
        The same for the R operation: ``(inputs, eval_points)``, one entry for each output.
    connection_pattern : list of list of bool, optional
        Instead of the graph's own.
    name : str, optional
    **kwargs
        For ``theano.function`` when the graph is compiled as a function of its own.

    Examples
    --------
    With ``x`` and ``y`` two variables: ``op = OpFromGraph([x, y], [x + y]); z = op(a, op(b, c))``.
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        inline: bool = False,
        lop_overrides: Any = "default",
        grad_overrides: Any = "default",
        rop_overrides: Any = "default",
        connection_pattern: list[list[bool]] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        _check_arguments(inputs, outputs, kwargs, name)
        if lop_overrides != "default" and grad_overrides != "default":
            raise ValueError(
                explain("override the gradient", "both lop_overrides and grad_overrides", "give one of the two")
            )
        self.is_inline = inline
        self.name = name
        self.kwargs = kwargs
        self.shared_inputs = [
            v for v in graph_inputs(outputs, blockers=inputs) if isinstance(v, SharedVariable) and v not in set(inputs)
        ]
        outer = [*inputs, *self.shared_inputs]
        memo = clone_get_equiv(outer, outputs, memo={v: v.type.make_variable(v.name) for v in outer})
        self.local_inputs: list[Variable] = [memo[v] for v in outer]
        self.local_outputs: list[Variable] = [memo[v] for v in outputs]
        FunctionGraph(self.local_inputs, self.local_outputs)  # complains of missing inputs
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.input_types = [v.type for v in self.local_inputs]
        self.output_types = [v.type for v in self.local_outputs]
        self.set_lop_overrides(lop_overrides)
        if grad_overrides != "default":
            self.set_grad_overrides(grad_overrides)
        self.set_rop_overrides(rop_overrides)
        self._given_pattern = connection_pattern
        self._fn: Any = None

    def set_lop_overrides(self, lop_overrides: Any) -> None:
        """Replace the gradient; see the class."""
        self._lop, self._lop_takes_outputs = lop_overrides, True

    def set_grad_overrides(self, grad_overrides: Any) -> None:
        """Replace the gradient; callables do not receive the outputs."""
        self._lop, self._lop_takes_outputs = grad_overrides, False

    def set_rop_overrides(self, rop_overrides: Any) -> None:
        """Replace the R operation; see the class."""
        self._rop = rop_overrides

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self) >> 4

    def __str__(self) -> str:
        return self.name or f"{type(self).__name__}{{inline={self.is_inline}}}"

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_fn": None}

    def make_node(self, *inputs: Any) -> Apply:
        n_explicit = len(self.inputs)
        if len(inputs) not in (n_explicit, len(self.local_inputs)):
            raise ValueError(
                explain(f"apply {self}", f"{len(inputs)} inputs", f"give {n_explicit}, one for each input of its graph")
            )
        shared = self.shared_inputs if len(inputs) == n_explicit else inputs[n_explicit:]
        given = [*inputs[:n_explicit], *shared]
        variables = [t.filter_variable(v) for t, v in zip(self.input_types, given, strict=True)]
        return Apply(self, variables, [t() for t in self.output_types])

    @property
    def fn(self) -> Any:
        """The compiled graph."""
        if self._fn is None:
            from theano.compile.function import function  # lazy: functions may hold such ops

            options: dict[str, Any] = {"on_unused_input": "ignore", **self.kwargs}
            self._fn = function(self.local_inputs, self.local_outputs, **options)
        return self._fn

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        for cell, value in zip(output_storage, self.fn(*inputs), strict=True):
            cell[0] = value

    def expand(self, inputs: Sequence[Variable]) -> list[Variable]:
        """The outputs of the graph, for these inputs."""
        pairs = list(zip(self.local_inputs, inputs, strict=True))
        expanded: list[Variable] = clone_replace(self.local_outputs, pairs)
        return expanded

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Which inputs influence which outputs, through the connection patterns of the inner nodes."""
        if self._given_pattern is not None:
            return self._given_pattern
        order = toposort(self.local_outputs, self.local_inputs)
        pattern = []
        for source in self.local_inputs:
            connected = {source}
            for inner in order:
                hits = [i for i, v in enumerate(inner.inputs) if v in connected]
                if hits:
                    connected.update(_reached(inner, hits))
            pattern.append([output in connected for output in self.local_outputs])
        return pattern

    def L_op(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]
    ) -> list[Variable]:
        explicit = len(self.inputs)
        arguments = (
            (inputs[:explicit], outputs, output_grads) if self._lop_takes_outputs else (inputs[:explicit], output_grads)
        )
        return _overridden(
            self._lop, arguments, explicit, lambda: self._default_gradients(inputs, outputs, output_grads), len(inputs)
        )

    def _default_gradients(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]
    ) -> list[Variable]:
        gradient = import_module("theano.gradient")  # by name: gradients stand above this room
        seeds: dict[Variable, Variable] = {}
        pairs = [*zip(self.local_inputs, inputs, strict=True), *zip(self.local_outputs, outputs, strict=True)]
        for inner, outer in zip(self.local_outputs, output_grads, strict=True):
            if isinstance(outer.type, gradient.DisconnectedType):
                continue
            seeds[inner] = outer.type.make_variable()
            pairs.append((seeds[inner], outer))
        # Outputs may depend on one another, so what arrives at them adds up.
        inner_gradients = gradient.pullback(
            list(seeds),
            self.local_inputs,
            list(seeds.values()),
            disconnected_inputs="ignore",
            return_disconnected="Disconnected",
            null_gradients="return",
            add_names=False,
        )
        # Results of the forward pass are used again, not computed a second time.
        result: list[Variable] = clone_replace(inner_gradients, pairs)
        return result

    def R_op(self, inputs: Sequence[Variable], eval_points: Sequence[Variable | None]) -> list[Variable | None]:
        explicit = len(self.inputs)
        arguments = (inputs[:explicit], eval_points[:explicit])
        return _overridden(
            self._rop,
            arguments,
            len(self.local_outputs),
            lambda: self._default_directions(inputs, eval_points),
            len(self.local_outputs),
        )

    def _default_directions(
        self, inputs: Sequence[Variable], eval_points: Sequence[Variable | None]
    ) -> list[Variable | None]:
        gradient = import_module("theano.gradient")  # by name: gradients stand above this room
        given = [i for i, point in enumerate(eval_points) if point is not None]
        if not given:
            return [None] * len(self.local_outputs)
        points = [eval_points[i] for i in given]
        inner_points = [point.type.make_variable() for point in points if point is not None]
        directions = gradient.Rop(self.local_outputs, [self.local_inputs[i] for i in given], inner_points)
        pairs = [*zip(self.local_inputs, inputs, strict=True), *zip(inner_points, points, strict=True)]
        result: list[Variable | None] = clone_replace(list(directions), pairs)
        return result


def _check_arguments(inputs: Any, outputs: Any, kwargs: dict[str, Any], name: Any) -> None:
    for what, members in (("inputs", inputs), ("outputs", outputs)):
        if not isinstance(members, list | tuple):
            raise TypeError(explain(f"{what} of OpFromGraph are a list", f"{members!r}", f"write [{what}]"))
        for member in members:
            if not isinstance(member, Variable):
                raise TypeError(explain(f"{what} of OpFromGraph are variables", f"{member!r}", "make it symbolic"))
    for forbidden in ("updates", "givens"):
        if forbidden in kwargs:
            raise TypeError(
                explain("make an op of a graph", f"{forbidden}", "apply them to the graph first, with theano.clone")
            )
    if name is not None and not isinstance(name, str):
        raise TypeError(explain("name an op", f"{name!r}", "give a str"))


def _reached(node: Apply, hits: Sequence[int]) -> list[Variable]:
    pattern = getattr(node.op, "connection_pattern", None)
    if pattern is None:
        return list(node.outputs)
    table = pattern(node)
    return [output for k, output in enumerate(node.outputs) if any(table[i][k] for i in hits)]


def _overridden(override: Any, arguments: tuple[Any, ...], expected: int, default: Any, total: int) -> list[Any]:
    """Results of an override; entries that say "default", and those beyond `expected`, come from `default`."""
    if isinstance(override, str) and override == "default":
        result: list[Any] = default()
        return result
    if isinstance(override, Variable):
        results: list[Any] = [override.type() for _ in range(expected)]
    elif isinstance(override, list):
        results = [_entry(entry, arguments) for entry in override]
    else:
        results = _call(override, arguments)
    if len(results) != expected:
        raise ValueError(
            explain("override a derivative of OpFromGraph", f"{len(results)} results", f"return {expected} of them")
        )
    results += ["default"] * (total - expected)
    if any(isinstance(r, str) for r in results):
        fallback = default()
        results = [fallback[i] if isinstance(r, str) else r for i, r in enumerate(results)]
    return results


def _entry(entry: Any, arguments: tuple[Any, ...]) -> Any:
    if isinstance(entry, str):
        return entry
    if isinstance(entry, Variable):
        return entry.type()
    results = _call(entry, arguments)
    return results[0] if len(results) == 1 else results


def _call(override: Any, arguments: tuple[Any, ...]) -> list[Any]:
    if not callable(override):
        raise TypeError(
            explain(
                "override a derivative of OpFromGraph",
                f"{override!r}, a {type(override).__name__}",
                "give 'default', a function, an OpFromGraph, or a variable of NullType or DisconnectedType",
            )
        )
    if isinstance(override, OpFromGraph):
        flat = [v for group in arguments for v in group]
        results = override(*flat)
    else:
        results = override(*arguments)
    return list(results) if isinstance(results, list | tuple) else [results]


def inline_ofg_expansion(node: Apply) -> list[Variable] | None:
    """A local rewrite: the graph in place of an `OpFromGraph` made with ``inline=True``."""
    if not isinstance(node.op, OpFromGraph) or not node.op.is_inline:
        return None
    return node.op.expand(node.inputs)


def expand_inline(fgraph: FunctionGraph) -> None:
    """Put the graphs of all ``inline=True`` nodes in their places, nested ones too."""
    pending = [node for node in fgraph.apply_nodes if isinstance(node.op, OpFromGraph) and node.op.is_inline]
    while pending:
        for node in pending:
            expanded = inline_ofg_expansion(node)
            if expanded is not None and node in fgraph:
                fgraph.replace_all(zip(node.outputs, expanded, strict=True), reason="inline OpFromGraph")
        pending = [node for node in fgraph.apply_nodes if isinstance(node.op, OpFromGraph) and node.op.is_inline]
