"""What NumPy does on floating point errors, as the options ``numpy.seterr_*`` say."""

from __future__ import annotations

from theano.configuration.parser import config

__all__ = ["set_numpy_errors"]


def set_numpy_errors() -> None:
    """Call ``numpy.seterr`` as the options say; 'None' leaves a kind alone."""
    chosen = {kind: getattr(config.numpy, f"seterr_{kind}") for kind in ("all", "divide", "over", "under", "invalid")}
    given = {kind: value for kind, value in chosen.items() if value != "None"}
    if given:
        # lazy: a program may forbid this, and then nothing here needs NumPy
        import numpy

        numpy.seterr(**given)
