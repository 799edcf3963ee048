"""`loop` and `while_loop`: the loop op for nested containers of variables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from theano.errors import explain
from theano.graph import Variable
from theano.scan_module.arguments import read_outputs, read_sequences, read_steps
from theano.scan_module.assembly import Body, build_loop, last_row
from theano.scan_module.returns import call_step, until
from theano.scan_module.scan import cut, trace
from theano.tensor import as_tensor_variable, constant, eq, neq, switch

__all__ = ["loop", "while_loop"]

#: Steps that a while loop may do at most: more than any program waits for.
_FOREVER = 2**62


def _children(tree: Any) -> list[Any] | None:
    """The members of a container; None for anything else."""
    if isinstance(tree, Variable):
        return None
    if isinstance(tree, list | tuple):
        return list(tree)
    if isinstance(tree, dict):
        return [tree[key] for key in sorted(tree, key=str)]
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [getattr(tree, f.name) for f in dataclasses.fields(tree)]
    return None


def _leaves(tree: Any) -> list[Any]:
    """All members that are no containers, in order; None counts as an empty container."""
    found: list[Any] = []
    pending = [tree]
    while pending:
        item = pending.pop()
        members = _children(item)
        if members is not None:
            pending.extend(reversed(members))
        elif item is not None:
            found.append(item)
    return found


def _filled(tree: Any, leaves: Iterator[Any]) -> Any:
    """A container like `tree` with other members."""
    if tree is None:
        return None
    members = _children(tree)
    if members is None:
        return next(leaves)
    new = [_filled(member, leaves) for member in members]
    if isinstance(tree, dict):
        by_key = dict(zip(sorted(tree, key=str), new, strict=True))
        return type(tree)((key, by_key[key]) for key in tree)
    if dataclasses.is_dataclass(tree):
        return type(tree)(**{f.name: v for f, v in zip(dataclasses.fields(tree), new, strict=True)})
    return type(tree)(*new) if hasattr(tree, "_fields") else type(tree)(new)


def _shape_of(tree: Any) -> Any:
    """The structure of a container, to be compared."""
    members = _children(tree)
    if members is None:
        return "nothing" if tree is None else "value"
    keys = sorted(map(str, tree)) if isinstance(tree, dict) else None
    return type(tree).__name__, keys, [_shape_of(member) for member in members]


def _as_variables(tree: Any) -> Any:
    return _filled(tree, iter([as_tensor_variable(v) if not isinstance(v, Variable) else v for v in _leaves(tree)]))


def _same_structure(what: str, before: Any, after: Any) -> None:
    if _shape_of(before) != _shape_of(after):
        raise ValueError(
            explain(
                f"{what}: the step returns a state built like the initial one",
                f"{_shape_of(after)} instead of {_shape_of(before)}",
                "return the same containers with the same keys",
            )
        )


def loop(
    step: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: Any = None,
    *,
    go_backwards: bool = False,
    name: str | None = None,
    mode: Any = None,
) -> tuple[Any, Any]:
    """Carry a state through a loop; collect a result from each step.

    Parameters
    ----------
    step : callable
        ``step(state, x) -> (new state, y)``. State, `x` and `y` are variables or nested tuples, lists, dicts or
        dataclasses of variables; `y` may be None.
    init : variable or container
        The first state. The step must keep its structure, dtypes and shapes.
    xs : variable or container, optional
        Tensors that are read row by row.
    length : int or Variable, (), optional
        Number of steps; default: the length of the shortest of `xs`.
    go_backwards : bool
        Read `xs` from the end.
    name, mode
        As for `theano.scan`.

    Returns
    -------
    final : as `init`
        The state after the last step; `init` if there is none.
    ys : as `y`
        Each stacked along a new first axis.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector("x")
    >>> state = {"sum": T.constant(0.0, dtype="float64")}
    >>> final, squares = loop(lambda s, row: ({"sum": s["sum"] + row}, row ** 2), state, x)
    >>> float(final["sum"].eval({x: [1.0, 2.0]})), squares.eval({x: [1.0, 2.0]}).tolist()
    (3.0, [1.0, 4.0])
    """
    state, rows = _as_variables(init), _as_variables(xs)
    first, sequences = _leaves(state), _leaves(rows)
    kept: dict[str, Any] = {}

    def flat_step(*args: Any) -> list[Any]:
        given = iter(args)
        x = _filled(rows, iter([next(given) for _ in sequences]))
        new, y = _pair(call_step(step, [_filled(state, iter([next(given) for _ in first])), x], "loop"))
        new, kept["y"] = _as_variables(new), _as_variables(y)
        _same_structure("loop", state, new)
        return [*_leaves(new), *_leaves(kept["y"])]

    if not sequences and length is None:
        raise ValueError(explain("loop: know the number of steps", "neither xs nor length", "give one of them"))
    seqs = read_sequences(sequences, go_backwards)
    steps, _ = read_steps(length, seqs)
    seqs = [cut(s, steps) for s in seqs] if len(seqs) > 1 or length is not None else seqs
    body = trace(flat_step, seqs, read_outputs(first), [], pad=True)
    _no_updates("loop", body)
    body.info = {"name": name, "mode": mode}
    results, _ = build_loop(body, steps, strict=False)
    return _filled(state, iter([last_row(v) for v in results[: len(first)]])), _filled(
        kept["y"], iter(results[len(first) :])
    )


def _pair(returned: Any) -> Any:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        found = f"{len(returned)} values" if isinstance(returned, tuple | list) else type(returned).__name__
        do = "return (state, None) where there is nothing to collect"
        raise ValueError(explain("loop: the step returns a pair, the new state and what to collect", found, do))
    return returned


def _no_updates(what: str, body: Body) -> None:
    if body.updates:
        names = ", ".join(map(str, body.updates))
        raise ValueError(
            explain(
                f"{what}: a step without side effects", f"it updates {names}", "carry the value as state, or use scan"
            )
        )


def while_loop(
    cond: Callable[[Any], Any],
    step: Callable[[Any], Any],
    init: Any,
    max_steps: Any = None,
    *,
    name: str | None = None,
    mode: Any = None,
) -> Any:
    """Change a state as long as a condition holds.

    Parameters
    ----------
    cond : callable
        ``cond(state)``, one number; the loop ends when it is zero.
    step : callable
        ``step(state) -> new state`` of the same structure, dtypes and shapes.
    init : variable or container
    max_steps : int or Variable, (), optional
        Stop after so many steps at the latest. All states are then kept, so that the result can be differentiated;
        without it only the last one is kept, and there is no gradient.
    name, mode
        As for `theano.scan`.

    Returns
    -------
    final : as `init`
        The first state for which the condition does not hold.

    Examples
    --------
    >>> import theano.tensor as T
    >>> n = T.lscalar("n")
    >>> int(while_loop(lambda k: k < 100, lambda k: 2 * k, n).eval({n: 3}))
    192
    """
    state = _as_variables(init)
    first = _leaves(state)

    def flat_step(*args: Any) -> Any:
        new = _as_variables(call_step(step, [_filled(state, iter(args))], "while_loop"))
        _same_structure("while_loop", state, new)
        return _leaves(new), until(eq(_number(cond(new)), 0))

    limit = constant(_FOREVER, dtype="int64") if max_steps is None else read_steps(max_steps, [])[0]
    steps = switch(neq(_number(cond(state)), 0), limit, constant(0, dtype="int64"))
    body = trace(flat_step, [], read_outputs(first), [], pad=False)
    _no_updates("while_loop", body)
    body.info = {"name": name, "mode": mode}
    if max_steps is None:
        body.info["keeps_rows"] = False
    results, _ = build_loop(body, steps, strict=False)
    return _filled(state, iter([last_row(v) for v in results]))


def _number(condition: Any) -> Any:
    return until(condition).condition
