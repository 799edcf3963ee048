"""The phases of rewriting: one ordered list.

Every phase has a position, a name, tags by which modes choose it, and a maker of the rewriter or database behind it.
Rules enter the databases by name; see `theano.opt.rewrites`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.frozen import dataclass

from .database import EquilibriumDB, LocalGroupDB, Query, SequenceDB
from .engine import MergeOptimizer, TopoOptimizer

__all__ = ["PHASES", "Phase", "register_phases"]


@dataclass(frozen=True)
class Phase:
    """One step of the pipeline."""

    position: float
    name: str
    tags: tuple[str, ...]
    purpose: str
    make: Callable[[], Any]


class UselessDB(LocalGroupDB):
    """The group of rules that only remove; it runs as one pass in topological order."""

    def build(self, query: Query) -> TopoOptimizer:  # type: ignore[override]
        return TopoOptimizer(super().build(query))


def _shape_opt() -> Any:
    from .shape_feature import ShapeOptimizer  # lazy: phases can be listed without tensors

    return ShapeOptimizer()


def _unshape_opt() -> Any:
    from .shape_feature import UnShapeOptimizer  # lazy: as above

    return UnShapeOptimizer()


def _one_rule(name: str, file: str, rule: str, *classes: str) -> Callable[[], Any]:
    """Maker of a pass of one rule, whose file is imported when a node of one of the classes is met."""

    def make() -> Any:
        from .engine import in2out  # lazy: as above
        from .rewrites import late_rule

        return in2out(late_rule(file, rule, *classes), name=name)

    return make


def _when_met(name: str, module: str, rewriter: str, *ops: str) -> Callable[[], Any]:
    """Maker of a whole-graph rewriter that is imported for graphs with one of the ops."""

    def make() -> Any:
        from .engine import LateOptimizer  # lazy: as above

        return LateOptimizer(f"theano.opt.{module}", rewriter, name, ops)

    return make


def _blas() -> Any:
    from .rewrites.blas_phase import blas_database  # lazy: as above

    return blas_database()


def _fusion() -> Any:
    from .fusion import fusion_database  # lazy: as above

    return fusion_database()


def _reduction_fusion() -> Any:
    from .fusion_late import reduction_fusion_database  # lazy: as above

    return reduction_fusion_database()


def _scan_out() -> Any:
    from .rewrites.scan_module import pushing_database  # lazy: as above

    return pushing_database()


def _scan_tidy() -> Any:
    from .rewrites.scan_module import cleaning_database  # lazy: as above

    return cleaning_database()


def _scan_memory() -> Any:
    from .rewrites.scan_module import memory_optimizer  # lazy: as above

    return memory_optimizer()


def _scan_shared() -> Any:
    from .rewrites.scan_module import shared_optimizer  # lazy: as above

    return shared_optimizer()


_RUN, _BOTH = ("fast_run",), ("fast_run", "fast_compile")

_serialize = _one_rule("pre_local_IncSubtensor_serialize", "serialize", "local_IncSubtensor_serialize", "Add")
_fill_to_alloc = _one_rule("local_fill_to_alloc", "fill", "local_fill_to_alloc", "Second")
_elemwise_alloc = _one_rule("local_elemwise_alloc", "alloc", "local_elemwise_alloc", "Elemwise")
_log_sum_exp = _one_rule("local_log_sum_exp", "stabilize", "local_log_sum_exp", "Log")
_crossentropy = _one_rule(
    "crossentropy_to_crossentropy_with_softmax", "nnet.crossentropy", "crossentropy_with_softmax",
    "CrossentropyCategorical1Hot",
)  # fmt: skip
_sweep_products = _when_met("sweep_products", "rewrites.swept", "SweepProducts", "Gemv")
_activate_products = _when_met("activate_products", "rewrites.activated", "ActivateProducts", "Dot22")
_own_room = _one_rule("local_own_room", "increment", "local_own_room", "IncSubtensor")

#: The pipeline, in order.
PHASES: tuple[Phase, ...] = (
    Phase(0, "merge1", (*_BOTH, "merge"), "one node for equal computations", MergeOptimizer),
    Phase(0.05, "scan_eqopt1", (*_RUN, "scan"), "move work out of loops", _scan_out),
    Phase(0.1, "ShapeOpt", _BOTH, "attach shape inference", _shape_opt),
    Phase(0.6, "useless", _BOTH, "remove what obviously does nothing", UselessDB),
    Phase(0.65, "merge1.1", (*_BOTH, "merge"), "merge again", MergeOptimizer),
    Phase(0.99, "pre_local_IncSubtensor_serialize", _RUN, "increments follow one another", _serialize),
    Phase(1, "canonicalize", (*_BOTH, "canonicalize_db"), "equilibrium of normal forms", EquilibriumDB),
    Phase(1.2, "merge1.2", (*_BOTH, "merge"), "merge again", MergeOptimizer),
    Phase(1.5, "stabilize", _RUN, "numerically safer forms", EquilibriumDB),
    Phase(1.51, "local_fill_to_alloc", _RUN, "fills become allocations", _fill_to_alloc),
    Phase(1.52, "local_elemwise_alloc", _RUN, "no allocations below elementwise ops", _elemwise_alloc),
    Phase(1.6, "local_log_sum_exp", _RUN, "log of sums of exponentials without overflow", _log_sum_exp),
    Phase(1.6, "scan_eqopt2", (*_RUN, "scan"), "tidy loops up and merge them", _scan_tidy),
    Phase(1.61, "scanOp_save_mem", (*_RUN, "scan"), "loops store only what is read", _scan_memory),
    Phase(1.62, "scanOp_shared_to_states", (*_RUN, "scan"), "shared tensors of loops are states", _scan_shared),
    Phase(1.7, "BlasOpt", _BOTH, "dot becomes BLAS forms", _blas),
    Phase(2, "specialize", (*_RUN, "fast_compile_gpu"), "faster special cases", EquilibriumDB),
    Phase(
        2.01,
        "crossentropy_to_crossentropy_with_softmax",
        (*_RUN, "xent", "fast_compile_gpu"),
        "fused loss",
        _crossentropy,
    ),
    Phase(3, "uncanonicalize", _RUN, "undo normal forms that are slow to run", EquilibriumDB),
    Phase(10, "UnShapeOpt", (), "drop shape inference when asked", _unshape_opt),
    Phase(48.6, "specialize_device", _BOTH, "rewrites that depend on the device", EquilibriumDB),
    Phase(49, "elemwise_fusion", (*_RUN, "fusion", "local_elemwise_fusion", "FusionOptimizer"), "loop fusion", _fusion),
    Phase(49, "merge2", (*_RUN, "merge"), "merge again", MergeOptimizer),
    Phase(49.05, "sweep_products", (*_RUN, "fusion"), "two products with one matrix in one sweep", _sweep_products),
    Phase(49.1, "reduction_fusion", (*_RUN, "fusion"), "loop fusion through reductions", _reduction_fusion),
    Phase(49.2, "activate_products", (*_RUN, "fusion"), "products with what is done to them", _activate_products),
    Phase(100, "merge3", (*_RUN, "merge"), "final merge", MergeOptimizer),
    Phase(100.1, "local_own_room", _RUN, "what is filled piece by piece has memory of its own", _own_room),
)


def register_phases(optdb: SequenceDB) -> None:
    """Enter every phase into `optdb`."""
    for phase in PHASES:
        made = phase.make()
        if phase.name.startswith("merge"):
            made.name = phase.name
        optdb.register(phase.name, made, phase.position, *phase.tags)
