"""The rewrites, one file a subject, named as the files of `theano.tensor` that they concern."""

from __future__ import annotations

from importlib import import_module

from theano.opt.database import SequenceDB
from theano.opt.engine import MergeOptimizer

__all__ = ["RULE_FILES", "register_all"]

#: Files with a `rules` list, in the order in which rules are tried.
RULE_FILES = (
    "useless", "fill", "alloc", "shape", "dimshuffle", "reshape", "subtensor", "increment", "fancy_index", "join",
    "cast", "switch", "algebra", "multiples", "pow", "exp_log", "reduction", "stabilize", "sigmoid_softplus",
    "nnet.crossentropy", "nnet.softmax",
)  # fmt: skip


def register_all(optdb: SequenceDB) -> None:
    """Enter all rules into the databases of the phases."""
    from theano.opt.constant_folding import constant_folding  # lazy: rules need tensors, listing them does not

    for name in RULE_FILES:
        import_module(f"{__name__}.{name}").rules.install(optdb)
    # early, so that normal forms meet constants as constants
    optdb["useless"].register("constant_folding", constant_folding, "fast_run", "fast_compile")
    for phase in ("canonicalize", "stabilize", "specialize", "uncanonicalize"):
        optdb[phase].register("constant_folding", constant_folding, "fast_run", "fast_compile", final_opt=True)
        merge = MergeOptimizer()
        optdb[phase].register(f"{phase}_merge", merge, "fast_run", "fast_compile", cleanup=True)
