"""Classic home of activations, softmax and cross-entropy: the same objects as in `theano.tensor.nnet`."""

# ruff: noqa: F403, F405
from theano.tensor.nnet import activations, crossentropy, multiclass, prepend
from theano.tensor.nnet.activations import *
from theano.tensor.nnet.crossentropy import *
from theano.tensor.nnet.multiclass import *
from theano.tensor.nnet.prepend import *
from theano.tensor.nnet.softmax import *

# the names of softmax.py stand here, since a module and a function share that name
__all__ = activations.__all__ + crossentropy.__all__ + multiclass.__all__ + prepend.__all__
__all__ += [
    "LogSoftmax",
    "Softmax",
    "SoftmaxGrad",
    "SoftmaxWithBias",
    "logsoftmax",
    "logsoftmax_op",
    "softmax",
    "softmax_grad",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
]
