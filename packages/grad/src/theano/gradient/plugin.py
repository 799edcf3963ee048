"""How theano-grad takes part: it fills its tables when one of them is first used."""

from __future__ import annotations

import sys
from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_gradient_rules(registry: Any) -> None:
    """Register the rules of all ops of theano.scalar and theano.tensor."""
    # lazy: the rules import every op; programs that never differentiate do not pay for that
    from theano.gradient.rules import register

    register(registry)


@hookimpl
def theano_modify_pipeline(stages: list[Any]) -> None:
    """The rows of a Jacobian are compiled in the mode of the function that it is in."""
    if "theano.gradient.rows" in sys.modules:
        from theano.compile.pipeline import add_inner_stage  # loaded already: it has asked

        add_inner_stage(stages)
