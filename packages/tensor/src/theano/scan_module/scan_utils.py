"""Helpers for programs that look into loops; the names that classic programs import from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from theano.graph import Variable, ancestors, clone_get_equiv, equal_computations
from theano.graph import clone_replace as clone
from theano.scan_module.assembly import expand_empty
from theano.scan_module.connections import inner_masks
from theano.scan_module.editing import LoopEdit
from theano.scan_module.mapping import map_variables
from theano.scan_module.returns import get_updates_and_outputs, until
from theano.scan_module.shapes import infer_shape
from theano.scan_module.wiring import safe_new

__all__ = [
    "Validator", "clone", "compress_outs", "equal_computations", "expand_empty", "forced_replace",
    "get_updates_and_outputs", "hash_listsDictsTuples", "infer_shape", "map_variables", "reconstruct_graph", "safe_new",
    "scan_args", "scan_can_remove_outs", "traverse", "until",
]  # fmt: skip


def reconstruct_graph(
    inputs: Sequence[Variable], outputs: Sequence[Variable], tag: str | None = None
) -> tuple[list[Variable], list[Variable]]:
    """A copy of a graph with fresh inputs, named as the old ones with `tag` behind."""
    fresh = [safe_new(v, tag or "") for v in inputs]
    memo = clone_get_equiv([], outputs, copy_orphans=False, memo=dict(zip(inputs, fresh, strict=True)))
    return fresh, [memo[v] for v in outputs]


def forced_replace(out: Variable | None, x: Variable, y: Variable) -> Variable | None:
    """`out` with `y` in the place of `x`."""
    return None if out is None else clone(out, {x: y}, strict=False)


def traverse(
    out: Variable, x: Variable, x_copy: Variable, d: dict[Variable, Variable], visited: set[Any] | None = None
) -> dict[Variable, Variable]:
    """Note in `d` that `x_copy` stands for `x`, if `out` depends on it; return `d`."""
    if any(v is x for v in ancestors([out])):
        d[x] = x_copy
    return d


def hash_listsDictsTuples(x: Any) -> int:
    """A hash of nested containers by their content."""
    if isinstance(x, dict):
        return hash(tuple((hash(k), hash_listsDictsTuples(v)) for k, v in x.items()))
    if isinstance(x, list | tuple):
        return hash(tuple(hash_listsDictsTuples(v) for v in x))
    return hash(x)


class Validator:
    """Which variables may be used in a graph that moves.

    Parameters
    ----------
    valid, invalid : iterable of Variable
    valid_equivalent : dict
        From variables to valid ones that stand for them.
    """

    def __init__(
        self, valid: Iterable[Variable] = (), invalid: Iterable[Variable] = (), valid_equivalent: Any = None
    ) -> None:
        self.valid_equivalent: dict[Variable, Variable] = dict(valid_equivalent or {})
        self.valid = {*(valid or ()), *self.valid_equivalent.values()}
        self.invalid = {*(invalid or ()), *self.valid_equivalent}

    def check(self, out: Variable) -> tuple[Variable, bool] | None:
        """``(variable to use, whether it is `out` itself)``, or None where there is none."""
        if out in self.valid:
            return out, True
        if out in self.valid_equivalent:
            return self.valid_equivalent[out], False
        for v in ancestors([out], [*self.valid, *self.valid_equivalent]):
            if v in self.invalid and v not in self.valid_equivalent:
                return None
            if v.owner is None and v not in self.valid and v not in self.valid_equivalent and not hasattr(v, "data"):
                return None
        self.valid.add(out)
        return out, True


def scan_can_remove_outs(op: Any, out_idxs: Sequence[int]) -> tuple[list[int], list[int]]:
    """Of the outer outputs `out_idxs`, those that other outputs of the loop need, and those that can go.

    Returns
    -------
    required, removable : list of int
    """
    carried = {state.outer_output: (state.inner_inputs, state.inner_outputs) for state in op.states}
    first = len(op.states)
    carried.update({first + j: ((), (op.n_state_outs + j,)) for j in range(op.n_nit_sot)})
    for k in range(op.n_shared_outs):
        inner = ((op.inner_shared_start + k,), (op.n_state_outs + op.n_nit_sot + k,))
        carried[first + op.n_nit_sot + k] = inner
    masks = inner_masks(op.inputs, op.outputs, all_ways=True)
    kept = [k for k in carried if k not in set(out_idxs)]
    reached = masks[-1] if op.as_while else 0
    for k in kept:
        for o in carried[k][1]:
            reached |= masks[o]
    required: list[int] = []
    changed = True
    while changed:
        changed = False
        for k in out_idxs:
            if k not in required and any(reached >> i & 1 for i in carried[k][0]):
                required.append(k)
                changed = True
                for o in carried[k][1]:
                    reached |= masks[o]
    return [k for k in out_idxs if k in required], [k for k in out_idxs if k not in required]


def compress_outs(op: Any, not_required: Sequence[int], inputs: Sequence[Variable]) -> tuple[Any, ...]:
    """The loop without the outer outputs `not_required`.

    Returns
    -------
    inner_inputs, inner_outputs, info, outer_inputs, new_positions
        The last one maps old positions of outer outputs to new ones.
    """
    edit = LoopEdit.of(op.make_node(*inputs))
    parts = [*edit.states, *edit.rows, *edit.shared]
    gone = {id(parts[k]) for k in not_required}
    for name in ("states", "rows", "shared"):
        setattr(edit, name, [part for part in getattr(edit, name) if id(part) not in gone])
    edit.build()
    left = [part for part in parts if id(part) not in gone]
    node = left[0].new.owner
    positions = {k: part.new.index for k, part in enumerate(parts) if id(part) not in gone}
    return node.op.inputs, node.op.outputs, node.op.info, list(node.inputs), positions


class scan_args:
    """A loop's inputs and outputs by kind.

    Parameters
    ----------
    outer_inputs, outer_outputs : sequence of Variable
        Of a node of the loop.
    _inner_inputs, _inner_outputs : sequence of Variable
    info : dict

    Attributes
    ----------
    n_steps, outer_in_seqs, outer_in_mit_mot, outer_in_mit_sot, outer_in_sit_sot, outer_in_shared, outer_in_nit_sot,
    outer_in_other, inner_in_seqs, inner_in_shared, inner_in_other, inner_in_mit_mot, inner_in_mit_sot,
    inner_in_sit_sot, inner_out_mit_mot, inner_out_mit_sot, inner_out_sit_sot, inner_out_nit_sot, inner_out_shared,
    outer_out_mit_mot, outer_out_mit_sot, outer_out_sit_sot, outer_out_nit_sot, outer_out_shared, cond
        Lists of variables.
    """

    def __init__(
        self, outer_inputs: Any, outer_outputs: Any, _inner_inputs: Any, _inner_outputs: Any, info: dict[str, Any]
    ) -> None:
        from theano.scan_module.scan_op import Scan  # lazy: the only need of it here

        inner_in, inner_out = reconstruct_graph(_inner_inputs, _inner_outputs)
        op = Scan(inner_in, inner_out, info)
        self.info = op.info
        self.n_steps = outer_inputs[0]
        kinds = {"mit_mot": "mitmot", "mit_sot": "mitsot", "sit_sot": "sitsot", "nit_sot": "nitsot", "shared": "shared"}
        for name, word in {**kinds, "seqs": "seqs"}.items():
            setattr(self, f"outer_in_{name}", getattr(op, f"outer_{word}")(outer_inputs))
            if name != "nit_sot":
                setattr(self, f"inner_in_{name}", getattr(op, f"inner_{word}")(inner_in))
        for name, word in kinds.items():
            setattr(self, f"inner_out_{name}", getattr(op, f"inner_{word}_outs")(inner_out))
            setattr(self, f"outer_out_{name}", getattr(op, f"outer_{word}_outs")(outer_outputs))
        self.inner_in_other, self.outer_in_other = op.inner_non_seqs(inner_in), op.outer_non_seqs(outer_inputs)
        self.cond = inner_out[-1:] if op.as_while else []
