"""Lifetimes: when a slot's memory is free again, what may be written over it, and updates in place."""

from __future__ import annotations

from typing import Any

from theano.frozen import replace
from theano.lowering.plan import Plan
from theano.lowering.steps import CallStep, KernelStep, PerformStep, Step

Pairs = tuple[tuple[int, int], ...]


def root_of(slot: int, aliases: dict[int, int]) -> int:
    """The slot whose memory `slot` shows (itself if it is no view)."""
    while slot in aliases:
        slot = aliases[slot]
    return slot


def assign_lifetimes(plan: Plan) -> Plan:
    """Return `plan` with in-place updates chosen and moved last, and with `frees` and `inplace` filled in."""
    plan = _choose_commits(plan)
    roots = [root_of(slot.number, plan.aliases) for slot in plan.slots]
    last = _last_uses(plan, roots)
    temporary = [slot.kind == "temp" for slot in plan.slots]
    kept = {roots[s] for s in plan.outputs}
    steps: list[Step] = []
    members: dict[int, list[int]] = {}
    for slot in plan.slots:
        if slot.kind == "temp":
            members.setdefault(roots[slot.number], []).append(slot.number)
    for position, step in enumerate(plan.steps):
        touched = {roots[s] for s in (*step.inputs, *step.outputs)}
        dying = [r for r in touched if last[r] == position and r not in kept and temporary[r]]
        frees = tuple(sorted(s for r in dying for s in members.get(r, (r,))))
        # A root that is an input or constant owns nothing of ours, but its views are headers that may go.
        changes: dict[str, Any] = {"frees": frees}
        if isinstance(step, KernelStep | CallStep):
            changes["inplace"] = _inplace(plan, step, set(dying)) if dying else ()
        steps.append(replace(step, **changes))
    return replace(plan, steps=tuple(steps))


def _last_uses(plan: Plan, roots: list[int]) -> dict[int, int]:
    last: dict[int, int] = {}
    for position, step in enumerate(plan.steps):
        for slot in step.inputs:
            last[roots[slot]] = position
        for slot in step.outputs:
            last[roots[slot]] = position
    return last


def _inplace(plan: Plan, step: KernelStep | CallStep, dying: set[int]) -> Pairs:
    """Pairs (output, input) where the output may be written over the input, which dies in this step."""
    candidates = candidate_pairs(step) if isinstance(step, KernelStep) else step.inplace
    taken_out = {j for j, _ in step.commit}
    taken_in = {i for _, i in step.commit}
    pairs: list[tuple[int, int]] = []
    for j, i in candidates:
        slot = step.inputs[i]
        if j in taken_out or i in taken_in or slot not in dying or slot in plan.aliases:
            continue
        if _shown_twice(plan, step, i) or slot in step.outputs:
            continue
        pairs.append((j, i))
        taken_out.add(j)
        taken_in.add(i)
    return tuple(pairs)


def _shown_twice(plan: Plan, step: Step, i: int) -> bool:
    """Whether another input shows memory of input `i` (``s + s[::-1]``), so that it must not be written over."""
    root = root_of(step.inputs[i], plan.aliases)
    return any(k != i and root_of(slot, plan.aliases) == root for k, slot in enumerate(step.inputs))


def candidate_pairs(step: KernelStep) -> Pairs:
    """Pairs (output, input) of an elementwise kernel with the same dtype and the same elements at the same places."""
    if not step.kernel.is_map or step.stands >= 0:
        return ()
    identity = tuple(range(step.ndim))
    pairs = []
    for j, output in enumerate(step.node.outputs):
        for i, variable in enumerate(step.node.inputs):
            if step.input_orders[i] == identity and variable.type == output.type:
                pairs.append((j, i))
    return tuple(pairs)


def _choose_commits(plan: Plan) -> Plan:
    """Mark steps that may write a new value straight into a shared variable's storage, and move them last.

    Allowed when the new value goes nowhere else, and nothing reads the old value except that step and steps before it.
    """
    producer = {slot: position for position, step in enumerate(plan.steps) for slot in step.outputs}
    readers: dict[int, set[int]] = {}
    for position, step in enumerate(plan.steps):
        for slot in step.inputs:
            readers.setdefault(root_of(slot, plan.aliases), set()).add(position)
    shown = [root_of(s, plan.aliases) for s in plan.outputs]
    marked: dict[int, Step] = {}
    for out_position, in_position in plan.updates:
        value, target = plan.outputs[out_position], plan.inputs[in_position]
        at = producer.get(value)
        if at is None or value in plan.aliases or shown.count(value) != 1 or readers.get(value):
            continue
        step = marked.get(at, plan.steps[at])
        pair = _commit_pair(plan, step, value, target)
        if pair is None or target in shown or isinstance(step, PerformStep):
            continue
        marked[at] = replace(step, commit=(*step.commit, pair))  # type: ignore[attr-defined]
    marked = _only_safe(plan, marked, readers)
    if not marked:
        return plan
    early = [step for position, step in enumerate(plan.steps) if position not in marked]
    return replace(plan, steps=(*early, *(marked[p] for p in sorted(marked))))


def _commit_pair(plan: Plan, step: Step, value: int, target: int) -> tuple[int, int] | None:
    if isinstance(step, KernelStep):
        allowed = candidate_pairs(step)
    elif isinstance(step, CallStep):
        allowed = step.inplace
    else:
        return None
    for j, i in allowed:
        if step.outputs[j] == value and step.inputs[i] == target and not _shown_twice(plan, step, i):
            return j, i
    return None


def _only_safe(plan: Plan, marked: dict[int, Step], readers: dict[int, set[int]]) -> dict[int, Step]:
    """Drop commits of variables that another committing step, or a step behind one, still reads.

    Nor may a committing step compute results of the function: those are handed out before anything is written.
    """
    new_values = {position for position, _ in plan.updates}
    results = {root_of(s, plan.aliases) for p, s in enumerate(plan.outputs) if p not in new_values}
    changed = True
    while changed:
        changed = False
        for position, step in list(marked.items()):
            made = [root_of(s, plan.aliases) for s in step.outputs]
            outputs_read = any(readers.get(root) or root in results for root in made)
            bad = outputs_read or any(
                other != position and other in marked
                for _, i in step.commit  # type: ignore[attr-defined]
                for other in readers.get(root_of(step.inputs[i], plan.aliases), ())
            )
            if bad:
                del marked[position]
                changed = True
    return marked
