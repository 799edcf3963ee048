"""An op applied to inputs: the node of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from theano.errors import explain
from theano.graph.pickling import reduce_graph_member
from theano.graph.tag import Scratchpad
from theano.graph.variable import Variable


class Apply:
    """The application of `op` to `inputs`, giving `outputs`.

    Parameters
    ----------
    op : Op
    inputs, outputs : sequence of Variable
        Outputs must be fresh: no node may own them yet. They learn their owner and index here.
    """

    __slots__ = ("__dict__", "__weakref__", "_tag", "inputs", "op", "outputs")

    def __init__(self, op: Any, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.op = op
        self.inputs: list[Variable] = list(inputs)
        self._tag: Scratchpad | None = None
        for variable in self.inputs:
            if not isinstance(variable, Variable):
                raise TypeError(
                    explain(f"apply {op}", f"input {variable!r} is no variable", "convert it first in make_node")
                )
        self.outputs: list[Variable] = []
        for i, output in enumerate(outputs):
            if not isinstance(output, Variable):
                raise TypeError(explain(f"apply {op}", f"output {i} is {output!r}", "outputs must be variables"))
            if output.owner is not None and output.owner is not self:
                raise ValueError(
                    explain(
                        f"apply {op}",
                        f"output {i} belongs to a node of {output.owner.op} already",
                        "make fresh outputs, for instance with type()",
                    )
                )
            output.owner = self
            output.index = i
            self.outputs.append(output)
        for variable in self.inputs:
            if variable.owner is self:
                variable.owner = None  # the variable stays what it was
                raise ValueError(
                    explain(
                        f"apply {op}",
                        f"{variable} is input and output, so that it would be computed from itself",
                        "make fresh outputs, for instance with type()",
                    )
                )

    @property
    def tag(self) -> Scratchpad:
        """Notes about the node; made when first asked for, since most nodes have none."""
        if self._tag is None:
            self._tag = Scratchpad()
        return self._tag

    @tag.setter
    def tag(self, notes: Scratchpad) -> None:
        self._tag = notes

    @property
    def nin(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    @property
    def nout(self) -> int:
        """Number of outputs."""
        return len(self.outputs)

    def default_output(self) -> Variable:
        """The output that stands for the node where one is wanted.

        Raises
        ------
        ValueError
            If the op has several outputs and names none as default.
        """
        index = getattr(self.op, "default_output", None)
        if index is None:
            if len(self.outputs) == 1:
                return self.outputs[0]
            raise ValueError(
                explain(
                    f"take the default output of {self.op}", f"{len(self.outputs)} outputs", "set op.default_output"
                )
            )
        if not 0 <= index < len(self.outputs):
            raise ValueError(
                explain(f"take output {index} of {self.op}", f"{len(self.outputs)} outputs", "mend default_output")
            )
        output: Variable = self.outputs[index]
        return output

    @property
    def out(self) -> Variable:
        """The default output."""
        return self.default_output()

    def get_parents(self) -> list[Variable]:
        """The inputs, as a new list."""
        return list(self.inputs)

    def params_type(self) -> Any:
        """The op's parameter type."""
        return self.op.params_type

    def run_params(self) -> Any:
        """The parameters to hand to ``perform``, filtered by the op's parameter type; None without one."""
        params_type = getattr(self.op, "params_type", None)
        if params_type is None:
            return None
        return params_type.filter(self.op.get_params(self))

    def clone(self) -> Apply:
        """Return the same op on the same inputs with new outputs."""
        twin = self.__class__(self.op, self.inputs, [output.clone() for output in self.outputs])
        if self._tag is not None:
            twin._tag = self._tag.__copy__()
        return twin

    def clone_with_new_inputs(self, inputs: Iterable[Variable], strict: bool = True) -> Apply:
        """Return the same op on other inputs.

        Parameters
        ----------
        inputs : iterable of Variable
        strict : bool
            True: new inputs must fit the types of the old (TypeError). False: where a type differs, ``make_node`` is
            run again, so the types of the results may change.
        """
        new_inputs = list(inputs)
        if len(new_inputs) != len(self.inputs):
            raise ValueError(
                explain(f"give {self.op} new inputs", f"{len(new_inputs)} for {len(self.inputs)}", "give as many")
            )
        remake = False
        for i, (old, new) in enumerate(zip(self.inputs, new_inputs, strict=True)):
            if old is new or old.type is new.type or old.type == new.type:
                continue
            if strict:
                new_inputs[i] = old.type.filter_variable(new)
            else:
                remake = True
        if remake:
            twin: Apply = self.op.make_node(*new_inputs)
            for old, new in zip(self.outputs, twin.outputs, strict=True):
                if new.name is None:
                    new.name = old.name
                new.tag = old.tag.__copy__().__update__(new.tag)
            return twin
        twin = self.__class__(self.op, new_inputs, [output.clone() for output in self.outputs])
        if self._tag is not None:
            twin._tag = self._tag.__copy__()
        return twin

    def __str__(self) -> str:
        from theano.graph.text import node_text  # lazy: text walks the graph, which needs this class

        return node_text(self)

    __repr__ = __str__

    def __reduce_ex__(self, protocol: Any) -> Any:
        return reduce_graph_member(self, self, protocol)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        for name in ("_tag", "inputs", "op", "outputs"):
            state[name] = getattr(self, name)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
