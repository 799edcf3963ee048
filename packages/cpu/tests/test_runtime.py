"""The C runtime by itself: plans written by hand, bodies in Python."""

import ctypes

import numpy as np
import pytest

pytestmark = pytest.mark.c
DOUBLE = int(np.dtype("float64").num)
ARENA, FRESH, VIEW, INPUT, SHARED, CONST, OBJECT = range(7)
BODY = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_void_p), ctypes.c_ssize_t)


def body(function, nin):
    """A generated body's stand-in; checks that it is only ever given whole vectors."""

    @BODY
    def run(p, n):
        assert n % 8 == 0
        arrays = [np.ctypeslib.as_array((ctypes.c_double * n).from_address(p[k])) for k in range(nin + 1)]
        arrays[nin][:] = function(*arrays[:nin])

    return run


def slot(cls, ndim=1, bcast=0, root=0, colour=-1, commit=-1, value=None):
    return (cls, DOUBLE, ndim, bcast, root, colour, commit, value)


def map_thunk(run, inputs, output, ndim=1, take=-1, drop=()):
    n = len(inputs)
    operands = (*((0, i, 8, 0, 0) for i in range(n)), (1, 0, 8, 0, 1))
    address = ctypes.cast(run, ctypes.c_void_p).value
    sweep = (address, 8, 300, operands, -1, "", DOUBLE, 0, 0)
    extra = (ndim, (tuple(range(ndim)),) * n, sweep, (-1,) * n, ())
    return ("map", 0, tuple(inputs), (output,), (take,), drop, (), 0, extra, ())


def make(slots, thunks, args, outputs, **more):
    from theano.cpu.native_function import Plan

    class Bare(Plan):
        def _native_slow(self, *args, **kwargs):
            return "slow"

        def _report(self, node, error, operands):
            raise type(error)(f"{error} in node {node}: {[None if v is None else v.shape for v in operands]}")

    plan = Bare()
    spec = {"slots": tuple(slots), "args": tuple(args), "thunks": tuple(thunks), "outputs": tuple(outputs)}
    rest = {"shared": (), "owners": tuple(outputs), "updates": (), "ncolours": 0, "result": 0, "keys": None}
    plan._configure(spec | rest | more)
    return plan


def binary(function, **kinds):
    run = body(function, 2)
    args = [(0, 1, "x", None), (1, 1, "y", None)]
    plan = make([slot(INPUT, **kinds), slot(INPUT, **kinds), slot(FRESH, **kinds)],
                [map_thunk(run, (0, 1), 2, kinds.get("ndim", 1))], args, [2])  # fmt: skip
    return plan, run


def test_whole_vectors_only():
    plan, run = binary(lambda a, b: a - b)
    for n in range(40):
        x, y = np.arange(float(n)), np.ones(n)
        assert plan(x, y).tolist() == (x - y).tolist()
    del run


def test_names_without_conversion():
    plan, _run = binary(lambda a, b: a - b)
    x, y = np.arange(9.0), np.ones(9)
    assert plan(y=y, x=x).tolist() == (x - y).tolist()
    assert plan(x, z=y) == plan(x) == plan([1.0], y) == plan(x.astype("f4"), y) == plan(x, y, y) == "slow"


def test_error_tells_the_node_and_the_operands():
    plan, _run = binary(lambda a, b: a + b)
    with pytest.raises(
        ValueError, match=r"input 0 has length 2 and input 1 has length 3 in node 0: \[\(2,\), \(3,\)\]"
    ):
        plan(np.ones(2), np.ones(3))


def test_dying_temporary_gives_up_its_memory():
    """Two steps; the second may write over the first one's result, which lies in working memory."""
    addresses = []

    def first(a, b):
        return a + b

    @BODY
    def double(p, n):
        addresses.append((p[0], p[1]))
        values = np.ctypeslib.as_array((ctypes.c_double * n).from_address(p[0]))
        np.ctypeslib.as_array((ctypes.c_double * n).from_address(p[1]))[:] = values * 2

    run = body(first, 2)
    args = [(0, 1, "x", None), (1, 1, "y", None)]
    slots = [slot(INPUT), slot(INPUT), slot(FRESH), slot(FRESH)]
    thunks = [map_thunk(run, (0, 1), 2), map_thunk(double, (2,), 3, take=0, drop=(2,))]
    plan = make(slots, thunks, args, [3], owners=(2, 3))
    for _ in range(3):
        assert plan(np.ones(16), np.ones(16)).tolist() == [4] * 16
    assert all(a == b for a, b in addresses)


def test_description_is_checked():
    from theano.cpu.native_function import Plan

    with pytest.raises(KeyError, match="slots"):
        Plan()._configure({})
    with pytest.raises(TypeError):
        Plan()._configure([])
    with pytest.raises(KeyError, match="no routine"):
        make([slot(INPUT)], [("nonsense", 0, (), (), (), (), (), 0, None, ())], [], [])
    with pytest.raises(RuntimeError, match="not been configured"):
        Plan()()
    plan, _run = binary(lambda a, b: a + b)
    with pytest.raises(RuntimeError, match="once"):
        plan._configure({})


def test_run_values():
    plan, _run = binary(lambda a, b: a + b)
    assert [v.tolist() for v in plan._run_values([np.ones(2), np.ones(2)[::-1]])] == [[2, 2]]
    with pytest.raises(TypeError, match="expected 2 values"):
        plan._run_values([np.ones(2)])
