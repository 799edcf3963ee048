"""`map`, `reduce`, `foldl`, `foldr`: frequent forms of `scan`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.errors import explain
from theano.scan_module.arguments import as_list
from theano.scan_module.assembly import last_row
from theano.scan_module.scan import scan
from theano.updates import OrderedUpdates

__all__ = ["foldl", "foldr", "map", "reduce"]


def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Apply `fn` to each row of the sequences, independently of the other rows.

    Parameters
    ----------
    fn, sequences, non_sequences, truncate_gradient, go_backwards, mode, name
        As for `scan`.

    Returns
    -------
    outputs : Variable or list of Variable
    updates : OrderedUpdates

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector("x")
    >>> map(lambda row: 2 * row, x)[0].eval({x: [1.0, 2.0]}).tolist()
    [2.0, 4.0]
    """
    return scan(
        fn,
        sequences=sequences,
        outputs_info=[],
        non_sequences=non_sequences,
        truncate_gradient=truncate_gradient,
        go_backwards=go_backwards,
        mode=mode,
        name=name,
    )


def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Like `scan`, but return only the last value of each output; of no rows, the values to begin with.

    Parameters
    ----------
    fn, sequences, outputs_info, non_sequences, go_backwards, mode, name
        As for `scan`.

    Returns
    -------
    outputs : Variable or list of Variable
    updates : OrderedUpdates

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector("x")
    >>> start = T.constant(0.0, dtype="float64")
    >>> float(reduce(lambda row, total: total + row, x, start)[0].eval({x: [1.0, 2.0, 3.0]}))
    6.0
    """
    if not as_list(sequences):
        raise ValueError(explain("reduce over sequences", "none", "give at least one sequence, or use scan"))
    results, updates = scan(
        fn,
        sequences=sequences,
        outputs_info=outputs_info,
        non_sequences=non_sequences,
        go_backwards=go_backwards,
        truncate_gradient=-1,
        mode=mode,
        name=name,
    )
    if isinstance(results, list | tuple):
        return [last_row(x) for x in results], updates
    return last_row(results), updates


def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """`reduce` from the first row to the last; see there."""
    return reduce(fn, sequences, outputs_info, non_sequences, go_backwards=False, mode=mode, name=name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """`reduce` from the last row to the first; see there."""
    return reduce(fn, sequences, outputs_info, non_sequences, go_backwards=True, mode=mode, name=name)
