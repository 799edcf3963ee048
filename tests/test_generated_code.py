"""`theano.printing.generated_code`: the C of a function, with a compiler or without."""

import shutil
import subprocess

import numpy as np
import pytest

import theano
from theano import tensor
from theano.compile import as_op
from theano.printing import generated_code

pytest.importorskip("theano.cpu", reason="the code is theano-cpu's")


@as_op(itypes=[tensor.dmatrix], otypes=[tensor.dmatrix])
def in_python(x):
    return x + 1


def build(linker="cvm"):
    x = tensor.dmatrix("x")
    outputs = [tensor.nnet.softmax(in_python(x) * 2), tensor.dot(x, x.T)]
    return theano.function([x], outputs, mode=theano.Mode(linker=linker))


def total(linker):
    x = tensor.dmatrix("x")
    return theano.function([x], x.sum(), mode=theano.Mode(linker=linker))


@pytest.mark.parametrize("linker", ["cvm", "py"])
def test_every_step_has_its_place(linker):
    text = generated_code(build(linker))
    assert "exp(" in text
    assert ": Python */" in text
    assert ": routine dot of the runtime */" in text
    assert ": a view, dimshuffle */" in text
    assert "folds an operand by add into accumulator 0 (float64)" in generated_code(total(linker))


def test_one_node():
    f = build()
    whole = generated_code(f)
    for node in f.maker.fgraph.apply_nodes:
        part = generated_code(f, node)
        assert part.splitlines()[0] in whole
        assert part.count("/* step") == 1
        assert generated_code(f, node.outputs[0]) == part
    with pytest.raises(ValueError, match="no such node"):
        generated_code(f, tensor.exp(tensor.dmatrix()).owner)


def test_updates_in_place():
    s = theano.shared(np.ones(5), name="s")
    text = generated_code(theano.function([], [], updates={s: s * 3}))
    assert "= s0 * v0;" in text


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")
def test_it_is_c(tmp_path):
    from theano.cpu.dialect import c_dialect

    x = tensor.fvector("x")
    text = generated_code(theano.function([x], tensor.tanh(x) * tensor.maximum(x, 0)))
    (tmp_path / "code.c").write_text(c_dialect().typedefs + text)
    subprocess.run(["gcc", "-c", "-O1", "code.c"], cwd=tmp_path, check=True)


def test_loops_show_what_is_inside():
    x, w, h0 = tensor.dmatrix("x"), tensor.dmatrix("w"), tensor.dvector("h0")
    rows, state = tensor.dtensor3("rows"), tensor.dmatrix("state")
    by_plan, _ = theano.scan(lambda row, h, w: tensor.tanh(tensor.dot(h, w) + row), rows, state, [w])
    text = generated_code(theano.function([rows, w, state], by_plan))
    assert "a loop; inside it: */" in text
    assert "theano_tanh_float64(" in text or "tanh(" in text.split("inside it")[1]
    whole, _ = theano.scan(lambda row, h: tensor.sqrt(h) + row, x, h0)
    text = generated_code(theano.function([x, h0], whole))
    assert "a loop, all of whose steps are one function */" in text
    assert "void loop(char *const *p, i64 n)" in text
    assert "sqrt(" in text
