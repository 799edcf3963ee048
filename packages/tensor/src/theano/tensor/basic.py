"""Classic home of the tensor functions: everything that `theano.tensor` offers, gathered from its modules.

Each module lists its public names in ``__all__``. The order matters only where a module and a function share a name
(``shape``, ``dot``, ``sort``, ...): the wildcard imports bind the functions after the modules were loaded.
"""

# ruff: noqa: F401
import theano.scalar as scal
from theano.configuration import config
from theano.errors import AsTensorError, NotScalarConstantError, ShapeError
from theano.graph import Apply, Constant, Op, Type, Variable
from theano.scalar import int32

from theano.tensor.type import *  # isort: skip
from theano.tensor.approximate import *  # isort: skip
from theano.tensor.dtype_lists import *  # isort: skip
from theano.tensor.variable import *  # isort: skip
from theano.tensor.dimshuffle import *  # isort: skip
from theano.tensor.constant import *  # isort: skip
from theano.tensor.conversion import *  # isort: skip
from theano.tensor.elemwise import *  # isort: skip
from theano.tensor.constructors import *  # isort: skip
from theano.tensor.math import *  # isort: skip
from theano.tensor.dims import *  # isort: skip
from theano.tensor.transfer import *  # isort: skip
from theano.tensor.default import *  # isort: skip
from theano.tensor.axes import check_and_normalize_axes, makeKeepDims  # isort: skip
from theano.tensor.reduction import CAReduce, CAReduceDtype, Prod, Sum  # isort: skip
from theano.tensor.make_vector import *  # isort: skip
from theano.tensor.shape import *  # isort: skip
from theano.tensor.constant_value import *  # isort: skip
from theano.tensor.rebroadcast import *  # isort: skip
from theano.tensor.alloc import *  # isort: skip
from theano.tensor.reshape import *  # isort: skip
from theano.tensor.join import *  # isort: skip
from theano.tensor.asserts import *  # isort: skip
from theano.tensor.diagonal import *  # isort: skip
from theano.tensor.dot import *  # isort: skip
from theano.tensor.creation import *  # isort: skip
from theano.tensor.nonzeros import *  # isort: skip
from theano.tensor.permutation import *  # isort: skip
from theano.tensor.sort import *  # isort: skip
from theano.tensor.type_other import *  # isort: skip
from theano.tensor.io import *  # isort: skip
from theano.tensor.subtensor import *  # isort: skip
from theano.tensor.extra_ops import (  # isort: skip
    DiffOp,
    bartlett,
    bincount,
    cumprod,
    cumsum,
    fill_diagonal,
    fill_diagonal_offset,
    ravel_multi_index,
    repeat,
    squeeze,
    unravel_index,
)
from theano.tensor.statistics import *  # isort: skip
from theano.tensor.extrema import *  # isort: skip

# Classic alias.
Tensor = TensorType
