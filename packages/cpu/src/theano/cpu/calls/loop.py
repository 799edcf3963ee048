"""Loops: the steps of a scan run in the runtime where the step is a native plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.codegen.contiguous import Body
from theano.compile.measured import unmeasured
from theano.cpu.description import typenum_of
from theano.cpu.machine_code import address_of
from theano.cpu.perform import perform_thunk
from theano.cpu.recurrence import recurrence_of
from theano.cpu.together import inside, put_off
from theano.errors import add_to_message
from theano.frozen import dataclass
from theano.scan_module.scan_op import Scan

__all__ = ["ROWS"]


def call_loop(node: Any, build: Any) -> Any:
    """All steps of a loop whose states are tensors."""
    op = node.op
    if op.n_shared_outs or not _has_tensors(node):
        return None
    step = _native_step(op)
    if step is None:
        return None
    ints = [op.n_seqs, len(op.states), op.n_nit_sot, int(op.as_while)]
    for state in op.states:
        ints += [state.offset, int(state.kind == "mit_mot"), len(state.taps), len(state.out_taps)]
        ints += [*state.taps, *state.out_taps]
    whole = recurrence_of(op, step.plan)
    ints += [0] * (2 + op.n_state_outs + op.n_nit_sot) if whole is None else whole.numbers()
    # An input without a node may be a shared variable, which a failing loop must not leave half-updated.
    own = [(s.outer_output, s.outer_input) for s in op.states if node.inputs[s.outer_input].owner is not None]
    destroyed = tuple(s.outer_input for s in op.states if s.outer_output in op.destroy_map)
    python = (perform_thunk(node, destroyed), _noter(op), _shape_changed(op), _yield, _teller(step))
    parts = LoopParts(step, python, None if whole is None else whole.body)
    return build.call("loop", [("ints", tuple(ints)), ("object", parts)], own)


@dataclass(frozen=True)
class LoopParts:
    """What the runtime is given for a loop.

    step : NativeFunction
        One step; it may be unsettled (see `theano.cpu.together`).
    python : tuple of callables
        The whole loop, the note for an error, the error of a row of another shape, what to call for other threads'
        sake, and (or None) what to call after the loop, for profiles.
    body : Body or None
        A generated function for all steps.
    """

    step: Any
    python: tuple[Callable[..., Any] | None, ...]
    body: Body | None

    def settled(self) -> tuple[Any, ...]:
        """The description that `rt_loop_setup` reads."""
        return (self.step, *self.python, 0 if self.body is None else address_of(self.body))


def _has_tensors(node: Any) -> bool:
    """Whether everything but what is the same in all steps is a tensor, with buffers of the type of the results."""
    op = node.op
    moving = [*node.inputs[: op.outer_fixed_start], *node.outputs, *op.inputs[: op.inner_fixed_start], *op.outputs]
    if any(typenum_of(v.type) < 0 for v in moving):
        return False
    pairs = [(node.inputs[s.outer_input].type, node.outputs[s.outer_output].type) for s in op.states]
    return all((given.dtype, given.ndim) == (made.dtype, made.ndim) for given, made in pairs)


def _native_step(op: Scan) -> Any:
    """The compiled step if the runtime can run it inside a loop, else None."""
    from theano.cpu.native_function import NativeFunction  # lazy: loads the runtime

    with put_off():
        step = unmeasured(op.fn)
    plain = isinstance(step, NativeFunction) and not step.plan.updates
    return step if plain and not any(spec.implicit for spec in step.maker.inputs) else None


def _yield() -> None:
    """Lets others run: at the start of a function the interpreter looks who waits for its lock."""


def _teller(step: Any) -> Callable[[], None] | None:
    """What reads the profiles of a step and of the steps of loops inside it; None where nobody wants any."""
    profiled = [each for each in inside(step) if each.has_statistics]

    def tell() -> None:
        for each in profiled:
            each.keep_loop_books()

    return tell if profiled else None


def _noter(op: Scan) -> Callable[[Exception, int], None]:
    def note(error: Exception, k: int) -> None:
        add_to_message(error, f"(in step {k} of {op}, counted from 0)")

    return note


def _shape_changed(op: Scan) -> Callable[[int, int, Any, tuple[int, ...]], None]:
    def raise_error(k: int, number: int, value: Any, before: tuple[int, ...]) -> None:
        from theano.scan_module.running import _changed_shape  # lazy: only for the error

        source = "its initial value has" if number < op.n_state_outs else "step 0 gave"
        raise _changed_shape(op, k, op.outputs[number], value, before, source)

    return raise_error


ROWS = ((Scan, call_loop),)
