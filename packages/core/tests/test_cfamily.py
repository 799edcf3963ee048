"""The printer, the kernel verifier and the simplifier, as text: no compiler is needed here."""

import dataclasses

import numpy as np
import pytest

from theano.codegen import Expr, FinalSweep, Kernel, MapSweep, NotLowerable, Out, ReduceSweep, k
from theano.codegen.cfamily import Statements, literal, prototypes
from theano.codegen.contiguous import SYMBOL, contiguous_body
from theano.codegen.dialect import C_FAMILY_ROWS, CLASS_OF, Dialect, Row, extend_rows
from theano.codegen.dtypes import DTYPES, FLOATS
from theano.codegen.expr import BINARY, PRIMITIVES, UNARY
from theano.codegen.fingerprint import kernel_text
from theano.codegen.helpers import C_FAMILY_HELPERS
from theano.codegen.simplify import simplify
from theano.codegen.verify import KernelError, can_be_inplace, verify_inplace, verify_kernel
from theano.digest import digest

PLAIN = Dialect(
    name="plain C",
    types={d: d + "_t" for d in DTYPES} | {"float32": "float", "float64": "double", "bool": "bool"},
    storage={"bool": "uint8_t"},
    typedefs="",
    rows=C_FAMILY_ROWS,
    helpers=C_FAMILY_HELPERS,
    infinity={"float32": "INFINITY", "float64": "INFINITY"},
    nan={"float32": "NAN", "float64": "NAN"},
    prototypes={"exp": "double exp(double);", "log": "double log(double);", "fabs": "double fabs(double);"},
    vector_calls=frozenset(("exp", "fabs", "tanh")),
    loop_pragma="#pragma independent",
)


def load(i, dtype="float64"):
    return Expr("load", (), dtype, i)


def body(*values, modes="VVVV", dialect=PLAIN):
    def operand_of(leaf):
        return {"load": ("in", leaf.value, modes[leaf.value or 0]), "iota": ("iota",)}.get(
            leaf.kind, (leaf.kind, leaf.value, "S")
        )

    return contiguous_body(values, [("out", j) for j in range(len(values))], operand_of, dialect)


def test_an_elementwise_body_is_one_plain_loop():
    x, y = load(0), load(1)
    got = body(k.exp(x * y) + x)
    assert (
        got.text
        == f"""\
void {SYMBOL}(char *const *p, int64_t n)
{{
    const double *const p0 = (const double *)p[0];
    const double *const p1 = (const double *)p[1];
    double *const p2 = (double *)p[2];
    n &= -8;
#pragma independent
    for (int64_t i = 0; i < n; i++) {{
        const double v0 = p0[i];
        const double v1 = p1[i];
        const double v2 = v0 * v1;
        const double v3 = exp(v2);
        const double v4 = v3 + v0;
        p2[i] = v4;
    }}
}}
"""
    )
    assert got.operands == (("in", 0, "V"), ("in", 1, "V"), ("out", 0))
    assert got.written == (2,)
    assert got.width == 8
    assert got.support == ("double exp(double);",)


def test_text_does_not_depend_on_which_inputs_are_read():
    assert body(load(0) + load(1)).text == body(load(3) + load(2)).text


def test_what_is_the_same_for_all_positions_is_computed_before_the_loop():
    text = body(load(0) * k.exp(load(1)), modes="VS").text
    assert text.index("exp(") < text.index("for (")
    assert "*(const double *)p[1]" in text


def test_stores_follow_all_loads():
    """An output may lie over an input: every element is read before it is written."""
    lines = body(load(0) + load(1), load(0) - load(1)).text.splitlines()
    stores = [i for i, line in enumerate(lines) if "] = v" in line]
    loads = [i for i, line in enumerate(lines) if line.endswith("[i];")]
    assert max(loads) < min(stores)


@pytest.mark.parametrize(
    ("values", "width"),
    [
        ((load(0),), 8),
        ((load(0, "float32"),), 16),
        ((load(0, "int16"),), 32),
        ((load(0, "bool"),), 64),
        ((k.gt(load(0), load(1)),), 64),
        ((k.where(k.gt(load(0), load(1)), load(0), load(1)),), 8),
        ((k.cast(k.cast(load(0), "float32"), "float64"),), 16),
    ],
)
def test_width_fits_the_smallest_type(values, width):
    assert body(*values).width == width


def test_single_elements_do_not_narrow_the_width():
    assert body(k.where(load(1, "bool"), load(0), -load(0)), modes="VS").width == 8


