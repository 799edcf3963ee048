"""What theano-sparse registers."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_types(registry: Any) -> None:
    """Let ``theano.shared`` take SciPy sparse matrices."""
    from theano.sparse.type import SparseType  # lazy: SciPy is loaded only when somebody needs it
    from theano.sparse.variable import sparse_constructor  # lazy: as above

    registry.types["SparseType"] = SparseType
    registry.shared_constructors.append(sparse_constructor)


@hookimpl
def theano_as_variable(value: Any) -> Any:
    """Let expressions contain SciPy sparse matrices."""
    if type(value).__module__.partition(".")[0] != "scipy":
        return None
    from theano.sparse.variable import as_sparse_variable  # lazy: only for values of SciPy

    return as_sparse_variable(value)
