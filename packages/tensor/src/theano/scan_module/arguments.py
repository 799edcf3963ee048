"""Sequences, initial values and numbers of steps, as users give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError, explain
from theano.frozen import dataclass, field
from theano.graph import Variable
from theano.scan_module.checks import written_at
from theano.tensor import TensorType, as_tensor_variable, cast, constant, get_scalar_constant_value, minimum

__all__ = ["Output", "Sequence_", "as_list", "read_outputs", "read_sequences", "read_steps"]


@dataclass(eq=False)
class Sequence_:
    """A sequence, cut so that row ``t`` of ``parts[i]`` is what the step gets for ``taps[i]``."""

    taps: list[int]
    parts: list[Any]
    names: list[str | None]


@dataclass(eq=False)
class Output:
    """What is known of an output before the step has run: its initial value, if it is fed back."""

    kind: str
    initial: Any = None
    taps: list[int] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    @property
    def offset(self) -> int:
        """How many initial rows the taps reach back."""
        return -min(self.taps)


def as_list(value: Any) -> list[Any]:
    """A list of what was given: nothing, one thing, or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _tensor(value: Any, what: str) -> Any:
    try:
        return as_tensor_variable(value)
    except Exception as error:
        raise type(error)(
            explain(f"scan: {what} as a symbolic tensor", f"{value!r} of {type(value).__name__}", "give a tensor")
        ) from error


def _taps(taps: Any, default: list[int], what: str) -> list[int]:
    given = default if taps is None else [taps] if isinstance(taps, int | np.integer) else list(taps)
    if not all(isinstance(tap, int | np.integer) and not isinstance(tap, bool) for tap in given):
        raise ValueError(explain(f"scan: taps of {what}", f"{taps!r}", "give an int or a list of ints"))
    return [int(tap) for tap in given]


def _label(variable: Any, tap: int) -> str | None:
    name = getattr(variable, "name", None)
    if not name:
        return None
    return f"{name}[t]" if tap == 0 else f"{name}[t{tap:+d}]"


def read_sequences(sequences: Any, go_backwards: bool) -> list[Sequence_]:
    """The argument `sequences`.

    Raises
    ------
    ValueError, TypeError
        Unknown keys, bad taps, a sequence without rows.
    """
    return [_read_sequence(k, entry, go_backwards) for k, entry in enumerate(as_list(sequences))]


def _read_sequence(k: int, entry: Any, go_backwards: bool) -> Sequence_:
    what = f"sequence {k}"
    spec = entry if isinstance(entry, dict) else {"input": entry}
    unknown = set(spec) - {"input", "taps"}
    if unknown or spec.get("input") is None:
        found = f"unknown keys {sorted(unknown)}" if unknown else "no input"
        raise ValueError(explain(f"scan: {what}", found, "give a variable, or dict(input=variable, taps=[...])"))
    whole = _tensor(spec["input"], what)
    if whole.ndim == 0:
        raise ValueError(
            explain(
                f"scan: loop over the rows of {what}",
                f"{whole} of {whole.type} has no dimensions{written_at(whole)}",
                "give a tensor of at least one dimension, or list it in non_sequences",
            )
        )
    taps = _taps(spec.get("taps"), [0], f"{what} ({whole})")
    low, high = min([*taps, 0]), max([*taps, 0])
    parts = []
    for tap in taps:
        start, spare = tap - low, high - tap
        part = whole if not start and not spare else whole[start : -spare if spare else None]
        parts.append(part[::-1] if go_backwards else part)
    return Sequence_(taps, parts, [_label(whole, tap) for tap in taps])


def read_outputs(outputs_info: Any) -> list[Output]:
    """The argument `outputs_info`.

    Raises
    ------
    ValueError
        Taps without an initial value, taps that are not negative or not distinct, unknown keys.
    """
    return [_read_output(k, entry) for k, entry in enumerate(as_list(outputs_info))]


def _read_output(k: int, entry: Any) -> Output:
    what = f"outputs_info[{k}]"
    if entry is None:
        return Output("nit_sot")
    spec = entry if isinstance(entry, dict) else {"initial": entry}
    if "return_steps" in spec:
        raise ValueError(
            explain(
                f"scan: {what}",
                "the key return_steps",
                "index the result instead, for instance result[-n:]: only what is read is stored",
            )
        )
    unknown = set(spec) - {"initial", "taps"}
    if unknown:
        raise ValueError(explain(f"scan: {what}", f"unknown keys {sorted(unknown)}", "use initial and taps"))
    if spec.get("initial") is None:
        if spec.get("taps"):
            raise ValueError(
                explain(
                    f"scan: feed back taps {spec['taps']} of output {k}",
                    f"{what} has no initial value",
                    "add initial=..., or remove the taps",
                )
            )
        return Output("nit_sot")
    initial = _tensor(spec["initial"], f"the initial value in {what}")
    taps = _taps(spec.get("taps"), [-1], f"{what} ({initial})")
    if not taps or any(tap >= 0 for tap in taps) or len(set(taps)) != len(taps):
        raise ValueError(
            explain(
                f"scan: feed back taps {taps} of output {k}",
                "taps of outputs must be negative and distinct",
                "use -1 for the last value, -2 for the one before",
            )
        )
    names = [_label(initial, tap) for tap in taps]
    if taps == [-1]:
        return Output("sit_sot", initial, taps, names)
    if initial.ndim == 0:
        raise ValueError(
            explain(
                f"scan: initial values of output {k} for taps {taps}",
                f"{initial} of {initial.type} has no dimensions{written_at(initial)}",
                f"stack at least {-min(taps)} values along a leading axis, oldest first",
            )
        )
    return Output("mit_sot", initial, taps, names)


def read_steps(n_steps: Any, sequences: Sequence[Sequence_]) -> tuple[Any, int | None]:
    """The number of steps as an int64 scalar variable, and as an int where it is known.

    Raises
    ------
    ValueError
        It is no integer, or nothing tells it.
    """
    if n_steps is None:
        lengths = [sequence.parts[0].shape[0] for sequence in sequences if sequence.parts]
        if not lengths:
            raise ValueError(
                explain(
                    "scan: know the number of steps", "neither sequences nor n_steps", "give n_steps, or a sequence"
                )
            )
        steps = lengths[0]
        for length in lengths[1:]:
            steps = minimum(steps, length)
    else:
        steps = _given_steps(n_steps)
    try:
        known = int(get_scalar_constant_value(steps))
    except NotScalarConstantError:
        return steps, None
    if known < -1:  # -1 stands for one step, as it always did
        raise ValueError(explain(f"scan: n_steps={known}", "a negative number", "give 0 or more; see go_backwards"))
    return constant(np.asarray(known, dtype="int64")), known


def _given_steps(n_steps: Any) -> Any:
    if isinstance(n_steps, bool) or (isinstance(n_steps, float) and n_steps != int(n_steps)):
        raise ValueError(explain(f"scan: n_steps={n_steps!r}", "no integer", "give an int or an integer scalar"))
    steps = n_steps if isinstance(n_steps, Variable) else _tensor(int(n_steps), "n_steps")
    if not hasattr(steps.type, "dtype") or not isinstance(steps.type, TensorType):
        steps = _tensor(steps, "n_steps")
    if steps.ndim or not steps.dtype.startswith(("int", "uint")):
        raise ValueError(
            explain(
                f"scan: n_steps={steps}",
                f"it is of {steps.type}{written_at(steps)}",
                "give an int or a 0-d integer variable (cast it with theano.tensor.cast)",
            )
        )
    return steps if steps.dtype == "int64" else cast(steps, "int64")
