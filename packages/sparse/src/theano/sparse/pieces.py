"""Long products in pieces, between which Python acts on signals.

Rows of the result depend on rows of the left operand alone, columns on columns of the right one: a piece has the bits
that it has in the whole product.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from theano.sparse.type import is_sparse

__all__ = ["product"]

#: Estimated nanoseconds of one piece.
LONG = 1e8


def product(x: Any, y: Any) -> Any:
    """``x @ y`` of matrices or vectors, of which one at least is sparse."""
    pieces = int(work(x, y) / LONG) + 1
    if pieces == 1 or x.ndim != 2 or y.ndim != 2:
        return x @ y
    if is_sparse(x) and x.format == "csc":
        y = y.tocsc() if is_sparse(y) else y
        return _joined([x @ y[:, a:b] for a, b in _cuts(y, y.shape[1], pieces)], 1, "csc")
    y = y.tocsr() if is_sparse(x) and is_sparse(y) else y
    return _joined([x[a:b] @ y for a, b in _cuts(x, x.shape[0], pieces)], 0, "csr")


def work(x: Any, y: Any) -> float:
    """Estimated nanoseconds of ``x @ y``: by its multiplications, which cost more where places must be found."""
    if not is_sparse(x):
        return 2.0 * y.nnz * (x.shape[0] if x.ndim == 2 else 1)
    if not is_sparse(y):
        return 2.0 * x.nnz * (y.shape[1] if y.ndim == 2 else 1)
    return 20.0 * x.nnz * y.nnz / max(y.shape[0], 1)


def _cuts(operand: Any, length: int, pieces: int) -> list[tuple[int, int]]:
    """Ranges of the lines that `operand` is stored by, of about the same work."""
    if is_sparse(operand):
        stored = operand.indptr
        edges = np.searchsorted(stored, np.linspace(0, stored[-1], min(pieces, length) + 1)[1:-1])
    else:
        edges = np.linspace(0, length, min(pieces, length) + 1).astype(int)[1:-1]
    edges = np.unique(np.concatenate([[0], edges, [length]]))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _joined(parts: list[Any], axis: int, form: str) -> Any:
    if not is_sparse(parts[0]):
        return np.concatenate(parts, axis=axis)
    return (scipy.sparse.hstack if axis else scipy.sparse.vstack)(parts, format=form)
