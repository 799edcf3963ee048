"""The loop op."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op, Variable, equal_computations, toposort
from theano.scan_module.checks import check_inner_graph, fitted_inputs
from theano.scan_module.layout import Layout
from theano.tensor import TensorType

__all__ = ["Scan"]


class Scan(Layout, Op):
    """A loop over an inner graph; see `theano.scan_module.layout` for the order of inputs and outputs.

    Parameters
    ----------
    inputs : list of Variable
        Inner inputs.
    outputs : list of Variable
        Inner outputs; they depend on `inputs` and constants only.
    info : dict
        Counts and taps, how to compile, whether to loop while a condition holds (``as_while``).
    typeConstructor : callable, optional
        ``typeConstructor(broadcastable, dtype) -> Type`` of the results; tensors by default.

    Attributes
    ----------
    inputs, outputs : list of Variable
    info : dict
    fn : Function
        The inner graph, compiled when first asked for.
    """

    def __init__(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], info: dict[str, Any], typeConstructor: Any = None
    ) -> None:
        self._read_info(info)
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.typeConstructor = typeConstructor or _tensor_type
        check_inner_graph(self)
        self._hash: int | None = None
        self._fn: Any = None
        self._pattern: list[list[bool]] | None = None
        self._by_mode: dict[Any, Scan] = {}

    # -- a value ---------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, Scan)
        if self.info != other.info or hash(self) != hash(other):
            return False
        if [v.type for v in self.inputs] != [v.type for v in other.inputs]:
            return False
        return equal_computations(self.outputs, other.outputs, self.inputs, other.inputs)

    def __hash__(self) -> int:
        if self._hash is None:
            known = ("n_seqs", "n_mit_mot", "n_mit_sot", "n_sit_sot", "n_shared_outs", "n_nit_sot", "name", "as_while")
            parts: list[Any] = [type(self), *[self.info[key] for key in known]]
            parts += [tuple(taps) for taps in self.tap_array]
            parts += [v.type for v in self.inputs]
            parts += [node.op for node in toposort(self.outputs, self.inputs)]
            self._hash = hash(tuple(parts))
        return self._hash

    def __str__(self) -> str:
        kind = "do_while" if self.as_while else "for"
        name = self.name or "scan_fn"
        if not self.destroy_map:
            return f"{kind}{{cpu,{name}}}"
        # The missing brace is what programs that read this text expect.
        if sorted(self.destroy_map) == list(range(len(self.states))):
            return f"{kind}all_inplace,cpu,{name}}}"
        return f"{kind}{{inplace{{{''.join(f'{i},' for i in self.destroy_map)}}},cpu,{name}}}"

    def __getstate__(self) -> dict[str, Any]:
        from theano.scan_module.storing import to_record  # lazy: rarely needed

        own = {"typeConstructor": self.typeConstructor, "info": self.info}
        return {**own, "graph": to_record(self.inputs, self.outputs)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from theano.scan_module.storing import from_record  # lazy: as above

        inputs, outputs = from_record(state["graph"])
        self.__init__(inputs, outputs, state["info"], state["typeConstructor"])  # type: ignore[misc]

    # -- applying --------------------------------------------------------------------------------------------------

    def make_node(self, *inputs: Any) -> Apply:
        """Apply the loop to outer inputs, each of the type that its inner counterpart needs."""
        expected = self.outer_fixed_start + len(self.inputs) - self.inner_fixed_start
        if len(inputs) != expected:
            raise ValueError(
                explain(f"apply {self}", f"{len(inputs)} inputs", f"give {expected}: see theano.scan_module.layout")
            )
        fitted = fitted_inputs(self, inputs)
        outputs = [self._buffer_type(self.outputs[state.inner_outputs[0]])() for state in self.states]
        outputs += [self._buffer_type(v)() for v in self.inner_nitsot_outs(self.outputs)]
        outputs += [v.type() for v in self.inner_shared_outs(self.outputs)]
        return Apply(self, fitted, outputs)

    def _buffer_type(self, row: Variable) -> Any:
        return self.typeConstructor((False, *row.type.broadcastable), row.type.dtype)  # type: ignore[attr-defined]

    # -- carrying out ----------------------------------------------------------------------------------------------

    @property
    def fn(self) -> Any:
        """The inner graph as a compiled function."""
        if self._fn is None:
            from theano.scan_module.running import compile_inner  # lazy: graphs can be built without compiling

            self._fn = compile_inner(self)
        return self._fn

    @cached_property
    def shapes_of_rows(self) -> Any:
        """A function from inner inputs to the shapes of inner nit_sot outputs; asked for loops without steps."""
        from theano.compile import function  # lazy: rarely needed
        from theano.tensor import shape

        shapes = [shape(v) for v in self.inner_nitsot_outs(self.outputs)]
        return function(self.inputs, shapes, mode=self.mode, on_unused_input="ignore", profile=False)

    def with_mode(self, mode: Any) -> Scan:
        """The same loop with its step compiled in `mode`; equal calls give the same op, which is compiled once."""
        found = self._by_mode.get(mode)
        if found is None:
            info = {**self.info, "mode": mode}
            found = self._by_mode[mode] = Scan(self.inputs, self.outputs, info, self.typeConstructor)
        return found

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        from theano.scan_module.running import run  # lazy: as above

        for cell, value in zip(output_storage, run(self, node, inputs), strict=True):
            cell[0] = value

    def do_constant_folding(self, node: Apply) -> bool:
        """A loop may be long, and its result large: it stays where it is."""
        return False

    # -- what others ask -------------------------------------------------------------------------------------------

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        """Leading length: number of steps, where it is known before the loop runs; the rest from the inner graph."""
        from theano.scan_module.shapes import shapes_of_results  # lazy: only when shapes are asked

        return shapes_of_results(self, node, shapes)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Which outer inputs influence which results, over any number of steps."""
        if self._pattern is None:
            from theano.scan_module.connections import outer_pattern  # lazy: only for derivatives

            self._pattern = outer_pattern(self)
        return self._pattern

    def L_op(self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Any:
        """Reverse mode, from the room of derivatives."""
        rules = import_module("theano.gradient.rules.scan_module")  # by name: gradients stand above this room
        return rules.scan_gradient(outputs[0].owner, list(output_grads))

    def R_op(self, inputs: Sequence[Variable], eval_points: Sequence[Variable | None]) -> Any:
        """Forward mode, from the room of derivatives."""
        rules = import_module("theano.gradient.rules.scan_module")  # by name: as above
        return rules.scan_tangents(self.make_node(*inputs), list(eval_points))

    @property
    def var_mappings(self) -> dict[str, dict[int, Any]]:
        """The maps of `get_oinp_iinp_iout_oout_mappings`."""
        return self.get_oinp_iinp_iout_oout_mappings()

    def get_oinp_iinp_iout_oout_mappings(self) -> dict[str, dict[int, Any]]:
        """Index maps between outer and inner inputs and outputs (a classic interface)."""
        from theano.scan_module.connections import index_maps  # lazy: as above

        return index_maps(self)


def _tensor_type(broadcastable: Sequence[bool], dtype: str) -> TensorType:
    return TensorType(dtype, tuple(broadcastable))
