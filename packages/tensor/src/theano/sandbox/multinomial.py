"""Classic path of choosing by uniform numbers; only forwards to `theano.tensor.random`."""

from theano.tensor.random.from_uniform import (
    ChoiceFromUniform,
    MultinomialFromUniform,
    MultinomialWOReplacementFromUniform,
)

__all__ = ["ChoiceFromUniform", "MultinomialFromUniform", "MultinomialWOReplacementFromUniform"]
