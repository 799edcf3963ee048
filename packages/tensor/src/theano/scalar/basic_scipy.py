"""Classic home of the special functions: the same objects as in `theano.scalar`."""

from theano.scalar.special import *  # noqa: F403
