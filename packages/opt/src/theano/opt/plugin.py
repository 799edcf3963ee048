"""What this package gives: the database of rewrites, its phases and its rules."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_optimizer(registry: Any) -> None:
    """Provide the database with all phases, so that every plugin finds the phase that its rules belong to."""
    from theano.opt.database import optdb  # lazy: only programs that compile need rewrites
    from theano.opt.phases import register_phases

    if "canonicalize" not in optdb:
        register_phases(optdb)
    registry.optdb = optdb


@hookimpl
def theano_register_rewrites(optdb: Any) -> None:
    """Enter our rules, once."""
    from theano.opt.rewrites import register_all  # lazy: as above

    if "constant_folding" not in optdb["canonicalize"]:
        register_all(optdb)