def test_a_scalar_function_gets_a_loop_of_its_own():
    x = load(0)
    got = body(k.log(k.exp(x)) + x)  # this dialect has no vector log
    loops = got.text.split("#pragma independent")
    assert len(loops) == 4
    assert "exp(" in loops[1]
    assert "log(" in loops[2]
    assert "+" in loops[3].split(";", 3)[-1]
    assert "log(" not in loops[1] + loops[3]


def test_a_scalar_function_alone_needs_no_tiles():
    assert body(k.log(load(0)) + load(0)).text.count("#pragma independent") == 1


def test_consecutive_scalar_functions_share_a_loop():
    x = load(0)
    assert body(k.log(k.log(k.exp(x)))).text.count("#pragma independent") == 2


def test_every_primitive_has_a_row_for_every_dtype_it_takes():
    statements = Statements(PLAIN)
    for name in sorted(PRIMITIVES):
        for dtype in DTYPES:
            args = [load(i, dtype) for i in range(1 if name in UNARY else 2)]
            if name == "where":
                args.insert(0, load(5, "bool"))
            if dtype in FLOATS and name in ("and_", "or_", "xor", "invert"):
                continue
            try:
                value = getattr(k, name)(*args)
            except NotLowerable:
                continue
            statements.names.update({a: f"x{i}" for i, a in enumerate(args)})
            text = statements.text(value)
            assert "{" not in text, (name, dtype)


def test_bitwise_operations_on_floats_are_refused():
    with pytest.raises(KernelError, match="plain C has no row"):
        body(load(0) & load(1))


def test_rows_name_helpers_that_exist():
    rows = [row for by_class in C_FAMILY_ROWS.values() for row in by_class.values()]
    assert {h for row in rows for h in row.helpers} == set(C_FAMILY_HELPERS)
    assert set(C_FAMILY_ROWS) == PRIMITIVES == UNARY | BINARY | {"where"}
    assert set(CLASS_OF) == set(DTYPES)


def test_a_dialect_may_replace_rows():
    fast = extend_rows(C_FAMILY_ROWS, {"exp": {"f": Row("__expf({0})")}, "rsqrt": {"f": Row("rsqrt({0})")}})
    text = body(k.exp(load(0)), dialect=dataclasses.replace(PLAIN, rows=fast)).text
    assert "__expf(v0)" in text
    assert C_FAMILY_ROWS["exp"]["f"].text == "exp{s}({0})"
    assert "rsqrt" not in C_FAMILY_ROWS


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (1.0, "float64", "1.0"),
        (0.1, "float32", "0.10000000149011612f"),
        (-0.0, "float64", "(-0.0)"),
        (np.inf, "float64", "(INFINITY)"),
        (-np.inf, "float32", "(-INFINITY)"),
        (np.nan, "float64", "(NAN)"),
        (True, "bool", "1"),
        (-128, "int8", "((int8_t)(-128))"),
        (-(2**31), "int32", "((int32_t)(-2147483647 - 1))"),
        (-(2**63), "int64", "((int64_t)(-9223372036854775807ll - 1))"),
        (2**64 - 1, "uint64", "((uint64_t)18446744073709551615ull)"),
        (-5, "int64", "((int64_t)(-5ll))"),
    ],
)
def test_literals(value, dtype, text):
    assert literal(PLAIN, np.asarray(value).astype(dtype)[()], dtype) == text


def test_only_called_functions_are_declared():
    assert prototypes("x = exp(y); /* log */ z = myfabs(x);", PLAIN) == ["double exp(double);"]


# Simplification.


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (load(0) ** 2.0, load(0) * load(0)),
        (load(0) ** 1.0, load(0)),
        (load(0) ** -1.0, k.const(1.0, "float64") / load(0)),
        (load(0, "int32") ** 3, load(0, "int32") * load(0, "int32") * load(0, "int32")),
        (load(0) * 1.0, load(0)),
        (1.0 * load(0), load(0)),
        (load(0) / 1.0, load(0)),
        (k.neg(k.neg(load(0))), load(0)),
        (k.where(k.const(True, "bool"), load(0), load(1)), load(0)),
        (k.where(load(2, "bool"), load(0), load(0)), load(0)),
        (k.isnan(load(0, "int8")), k.const(False, "bool")),
        (k.eq(load(0, "int8"), load(0, "int8")), k.const(True, "bool")),
        (k.maximum(load(0), load(0)), load(0)),
        (k.cast(k.cast(load(0), "float32") ** 1.0, "float64"), k.cast(k.cast(load(0), "float32"), "float64")),
    ],
)
def test_rules(before, after):
    assert simplify((before,)) == (after,)


@pytest.mark.parametrize(
    "value",
    [
        load(0) + 0.0,
        load(0) * 0.0,
        load(0) - load(0),
        k.eq(load(0), load(0)),
        load(0) ** 0.5,
        load(0) ** 3.0,
        load(0) / 3.0,
    ],
)
def test_what_would_change_a_nan_or_a_bit_is_left_alone(value):
    assert simplify((value,)) == (value,)


