"""Profiles of compiled functions: the steps that really ran, and how."""

import io

import numpy as np

import theano
import theano.ifelse
from theano import tensor
from theano.compile import as_op


@as_op(itypes=[tensor.dmatrix], otypes=[tensor.dmatrix])
def doubled_in_python(x):
    return 2 * x


def test_native_steps_are_timed_and_told_from_python():
    x = tensor.dmatrix("x")
    f = theano.function([x], tensor.exp(doubled_in_python(tensor.dot(x, x))), profile=True)
    for _ in range(3):
        f(np.eye(3))
    stats = f.profile
    assert stats.fct_callcount == 3
    assert {type(node.op).__name__ for node in stats.apply_time} >= {"Dot22", "Elemwise"}
    text = io.StringIO()
    stats.summary(text)
    lines = [line.split() for line in text.getvalue().splitlines() if "theano." in line and "%" in line]
    rows = {words[-1]: words[4] for words in lines}
    assert rows["theano.tensor.blas.Dot22"] == "C"
    assert rows["theano.tensor.elemwise.Elemwise"] == "C"
    assert any(kind == "Py" for kind in rows.values())
    stats.reset()
    theano.compile.profiling._to_print.remove(stats)


def _steps(text):
    """Lines of the table of native steps by op: words before the name."""
    table = text.split("Native steps")[1].splitlines()
    lines = [line.split(None, 6) for line in table if line.startswith(" ") and "%" in line and "<" not in line]
    return {words[-1].split("(")[0].split("{")[0]: words for words in lines}


def test_native_steps_tell_bytes_operations_and_the_limit():
    x, i = tensor.fmatrix("x"), tensor.lvector("i")
    f = theano.function([x, i], [tensor.exp(tensor.dot(x, x.T) + 1), x[i]], profile=True)
    for _ in range(4):
        f(np.ones((60, 50), "float32"), np.arange(30))
    stats = f.profile
    work = {type(node.op).__name__: w for node, w in stats.apply_work.items()}
    assert work["Dot22"].flops == 4 * 2 * 60 * 60 * 50
    assert work["Dot22"].moved == 4 * 4 * (2 * 60 * 50 + 60 * 60)
    assert work["Elemwise"].moved == 4 * 4 * 2 * 60 * 60
    assert work["Elemwise"].flops == 4 * 2 * 60 * 60
    assert work["AdvancedSubtensor1"].moved == 4 * 4 * 2 * 30 * 50
    assert not any("DimShuffle" in name for name in work)
    text = io.StringIO()
    stats.summary(text)
    assert "One core copies" in text.getvalue()
    found = _steps(text.getvalue())
    assert found["_dot22"][1] == "4"
    assert all(words[5].endswith("%") for words in (found["_dot22"], found["Elemwise"]))
    theano.compile.profiling._to_print.remove(stats)


def test_loops_are_steps_too():
    v = tensor.dvector("v")
    sums, _ = theano.scan(lambda c, p: tensor.tanh(c + p), sequences=v, outputs_info=tensor.constant(np.float64(0)))
    f = theano.function([v], sums, profile=True)
    f(np.ones(1000))
    work = {type(node.op).__name__: w for node, w in f.profile.apply_work.items()}
    assert work["Scan"].moved >= 16_000
    theano.compile.profiling._to_print.remove(f.profile)


def test_loops_with_python_inside_say_so():
    @theano.compile.ops.as_op(itypes=[tensor.dscalar], otypes=[tensor.dscalar])
    def twice(value):
        return 2 * value

    v = tensor.dvector("v")
    for step, native in ((lambda c, p: tensor.tanh(c + p), True), (lambda c, p: twice(c) + p, False)):
        sums, _ = theano.scan(step, sequences=v, outputs_info=tensor.constant(np.float64(0)))
        f = theano.function([v], sums, profile=True)
        f(np.ones(10))
        (loop,) = (node for node in f.profile.apply_time if type(node.op).__name__ == "Scan")
        assert (loop in f.profile.native_nodes) is native
        theano.compile.profiling._to_print.remove(f.profile)


def test_the_machine_is_measured_once(monkeypatch):
    from theano.cpu import cache, work

    class Files(dict):
        read = dict.get

        def publish(self, name, data):
            self[name] = data

    calls, files = [], Files()
    monkeypatch.setattr(cache, "kernel_cache", lambda: files)
    monkeypatch.setattr(work, "_peak", lambda: calls.append("flops") or 3e9)
    monkeypatch.setattr(work, "_copy_bandwidth", lambda: calls.append("copy") or 2e9)
    assert work.machine_limits.__wrapped__() == work.Limits(2e9, 3e9)
    assert work.machine_limits.__wrapped__() == work.Limits(2e9, 3e9)
    assert sorted(calls) == ["copy", "flops"]


def test_limits_are_plausible():
    from theano.cpu import work

    assert work._copy_bandwidth() > 1e8
    assert work._peak() > 1e8


def test_branches_that_were_not_taken_do_not_count():
    c, x = tensor.bscalar("c"), tensor.dvector("x")
    f = theano.function([c, x], theano.ifelse.ifelse(c, tensor.exp(x), tensor.sort(x) * 3), profile=True)
    f(1, np.ones(5))
    names = [str(node.op) for node in f.profile.apply_callcount]
    assert not any("Sort" in name for name in names), names
    theano.compile.profiling._to_print.remove(f.profile)
