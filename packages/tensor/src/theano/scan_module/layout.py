"""Where the parts of a loop stand among its inputs and outputs.

Outer inputs: number of steps; sequences; buffers of states (mit_mot, mit_sot, sit_sot); shared states that are no
tensors; for each nit_sot output the length to store; what is the same in every step. Inner inputs: slices of the
sequences; for each state the rows it reads; shared states; what is the same in every step. Inner outputs: new rows of
the states; nit_sot rows; shared states; the condition of a while loop. Outer outputs follow the inner ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from theano.frozen import dataclass

__all__ = ["Layout", "State", "complete_info"]

DEFAULTS: dict[str, Any] = {
    "tap_array": [], "n_seqs": 0, "n_mit_mot": 0, "n_mit_mot_outs": 0, "mit_mot_out_slices": [], "n_mit_sot": 0,
    "n_sit_sot": 0, "n_shared_outs": 0, "n_nit_sot": 0, "truncate_gradient": -1, "name": None, "mode": None,
    "destroy_map": {}, "gpua": False, "as_while": False, "profile": False, "allow_gc": False, "strict": False,
    "keeps_rows": True,
}  # fmt: skip


def complete_info(info: dict[str, Any]) -> dict[str, Any]:
    """`info` with defaults for what it leaves out, and taps as lists of int."""
    full = {**DEFAULTS, **info}
    n_states = full["n_mit_mot"] + full["n_mit_sot"] + full["n_sit_sot"]
    taps = full["tap_array"]
    if isinstance(taps, dict):
        taps = [taps[i] for i in range(n_states)]
    full["tap_array"] = [list(map(int, row)) for row in taps]
    full["mit_mot_out_slices"] = [list(map(int, row)) for row in full["mit_mot_out_slices"]]
    full["n_mit_mot_outs"] = sum(map(len, full["mit_mot_out_slices"]))
    full["destroy_map"] = dict(full["destroy_map"] or {})
    return full


@dataclass(frozen=True)
class State:
    """A buffer whose rows are computed from earlier rows.

    At step ``t`` the rows ``t + offset + tap`` are read for each of `taps`, and ``t + offset + tap`` are written for
    each of `out_taps`.
    """

    kind: str
    taps: tuple[int, ...]
    out_taps: tuple[int, ...]
    inner_inputs: tuple[int, ...]
    inner_outputs: tuple[int, ...]
    outer_input: int
    outer_output: int

    @cached_property
    def offset(self) -> int:
        """How many rows hold values from before the first step."""
        return max(0, -min((*self.taps, *self.out_taps)))


class Layout:
    """Counts, positions and slices of the parts; mixed into the op, which has `info`, `inputs` and `outputs`."""

    info: dict[str, Any]
    inputs: list[Any]
    outputs: list[Any]

    def _read_info(self, info: dict[str, Any]) -> None:
        self.info = complete_info(info)
        for key in ("n_seqs", "n_mit_mot", "n_mit_mot_outs", "n_mit_sot", "n_sit_sot", "n_shared_outs", "n_nit_sot"):
            setattr(self, key, int(self.info[key]))
        for key in ("tap_array", "mit_mot_out_slices", "truncate_gradient", "name", "mode", "as_while", "profile"):
            setattr(self, key, self.info[key])
        for key in ("allow_gc", "strict", "destroy_map"):
            setattr(self, key, self.info[key])
        self.mit_mot_taps = self.tap_array[: self.n_mit_mot]
        self.states = self._make_states()
        self.n_tap_inputs = sum(len(state.taps) for state in self.states)
        self.n_state_outs = sum(len(state.out_taps) for state in self.states)

    n_seqs: int
    n_mit_mot: int
    n_mit_mot_outs: int
    n_mit_sot: int
    n_sit_sot: int
    n_shared_outs: int
    n_nit_sot: int
    tap_array: list[list[int]]
    mit_mot_out_slices: list[list[int]]
    as_while: bool

    def _make_states(self) -> tuple[State, ...]:
        kinds = ["mit_mot"] * self.n_mit_mot + ["mit_sot"] * self.n_mit_sot + ["sit_sot"] * self.n_sit_sot
        states = []
        read, written = self.n_seqs, 0
        for i, (kind, taps) in enumerate(zip(kinds, self.tap_array, strict=True)):
            out_taps = tuple(self.mit_mot_out_slices[i]) if kind == "mit_mot" else (0,)
            states.append(
                State(
                    kind,
                    tuple(taps),
                    out_taps,
                    tuple(range(read, read + len(taps))),
                    tuple(range(written, written + len(out_taps))),
                    1 + self.n_seqs + i,
                    i,
                )
            )
            read, written = read + len(taps), written + len(out_taps)
        return tuple(states)

    # -- positions -------------------------------------------------------------------------------------------------

    @property
    def inner_shared_start(self) -> int:
        """Position of the first shared state among the inner inputs."""
        return self.n_seqs + self.n_tap_inputs

    @property
    def inner_fixed_start(self) -> int:
        """Position of the first inner input that is the same in every step."""
        return self.inner_shared_start + self.n_shared_outs

    @property
    def outer_shared_start(self) -> int:
        """Position of the first shared state among the outer inputs."""
        return 1 + self.n_seqs + len(self.states)

    @property
    def outer_nitsot_start(self) -> int:
        """Position of the first length among the outer inputs."""
        return self.outer_shared_start + self.n_shared_outs

    @property
    def outer_fixed_start(self) -> int:
        """Position of the first outer input that is the same in every step."""
        return self.outer_nitsot_start + self.n_nit_sot

    # -- classic slices --------------------------------------------------------------------------------------------

    def _states_of(self, kind: str) -> list[State]:
        return [state for state in self.states if state.kind == kind]

    def _inner_rows(self, kind: str, items: Sequence[Any]) -> list[list[Any]]:
        return [[items[i] for i in state.inner_inputs] for state in self._states_of(kind)]

    def inner_seqs(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Slices of sequences among inner inputs."""
        return list(list_inputs[: self.n_seqs])

    def outer_seqs(self, list_inputs: Any) -> list[Any]:
        """Sequences among outer inputs (or those of a node)."""
        return _inputs(list_inputs)[1 : 1 + self.n_seqs]

    def inner_mitmot(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Rows read by mit_mot states."""
        return [v for rows in self._inner_rows("mit_mot", list_inputs) for v in rows]

    def inner_mitsot(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Rows read by mit_sot states."""
        return [v for rows in self._inner_rows("mit_sot", list_inputs) for v in rows]

    def inner_sitsot(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Rows read by sit_sot states."""
        return [v for rows in self._inner_rows("sit_sot", list_inputs) for v in rows]

    def _outer(self, kind: str, items: Any) -> list[Any]:
        given = _inputs(items)
        return [given[state.outer_input] for state in self._states_of(kind)]

    def outer_mitmot(self, list_inputs: Any) -> list[Any]:
        """Buffers of mit_mot states."""
        return self._outer("mit_mot", list_inputs)

    def outer_mitsot(self, list_inputs: Any) -> list[Any]:
        """Buffers of mit_sot states."""
        return self._outer("mit_sot", list_inputs)

    def outer_sitsot(self, list_inputs: Any) -> list[Any]:
        """Buffers of sit_sot states."""
        return self._outer("sit_sot", list_inputs)

    def inner_mitmot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """Rows written by mit_mot states."""
        return [list_outputs[i] for state in self._states_of("mit_mot") for i in state.inner_outputs]

    def inner_mitsot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """Rows written by mit_sot states."""
        return [list_outputs[state.inner_outputs[0]] for state in self._states_of("mit_sot")]

    def inner_sitsot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """Rows written by sit_sot states."""
        return [list_outputs[state.inner_outputs[0]] for state in self._states_of("sit_sot")]

    def _outer_outs(self, kind: str, items: Any) -> list[Any]:
        given = _outputs(items)
        return [given[state.outer_output] for state in self._states_of(kind)]

    def outer_mitmot_outs(self, list_outputs: Any) -> list[Any]:
        """Results of mit_mot states."""
        return self._outer_outs("mit_mot", list_outputs)

    def outer_mitsot_outs(self, list_outputs: Any) -> list[Any]:
        """Results of mit_sot states."""
        return self._outer_outs("mit_sot", list_outputs)

    def outer_sitsot_outs(self, list_outputs: Any) -> list[Any]:
        """Results of sit_sot states."""
        return self._outer_outs("sit_sot", list_outputs)

    def outer_nitsot(self, list_inputs: Any) -> list[Any]:
        """Lengths to store, one for each nit_sot output."""
        return _inputs(list_inputs)[self.outer_nitsot_start : self.outer_fixed_start]

    def inner_nitsot_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """Rows of nit_sot outputs."""
        return list(list_outputs[self.n_state_outs : self.n_state_outs + self.n_nit_sot])

    def outer_nitsot_outs(self, list_outputs: Any) -> list[Any]:
        """Results of nit_sot outputs."""
        return _outputs(list_outputs)[len(self.states) : len(self.states) + self.n_nit_sot]

    def inner_shared(self, list_inputs: Sequence[Any]) -> list[Any]:
        """Shared states among inner inputs."""
        return list(list_inputs[self.inner_shared_start : self.inner_fixed_start])

    def outer_shared(self, list_inputs: Any) -> list[Any]:
        """Shared states among outer inputs."""
        return _inputs(list_inputs)[self.outer_shared_start : self.outer_nitsot_start]

    def inner_shared_outs(self, list_outputs: Sequence[Any]) -> list[Any]:
        """New shared states among inner outputs."""
        start = self.n_state_outs + self.n_nit_sot
        return list(list_outputs[start : start + self.n_shared_outs])

    def outer_shared_outs(self, list_outputs: Any) -> list[Any]:
        """Last shared states among outer outputs."""
        start = len(self.states) + self.n_nit_sot
        return _outputs(list_outputs)[start : start + self.n_shared_outs]

    def inner_non_seqs(self, list_inputs: Sequence[Any]) -> list[Any]:
        """What is the same in every step, among inner inputs."""
        return list(list_inputs[self.inner_fixed_start :])

    def outer_non_seqs(self, list_inputs: Any) -> list[Any]:
        """What is the same in every step, among outer inputs."""
        return _inputs(list_inputs)[self.outer_fixed_start :]


def _inputs(items: Any) -> list[Any]:
    return list(getattr(items, "inputs", items))


def _outputs(items: Any) -> list[Any]:
    return list(getattr(items, "outputs", items))
