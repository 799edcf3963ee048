"""The rewrites, one file a subject, named as the files of `theano.tensor` that they concern.

What the files offer is listed in `theano.opt.rewrites.listed`, so that a file is imported for the first graph with an
op that one of its rules is about.
"""

from __future__ import annotations

from theano.opt.database import SequenceDB
from theano.opt.engine import LateRule, MergeOptimizer

__all__ = ["RULE_FILES", "late_rule", "register_all"]

#: Files with a `rules` list, in the order in which rules are tried.
RULE_FILES = (
    "useless", "fill", "alloc", "shape", "dimshuffle", "reshape", "subtensor", "increment", "serialize", "fancy_index",
    "join", "cast", "switch", "algebra", "multiples", "pow", "exp_log", "reduction", "partial_products", "stabilize",
    "sigmoid_softplus", "nnet.crossentropy", "nnet.softmax",
)  # fmt: skip


def late_rule(file: str, name: str, *classes: str) -> LateRule:
    """The rule `name` of one of our files, which is imported when a node of one of the classes is met."""
    return LateRule(f"{__name__}.{file}", name, classes)


def register_all(optdb: SequenceDB) -> None:
    """Enter all rules into the databases of the phases."""
    # lazy: phases can be listed without rules
    from theano.opt.constant_folding import constant_folding
    from theano.opt.rewrites.listed import LISTED

    for file, rules in LISTED:
        for name, classes, phases, tags, options in rules:
            rule = late_rule(file, name, *classes)
            for phase in phases:
                optdb[phase].register(name, rule, *tags, **options)
    # early, so that normal forms meet constants as constants
    optdb["useless"].register("constant_folding", constant_folding, "fast_run", "fast_compile")
    for phase in ("canonicalize", "stabilize", "specialize", "uncanonicalize"):
        optdb[phase].register("constant_folding", constant_folding, "fast_run", "fast_compile", final_opt=True)
        merge = MergeOptimizer()
        optdb[phase].register(f"{phase}_merge", merge, "fast_run", "fast_compile", cleanup=True)