def test_deep_expressions_need_no_recursion():
    value = load(0)
    for _ in range(20_000):
        value = k.exp(value)
    assert simplify((value,)) == (value,)
    assert body(value).text.count("exp(") == 20_000


# Verification.


FLOAT = (Out("float64"),)


def kernel(*sweeps, inputs=("float64",), outputs=FLOAT, temps=(), accs=()):
    return Kernel(inputs, outputs, sweeps, temps, accs)


def out(value, j=0):
    return MapSweep((("out", j),), (value,))


def test_a_row_program_is_well_formed():
    x, top = load(0), Expr("acc", (), "float64", 0)
    sweeps = (ReduceSweep(0, "maximum", x, "float64"), out(x - top), FinalSweep((1,), (k.exp(top),)))
    verify_kernel(kernel(*sweeps, outputs=(Out("float64"), Out("float64", True)), accs=("float64",)))


ACC, TEMP = Expr("acc", (), "float64", 0), Expr("temp", (), "float64", 0)
REDUCE = ReduceSweep(0, "add", load(0), "float64")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (kernel(out(load(1))), "it has 1 inputs"),
        (kernel(out(load(0, "float32"))), "loaded as float32"),
        (kernel(), "no sweep writes"),
        (kernel(out(load(0)), out(load(0))), "written twice"),
        (kernel(out(k.gt(load(0), load(0)))), "it gets bool"),
        (kernel(out(TEMP), temps=("float64",)), "read before a sweep"),
        (kernel(out(ACC), REDUCE, accs=("float64",)), "read before its reduction"),
        (kernel(REDUCE, out(ACC), accs=("float32",)), "its dtype differs"),
        (kernel(REDUCE, REDUCE, accs=("float64",)), "reduced twice"),
        (kernel(ReduceSweep(0, "median", load(0), "float64"), accs=("float64",)), "known are add"),
        (kernel(FinalSweep((0,), (load(0),)), outputs=(Out("float64", True),)), "accumulators only"),
        (kernel(out(load(0)), outputs=(Out("float64", True),)), "wrong kind"),
        (kernel(MapSweep((), ())), "differ in number"),
        (kernel(out(Expr("call", (load(0), load(0)), "float64", "exp"))), "2 operands, takes 1"),
        (kernel(out(Expr("call", (load(0),), "float64", "frobnicate"))), "no such primitive"),
        (kernel(out(Expr("call", (load(0), load(0, "bool")), "float64", "add"))), "loaded as bool"),
        (
            kernel(out(Expr("call", (load(0), k.const(1, "int8")), "float64", "add"))),
            "operands \\['float64', 'int8'\\]",
        ),
        (kernel(out(Expr("call", (load(0), load(0)), "float64", "lt"))), "result float64"),
        (kernel(out(Expr("iota", (), "int32")), outputs=(Out("int32"),)), "int64"),
        (kernel(out(load(0)), inputs=("float16",)), "no such dtype"),
    ],
)
def test_broken_kernels_are_named(bad, words):
    with pytest.raises(KernelError, match=words):
        verify_kernel(bad)


def test_inplace_needs_that_no_later_sweep_reads():
    x = load(0)
    late = kernel(out(k.exp(x)), out(x, 1), outputs=(Out("float64"), Out("float64")))
    assert not can_be_inplace(late, 0, 0)
    assert can_be_inplace(late, 1, 0)
    verify_inplace(late, ((1, 0),))
    with pytest.raises(KernelError, match="a later sweep"):
        verify_inplace(late, ((0, 0),))


def test_inplace_needs_the_same_dtype():
    with pytest.raises(KernelError, match="differ in dtype"):
        verify_inplace(kernel(out(k.cast(load(0), "int64")), outputs=(Out("int64"),)), ((0, 0),))


# Canonical text.


def test_kernel_text_shows_all_sweeps():
    final = FinalSweep((0,), (k.cast(ACC, "float32"),))
    got = kernel_text(
        kernel(
            ReduceSweep(0, "add", load(0) * 2.0, "float64"), final, outputs=(Out("float32", True),), accs=("float64",)
        )
    )
    assert (
        got
        == """\
kernel (in0: float64) -> (out0: float32 reduced)
  reduce
    v0 = load in0 : float64
    v1 = const 2.0 : float64
    v2 = mul v0 v1 : float64
    acc0 <- add v2 : float64
  final
    v0 = acc0 : float64
    v1 = cast v0 : float32
    out0 <- v1"""
    )


def test_digests_keep_parts_apart():
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert digest("a") == digest(b"a")
