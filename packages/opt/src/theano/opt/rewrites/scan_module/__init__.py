"""Rewrites of loops, in three phases: move work out, tidy up and merge, store only what is read.

Most programs have no loop. So the op is tracked by its name and a rule's file is loaded when it meets its first loop.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from theano.graph import FunctionGraph
from theano.opt.database import EquilibriumDB
from theano.opt.engine import GraphRule, Optimizer, TopoOptimizer

__all__ = ["LoopMerger", "cleaning_database", "memory_optimizer", "pushing_database", "shared_optimizer"]

_REMOVE = "remove_constants_and_unused_inputs_scan"

#: Work that moves out of loops: name, rule (``file.function``), further tags.
PUSHING: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("scanOp_merge_inner0", "tidy.scan_merge_inner", ()),
    ("scanOp_remove_constants_and_unused_inputs0", "tidy.scan_remove_unused", (_REMOVE,)),
    ("scanOp_remove_unused_outputs0", "tidy.scan_remove_unused_outputs", ()),
    ("scanOp_pushout_nonseqs_ops", "tidy.scan_pushout_nonseqs", ()),
    ("scanOp_pushout_seqs_ops", "pushout.scan_pushout_seqs", ()),
    ("scan_pushout_dot1", "pushout.scan_pushout_dot1", ("more_mem",)),
    ("scanOp_pushout_output", "pushout.scan_pushout_output", ("more_mem",)),
    ("scanOp_unroll", "unroll.scan_unroll", ()),
)

#: What makes loops smaller once the graph around them has settled.
CLEANING: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("scanOp_merge_inner1", "tidy.scan_merge_inner", ()),
    ("scanOp_remove_constants_and_unused_inputs1", "tidy.scan_remove_unused", (_REMOVE,)),
    ("scanOp_remove_unused_outputs1", "tidy.scan_remove_unused_outputs", ()),
    ("scanOp_merge_inouts", "tidy.scan_merge_inouts", ("scan_merge_inouts",)),
    ("scanOp_start_from_row", "sequences.scan_start_from_row", ()),
    ("scanOp_take_in_elemwise", "sequences.scan_take_in_elemwise", ()),
)


def _load(rule: str) -> Callable[..., Any]:
    file, _, function = rule.partition(".")
    found: Callable[..., Any] = getattr(import_module(f"{__name__}.{file}"), function)
    return found


class LoopMerger(Optimizer):
    """Merges loops over the same steps."""

    name = "scanOp_merge"

    def apply(self, fgraph: FunctionGraph) -> bool:
        if sum(type(node.op).__name__ == "Scan" for node in fgraph.apply_nodes) < 2:
            return False
        return bool(_load("merge.merge_loops")(fgraph))


def _rule(name: str, rule: str) -> GraphRule:
    made = GraphRule(lambda fgraph, node: _load(rule)(fgraph, node), ["Scan"])
    made.name = name
    return made


def _database(entries: Any) -> EquilibriumDB:
    database = EquilibriumDB()
    for name, rule, tags in entries:
        # A tag that equals the name of its entry goes without saying.
        database.register(name, _rule(name, rule), "fast_run", "scan", *[tag for tag in tags if tag != name])
    return database


def pushing_database() -> EquilibriumDB:
    """The rules of phase ``scan_eqopt1``."""
    return _database(PUSHING)


def cleaning_database() -> EquilibriumDB:
    """The rules of phase ``scan_eqopt2``."""
    cleaning = _database(CLEANING)
    cleaning.register("scanOp_merge", LoopMerger(), "fast_run", "scan", final_opt=True)
    return cleaning


def memory_optimizer() -> TopoOptimizer:
    """The one rule of phase ``scanOp_save_mem``."""
    return TopoOptimizer(_rule("scanOp_save_mem", "memory.scan_save_mem"))


def shared_optimizer() -> TopoOptimizer:
    """The one rule of phase ``scanOp_shared_to_states``."""
    return TopoOptimizer(_rule("scanOp_shared_to_states", "shared.scan_shared_to_states"))
