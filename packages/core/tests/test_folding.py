"""Loops that fold what they compute: partial results, pairs of float32, and what is left to tiles."""

import pytest

from theano.codegen import Expr, k
from theano.codegen.dialect import C_FAMILY_ROWS, Dialect
from theano.codegen.folding import LANES, folding_body
from theano.codegen.helpers import C_FAMILY_HELPERS
from theano.frozen import replace

TYPES = {"bool": "bool", "int8": "int8_t", "int64": "int64_t", "float32": "float", "float64": "double"}
PLAIN = Dialect(
    name="C",
    types=TYPES,
    storage={"bool": "uint8_t"},
    typedefs="",
    rows=C_FAMILY_ROWS,
    helpers=C_FAMILY_HELPERS,
    loop_pragma="#pragma independent",
    unroll_pragma="#pragma unroll",
    vector_calls=frozenset(("exp", "expf", "sqrtf")),
)


def load(i, dtype="float64"):
    return Expr("load", (), dtype, i)


def fold(value, kind="add", acc_dtype="float64", dialect=PLAIN, **options):
    return folding_body(value, kind, acc_dtype, lambda leaf: ("in", leaf.value, "V"), dialect, **options)


@pytest.mark.parametrize("kind", ["add", "mul", "maximum", "minimum"])
def test_the_loop_folds_into_lanes(kind):
    body = fold(load(0) - load(1), kind)
    assert body.operands == (("in", 0, "V"), ("in", 1, "V"), ("start", "S"), ("fold", "S"))
    assert body.width == LANES
    assert body.text.count("p0[b + i]") == 1
    assert body.text.count("#pragma unroll") == 1


def test_float32_is_widened_before_it_is_added():
    body = fold(load(0, "float32") * 2.0)
    assert body.dtypes == ("float32", "float64", "float64")
    assert body.text.count("a[i] = a[i] + (double)v") == 1


def test_a_dialect_may_have_another_way_to_add_what_was_widened():
    fused = replace(PLAIN, widening_sum="fma({1}, 1.0, {0})")
    x = load(0, "float32")
    assert fold(x * 2.0, dialect=fused).text.count("a[i] = fma((double)v1, 1.0, a[i]);") == 1
    assert "fma" not in fold(x * 2.0, "maximum", dialect=fused).text
    assert "fma" not in fold(x * 2.0, acc_dtype="float32", dialect=fused).text
    assert "fma" not in fold(load(0) * 2.0, dialect=fused).text


def test_squares_of_float32_are_added_in_pairs_where_that_is_worth_it():
    pairs, x = replace(PLAIN, types=TYPES | {"uint64": "uint64_t"}, pairs=True), load(0, "float32")
    text = fold((x - 1.0) * (x - 1.0), dialect=pairs).text
    assert text.count("q[i] = v") == text.count("a[i] = a[i] + (double)v") == 1
    assert text.count("if (far == 0)") == 1  # without the pairs after all, where there is no number
    assert fold((x - 1.0) * (x - 1.0), dialect=pairs).ps == fold((x - 1.0) * (x - 1.0)).ps
    wide = load(0)
    for other in (
        fold(x * 2.0, dialect=pairs),
        fold(x * x, "maximum", dialect=pairs),
        fold(wide * wide, dialect=pairs),
    ):
        assert "q[i]" not in other.text
    assert "q[i]" not in fold(x * x, acc_dtype="float32", dialect=pairs).text
    assert "q[i]" not in fold(x * x, dialect=pairs, longest=96).text


def test_library_calls_are_not_written_out():
    body = fold(k.exp(load(0, "float32")))
    assert "#pragma unroll" not in body.text
    assert body.text.count("expf(") == 1
    assert "a[i] = a[i] + (double)" in body.text
    assert "#pragma unroll" in fold(k.sqrt(load(0, "float32"))).text


def test_loops_that_are_split_or_too_wide_keep_their_tile():
    x = load(0)
    assert fold(k.log(k.exp(x)) + x) is None  # no vector log here
    assert fold(k.cast(load(0, "int8"), "int64"), acc_dtype="int64") is None
    assert fold(k.gt(x, 0.0), "and", "bool") is not None
