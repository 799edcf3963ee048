"""Taking a loop apart, changing its parts, and putting it together again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from theano.frozen import dataclass
from theano.graph import Apply, Constant, Variable, ancestors
from theano.graph.clone import rebuild_graph
from theano.scan_module.scan_op import Scan
from theano.scan_module.wiring import borders, safe_new

__all__ = ["LoopEdit", "RowPart", "SharedPart", "StatePart"]


@dataclass(eq=False)
class StatePart:
    """A buffer with its inner rows; `old` is the result that it had, `new` the one it got."""

    kind: str
    taps: list[int]
    out_taps: list[int]
    before: list[Variable]
    after: list[Variable]
    buffer: Any
    old: Any = None
    new: Any = None

    @property
    def offset(self) -> int:
        """How many rows hold values from before the first step."""
        return max(0, -min([*self.taps, *self.out_taps]))


@dataclass(eq=False)
class RowPart:
    """A result that is stacked row by row."""

    after: Variable
    length: Any
    old: Any = None
    new: Any = None


@dataclass(eq=False)
class SharedPart:
    """A state that is no tensor."""

    before: Variable
    after: Variable
    outer: Any
    old: Any = None
    new: Any = None


class LoopEdit:
    """The parts of a loop, free to be changed.

    Attributes
    ----------
    steps : Variable, ()
    sequences, fixed : list of (inner, outer)
    states, rows, shared : list of parts
    condition : Variable or None
    info : dict
        Counts are filled in by `build`.
    """

    def __init__(self, steps: Any, info: dict[str, Any]) -> None:
        self.steps = steps
        self.info = {**info, "destroy_map": {}}
        self.sequences: list[tuple[Variable, Any]] = []
        self.fixed: list[tuple[Variable, Any]] = []
        self.states: list[StatePart] = []
        self.rows: list[RowPart] = []
        self.shared: list[SharedPart] = []
        self.condition: Variable | None = None

    @classmethod
    def of(cls, node: Apply) -> LoopEdit:
        """The parts of the loop of `node`."""
        op: Scan = node.op
        edit = cls(node.inputs[0], op.info)
        edit.sequences = list(zip(op.inner_seqs(op.inputs), op.outer_seqs(node), strict=True))
        for state in op.states:
            edit.states.append(
                StatePart(
                    state.kind,
                    list(state.taps),
                    list(state.out_taps),
                    [op.inputs[i] for i in state.inner_inputs],
                    [op.outputs[i] for i in state.inner_outputs],
                    node.inputs[state.outer_input],
                    node.outputs[state.outer_output],
                )
            )
        rows = zip(op.inner_nitsot_outs(op.outputs), op.outer_nitsot(node), op.outer_nitsot_outs(node), strict=True)
        edit.rows = [RowPart(*row) for row in rows]
        shared = (op.inner_shared(op.inputs), op.inner_shared_outs(op.outputs), op.outer_shared(node))
        edit.shared = [SharedPart(*part) for part in zip(*shared, op.outer_shared_outs(node), strict=True)]
        edit.fixed = list(zip(op.inner_non_seqs(op.inputs), op.outer_non_seqs(node), strict=True))
        edit.condition = op.outputs[-1] if op.as_while else None
        return edit

    def tops(self) -> list[Variable]:
        """All inner outputs."""
        found = [v for state in self.states for v in state.after]
        found += [row.after for row in self.rows] + [part.after for part in self.shared]
        return found if self.condition is None else [*found, self.condition]

    def moving(self) -> list[Variable]:
        """Inner inputs that have another value in every step."""
        found = [v for v, _ in self.sequences] + [v for state in self.states for v in state.before]
        return found + [part.before for part in self.shared]

    def set_tops(self, new: Iterable[Variable]) -> None:
        """Exchange all inner outputs, in the order of `tops`."""
        given = iter(new)
        for state in self.states:
            state.after = [next(given) for _ in state.after]
        for part in (*self.rows, *self.shared):
            part.after = next(given)
        if self.condition is not None:
            self.condition = next(given)

    def substitute(self, swap: dict[Variable, Variable]) -> None:
        """Replace inner variables."""
        self.set_tops(rebuild_graph(self.tops(), swap)[0])

    def drop_unused_inputs(self) -> None:
        """Remove sequences and fixed parts that the step does not read; merge those that are given twice."""
        used = set(ancestors(self.tops(), [*self.moving(), *[v for v, _ in self.fixed]]))
        swap: dict[Variable, Variable] = {}
        self.sequences = _merged([pair for pair in self.sequences if pair[0] in used], swap)
        self.fixed = _merged([pair for pair in self.fixed if pair[0] in used], swap)
        if swap:
            self.substitute(swap)

    def move_out_fixed(self) -> int:
        """Compute outside what does not change between steps, and take constants in; tell how much was moved out."""
        before = self.tops()
        fixed = [(v, outer) for v, outer in self.fixed if v.type == outer.type]
        opened, _ = rebuild_graph(before, dict(fixed))
        found = borders(opened, self.moving(), ())
        fresh = [safe_new(v) if not _is_shared(v) else v.type.make_variable(v.name) for v in found]
        closed, _ = rebuild_graph(opened, dict(zip(found, fresh, strict=True)))
        self.set_tops(closed)
        known = {outer for _, outer in self.fixed}
        self.fixed = list(zip(fresh, found, strict=True))
        return sum(v not in known for v in found)

    def build(self) -> dict[Variable, Variable]:
        """Make the new node; return its results by the results that they replace."""
        order = {"mit_mot": 0, "mit_sot": 1, "sit_sot": 2}
        self.states.sort(key=lambda state: order[state.kind])
        kinds = [state.kind for state in self.states]
        info = {
            **self.info,
            "n_seqs": len(self.sequences),
            "n_nit_sot": len(self.rows),
            "n_shared_outs": len(self.shared),
            "tap_array": [state.taps for state in self.states],
            "mit_mot_out_slices": [state.out_taps for state in self.states if state.kind == "mit_mot"],
            "as_while": self.condition is not None,
            **{f"n_{kind}": kinds.count(kind) for kind in order},
        }
        op = Scan([*self.moving(), *[v for v, _ in self.fixed]], self.tops(), info)
        outer = [self.steps, *[v for _, v in self.sequences], *[state.buffer for state in self.states]]
        outer += [part.outer for part in self.shared] + [row.length for row in self.rows]
        results = op(*outer, *[v for _, v in self.fixed], return_list=True)
        swap = {}
        for part, new in zip([*self.states, *self.rows, *self.shared], results, strict=True):
            part.new = new
            if part.old is not None:
                swap[part.old] = new
        return swap


def _is_shared(v: Variable) -> bool:
    return getattr(v, "container", None) is not None


def _merged(pairs: list[tuple[Variable, Any]], swap: dict[Variable, Variable]) -> list[tuple[Variable, Any]]:
    first: dict[Any, Variable] = {}
    kept = []
    for inner, outer in pairs:
        if outer in first and not isinstance(outer, Constant) and first[outer].type == inner.type:
            swap[inner] = first[outer]
        else:
            first[outer] = inner
            kept.append((inner, outer))
    return kept
