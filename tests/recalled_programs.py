"""Programs whose results, graphs and errors are told as JSON: run in several processes, they must tell the same.

Not a test itself; ``python recalled_programs.py`` prints one line (see ``test_recall.py``, which may put empty lines
above the programs).
"""

import json
import pickle
import sys

import numpy as np

import theano
import theano.gradient
from theano import tensor as T
from theano.ifelse import ifelse
from theano.tensor.asserts import assert_op
from theano.tensor.random import RandomStream

# MOVED

FLOATS = np.linspace(-2, 2, 12)


def shown(value):
    if isinstance(value, dict):
        return {key: shown(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [shown(v) for v in value]
    value = np.asarray(value)
    return [str(value.dtype), list(value.shape), value.tobytes().hex()]


def attempt(call, *args, **kwargs):
    try:
        return shown(call(*args, **kwargs))
    except Exception as error:
        return [type(error).__name__, str(error)]


def chain():
    x = T.dvector("x")
    y = x
    for _ in range(6):
        y = T.sin(y) + x
    f = theano.function([x], y)
    return f, [attempt(f, FLOATS), attempt(f, np.ones((2, 2))), attempt(f), attempt(f, x=FLOATS), attempt(f, "no")]


def training_step():
    rng = np.random.default_rng(1)
    x, y = T.fmatrix("x"), T.lvector("y")
    w = theano.shared(rng.normal(size=(4, 3)).astype("float32"), name="w")
    b = theano.shared(np.zeros(3, "float32"), name="b")
    p = T.nnet.softmax(T.dot(T.tanh(x), w) + b)
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    gw, gb = theano.grad(cost, [w, b])
    f = theano.function([x, y], [cost, p], updates=[(w, w - gw), (b, b - gb)], name="step")
    found = [attempt(f, rng.normal(size=(5, 4)).astype("float32"), [0, 1, 2, 0, 1]) for _ in range(2)]
    found += [attempt(f, np.ones((2, 4), "float32"), [0, 7]), attempt(f, np.ones((2, 3), "float32"), [0, 1])]
    return f, [found, shown(w.get_value()), shown(b.get_value()), [str(s) for s in f.get_shared()]]


def mismatch():
    a, b = T.dvector("a"), T.dvector("b")
    f = theano.function([a, b], [a * b + 1, a.sum()])
    return f, [attempt(f, FLOATS, FLOATS), attempt(f, FLOATS, FLOATS[:3])]


def positions():
    x, i = T.dmatrix("x"), T.lvector("i")
    f = theano.function([x, i], {"rows": x[i], "last": x[-1, ::2], "first": T.argmax(x, axis=1)})
    x0 = np.arange(12.0).reshape(3, 4)
    return f, [attempt(f, x0, [2, 0]), attempt(f, x0, [5]), attempt(f, x0[:0], [0])]


def swap():
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    f = theano.function([], a + b, updates=[(a, b), (b, a)])
    return f, [attempt(f), attempt(f), shown(a.get_value()), shown(b.get_value())]


def twin():
    """The same graph once more, with other shared variables."""
    return swap()


def same_storage():
    """As `swap`, but for what is behind the names."""
    a = theano.shared(1.0, "a")
    b = a.clone("b")
    f = theano.function([], a + b, updates=[(a, b + 1)])
    return f, [attempt(f), attempt(f), shown(b.get_value())]


def other_storage():
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    f = theano.function([], a + b, updates=[(a, b + 1)])
    return f, [attempt(f), attempt(f), shown(a.get_value()), shown(b.get_value())]


def defaults():
    x = T.dscalar("x")
    total = T.dscalar("total")
    f = theano.function([x, theano.In(total, value=0.5, update=total + x)], [x * 2, total])
    first = [attempt(f, 1.0), attempt(f, 2.0), shown(f[total]), attempt(f, x=3)]
    f["total"] = 10.0
    return f, [*first, attempt(f, 1), attempt(f, 1, 2, 3), [list(map(str, d)) for d in f.defaults]]


def lent():
    x = T.dvector("x")
    f = theano.function([theano.In(x, mutable=True)], theano.Out(T.exp(x) * 2, borrow=True))
    return f, [attempt(f, FLOATS.copy())]


def constants():
    x = T.fmatrix("x")
    columns = np.asfortranarray(np.arange(6, dtype="float32").reshape(2, 3))
    f = theano.function([x], [T.dot(x, columns), x[:, :2] * np.float32(-0.0), T.eye(2, dtype="float32") + x[:2, :2]])
    return f, [attempt(f, np.full((3, 2), 2, "float32"))]


def integers():
    a, b = T.lvector("a"), T.bvector("b")
    f = theano.function([a, b], [a // b, a % b, T.cast(a, "int8"), T.switch(a > 1, a, b), T.concatenate([a, b])])
    return f, [attempt(f, [5, -5, 7], [2, 2, 0]), attempt(f, [5.5], [1])]


def branches():
    c, x = T.lscalar("c"), T.dvector("x")
    f = theano.function([c, x], ifelse(T.gt(c, 0), T.exp(x).sum(), x.prod()))
    return f, [attempt(f, 1, FLOATS), attempt(f, 0, FLOATS)]


def draws():
    stream = RandomStream(7)
    x = T.dvector("x")
    f = theano.function([x], x + stream.normal(size=(12,)) * stream.uniform(size=(12,)))
    return f, [attempt(f, FLOATS), attempt(f, FLOATS)]


def checked():
    x, n = T.dvector("x"), T.lscalar("n")
    f = theano.function([x, n], [T.reshape(x, (n, 3)), assert_op(x, T.gt(n, 0))])
    return f, [attempt(f, FLOATS, 4), attempt(f, FLOATS, 5), attempt(f, FLOATS, -1)]


def loop():
    """Not kept: a step is a function of its own."""
    x = T.dvector("x")
    steps, _ = theano.scan(lambda v, total: total + v, sequences=x, outputs_info=T.zeros((), "float64"))
    f = theano.function([x], steps)
    return f, [attempt(f, FLOATS)]


PROGRAMS = [chain, training_step, mismatch, positions, swap, twin, defaults, lent, constants, integers, branches,
            draws, checked, same_storage, other_storage, loop]  # fmt: skip


def look_at(f):
    """What can be asked of a function, each of another copy of the question: the first one asked makes the graph."""
    copied = f.copy(name="copied")
    return {
        "graph": theano.printing.debugprint(f, file="str", print_type=True),
        "outputs": [str(o.variable) for o in f.maker.outputs],
        "updates": [str(i.update) for i in f.maker.inputs],
        "plan": str(f.plan),
        "copied": theano.printing.debugprint(copied, file="str"),
        "pickled": theano.printing.debugprint(pickle.loads(pickle.dumps(f)), file="str"),
        "name": f.name,
    }


def main():
    told, recalled = {}, {}
    for program in PROGRAMS:
        f, results = program()
        recalled[program.__name__] = [getattr(f, "_recipe", None) is not None, f.maker.recalled is not None]
        told[program.__name__] = [results, look_at(f)]
    print(json.dumps({"told": told, "recalled": recalled, "opt": "theano.opt.database" in sys.modules}))


if __name__ == "__main__":
    main()
