"""Rewrites of lazy conditions, and gradients of choices in every backend."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import ifelse as module
from theano.ifelse import IfElse, ifelse
from theano.opt.engine import TopoOptimizer

c, x, y, z = T.lscalar("c"), T.dvector("x"), T.dvector("y"), T.dvector("z")
VALUES = [np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0])]


def rewritten(outputs, *rules):
    """The graph after the rules, checked against the values before them for both truths."""
    rewriters = [TopoOptimizer(getattr(module, rule)) if isinstance(rule, str) else rule for rule in rules]
    mode = theano.Mode("py", None).register(*[(rewriter, 1.0) for rewriter in rewriters])
    plain = theano.function([c, x, y, z], outputs, mode=theano.Mode("py", None), on_unused_input="ignore")
    new = theano.function([c, x, y, z], outputs, mode=mode, on_unused_input="ignore")
    for truth in (0, 1):
        for a, b in zip(plain(truth, *VALUES), new(truth, *VALUES), strict=True):
            np.testing.assert_array_equal(a, b)
    return [node for node in new.maker.fgraph.toposort() if isinstance(node.op, IfElse)]


def test_make_inplace():
    (node,) = rewritten([ifelse(c, x * 2, y * 3)], "cond_make_inplace")
    assert node.op.as_view


@pytest.mark.parametrize(
    ("rule", "build"),
    [
        ("cond_merge_ifs_true", lambda: ifelse(c, ifelse(c, x, y), z)),
        ("cond_merge_ifs_false", lambda: ifelse(c, x, ifelse(c, y, z))),
    ],
)
def test_conditions_within_their_own_branches(rule, build):
    (node,) = rewritten([build()], rule)
    assert [v.name for v in node.inputs[1:]] == ["x", "z"]


def test_values_that_are_given_twice():
    (node,) = rewritten(ifelse(c, [x, x, z], [y, y, z]), "cond_remove_identical")
    assert node.op.n_outs == 2


def test_lifting():
    (node,) = rewritten([T.exp(ifelse(c, x, y))], "ifelse_lift_single_if_through_acceptable_ops")
    assert all("exp" in str(v.owner) for v in node.inputs[1:])


def test_merging_of_conditions():
    (node,) = rewritten([ifelse(c, x, y), ifelse(c, y * 2, z)], module.CondMerge())
    assert node.op.n_outs == 2
    dependent = ifelse(c, x, y)
    assert len(rewritten([ifelse(c, dependent + 1, z)], module.CondMerge())) == 2


def test_unknown_names():
    with pytest.raises(AttributeError, match="nothing_like_that"):
        _ = module.nothing_like_that


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode("py", None), theano.Mode("py", "fast_run")])
def test_gradients_in_every_mode(mode):
    out = ifelse(x.sum() > 0, T.dot(x, x) * y, T.exp(x).sum() * z)
    f = theano.function([x, y, z], T.grad(out.sum(), [x, y, z]), mode=mode)
    by_x, by_y, by_z = f(*VALUES)
    np.testing.assert_allclose(by_x, 2 * VALUES[0] * VALUES[1].sum())
    np.testing.assert_allclose(by_y, [5.0, 5.0])
    np.testing.assert_allclose(by_z, [0.0, 0.0])


def _nothing(*_):
    pass


@pytest.mark.parametrize("kind", ["NanGuardMode", "MonitorMode", "DebugMode", "FAST_COMPILE", "FAST_RUN"])
def test_laziness_holds_in_every_mode(kind):
    from theano.compile import MonitorMode, as_op
    from theano.compile.nanguardmode import NanGuardMode

    @as_op(itypes=[T.dvector], otypes=[T.dvector])
    def never(value):
        raise LookupError("computed")

    seen = []

    def watch(i, node, thunk):
        seen.append((str(node.op), [cell[0] for cell in thunk.outputs]))

    modes = {"MonitorMode": lambda: MonitorMode(_nothing, watch), "NanGuardMode": NanGuardMode}
    b, x = T.lscalar("b"), T.dvector("x")
    f = theano.function([b, x], ifelse(b, x * 2, never(x)), mode=modes.get(kind, lambda: kind)())
    assert f(1, np.ones(2)).tolist() == [2, 2]
    with pytest.raises(LookupError, match="computed"):
        f(0, np.ones(2))
    if kind == "MonitorMode":
        assert any("ifelse" in name.lower() or "if{" in name for name, _ in seen)
        assert [2, 2] in [np.asarray(v).tolist() for _, values in seen for v in values]
    if kind == "NanGuardMode":
        g = theano.function([b, x], ifelse(b, T.log(x), x), mode=NanGuardMode(inf_is_error=False, big_is_error=False))
        assert g(0, np.zeros(1) - 1).tolist() == [-1]
        with np.errstate(invalid="ignore"), pytest.raises(AssertionError, match="NaN"):
            g(1, np.zeros(1) - 1)
