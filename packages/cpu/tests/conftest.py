"""Compiling for the native backend, and comparing with the Python executor; tests may import the files beside them."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    """No kernel of another run may hide a fault of this one."""
    from theano.cpu import cache

    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "wanted_folder", lambda: str(folder / "kernels"))
        yield


@pytest.fixture
def native():
    """`native(inputs, outputs, **kw)`: theano.function, unrewritten, which must be a NativeFunction."""
    import theano

    def build(inputs, outputs, **kwargs):
        from theano.cpu.native_function import NativeFunction

        function = theano.function(inputs, outputs, mode=theano.Mode(linker="cvm", optimizer=None), **kwargs)
        assert isinstance(function, NativeFunction)
        function.plan.verify()
        return function

    return build


@pytest.fixture
def agree(native):
    """`agree(inputs, outputs, *values)`: results equal those of the Python executor; returns the native function."""
    import theano

    def check(inputs, outputs, *values, rtol=1e-12, python_steps=0):
        function = native(inputs, outputs)
        oracle = theano.function(inputs, outputs, mode=theano.Mode(linker="py", optimizer=None))
        kinds = [type(step).__name__ for step in function.plan.steps]
        assert kinds.count("PerformStep") == python_steps, kinds
        got, expected = function(*values), oracle(*values)
        if not isinstance(got, list):
            got, expected = [got], [expected]
        for a, b in zip(got, expected, strict=True):
            assert type(a) is np.ndarray
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-13 if rtol < 1e-8 else 1e-6)
        return function

    return check


@pytest.fixture(params=[2, 1, 0], ids=["any width", "at most AVX2", "library"])
def width(request):
    """Limits the vectors that products may use."""
    from theano.cpu import _runtime
    from theano.cpu.library import load_library

    if request.param == 0:
        load_library()
    before = _runtime.lib.rt_limit_vectors(request.param)
    yield request.param
    _runtime.lib.rt_limit_vectors(before)
