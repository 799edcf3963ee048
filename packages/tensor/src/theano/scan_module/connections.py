"""Which outer inputs of a loop influence which results, over any number of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from theano.graph import toposort

if TYPE_CHECKING:
    from theano.scan_module.scan_op import Scan

__all__ = ["index_maps", "inner_masks", "outer_pattern"]


def inner_masks(inputs: list[Any], outputs: list[Any], all_ways: bool = False) -> list[int]:
    """For each output the inputs that it is connected to, as bits of an integer.

    With `all_ways`, ways without derivative (shapes, indices) count too.
    """
    masks: dict[Any, int] = {}
    for i, v in enumerate(inputs):
        masks[v] = masks.get(v, 0) | 1 << i
    for node in toposort(outputs, masks):
        arriving = [masks.get(v, 0) for v in node.inputs]
        if not any(arriving):
            continue
        pattern = None if all_ways else _pattern_of(node)
        for k, v in enumerate(node.outputs):
            mask = 0
            for i, bits in enumerate(arriving):
                if bits and (pattern is None or pattern[i][k]):
                    mask |= bits
            if v not in masks:
                masks[v] = mask
    return [masks.get(v, 0) for v in outputs]


def _pattern_of(node: Any) -> Any:
    method: Callable[[Any], Any] | None = getattr(node.op, "connection_pattern", None)
    return None if method is None else method(node)


def outer_pattern(op: Scan) -> list[list[bool]]:
    """``pattern[outer input][outer output]``; what only counts steps or rows is connected to nothing."""
    reached = inner_masks(op.inputs, op.outputs)
    # behind each inner input: the outer inputs that it may depend on
    behind = [0] * len(op.inputs)
    for i in range(op.n_seqs):
        behind[i] = 1 << (1 + i)
    for state in op.states:
        for i in state.inner_inputs:
            behind[i] = 1 << state.outer_input
    for k in range(op.n_shared_outs):
        behind[op.inner_shared_start + k] = 1 << (op.outer_shared_start + k)
    for k in range(len(op.inputs) - op.inner_fixed_start):
        behind[op.inner_fixed_start + k] = 1 << (op.outer_fixed_start + k)
    loops = [(state.inner_outputs, state.inner_inputs) for state in op.states]
    first = op.n_state_outs + op.n_nit_sot
    loops += [((first + k,), (op.inner_shared_start + k,)) for k in range(op.n_shared_outs)]
    changed = True
    while changed:
        changed = False
        for outs, ins in loops:
            found = 0
            for o in outs:
                found |= _union(behind, reached[o])
            for i in ins:
                if behind[i] | found != behind[i]:
                    behind[i] |= found
                    changed = True
    columns = []
    for state in op.states:
        mask = 1 << state.outer_input
        for o in state.inner_outputs:
            mask |= _union(behind, reached[o])
        columns.append(mask)
    columns += [_union(behind, reached[op.n_state_outs + j]) for j in range(op.n_nit_sot)]
    columns += [behind[op.inner_shared_start + k] for k in range(op.n_shared_outs)]
    n_inputs = op.outer_fixed_start + len(op.inputs) - op.inner_fixed_start
    return [[bool(mask >> i & 1) for mask in columns] for i in range(n_inputs)]


def _union(behind: list[int], mask: int) -> int:
    found, i = 0, 0
    while mask:
        if mask & 1:
            found |= behind[i]
        mask >>= 1
        i += 1
    return found


def index_maps(op: Scan) -> dict[str, dict[int, Any]]:
    """Dictionaries ``<part>_from_<part>`` with parts outer_inp, inner_inp, inner_out, outer_out.

    Those from an outer part to an inner part, and between inner parts, map to lists; the others to one position (-1:
    none).
    """
    names = ("outer_inp", "inner_inp", "inner_out", "outer_out")
    maps: dict[str, dict[int, Any]] = {f"{a}_from_{b}": {} for a in names for b in names if a != b}
    groups: list[tuple[int, tuple[int, ...], tuple[int, ...], int]] = []
    groups += [(1 + k, (k,), (), -1) for k in range(op.n_seqs)]
    groups += [(s.outer_input, s.inner_inputs, s.inner_outputs, s.outer_output) for s in op.states]
    n_states = len(op.states)
    groups += [(op.outer_nitsot_start + j, (), (op.n_state_outs + j,), n_states + j) for j in range(op.n_nit_sot)]
    outs, results = op.n_state_outs + op.n_nit_sot, n_states + op.n_nit_sot
    groups += [
        (op.outer_shared_start + k, (op.inner_shared_start + k,), (outs + k,), results + k)
        for k in range(op.n_shared_outs)
    ]
    groups += [
        (op.outer_fixed_start + k, (op.inner_fixed_start + k,), (), -1)
        for k in range(len(op.inputs) - op.inner_fixed_start)
    ]
    for outer_in, inner_in, inner_out, outer_out in groups:
        members = {
            "outer_inp": [outer_in],
            "inner_inp": list(inner_in),
            "inner_out": list(inner_out),
            "outer_out": [outer_out] if outer_out >= 0 else [],
        }
        for a in names:
            for b in names:
                if a == b:
                    continue
                value: Any = members[a]
                if a.startswith("outer"):
                    value = value[0] if value else -1
                maps[f"{a}_from_{b}"].update(dict.fromkeys(members[b], value))
    return maps
