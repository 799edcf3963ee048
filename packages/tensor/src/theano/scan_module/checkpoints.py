"""`scan_checkpoints`: a loop that keeps few states and computes the others again for the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.errors import explain
from theano.scan_module.arguments import as_list
from theano.scan_module.scan import scan
from theano.tensor import arange, as_tensor_variable, cast, join, minimum, zeros
from theano.updates import OrderedUpdates

__all__ = ["scan_checkpoints"]


def scan_checkpoints(
    fn: Callable[..., Any],
    sequences: Any = (),
    outputs_info: Any = None,
    non_sequences: Any = (),
    name: str = "checkpointscan_fn",
    n_steps: Any = None,
    save_every_N: int = 10,
    padding: bool = True,
) -> tuple[Any, OrderedUpdates]:
    """Like `scan`, but store the states of every `save_every_N`-th step only.

    The gradient computes the steps between two stored states again, so its memory grows with ``n / save_every_N +
    save_every_N`` states instead of ``n``.

    Parameters
    ----------
    fn, outputs_info, non_sequences, n_steps
        As for `scan`.
    sequences : Variable or list of Variable
        Read with tap 0.
    name : str
    save_every_N : int
        Steps between two stored states.
    padding : bool
        Add rows of zeros to sequences whose length is no multiple of `save_every_N`; they are not looked at. Without it
        such a length is an error.

    Returns
    -------
    outputs : Variable or list of Variable
        Values after steps N, 2N, ..., and after the last step.
    updates : OrderedUpdates

    Raises
    ------
    RuntimeError
        Taps in `outputs_info` or `sequences`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector("x")
    >>> start = T.constant(0.0, dtype="float64")
    >>> total, _ = scan_checkpoints(lambda row, s: row + s, x, start, save_every_N=2)
    >>> total.eval({x: [1.0, 2.0, 3.0]}).tolist()
    [3.0, 6.0]
    """
    infos, rows, fixed = as_list(outputs_info), as_list(sequences), as_list(non_sequences)
    if any(isinstance(entry, dict) and entry.get("taps") is not None for entry in [*infos, *rows]):
        raise RuntimeError(
            explain("scan_checkpoints with taps", "taps are given", "use scan, or carry earlier values as outputs")
        )
    rows = [as_tensor_variable(row["input"] if isinstance(row, dict) else row) for row in rows]
    if n_steps is None:
        if not rows:
            raise ValueError(
                explain("scan_checkpoints: know the number of steps", "neither sequences nor n_steps", "give one")
            )
        n_steps = rows[0].shape[0]
        for row in rows[1:]:
            n_steps = minimum(n_steps, row.shape[0])
    steps = cast(as_tensor_variable(n_steps), "int64")
    chunks = (steps + save_every_N - 1) // save_every_N
    starts = arange(chunks) * save_every_N
    lengths = minimum(steps - starts, save_every_N)
    chunked = [_chunked(row[:steps], steps, chunks, save_every_N, padding) for row in rows]

    def outer_step(length: Any, *args: Any) -> Any:
        parts = args[: len(chunked)]
        past = iter(args[len(chunked) :])
        inner_infos = [None if entry is None else next(past) for entry in infos]
        outputs, updates = scan(
            fn,
            sequences=[part[:length] for part in parts],
            outputs_info=inner_infos,
            non_sequences=list(past),
            n_steps=length,
            name=f"{name}_inner",
            return_list=True,
        )
        return [output[-1] for output in outputs], updates

    return scan(
        outer_step,
        sequences=[lengths, *chunked],
        outputs_info=infos,
        non_sequences=fixed,
        name=f"{name}_outer",
        allow_gc=True,
    )


def _chunked(row: Any, steps: Any, chunks: Any, size: int, padding: bool) -> Any:
    lengths = [row.shape[i] for i in range(1, row.ndim)]
    if padding:
        row = join(0, row, zeros([chunks * size - steps, *lengths], dtype=row.dtype))
    return row.reshape([chunks, size, *lengths], ndim=row.ndim + 1)
