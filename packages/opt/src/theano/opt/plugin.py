"""What this package gives: the database of rewrites, its phases and its rules."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_optimizer(registry: Any) -> None:
    """Provide the database."""
    from theano.opt.database import optdb  # lazy: only programs that compile need rewrites

    registry.optdb = optdb


@hookimpl
def theano_register_rewrites(optdb: Any) -> None:
    """Enter the phases and all rules, once."""
    from theano.opt.phases import register_phases  # lazy: as above
    from theano.opt.rewrites import register_all

    if "canonicalize" not in optdb:
        register_phases(optdb)
        register_all(optdb)
