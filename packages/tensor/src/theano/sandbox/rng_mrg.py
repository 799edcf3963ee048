"""Classic path of the generator MRG31k3p; only forwards to `theano.tensor.random`."""

from theano.tensor.random.mrg import (
    M1,
    M2,
    NORM,
    ff_2p72,
    ff_2p134,
    matVecModM,
    mrg_next_value,
    multMatVect,
)
from theano.tensor.random.mrg_ops import DotModulo, mrg_uniform, mrg_uniform_base
from theano.tensor.random.mrg_streams import MRG_RandomStreams, guess_n_streams

__all__ = [
    "M1",
    "M2",
    "NORM",
    "DotModulo",
    "MRG_RandomStreams",
    "ff_2p72",
    "ff_2p134",
    "guess_n_streams",
    "matVecModM",
    "mrg_next_value",
    "mrg_uniform",
    "mrg_uniform_base",
    "multMatVect",
]
