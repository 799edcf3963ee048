"""Operations for neural networks."""

from theano.tensor.nnet import nnet, sigm
from theano.tensor.nnet.bn import batch_normalization
from theano.tensor.nnet.nnet import *
from theano.tensor.nnet.sigm import *

__all__ = nnet.__all__ + sigm.__all__
__all__ += ["batch_normalization"]
