"""Profiles of compiled functions: the steps that really ran, and how."""

import io

import numpy as np

import theano
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
