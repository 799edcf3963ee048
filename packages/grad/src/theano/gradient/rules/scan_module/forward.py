"""Forward mode through loops: a loop of tangents over the stored values."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.errors import explain
from theano.gradient.checks import NoGradientError
from theano.gradient.forward import Rop
from theano.gradient.rules.conventions import forward
from theano.gradient.rules.scan_module.history import History, LoopParts, assemble
from theano.gradient.rules.scan_module.reverse import _of_type, _smooth
from theano.graph import Variable
from theano.scan_module.connections import inner_masks

__all__ = ["scan_tangents"]


@forward
def scan_tangents(node: Any, points: list) -> list:
    """Tangents of the outer outputs; None where they are zero."""
    op = node.op
    masks = inner_masks(op.inputs, op.outputs)
    moving = _moving_inputs(op, points, masks)
    if not moving:
        return [None] * len(node.outputs)
    if not op.info["keeps_rows"]:
        raise NoGradientError(
            explain(f"Rop through {op}", "the loop keeps its last state only", "give while_loop max_steps, or use scan")
        )
    history = History(node)
    parts = LoopParts()
    tangents = {op.inputs[i]: op.inputs[i].type() for i in sorted(moving)}
    mask = sum(1 << i for i in moving)
    tops = [o for o in range(op.n_state_outs + op.n_nit_sot) if masks[o] & mask and _smooth(op.outputs[o])]
    found = dict(zip(tops, _inner_tangents([op.outputs[o] for o in tops], tangents), strict=True))
    for i, v in enumerate(op.inner_seqs(op.inputs)):
        if v in tangents:
            parts.add_sequence(tangents[v], points[1 + i][: history.steps])
    kept = _add_states(node, parts, points, tangents, found)
    mapped = [o for o in tops if o >= op.n_state_outs]
    parts.mapped += [_of_type(found[o], op.outputs[o]) for o in mapped]
    history.store_draws([*[after for *_, after in parts.states], *parts.mapped])
    for inner, outer in history.rows.items():
        parts.add_sequence(inner, outer)
    for k, (inner, outer) in enumerate(history.fixed.items()):
        parts.add_fixed(inner, outer)
        if inner in tangents:
            parts.add_fixed(tangents[inner], points[op.outer_fixed_start + k])
    info = {key: op.info[key] for key in ("mode", "profile", "allow_gc", "truncate_gradient")}
    buffers, rows = assemble(parts, history.steps, {**info, "name": f"rop_of_{op.name or 'scan_fn'}"})
    results: list[Any] = [None] * len(node.outputs)
    for k, buffer in zip(kept, buffers, strict=True):
        results[op.states[k].outer_output] = buffer
    for o, stacked in zip(mapped, rows, strict=True):
        results[len(op.states) + o - op.n_state_outs] = stacked
    return results


def _moving_inputs(op: Any, points: list, masks: list[int]) -> set[int]:
    """Inner inputs that have a tangent in some step."""
    moving = {k for k in range(op.n_seqs) if points[1 + k] is not None}
    for k, v in enumerate(op.inner_non_seqs(op.inputs)):
        if points[op.outer_fixed_start + k] is not None and _smooth(v):
            moving.add(op.inner_fixed_start + k)
    moving = {i for i in moving if _smooth(op.inputs[i])}
    changed = True
    while changed:
        changed = False
        mask = sum(1 << i for i in moving)
        for state in op.states:
            if not _smooth(op.inputs[state.inner_inputs[0]]) or moving.issuperset(state.inner_inputs):
                continue
            if points[state.outer_input] is not None or any(masks[o] & mask for o in state.inner_outputs):
                moving.update(state.inner_inputs)
                changed = True
    return moving


def _inner_tangents(outputs: list[Variable], tangents: dict[Variable, Variable]) -> list[Any]:
    if not outputs:
        return []
    results = Rop(
        outputs,
        list(tangents),
        list(tangents.values()),
        disconnected_outputs="ignore",
        return_disconnected="zero",
    )
    return list(results)


def _add_states(node: Any, parts: LoopParts, points: list, tangents: dict[Variable, Variable], found: Any) -> list[int]:
    """Add the states that move; return their numbers."""
    op = node.op
    kept = []
    for k, state in enumerate(op.states):
        before = [op.inputs[i] for i in state.inner_inputs]
        if before[0] not in tangents:
            continue
        (o,) = state.inner_outputs
        after = found[o] if o in found else at.zeros_like(op.outputs[o])
        point = points[state.outer_input]
        initial = at.zeros_like(node.outputs[state.outer_output]) if point is None else point
        own = [tangents[v] for v in before]
        parts.add_state_with_taps(own, list(state.taps), initial[: state.offset], _of_type(after, before[0]))
        kept.append(k)
    return kept
