"""What theano-sparse registers."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl


def sparse_shared(value: Any, **options: Any) -> Any:
    """Make a shared variable of a SciPy sparse matrix; refuse anything else without loading SciPy."""
    if type(value).__module__.partition(".")[0] != "scipy":
        raise TypeError(f"a {type(value).__name__} is no sparse matrix")
    from theano.sparse.variable import sparse_constructor  # lazy: SciPy is loaded only when somebody needs it

    return sparse_constructor(value, **options)


@hookimpl
def theano_register_types(registry: Any) -> None:
    """Let ``theano.shared`` take SciPy sparse matrices."""
    registry.shared_constructors.append(sparse_shared)


@hookimpl
def theano_as_variable(value: Any) -> Any:
    """Let expressions contain SciPy sparse matrices."""
    if type(value).__module__.partition(".")[0] != "scipy":
        return None
    from theano.sparse.variable import as_sparse_variable  # lazy: only for values of SciPy

    return as_sparse_variable(value)
