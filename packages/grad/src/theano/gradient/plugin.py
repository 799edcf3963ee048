"""How theano-grad takes part: it fills its tables when one of them is first used."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_gradient_rules(registry: Any) -> None:
    """Register the rules of all ops of theano.scalar and theano.tensor."""
    # lazy: the rules import every op; programs that never differentiate do not pay for that
    from theano.gradient.rules import register

    register(registry)
