"""The loop in Python: the inner graph is one compiled function, rows are read from and written into the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theano.configuration import config
from theano.errors import add_to_message, explain
from theano.graph.trace import user_line

if TYPE_CHECKING:
    from theano.graph import Apply
    from theano.scan_module.scan_op import Scan

__all__ = ["compile_inner", "run"]


def compile_inner(op: Scan) -> Any:
    """The inner graph of `op` as a function from inner inputs to the list of inner outputs.

    Arguments are lent (rows of the caller's arrays); results never share memory with them.
    """
    from theano.compile import In, function  # lazy: functions may hold loops

    inputs = [In(v, borrow=True) for v in op.inputs]
    profile = op.profile or config.profile or None
    made = function(
        inputs,
        list(op.outputs),
        mode=op.mode,
        on_unused_input="ignore",
        name=op.name or "scan_fn",
        profile=f"inner function of {op}" if profile and not isinstance(profile, str) else profile,
    )
    made.trust_input = True
    return made


def run(op: Scan, node: Apply, inputs: Sequence[Any]) -> list[Any]:
    """Values of the outer outputs."""
    steps = _checked_steps(op, node, inputs)
    buffers = _buffers(op, inputs)
    if steps == 0:
        return _without_steps(op, inputs, buffers)
    loop = _Loop(op, inputs, buffers)
    done = 0
    while done < steps:
        going = loop.step(done)
        done += 1
        if not going:
            break
    return loop.results(done, steps)


def _checked_steps(op: Scan, node: Apply, inputs: Sequence[Any]) -> int:
    steps = int(inputs[0])
    if steps < 0:
        raise IndexError(
            explain(f"run {op} for {steps} steps", "a negative number", "n_steps must be 0 or more (see go_backwards)")
        )
    for k in range(op.n_seqs):
        sequence = inputs[1 + k]
        if len(sequence) < steps:
            outer = node.inputs[1 + k]
            raise ValueError(
                explain(
                    f"run {op} for {steps} steps",
                    f"sequence {k} ({outer} of shape {sequence.shape}, {sequence.dtype}) is shorter",
                    "make n_steps smaller, or the sequence longer",
                )
            )
    return steps


def _buffers(op: Scan, inputs: Sequence[Any]) -> list[Any]:
    """The results of states, with the first rows set, others still to come."""
    return [_buffer(op, state, inputs[state.outer_input]) for state in op.states]


def _buffer(op: Scan, state: Any, given: Any) -> Any:
    if state.outer_output in op.destroy_map:
        return given
    if state.kind == "mit_mot":
        return np.array(given)
    buffer = np.empty_like(given, order="C")
    buffer[: state.offset] = given[: state.offset]
    return buffer


def _without_steps(op: Scan, inputs: Sequence[Any], buffers: list[Any]) -> list[Any]:
    """States keep their first rows; other results have no rows, with the shape that a step on zeros gives."""
    results = [buffer[: state.offset] for state, buffer in zip(op.states, buffers, strict=True)]
    rows = op.inner_nitsot_outs(op.outputs)
    if rows:
        arguments = [np.zeros(s.shape[1:], s.dtype) for s in inputs[1 : 1 + op.n_seqs]]
        for state, buffer in zip(op.states, buffers, strict=True):
            arguments += [np.zeros(buffer.shape[1:], buffer.dtype) for _ in state.taps]
        arguments += [*op.outer_shared(inputs), *op.outer_non_seqs(inputs)]
        for v, lengths in zip(rows, op.shapes_of_rows(*arguments), strict=True):
            results.append(np.zeros((0, *map(int, lengths)), v.type.dtype))
    return [*results, *op.outer_shared(inputs)]


class _Loop:
    """The values of one run."""

    def __init__(self, op: Scan, inputs: Sequence[Any], buffers: list[Any]) -> None:
        self.op = op
        self.fn = op.fn
        self.sequences = list(inputs[1 : 1 + op.n_seqs])
        self.buffers = buffers
        self.stored = [max(int(length), 1) for length in op.outer_nitsot(inputs)]
        self.rows: list[Any] = [None] * op.n_nit_sot
        self.shared = op.outer_shared(inputs)
        self.fixed = op.outer_non_seqs(inputs)
        self.reads = [
            (buffer, state.offset + tap) for state, buffer in zip(op.states, buffers, strict=True) for tap in state.taps
        ]
        self.writes = [
            (buffer, state.offset + tap, o)
            for state, buffer in zip(op.states, buffers, strict=True)
            for tap, o in zip(state.out_taps, state.inner_outputs, strict=True)
        ]

    def step(self, k: int) -> bool:
        """Do step `k`; tell whether to go on."""
        op = self.op
        arguments = [sequence[k, ...] for sequence in self.sequences]
        # A buffer with fewer rows than steps is a ring.
        arguments += [buffer[(k + shift) % len(buffer), ...] for buffer, shift in self.reads]
        try:
            new = self.fn(*arguments, *self.shared, *self.fixed)
        except Exception as error:
            add_to_message(error, f"(in step {k} of {op}, counted from 0)")
            raise
        for buffer, shift, o in self.writes:
            value = new[o]
            if value.shape != buffer.shape[1:]:
                raise _changed_shape(op, k, op.outputs[o], value, buffer.shape[1:], "its initial value has")
            buffer[(k + shift) % len(buffer)] = value
        start = op.n_state_outs
        for j in range(op.n_nit_sot):
            self._keep(k, j, new[start + j])
        if op.n_shared_outs:
            self.shared = new[start + op.n_nit_sot : start + op.n_nit_sot + op.n_shared_outs]
        return not (op.as_while and new[-1])

    def _keep(self, k: int, j: int, value: Any) -> None:
        rows = self.rows[j]
        if rows is None:
            v = self.op.outputs[self.op.n_state_outs + j]
            rows = self.rows[j] = np.empty((self.stored[j], *value.shape), v.type.dtype)
        elif value.shape != rows.shape[1:]:
            v = self.op.outputs[self.op.n_state_outs + j]
            raise _changed_shape(self.op, k, v, value, rows.shape[1:], "step 0 gave")
        rows[k % len(rows)] = value

    def results(self, done: int, steps: int) -> list[Any]:
        """The outer outputs after `done` of `steps` steps."""
        results = [
            _in_order(buffer, state.offset + done) for state, buffer in zip(self.op.states, self.buffers, strict=True)
        ]
        results += [_in_order(rows, done) for rows in self.rows]
        return [*results, *self.shared]


def _in_order(buffer: Any, used: int) -> Any:
    """The rows that were written, oldest first."""
    length = len(buffer)
    if used < length:
        return buffer[:used]
    return buffer if used % length == 0 else np.roll(buffer, -(used % length), axis=0)


def _changed_shape(op: Scan, k: int, variable: Any, value: Any, before: tuple[int, ...], source: str) -> ValueError:
    line = user_line(variable)
    return ValueError(
        explain(
            f"store what step {k} of {op} returns for {variable} of {variable.type}",
            f"its shape is {value.shape}, but {source} {before}" + (f" (written at {line})" if line else ""),
            "let every step return the same shape (optimizer_excluding=scanOp_pushout_output rules out that moving "
            "work out of the loop changed it)",
        )
    )
