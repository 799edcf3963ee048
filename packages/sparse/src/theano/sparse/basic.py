"""All functions of ``theano.sparse``, at their classic home."""

from theano.sparse.arithmetic import *  # noqa: F403
from theano.sparse.conversion import *  # noqa: F403
from theano.sparse.products import *  # noqa: F403
from theano.sparse.type import *  # noqa: F403
from theano.sparse.variable import *  # noqa: F403
