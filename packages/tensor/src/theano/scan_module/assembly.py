"""From a traced step to a node of the loop op, and to the results that the user sees."""

from __future__ import annotations

from typing import Any

from theano.compile.sharedvalue import SharedVariable
from theano.errors import MissingInputError, explain
from theano.frozen import dataclass, field
from theano.graph import Constant, Variable
from theano.graph.clone import rebuild_graph
from theano.graph.trace import capture
from theano.graph.traversal import graph_inputs
from theano.scan_module.arguments import Output
from theano.scan_module.checks import check_feedback, written_at
from theano.scan_module.scan_op import Scan
from theano.scan_module.wiring import borders, safe_new
from theano.tensor import (
    AllocEmpty,
    Assert,
    TensorType,
    cast,
    constant,
    ge,
    patternbroadcast,
    set_subtensor,
    shape_padleft,
)
from theano.tensor.subtensor import Subtensor
from theano.updates import OrderedUpdates

__all__ = ["Body", "build_loop", "expand_empty", "first_state", "last_row", "state_buffer"]


@dataclass(eq=False)
class Body:
    """A step that has been called on fresh variables."""

    sequences: list[Any]
    slices: list[Variable]
    infos: list[Output]
    past: list[list[Variable]]
    outputs: list[Variable]
    updates: dict[Any, Variable]
    condition: Variable | None
    listed: list[Variable]
    info: dict[str, Any] = field(default_factory=dict)


def expand_empty(tensor_var: Any, size: Any) -> Any:
    """`tensor_var` with `size` rows added at the end, whose values are not set."""
    if size == 0:
        return tensor_var
    return _with_room(tensor_var, tensor_var.shape[0], [tensor_var.shape[i] for i in range(1, tensor_var.ndim)], size)


def state_buffer(rows: Any, count: int, steps: Any) -> Any:
    """Room for `count` first rows and one row for each step, the first rows set.

    Parameters
    ----------
    rows : Variable, (count, ...)
        The first rows.
    """
    return _with_room(rows, count, [rows.shape[i] for i in range(1, rows.ndim)], steps)


def first_state(value: Any, steps: Any) -> Any:
    """`state_buffer` for one first row, given as it is."""
    rows = shape_padleft(value)
    return _with_room(rows, 1, [value.shape[i] for i in range(value.ndim)], steps)


def _with_room(rows: Any, count: Any, lengths: list[Any], steps: Any) -> Any:
    flags = (False, *rows.broadcastable[1:])
    known = [1 if flag else length for flag, length in zip(flags[1:], lengths, strict=True)]
    room = AllocEmpty(rows.dtype)(steps + count, *known)
    if room.broadcastable != flags:
        room = patternbroadcast(room, flags)
    return set_subtensor(room[:count], rows)


class _Parts:
    """Inner and outer parts, group by group."""

    def __init__(self, body: Body) -> None:
        self.body = body
        by_kind = {kind: [i for i, o in enumerate(body.infos) if o.kind == kind] for kind in _KINDS}
        self.mit, self.sit, self.nit = (by_kind[kind] for kind in _KINDS)
        # Shared tensors that the step updates are states of which the last row is the update; others have no rows.
        tensors = [s for s in body.updates if isinstance(s.type, TensorType)]
        self.updated_tensors = tensors
        self.updated_others = [s for s in body.updates if not isinstance(s.type, TensorType)]
        self.copies = {s: safe_new_shared(s) for s in body.updates}

    @property
    def inner_states(self) -> list[Variable]:
        past = self.body.past
        return [
            *[v for i in self.mit for v in past[i]],
            *[v for i in self.sit for v in past[i]],
            *[self.copies[s] for s in self.updated_tensors],
            *[self.copies[s] for s in self.updated_others],
        ]

    def inner_outputs(self) -> list[Variable]:
        body = self.body
        tops = [body.outputs[i] for i in (*self.mit, *self.sit)]
        tops += [body.updates[s] for s in self.updated_tensors]
        tops += [body.outputs[i] for i in self.nit]
        tops += [body.updates[s] for s in self.updated_others]
        return tops if body.condition is None else [*tops, body.condition]

    def buffers(self, steps: Any) -> list[Any]:
        infos = self.body.infos
        if not self.body.info.get("keeps_rows", True):
            steps = constant(1, dtype="int64")  # a ring: one row more than the step reads back
        several = [infos[i] for i in self.mit]
        found = [state_buffer(_first_rows(info), info.offset, steps) for info in several]
        found += [first_state(infos[i].initial, steps) for i in self.sit]
        return found + [first_state(s, steps) for s in self.updated_tensors]

    def info(self) -> dict[str, Any]:
        infos = self.body.infos
        return {
            **self.body.info,
            "n_seqs": len(self.body.sequences),
            "n_mit_sot": len(self.mit),
            "n_sit_sot": len(self.sit) + len(self.updated_tensors),
            "n_nit_sot": len(self.nit),
            "n_shared_outs": len(self.updated_others),
            "tap_array": [infos[i].taps for i in self.mit] + [[-1]] * (len(self.sit) + len(self.updated_tensors)),
            "as_while": self.body.condition is not None,
        }


