"""What differs between the languages of the C family, as data: type names, spellings of primitives, helper functions.

A `Dialect` holds *rows*: ``rows[primitive][class]`` says how to write a primitive for a class of dtypes. The classes
are ``b`` (bool), ``i`` (signed), ``u`` (unsigned) and ``f`` (floating). A row is a template with these fields:

``{0} {1} {2}``   the operands (names or literals, never needing parentheses)
``{t}``           the C type of the last operand;  ``{r}`` the C type of the result
``{s}``           the dialect's function-name suffix for the dtype (``f`` for float32 in C)
``{zero} {one}``  literals of the operand's type;  ``{max}`` its largest finite value
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theano.frozen import dataclass, field

CLASSES = {"b": ("bool",), "i": ("int8", "int16", "int32", "int64"), "u": ("uint8", "uint16", "uint32", "uint64")}
CLASS_OF = {d: c for c, names in CLASSES.items() for d in names} | {"float32": "f", "float64": "f"}


@dataclass(frozen=True)
class Row:
    """How one primitive is written for one class of dtypes.

    text : str
        Expression template (fields: see the module).
    calls : tuple of str
        Library functions behind it, without suffix; the dialect may need to declare them.
    helpers : tuple of str
        Names of entries of `Dialect.helpers` that the text uses; with the fields of rows.
    scalar : bool
        True when no compiler vectorises it: the loop is split around it.
    ps : int
        Estimated picoseconds per element of the vector form (of the scalar form if `scalar`).
    """

    text: str
    calls: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    scalar: bool = False
    ps: int = 60


Rows = Mapping[str, Mapping[str, Row]]


@dataclass(frozen=True, eq=False)
class Dialect:
    """One language of the C family.

    Attributes
    ----------
    name : str
    types : mapping of dtype to type name
        Values in expressions; `storage` is the type of an element in memory where it differs (bool).
    typedefs : str
        Text that must precede everything.
    rows : mapping
        See the module; build with :func:`extend_rows` from `C_FAMILY_ROWS`.
    helpers : mapping of helper name to template
        Text of a function per type; fields ``{t} {s} {d}`` (type, suffix, dtype name) and those of rows; other braces
        are doubled.
    helper_qualifier : str
        What stands before a helper function (``static inline``, ``__device__``).
    suffixes : mapping of dtype to function-name suffix
    infinity, nan : mapping of dtype to literal
    prototypes : mapping of library function (suffix included) to its declaration, where one is needed
    vector_calls : frozenset of str
        Library functions (suffix included) that the compiler can vectorise. None: all of them (devices).
    loop_pragma : str
        A line before each loop whose iterations are independent.
    unroll_pragma : str
        A line before a short loop that is to be written out in full.
    widening_sum : str
        Another way to write ``{0} + {1}`` of float64, with the same bits, where {1} is a widened float32. Empty: none.
    pairs : bool
        This is GNU C for a machine where float32 is widened slowly, and is the lower half of two that are read as one.
    """

    name: str
    types: Mapping[str, str]
    storage: Mapping[str, str]
    typedefs: str
    rows: Rows
    helpers: Mapping[str, str]
    helper_qualifier: str = "static inline"
    suffixes: Mapping[str, str] = field(default_factory=lambda: {"float32": "f", "float64": ""})
    infinity: Mapping[str, str] = field(default_factory=dict)
    nan: Mapping[str, str] = field(default_factory=dict)
    prototypes: Mapping[str, str] = field(default_factory=dict)
    vector_calls: frozenset[str] | None = None
    loop_pragma: str = ""
    unroll_pragma: str = ""
    widening_sum: str = ""
    pairs: bool = False

    def row(self, primitive: str, dtype: str) -> Row | None:
        """The row of `primitive` for operands of `dtype`, or None."""
        return self.rows.get(primitive, {}).get(CLASS_OF[dtype])

    def memory_type(self, dtype: str) -> str:
        """Type of an element in memory."""
        return self.storage.get(dtype, self.types[dtype])

    def vectorised(self, row: Row, dtype: str) -> bool:
        """Whether a loop around `row` becomes vector code."""
        if row.scalar:
            return False
        suffix = self.suffixes.get(dtype, "")
        return self.vector_calls is None or all(f"{c}{suffix}" in self.vector_calls for c in row.calls)


def extend_rows(rows: Rows, more: Rows) -> dict[str, dict[str, Row]]:
    """`rows` with the entries of `more` added or put in their place."""
    merged = {name: dict(by_class) for name, by_class in rows.items()}
    for name, by_class in more.items():
        merged.setdefault(name, {}).update(by_class)
    return merged


def _same(text: str, classes: str, **options: Any) -> dict[str, Row]:
    return {c: Row(text, **options) for c in classes}


def _library(c_name: str, ps: int, **options: Any) -> dict[str, Row]:
    return {"f": Row(c_name + "{s}({0})", calls=(c_name,), ps=ps, **options)}


def _rounding(c_name: str) -> dict[str, Row]:
    return {"f": Row(c_name + "{s}({0})", calls=(c_name,)), **_same("{0}", "biu")}


def _comparison(sign: str) -> dict[str, Row]:
    return _same("{0} " + sign + " {1}", "biuf")


def _arithmetic(sign: str, boolean: str) -> dict[str, Row]:
    """A sum, difference or product: the casts bring small integers back from int."""
    text = "{0} " + sign + " {1}"
    return {"f": Row(text), **_same("({r})(" + text + ")", "iu"), "b": Row(boolean)}


def _bitwise(sign: str) -> dict[str, Row]:
    return {**_same("({r})({0} " + sign + " {1})", "iu"), "b": Row("{0} " + sign + " {1}")}


# NumPy: NaN wins in minimum and maximum. `|` and not `||`: both sides are always computed, so nothing branches.
C_FAMILY_ROWS: dict[str, dict[str, Row]] = {
    "add": _arithmetic("+", "{0} | {1}"),
    "sub": _arithmetic("-", "{0} ^ {1}"),
    "mul": _arithmetic("*", "{0} & {1}"),
    "true_div": {"f": Row("{0} / {1}", ps=180)},
    "floor_div": {
        "f": Row(
            "theano_floor_div_{d}({0}, {1})", calls=("fmod", "floor"), helpers=("floor_div_f",), scalar=True, ps=9000
        ),
        "i": Row("theano_floor_div_{d}({0}, {1})", helpers=("floor_div_i",), scalar=True, ps=2500),
        "u": Row("theano_floor_div_{d}({0}, {1})", helpers=("floor_div_u",), scalar=True, ps=2500),
        "b": Row("{0} & {1}"),
    },
    "mod": {
        "f": Row("theano_mod_{d}({0}, {1})", calls=("fmod",), helpers=("mod_f",), scalar=True, ps=8000),
        "i": Row("theano_mod_{d}({0}, {1})", helpers=("mod_i",), scalar=True, ps=2500),
        "u": Row("theano_mod_{d}({0}, {1})", helpers=("mod_u",), scalar=True, ps=2500),
        "b": Row("{0} & 0 & {1}"),
    },
    "neg": {"f": Row("-{0}"), **_same("({r})(-{0})", "iu"), "b": Row("{0}")},
    "abs": {"f": Row("fabs{s}({0})", calls=("fabs",)), "i": Row("({r})({0} < 0 ? -{0} : {0})"), **_same("{0}", "ub")},
    "sign": {
        "f": Row("{0} > {zero} ? {one} : ({0} < {zero} ? -{one} : ({0} != {0} ? {0} : {zero}))"),
        "i": Row("({r})(({0} > 0) - ({0} < 0))"),
        "u": Row("({r})({0} != 0)"),
        "b": Row("{0}"),
    },
    "minimum": {
        "f": Row("(({0} <= {1}) | ({0} != {0})) ? {0} : {1}"),
        **_same("{0} < {1} ? {0} : {1}", "iu"),
        "b": Row("{0} & {1}"),
    },
    "maximum": {
        "f": Row("(({0} >= {1}) | ({0} != {0})) ? {0} : {1}"),
        **_same("{0} > {1} ? {0} : {1}", "iu"),
        "b": Row("{0} | {1}"),
    },
    "eq": _comparison("=="),
    "neq": _comparison("!="),
    "lt": _comparison("<"),
    "le": _comparison("<="),
    "gt": _comparison(">"),
    "ge": _comparison(">="),
    "and_": _bitwise("&"),
    "or_": _bitwise("|"),
    "xor": _bitwise("^"),
    "invert": {**_same("({r})(~{0})", "iu"), "b": Row("!{0}")},
    "where": _same("{0} ? {1} : {2}", "biuf"),
    "isnan": {"f": Row("{0} != {0}"), **_same("0", "biu")},
    "isinf": {"f": Row("({0} > {max}) | ({0} < -{max})"), **_same("0", "biu")},
    "floor": _rounding("floor"),
    "ceil": _rounding("ceil"),
    "trunc": _rounding("trunc"),
    "rint": _rounding("rint"),
    "sqrt": _library("sqrt", 300),
    "exp": _library("exp", 640),
    "exp2": _library("exp2", 640),
    "expm1": _library("expm1", 650),
    "log": _library("log", 700),
    "log2": _library("log2", 700),
    "log10": _library("log10", 750),
    "log1p": _library("log1p", 700),
    "sin": _library("sin", 600),
    "cos": _library("cos", 600),
    "tan": _library("tan", 1200),
    "arcsin": _library("asin", 1000),
    "arccos": _library("acos", 1000),
    "arctan": _library("atan", 1000),
    "arctan2": {"f": Row("atan2{s}({0}, {1})", calls=("atan2",), ps=1500)},
    "sinh": _library("sinh", 1200),
    "cosh": _library("cosh", 1100),
    "tanh": _library("tanh", 1060),
    "arcsinh": _library("asinh", 1300),
    "arccosh": _library("acosh", 1300),
    "arctanh": _library("atanh", 1200),
    "erf": _library("erf", 1030),
    "erfc": _library("erfc", 1800),
    "gamma": {"f": Row("theano_gamma_{d}({0})", calls=("tgamma",), helpers=("gamma",), scalar=True, ps=30000)},
    "gammaln": {"f": Row("theano_gammaln_{d}({0})", calls=("lgamma_r",), helpers=("gammaln",), scalar=True, ps=20000)},
    "pow": {
        "f": Row("pow{s}({0}, {1})", calls=("pow",), ps=2400),
        "i": Row("theano_pow_{d}({0}, {1})", helpers=("pow_i",), scalar=True, ps=5000),
        "u": Row("theano_pow_{d}({0}, {1})", helpers=("pow_u",), scalar=True, ps=5000),
        "b": Row("{0} | !{1}"),
    },
    "sigmoid": {"f": Row("theano_sigmoid_{d}({0})", calls=("exp",), helpers=("sigmoid",), ps=800)},
    "softplus": {"f": Row("theano_softplus_{d}({0})", calls=("exp", "log1p"), helpers=("softplus",), ps=1500)},
}
