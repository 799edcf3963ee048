"""Helpers shared by the tests of rewrites."""

import numpy as np
import pytest

from theano import config
from theano.compile import Mode, function
from theano.graph import FunctionGraph
from theano.tensor.elemwise import Elemwise


@pytest.fixture(autouse=True)
def strict_rewrites():
    """A rewrite that fails must fail the test."""
    before = config.on_opt_error
    config.on_opt_error = "raise"
    yield
    config.on_opt_error = before


def op_names(fgraph):
    """Names of the ops in order; scalar ops for elementwise nodes."""
    return [
        type(node.op.scalar_op).__name__ if isinstance(node.op, Elemwise) else type(node.op).__name__
        for node in fgraph.toposort()
    ]


class Rewriting:
    """Compile with and without rewrites, compare, and tell which ops are left."""

    names = staticmethod(op_names)

    def compile(self, inputs, outputs, optimizer="fast_run", including=(), excluding=()):
        mode = Mode("py", optimizer)
        if including:
            mode = mode.including(*including)
        if excluding:
            mode = mode.excluding(*excluding)
        return function(inputs, outputs, mode=mode, on_unused_input="ignore")

    def ops(self, inputs, outputs, **kwargs):
        """Ops that are left without fusion."""
        kwargs.setdefault("excluding", ("fusion",))
        compiled = self.compile(inputs, outputs, **kwargs)
        compiled.maker.fgraph.verify()
        return op_names(compiled.maker.fgraph)

    def same(self, inputs, output, *values, rtol=1e-10, **kwargs):
        """Values, dtype and shape with rewrites equal those without; gives the rewritten function's value."""
        plain = self.compile(inputs, output, optimizer=None)
        quick = self.compile(inputs, output, **kwargs)
        quick.maker.fgraph.verify()
        with np.errstate(all="ignore"):
            expected, found = np.asarray(plain(*values)), np.asarray(quick(*values))
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)
        return found

    def all_same(self, inputs, outputs, values, rtol=1e-12):
        """As `same`, for several outputs; gives the rewritten function."""
        plain, quick = self.compile(inputs, outputs, optimizer=None), self.compile(inputs, outputs)
        for found, expected, out in zip(quick(*values), plain(*values), outputs, strict=True):
            np.testing.assert_allclose(found, expected, rtol=rtol)
            assert (found.dtype, found.shape) == (out.type.dtype, expected.shape)
        return quick

    def apply(self, inputs, outputs, *rewriters):
        """The outputs after some rewriters, on a graph of the variables themselves."""
        fgraph = FunctionGraph(inputs, outputs, clone=False)
        for rewriter in rewriters:
            rewriter.optimize(fgraph)
        fgraph.verify()
        return fgraph.outputs


@pytest.fixture
def rewriting():
    return Rewriting()