def _first_rows(info: Output) -> Any:
    """The first rows that the taps need; too few of them are an error, they would be repeated otherwise."""
    count = info.offset
    text = explain(
        f"scan: initial values for taps {info.taps}",
        f"{info.initial} has fewer than {count} rows{written_at(info.initial)}",
        f"stack at least {count} values along the first axis, oldest first",
    )
    if isinstance(info.initial, Constant):
        if len(info.initial.data) < count:
            raise ValueError(text)
        return info.initial[:count]
    if count == 1:
        return info.initial[:1]
    return Assert(text)(info.initial, ge(info.initial.shape[0], count))[:count]


_KINDS = ("mit_sot", "sit_sot", "nit_sot")


def safe_new_shared(shared: Any) -> Variable:
    """The inner variable that stands for a shared variable."""
    fresh: Variable = shared.type.make_variable(f"{shared.name}_copy" if shared.name else None)
    return fresh


def _check_states(body: Body) -> None:
    for info, past, output in zip(body.infos, body.past, body.outputs, strict=True):
        if info.kind != "nit_sot":
            check_feedback(body.info.get("name"), past[0], output)


def _check_strict(body: Body, found: list[Variable]) -> None:
    for v in graph_inputs(found, body.listed):
        if isinstance(v, SharedVariable) and v not in body.listed:
            raise MissingInputError(
                explain(
                    "scan with strict=True: every shared variable of the step is listed",
                    f"{v} of {v.type} is not{written_at(v)}",
                    "add it to non_sequences",
                )
            )


def build_loop(body: Body, steps: Any, strict: bool) -> tuple[list[Any], OrderedUpdates]:
    """The loop over `body`: its results in the order of the step's outputs, and updates of shared variables."""
    _check_states(body)
    if body.condition is not None and body.condition.type.dtype != "bool":  # type: ignore[attr-defined]
        body.condition = cast(body.condition, "bool")
    parts = _Parts(body)
    tops = parts.inner_outputs()
    if not tops:
        return [], OrderedUpdates()
    changing = [*body.slices, *[v for row in body.past for v in row], *body.updates]
    cuts = [v for v in body.listed if not isinstance(v, SharedVariable)]
    outer_fixed = borders(tops, changing, cuts)
    if strict:
        _check_strict(body, outer_fixed)
    # Those that the user listed come in that order, shared variables first.
    place = {v: i for i, v in reversed(list(enumerate(body.listed)))}
    outer_fixed.sort(key=lambda v: (not isinstance(v, SharedVariable), place.get(v, len(place))))
    inner_fixed = [safe_new_shared(v) if isinstance(v, SharedVariable) else safe_new(v) for v in outer_fixed]
    swap = {**parts.copies, **dict(zip(outer_fixed, inner_fixed, strict=True))}
    inner_outputs, _ = rebuild_graph(tops, swap)
    op = Scan([*body.slices, *parts.inner_states, *inner_fixed], inner_outputs, parts.info())
    outer = [steps, *body.sequences, *parts.buffers(steps), *parts.updated_others]
    outer += [steps] * len(parts.nit)
    results = op(*outer, *outer_fixed, return_list=True)
    return _user_results(body, parts, results)


def _user_results(body: Body, parts: _Parts, results: list[Any]) -> tuple[list[Any], OrderedUpdates]:
    rest = iter(results)
    found: dict[int, Any] = {}
    for i in parts.mit:
        found[i] = next(rest)[body.infos[i].offset :]
    for i in parts.sit:
        found[i] = next(rest)[1:]
    updates = OrderedUpdates()
    last = {s: next(rest)[-1] for s in parts.updated_tensors}
    for i in parts.nit:
        found[i] = next(rest)
    last.update({s: next(rest) for s in parts.updated_others})
    for s in body.updates:
        updates[s] = s.type.filter_variable(last[s])
    stack = capture()
    for i, v in found.items():
        if stack:
            v.tag.trace = [stack]
        if body.outputs[i].name and v.name is None:
            v.name = body.outputs[i].name
    return [found[i] for i in range(len(body.outputs))], updates


def last_row(rows: Any) -> Any:
    """The last row of a result; of a state that is fed back the first value, where no step was done."""
    buffer = rows.owner.inputs[0] if rows.owner is not None and isinstance(rows.owner.op, Subtensor) else None
    looped = buffer is not None and buffer.owner is not None and isinstance(buffer.owner.op, Scan)
    return buffer[-1] if looped else rows[-1]
