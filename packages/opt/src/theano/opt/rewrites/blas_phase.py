"""The phase of BLAS forms, whose rules are imported when a graph has a product."""

from __future__ import annotations

from theano.opt.database import SequenceDB
from theano.opt.engine import LateOptimizer, in2out
from theano.opt.rewrites import late_rule

__all__ = ["blas_database"]

_RULES = "theano.opt.rewrites.blas"


def blas_database() -> SequenceDB:
    """The BLAS phase: each step may be excluded by its name."""
    db = SequenceDB()
    db.name = "BlasOpt"
    run = "fast_run"
    for position, name, *tags in (
        (0, "local_dot_to_dot22", "fast_compile"),
        (15, "local_gemm_to_gemv", "local_gemm_to_ger"),
    ):
        db.register(name, in2out(late_rule("blas", name, "Dot"), name=name), position, run, *tags)
    sums = LateOptimizer(_RULES, "gemm_optimizer", "gemm_optimizer", ("Dot", "Dot22"))
    db.register("gemm_optimizer", sums, 10, run)
    scaled = LateOptimizer(_RULES, "dot22scalar_optimizer", "local_dot22_to_dot22scalar", ("Dot22",))
    db.register("local_dot22_to_dot22scalar", scaled, 20, run)
    return db
