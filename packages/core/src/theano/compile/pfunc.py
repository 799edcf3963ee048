"""Classic path of the rules for updates and givens, and of ``pfunc``, an old name of ``theano.function``."""

from theano.compile.function import function as pfunc
from theano.compile.io import In, Param
from theano.compile.rebuild import iter_over_pairs, rebuild_collect_shared

__all__ = ["In", "Param", "iter_over_pairs", "pfunc", "rebuild_collect_shared"]
