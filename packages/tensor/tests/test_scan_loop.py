"""`loop` and `while_loop`, and what classic programs import from ``theano.scan_module.scan_utils``."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scan_module import loop, scan, scan_utils, while_loop
from theano.scan_module.scan_op import Scan

x, v = T.dmatrix("x"), T.dvector("v")


@dataclasses.dataclass
class Pair:
    left: Any
    right: Any


class Named(NamedTuple):
    left: Any
    right: Any


@pytest.mark.parametrize("make", [lambda a, b: (a, b), lambda a, b: [a, b], lambda a, b: {"p": a, "q": b}, Pair, Named])
@pytest.mark.parametrize("length", [0, 1, 4])
def test_states_of_nested_containers(make, length):
    def step(state, row):
        a, b = scan_utils_members(state)
        return make(a + row, b * 2), {"y": a, "nested": [b, row]}

    final, ys = loop(step, make(v, 1.0), x)
    assert type(final) is type(make(v, v))
    a, b = scan_utils_members(final)
    found = theano.function([x, v], [a, b, ys["y"], *ys["nested"]])(np.ones((length, 2)), [5.0, 6.0])
    np.testing.assert_array_equal(found[0], [5.0 + length, 6.0 + length])
    assert found[1] == 2.0**length
    assert [len(f) for f in found[2:]] == [length] * 3
    np.testing.assert_array_equal(found[3], 2.0 ** np.arange(length))


def scan_utils_members(state):
    if isinstance(state, dict):
        return state["p"], state["q"]
    return tuple(state) if isinstance(state, tuple | list) else (state.left, state.right)


def test_loop_without_sequences_and_without_results():
    final, ys = loop(lambda s, _: (s * 2, None), T.constant(1.0, dtype="float64"), length=5)
    assert ys is None
    assert final.eval() == 32.0


def test_loop_backwards_over_several_sequences():
    final, ys = loop(lambda s, r: (s - r[0], r[1] * s), T.constant(0.0, dtype="float64"), (v, v + 1), go_backwards=True)
    found = theano.function([v], [final, ys])([1.0, 2.0, 3.0])
    assert found[0] == -6.0
    np.testing.assert_array_equal(found[1], [0.0, -9.0, -10.0])


def test_loop_wants_the_structure_kept():
    with pytest.raises(ValueError, match="built like the initial one"):
        loop(lambda s, r: ([s[0]], r), (v, v), x)
    with pytest.raises(ValueError, match="same dtype"):
        loop(lambda s, r: (s.astype("float32"), r), v, x)


def test_loop_refuses_updates():
    streams = T.shared_randomstreams.RandomStreams(3)
    with pytest.raises(ValueError, match="side effects"):
        loop(lambda s, r: (s + streams.uniform(()), r), T.constant(0.0, dtype="float64"), v)


@pytest.mark.parametrize("limit", [None, 1000])
@pytest.mark.parametrize("start", [1, 27, 97, 2**30])
def test_while_loop(limit, start):
    n = T.lscalar("n")
    final = while_loop(
        lambda s: T.and_(T.neq(s["n"], 1), s["n"] < 2**20),
        lambda s: {"n": T.switch(T.eq(s["n"] % 2, 0), s["n"] // 2, 3 * s["n"] + 1), "steps": s["steps"] + 1},
        {"n": n, "steps": T.constant(0, dtype="int64")},
        max_steps=limit,
    )
    value, steps = start, 0
    while value != 1 and value < 2**20:
        value, steps = value // 2 if value % 2 == 0 else 3 * value + 1, steps + 1
    found = theano.function([n], [final["n"], final["steps"]])(start)
    assert [int(f) for f in found] == [value, steps]


def test_while_loop_stops_at_the_limit():
    final = while_loop(lambda s: s > 0, lambda s: s + 1, T.constant(1.0, dtype="float64"), max_steps=7)
    assert final.eval() == 8.0


def test_map_variables_reaches_inner_graphs():
    a, b, c = T.dscalar("a"), T.dscalar("b"), T.dvector("c")
    inner, _ = scan(lambda row: T.exp(row) + a, c)
    (new,) = scan_utils.map_variables(lambda q: T.log(q.owner.inputs[0]) * b if "exp" in str(q.owner) and
                                      str(q.owner.op).startswith("Elemwise{exp") else q, [inner * a])  # fmt: skip
    found = theano.function([a, b, c], new)(2.0, 3.0, [1.0, np.e])
    np.testing.assert_allclose(found, (np.array([0.0, 1.0]) * 3.0 + 2.0) * 2.0)


def test_map_variables_outside_of_loops():
    a, b, c = T.dscalars("abc")
    ab = a + b
    ab.tag.replacement = a * b
    (new,) = scan_utils.map_variables(lambda q: getattr(q.tag, "replacement", q), [ab + c])
    assert theano.function([a, b, c], new)(2.0, 3.0, 4.0) == 10.0


def test_removable_outputs():
    (p, _q), _ = scan(lambda r, s, t: (s + t, t + r), v, [T.constant(0.0, dtype="float64")] * 2)
    node = p.owner.inputs[0].owner
    assert isinstance(node.op, Scan)
    assert scan_utils.scan_can_remove_outs(node.op, [1]) == ([1], [])
    assert scan_utils.scan_can_remove_outs(node.op, [0]) == ([], [0])
    inner_in, inner_out, info, outer, positions = scan_utils.compress_outs(node.op, [0], node.inputs)
    assert (len(inner_in), len(inner_out), info["n_sit_sot"], positions) == (2, 1, 1, {1: 0})
    assert len(outer) == 3


def test_structured_view():
    out, _ = scan(lambda r, s: s + r, v, T.constant(0.0, dtype="float64"))
    node = out.owner.inputs[0].owner
    args = scan_utils.scan_args(node.inputs, node.outputs, node.op.inputs, node.op.outputs, node.op.info)
    assert args.n_steps is node.inputs[0]
    assert args.outer_in_seqs == [v]
    assert args.outer_out_sit_sot == node.outputs
    assert len(args.inner_in_sit_sot) == 1
    assert args.cond == []


def test_small_helpers():
    a = T.dscalar("a")
    assert scan_utils.safe_new(a, "_new").name == "a_new"
    assert scan_utils.safe_new(a, dtype="float32").dtype == "float32"
    assert scan_utils.hash_listsDictsTuples({"k": [1, (2, 3)]}) == scan_utils.hash_listsDictsTuples({"k": [1, (2, 3)]})
    (fresh,), (out,) = scan_utils.reconstruct_graph([a], [a * 2], "_c")
    assert fresh.name == "a_c"
    assert out.eval({fresh: 2.0}) == 4.0
    assert scan_utils.forced_replace(a * 2, a, T.constant(3.0, dtype="float64")).eval() == 6.0
    check = scan_utils.Validator([a])
    assert check.check(a * 2)[1]
    assert check.check(T.dscalar()) is None
    (shape,) = scan_utils.infer_shape([T.dot(x, x.T)], [x], [(3, 4)])
    assert shape == (3, 3)


def test_bad_arguments_of_loops():
    with pytest.raises(ValueError, match=r"loop: know the number of steps: neither xs nor length"):
        loop(lambda state, row: (state, None), v)
    with pytest.raises(
        ValueError, match=r"loop: the step returns a pair.*: TensorVariable(.|\n)*return \(state, None\)"
    ):
        loop(lambda state, row: state, v, x)
    with pytest.raises(ValueError, match=r"loop: the step returns a pair.*: 3 values"):
        loop(lambda state, row: (state, row, row), v, x)
    with pytest.raises(TypeError, match=r"loop: call the step \(written at .*test_scan_loop.py:\d+\) with 2 arguments"):
        loop(lambda state: (state, None), v, x)
    with pytest.raises(TypeError, match=r"while_loop: call the step .*with 1 arguments"):
        while_loop(lambda state: state.sum() < 9, lambda state, more: state, v)
