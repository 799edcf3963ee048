"""`ifelse`: a condition that computes only the branch that it needs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.graph.trace import user_line
from theano.tensor import as_tensor_variable

__all__ = ["IfElse", "ifelse"]


_REWRITES = frozenset({
    "CondMerge", "cond_make_inplace", "cond_merge_ifs_false", "cond_merge_ifs_true", "cond_remove_identical",
    "ifelse_lift_single_if_through_acceptable_ops",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _REWRITES:
        try:
            return getattr(import_module("theano.opt.rewrites.ifelse"), name)
        except ModuleNotFoundError as error:
            raise AttributeError(f"theano.ifelse.{name} needs theano-opt: pip install theano-opt") from error
    raise AttributeError(f"module 'theano.ifelse' has no attribute {name!r}")


@frozen_op
class IfElse(Op):
    """Inputs: a condition, values where it holds, values where it does not (as many); outputs: the chosen values.

    Parameters
    ----------
    n_outs : int
        Number of values.
    as_view : bool
        Hand the chosen values on without copying them.
    gpu : bool
        Kept for programs that set it.
    name : str, optional
    """

    # the condition; all other inputs are read only if their branch is chosen
    always_needed = (0,)

    n_outs: int
    as_view: bool = False
    gpu: bool = False
    name: str | None = None

    def __post_init__(self) -> None:
        if self.as_view:
            n = self.n_outs
            object.__setattr__(self, "view_map", {i: [1 + i, 1 + n + i] for i in range(n)})

    def __str__(self) -> str:
        words = [self.name, "inplace" if self.as_view else None, "gpu" if self.gpu else None]
        return f"if{{{','.join(word for word in words if word)}}}"

    def make_node(self, condition: Any, *branches: Any) -> Apply:
        """Apply to a scalar condition and both branches, value by value of the same types."""
        if len(branches) != 2 * self.n_outs:
            raise ValueError(
                explain(
                    f"{self} of {self.n_outs} values",
                    f"{len(branches)} inputs after the condition",
                    f"give {2 * self.n_outs}: first those of the first branch, then those of the second",
                )
            )
        chosen = [_variable(v) for v in branches]
        pairs = zip(chosen[: self.n_outs], chosen[self.n_outs :], strict=True)
        fitted = [_of_one_type(k, a, b) for k, (a, b) in enumerate(pairs)]
        then, other = [a for a, _ in fitted], [b for _, b in fitted]
        return Apply(self, [_condition(condition), *then, *other], [v.type() for v in then])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        start = 1 if inputs[0] else 1 + self.n_outs
        for cell, value in zip(output_storage, inputs[start : start + self.n_outs], strict=True):
            cell[0] = value if self.as_view else copy.deepcopy(value)

    def make_thunk(
        self, node: Apply, storage_map: Any, compute_map: Any, no_recycling: Any = None, impl: Any = None
    ) -> Callable[[], Sequence[int]]:
        """A lazy thunk (see `theano.compile.lazy`): asks for the condition, then for the values of one branch."""
        n = self.n_outs

        def thunk() -> list[int]:
            if not compute_map[node.inputs[0]][0]:
                return [0]
            start = 1 if storage_map[node.inputs[0]][0] else 1 + n
            missing = [i for i in range(start, start + n) if not compute_map[node.inputs[i]][0]]
            if missing:
                return missing
            for output, v in zip(node.outputs, node.inputs[start : start + n], strict=True):
                value = storage_map[v][0]
                storage_map[output][0] = value if self.as_view else copy.deepcopy(value)
                compute_map[output][0] = True
            return []

        thunk.lazy = True  # type: ignore[attr-defined]
        return thunk

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Each result depends on the condition and on its own value in each branch."""
        n = self.n_outs
        own = [[i == k for k in range(n)] for i in range(n)]
        return [[True] * n, *own, *own]

    def L_op(self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Any:
        """Reverse mode, from the room of derivatives."""
        rules = import_module("theano.gradient.rules.ifelse")  # by name: gradients stand above this room
        return rules.ifelse_gradient(outputs[0].owner, list(output_grads))

    def R_op(self, inputs: Sequence[Variable], eval_points: Sequence[Variable | None]) -> Any:
        """Forward mode, from the room of derivatives."""
        rules = import_module("theano.gradient.rules.ifelse")  # by name: as above
        return rules.ifelse_tangents(self.make_node(*inputs), list(eval_points))

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        """The common lengths of both branches; where they may differ, those of the branch that is chosen."""
        n = self.n_outs
        return [_chosen_lengths(node.inputs[0], node.outputs[i], shapes[1 + i], shapes[1 + n + i]) for i in range(n)]

    def do_constant_folding(self, node: Apply) -> bool:
        """Constants in both branches say nothing of the condition."""
        return False


def _chosen_lengths(condition: Variable, output: Variable, then: Any, other: Any) -> Any:
    if then is None or other is None:
        return None
    flags = output.type.broadcastable  # type: ignore[attr-defined]
    lengths = []
    for flag, a, b in zip(flags, then, other, strict=True):
        same = a is b or (isinstance(a, int) and isinstance(b, int) and a == b)
        lengths.append(1 if flag else a if same else _int_choice(condition, a, b))
    return tuple(lengths)


def _int_choice(condition: Variable, a: Any, b: Any) -> Variable:
    chosen: Variable = IfElse(1)(condition, *[as_tensor_variable(v).astype("int64") for v in (a, b)])
    return chosen


def _condition(condition: Any) -> Any:
    variable = as_tensor_variable(condition)
    if variable.ndim:
        raise TypeError(
            explain(
                "ifelse of a condition",
                f"{variable} of {variable.type} has {variable.ndim} dimensions",
                "reduce it to one number (.all(), .any()), or use theano.tensor.switch, which works element by element",
            )
        )
    return variable


def _variable(value: Any) -> Variable:
    return value if isinstance(value, Variable) else as_tensor_variable(value)


def _of_one_type(k: int, a: Variable, b: Variable) -> tuple[Variable, Variable]:
    if a.type == b.type:
        return a, b
    for wanted, other, swapped in ((a, b, False), (b, a, True)):
        try:
            converted = wanted.type.filter_variable(other)
        except (TypeError, ValueError):
            continue
        return (converted, wanted) if swapped else (wanted, converted)
    lines = [f"{v} of {v.type}" + (f" (written at {line})" if (line := user_line(v)) else "") for v in (a, b)]
    raise TypeError(
        explain(
            f"ifelse: value {k} has the same type in both branches",
            f"{lines[0]} and {lines[1]}",
            "convert one of them (cast, patternbroadcast, unbroadcast)",
        )
    )


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """Return `then_branch` where the condition is not zero, else `else_branch`; only the one needed is computed.

    Parameters
    ----------
    condition : Variable, ()
        A number; it counts as true unless it is zero.
    then_branch, else_branch : Variable or list or tuple of Variable
        As many values in both, of the same types.
    name : str, optional

    Returns
    -------
    Variable or list or tuple of Variable
        In the container of `then_branch`.

    Raises
    ------
    TypeError
        The condition has dimensions, or the types differ.
    ValueError
        The branches have different numbers of values.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> float(ifelse(x > 0, x, -x).eval({x: -3.0}))
    3.0
    """
    many = isinstance(then_branch, list | tuple)
    then = list(then_branch) if many else [then_branch]
    other = list(else_branch) if isinstance(else_branch, list | tuple) else [else_branch]
    if len(then) != len(other):
        raise ValueError(
            explain(
                "ifelse: choose between two branches",
                f"{len(then)} and {len(other)} values",
                "give both branches the same number of values",
            )
        )
    results = IfElse(n_outs=len(then), name=name)(condition, *then, *other, return_list=True)
    if not many:
        return results[0]
    return results if isinstance(then_branch, list) else tuple(results)
