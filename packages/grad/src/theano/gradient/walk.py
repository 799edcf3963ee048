"""The walk back over a graph, on which reverse mode rests.

One topological order of the nodes between the variables to differentiate by and the cost is walked backwards once.
When a node's turn comes, all readers of its outputs have left their terms, so the sums are final: every node's rule is
called once, and time is linear in the graph. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from theano.errors import explain
from theano.gradient.accumulate import fit, total
from theano.gradient.checks import NoGradientError, check_terms, created_at
from theano.gradient.disconnected import disconnected_type, is_disconnected, is_null
from theano.gradient.region import Region
from theano.gradient.zeros import is_continuous
from theano.graph import Apply, Variable
from theano.graph.trace import capture, is_library_frame, one_stack
from theano.plugin import table

__all__ = ["NodeView", "Walk"]


class NodeView:
    """A node as a rule sees it when its op destroys inputs: copies stand where the values will be gone."""

    def __init__(self, node: Apply) -> None:
        destroyed = {i for indices in node.op.destroy_map.values() for i in indices}
        self.op, self.outputs, self.tag = node.op, node.outputs, node.tag
        self.inputs = [v.copy() if i in destroyed and hasattr(v, "copy") else v for i, v in enumerate(node.inputs)]


class Walk:
    """One walk back over a region.

    Parameters
    ----------
    region : Region
    given : mapping of Variable to Variable
        Gradients that are known; they take the place of what would arrive.
    blocked : collection of Variable
        Variables that count as constants.
    """

    def __init__(self, region: Region, given: Mapping[Variable, Variable], blocked: Collection[Variable]) -> None:
        self.region = region
        self.given = given
        self.blocked = set(blocked)
        self.terms: dict[Variable, list[Variable]] = {}
        self.sums: dict[Variable, Variable | None] = {x: fit(x, g) if is_continuous(x) else g for x, g in given.items()}
        self.rules = table("gradient")

    def run(self) -> None:
        """Visit all nodes."""
        with one_stack(capture()):  # all is made in one call of the user's
            for node in reversed(self.region.nodes):
                self.visit(node)

    def gradient_of(self, x: Variable) -> Variable | None:
        """The finished sum for `x`; None if nothing arrived."""
        if x not in self.sums:
            terms = self.terms.pop(x, None)
            # readers were visited last to first; the sum keeps the order of the graph
            self.sums[x] = total(x, terms[::-1]) if terms else None
        return self.sums[x]

    def visit(self, node: Apply) -> None:
        """Turn what arrived at the outputs of a node into terms for its inputs."""
        arriving = [
            self.gradient_of(v) if v in self.region.active and v not in self.blocked else None for v in node.outputs
        ]
        reached = [g is not None and not is_disconnected(g) for g in arriving]
        if not any(reached):
            return
        pattern = self.region.patterns.get(node)
        null = self._null_terms(node, arriving, pattern)
        # what a rule gets: null gradients are not its business, they pass along the connections
        usable = [g if r and not is_null(g) else None for g, r in zip(arriving, reached, strict=True)]
        own = null if all(g is None for g in usable) else self._ask_rule(node, usable, pattern)
        for i in range(len(node.inputs) - 1, -1, -1):
            x = node.inputs[i]
            if x in self.given or x not in self.region.wanted:
                continue
            if pattern is None or any(r and c for r, c in zip(reached, pattern[i], strict=True)):
                self.terms.setdefault(x, []).append(null[i] if null[i] is not None else own[i])

    @staticmethod
    def _null_terms(node: Apply, arriving: Sequence[Any], pattern: Any) -> list[Any]:
        """Per input, the null gradient that comes through one of the outputs it is connected to, or None."""
        nulls = [o for o, g in enumerate(arriving) if g is not None and is_null(g)]
        if not nulls:
            return [None] * len(node.inputs)
        return [
            next((arriving[o] for o in nulls if pattern is None or pattern[i][o]), None)
            for i in range(len(node.inputs))
        ]

    def _ask_rule(self, node: Apply, arriving: Sequence[Any], pattern: Any) -> list[Variable]:
        rule = self.rules.lookup(node.op)
        if rule is None:
            raise NoGradientError(
                explain(
                    f"gradient of {node.op}",
                    "the op has neither a gradient rule nor a method grad or L_op" + created_at(node.outputs[0]),
                    "define one of them, or keep the op out of the gradient with disconnected_grad",
                )
            )
        gradients = [disconnected_type() if g is None else g for g in arriving]
        seen = NodeView(node) if node.op.destroy_map else node
        if _is_ours(node.op, rule):
            terms = rule(seen, gradients)
        else:
            with one_stack(None):  # nodes that a user's rule makes tell where in it
                terms = rule(seen, gradients)
        return check_terms(node, terms, pattern, [g is not None for g in arriving])


def _is_ours(op: Any, rule: Any) -> bool:
    """Whether only Theano's own code runs in a rule, so that no line in it is of interest to users."""
    written = (type(op).__module__, type(getattr(op, "scalar_op", op)).__module__, getattr(rule, "__module__", ""))
    return all(is_library_frame(str(module)) for module in written)
