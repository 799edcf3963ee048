"""Smaller names of classic `theano.gof.opt` and `theano.tensor.opt`, for people who write rewrites."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from theano.errors import explain
from theano.graph import Apply, FunctionGraph, Variable, clone_replace, graph_inputs
from theano.plugin import registry

from .engine import EquilibriumOptimizer, LocalOptimizer, Optimizer, copy_stack_trace

__all__ = [
    "AddFeatureOptimizer",
    "CheckStackTraceOptimization",
    "check_chain",
    "check_stack_trace",
    "inherit_stack_trace",
    "pre_greedy_local_optimizer",
    "register_canonicalize",
    "register_specialize",
    "register_specialize_device",
    "register_stabilize",
    "register_uncanonicalize",
    "register_useless",
]


@contextmanager
def inherit_stack_trace(from_var: Variable) -> Iterator[Callable[[Variable], Variable]]:
    """Context with a function that gives a variable the creation traces of `from_var`."""
    yield lambda made: copy_stack_trace(from_var, made)


def check_chain(variable: Variable, *chain: Any) -> bool:
    """Whether `variable` was made by the chain of ops: each entry an op, an op class or a test of the op.

    Examples
    --------
    >>> import theano.tensor as T
    >>> check_chain(T.exp(T.log(T.dscalar())), T.exp, T.log)
    True
    """
    wanted = list(chain[0]) if len(chain) == 1 and isinstance(chain[0], list | tuple) else list(chain)
    for step in wanted:
        node = variable if isinstance(variable, Apply) else variable.owner
        if node is None:
            return False
        if isinstance(step, type):
            fits = isinstance(node.op, step)
        else:
            fits = node.op == step or (callable(step) and not hasattr(step, "make_node") and bool(step(node.op)))
        if not fits:
            return False
        variable = node.inputs[0] if node.inputs else node  # type: ignore[assignment]
    return True


def check_stack_trace(f_or_fgraph: Any, ops_to_check: Any = "last", bug_print: str = "raise") -> bool:
    """Whether the nodes of a function or graph carry creation traces.

    Parameters
    ----------
    f_or_fgraph : Function or FunctionGraph
    ops_to_check : "last", "all", an op, an op class, a list of these, or a test of the node
    bug_print : "raise", "warn" or "ignore"
        What to do about a missing trace besides returning False.
    """
    fgraph = f_or_fgraph if isinstance(f_or_fgraph, FunctionGraph) else f_or_fgraph.maker.fgraph
    if bug_print not in ("raise", "warn", "ignore"):
        raise ValueError(explain("check_stack_trace", f"bug_print={bug_print!r}", "use 'raise', 'warn' or 'ignore'"))
    for node in _nodes_to_check(fgraph, ops_to_check):
        if all(getattr(output.tag, "trace", None) for output in node.outputs):
            continue
        text = explain("check creation traces", f"{node} has none", "use copy_stack_trace in the rewrite that made it")
        if bug_print == "raise":
            raise ValueError(text)
        if bug_print == "warn":
            print(text, file=sys.stderr)
        return False
    return True


def _nodes_to_check(fgraph: FunctionGraph, wanted: Any) -> Iterable[Apply]:
    nodes = fgraph.toposort()
    if isinstance(wanted, str):
        if wanted not in ("last", "all"):
            raise ValueError(explain("check_stack_trace", f"ops_to_check={wanted!r}", "use 'last' or 'all'"))
        if wanted == "all":
            return nodes
        return [v.owner for v in fgraph.outputs if v.owner is not None]
    kinds = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
    return [n for n in nodes if any(check_chain(n.outputs[0], kind) for kind in kinds)]


class CheckStackTraceOptimization(Optimizer):
    """Fail when a node of the graph has no creation trace."""

    name = "CheckStackTrace"

    def apply(self, fgraph: FunctionGraph) -> None:
        check_stack_trace(fgraph, ops_to_check="all")


class AddFeatureOptimizer(Optimizer):
    """Attach a feature to the graph."""

    def __init__(self, feature: Any) -> None:
        self.feature = feature

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        fgraph.attach_feature(self.feature)


def pre_greedy_local_optimizer(list_optimizations: Iterable[LocalOptimizer], out: Variable) -> Variable:
    """`out` rewritten by some local rewriters, as an expression of the same inputs."""
    inputs = list(graph_inputs([out]))
    fgraph = FunctionGraph([v for v in inputs if not hasattr(v, "data")], [out], clone=True)
    originals = [v for v in inputs if not hasattr(v, "data")]
    EquilibriumOptimizer(list(list_optimizations)).optimize(fgraph)
    return clone_replace(fgraph.outputs[0], dict(zip(fgraph.inputs, originals, strict=True)))


def _register(phase: str) -> Any:
    def register(lopt: Any, *tags: str, name: str | None = None, **kwargs: Any) -> Any:
        if isinstance(lopt, str):  # used as a decorator with tags

            def decorate(rewriter: Any) -> Any:
                return register(rewriter, lopt, *tags, name=name, **kwargs)

            return decorate
        registry().optdb[phase].register(name or lopt.name or lopt.__name__, lopt, "fast_run", *tags, **kwargs)
        return lopt

    register.__name__ = f"register_{phase}"
    register.__doc__ = (
        f"Enter a local rewriter into the phase {phase} with the tag fast_run and more; also a decorator."
    )
    return register


register_canonicalize = _register("canonicalize")
register_stabilize = _register("stabilize")
register_specialize = _register("specialize")
register_uncanonicalize = _register("uncanonicalize")
register_specialize_device = _register("specialize_device")
register_useless = _register("useless")
