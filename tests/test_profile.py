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
    product = tensor.dot(x, x.T)  # wanted itself, so that it stays a step of its own
    f = theano.function([x, i], [tensor.exp(product + 1), product, x[i]], profile=True)
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


def test_a_product_with_what_is_done_to_it_is_one_step():
    x = tensor.fmatrix("x")
    f = theano.function([x], tensor.exp(tensor.dot(x, x.T) + 1), profile=True)
    for _ in range(4):
        f(np.ones((60, 50), "float32"))
    (work,) = [w for node, w in f.profile.apply_work.items() if type(node.op).__name__ == "Activated"]
    assert work.flops == 4 * (2 * 60 * 60 * 50 + 2 * 60 * 60)
    assert work.is_product
    text = io.StringIO()
    f.profile.summary(text)
    assert _steps(text.getvalue())["Activated"][5].endswith("%")
    theano.compile.profiling._to_print.remove(f.profile)


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


def _report(stats):
    text = io.StringIO()
    stats.summary(text)
    return text.getvalue()


def _forget(*profiles):
    for stats in profiles:
        theano.compile.profiling._to_print.remove(stats)


def _loops(function):
    return [step for step in function.plan.steps if type(step.node.op).__name__ == "Scan"]


def test_steps_of_a_loop_have_a_profile_of_their_own():
    x, w = tensor.dmatrix("x"), tensor.dmatrix("w")
    step = lambda row, h, w: tensor.tanh(tensor.dot(h, w) + row)  # noqa: E731
    h, _ = theano.scan(step, x, tensor.zeros_like(x[0]), [w], profile=True, name="net")
    f = theano.function([x, w], h, profile=True)
    (loop,) = _loops(f)
    assert type(loop).__name__ == "CallStep"
    for _ in range(3):
        f(np.ones((50, 20)), np.eye(20))  # shorter rows are multiplied in a generated function
    ((node, inner),) = f.profile.inner_profiles()
    assert node is loop.node
    assert (inner.loop_runs, inner.fct_callcount) == (3, 150)
    calls = {type(n.op).__name__: count for n, count in inner.apply_callcount.items()}
    assert calls["Gemv"] == calls["Elemwise"] == 150
    assert 0 < sum(inner.apply_time.values()) <= inner.fct_call_time <= f.profile.fct_call_time
    text = _report(f.profile)
    assert "Inside for{cpu,net}" in text
    assert "3 runs of a loop with 150 steps" in text.split("Inside for{cpu,net}")[1]
    assert "Gemv" in text.split("Inside for{cpu,net}")[1]
    _forget(f.profile, inner)


def test_the_profile_of_a_loop_needs_none_of_the_function():
    x, s = tensor.dmatrix("x"), tensor.dvector("s")
    h, _ = theano.scan(lambda row, h: tensor.dot(row, h) + h, x, s, profile="mine")
    f = theano.function([x, s], h)
    f(np.ones((5, 2)), np.ones(2))
    stats = _loops(f)[0].node.op.fn.profile
    assert stats.message == "mine"
    assert stats.fct_callcount == 5
    assert stats.apply_time
    _forget(stats)


def test_profiles_of_nested_loops():
    x = tensor.dmatrix("x")

    def outer(row, h):
        inner, _ = theano.scan(lambda v, g: tensor.dot(h, h) * v + g, row, tensor.zeros_like(row[0]), profile="inner")
        return h + inner[-1]

    h, _ = theano.scan(outer, x, tensor.zeros_like(x[0]), profile="outer")
    f = theano.function([x], h, mode=theano.Mode("cvm", None), profile=True)
    f(np.ones((4, 3)))
    f(np.ones((2, 3)))
    ((_, middle),) = f.profile.inner_profiles()
    ((_, inner),) = middle.inner_profiles()
    assert (middle.message, middle.loop_runs, middle.fct_callcount) == ("outer", 2, 6)
    assert (inner.message, inner.loop_runs, inner.fct_callcount) == ("inner", 6, 18)
    text = _report(f.profile)
    assert text.index("Message: outer") < text.index("Message: inner")
    _forget(f.profile, middle, inner)


def test_a_profile_inside_a_loop_without_one():
    x = tensor.dmatrix("x")
    outer = lambda row: theano.scan(lambda v: tensor.exp(v) + row.sum(), row, profile="inner")[0]  # noqa: E731
    f = theano.function([x], theano.scan(outer, x)[0], mode=theano.Mode("cvm", None))
    f(np.ones((4, 3)))
    (loop,) = _loops(_loops(f)[0].node.op.fn)
    stats = loop.node.op.fn.profile
    assert (stats.loop_runs, stats.fct_callcount) == (4, 12)
    _forget(stats)


def test_a_loop_that_is_one_generated_function_says_so():
    x, s = tensor.dmatrix("x"), tensor.dvector("s")
    h, _ = theano.scan(lambda row, h: tensor.tanh(row + h), x, s, profile=True)
    f = theano.function([x, s], h)
    f(np.ones((5, 2)), np.ones(2))
    stats = _loops(f)[0].node.op.fn.profile
    assert (stats.loop_runs, stats.fct_callcount) == (1, 5)
    assert "all steps of a loop ran as one generated function" in _report(stats)
    _forget(stats)


def test_profiling_everything_leaves_loops_native():
    x, s = tensor.dmatrix("x"), tensor.dvector("s")
    with theano.configuration.change_flags([("profile", True)]):
        h, _ = theano.scan(lambda row, h: tensor.dot(row, h) + h, x, s)
        f = theano.function([x, s], h)
    assert type(_loops(f)[0]).__name__ == "CallStep"
    f(np.ones((5, 2)), np.ones(2))
    ((node, inner),) = f.profile.inner_profiles()
    assert node in f.profile.native_nodes
    assert inner.fct_callcount == 5
    _forget(f.profile, inner)


def test_loops_that_run_in_python_say_so():
    from theano.tensor.shared_randomstreams import RandomStreams

    stream = RandomStreams(3)
    draws, updates = theano.scan(lambda: stream.uniform((2,)), n_steps=3, profile=True)
    f = theano.function([], draws, updates=updates, profile=True)
    f()
    ((node, inner),) = f.profile.inner_profiles()
    assert node not in f.profile.native_nodes
    assert inner.fct_callcount == 3
    assert any("Py" in line and "Scan" in line for line in _report(f.profile).splitlines())
    _forget(f.profile, inner)


def test_at_exit_profiles_of_loops_are_printed_once(tmp_path):
    x, s = tensor.dmatrix("x"), tensor.dvector("s")
    h, _ = theano.scan(lambda row, h: tensor.dot(row, h) + h, x, s, profile="the loop")
    f, g = (theano.function([x, s], h * k, profile=f"the function {k}") for k in (1, 2))
    for function in (f, g):
        function(np.ones((5, 2)), np.ones(2))
    out = io.StringIO()
    theano.compile.profiling._report_all(out)
    text = out.getvalue()
    assert text.count("Message: the function 1") == text.count("Message: the function 2") == 1
    assert "Message: Sum of all(2) printed profiles" in text
    assert "Inside" not in text.split("Sum of all")[1]
    _forget(f.profile, g.profile, *{id(p): p for each in (f, g) for _, p in each.profile.inner_profiles()}.values())
