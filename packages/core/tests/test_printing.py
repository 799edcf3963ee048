"""Graphs as text: debugprint, pp, min_informative_str, Print."""

import io
import types

import pytest

import theano
from theano.graph import Apply, Constant, FunctionGraph, Op, generic
from theano.printing import (
    FunctionPrinter,
    OperatorPrinter,
    PatternPrinter,
    Print,
    debugprint,
    min_informative_str,
    pp,
    pprint,
)
from theano.printing.tree import char_from_number


class Named(Op):
    """An op that prints as it is told."""

    __props__ = ("text", "nout")

    def __init__(self, text, nout=1):
        self.text, self.nout = text, nout

    def make_node(self, *inputs):
        return Apply(self, inputs, [generic() for _ in range(self.nout)])

    def __str__(self):
        return self.text

    def perform(self, node, inputs, output_storage):
        for storage in output_storage:
            storage[0] = sum(inputs)


class Elemwise(Named):
    """Looks like an elementwise operation of tensors."""

    inplace_pattern = ()

    def __init__(self, name):
        super().__init__(f"Elemwise{{{name},no_inplace}}")
        self.scalar_op = types.SimpleNamespace(name=name)


class TensorConstant(Constant):
    pass


def constant(value):
    return TensorConstant(generic, value)


add, sub, mul, neg, power, exp = map(Elemwise, ("add", "sub", "mul", "neg", "pow", "exp"))


def text(obj, **options):
    return debugprint(obj, file="str", **options)


@pytest.fixture
def x():
    return generic("x")


# ---- debugprint


def test_tree_of_the_specification(x):
    y = mul(add(x, constant(2)), x)
    assert text(y) == (
        "Elemwise{mul,no_inplace} [id A] ''   \n"
        " |Elemwise{add,no_inplace} [id B] ''   \n"
        " | |x [id C]\n"
        " | |TensorConstant{2} [id D]\n"
        " |x [id C]\n"
    )


def test_last_child_has_blanks_below_it_and_names_are_quoted(x):
    y = add(x, exp(x))
    y.owner.inputs[1].name = "e"
    y.name = "y"
    assert text(y).splitlines() == [
        "Elemwise{add,no_inplace} [id A] 'y'   ",
        " |x [id B]",
        " |Elemwise{exp,no_inplace} [id C] 'e'   ",
        "   |x [id B]",
    ]


def test_node_met_again_has_no_children(x):
    y = exp(x)
    lines = text(add(y, y)).splitlines()
    assert lines[1:] == [
        " |Elemwise{exp,no_inplace} [id B] ''   ",
        " | |x [id C]",
        " |Elemwise{exp,no_inplace} [id B] ''   ",
    ]


def test_outputs_of_one_node_share_its_id(x):
    a, b = Named("two", 2)(x)
    assert text([a, b]).splitlines() == ["two.0 [id A] ''   ", " |x [id B]", "two.1 [id A] ''   "]
    assert text(a.owner) == text([a, b])


def test_graph_gives_the_position_of_each_node(x):
    fgraph = FunctionGraph([x], [exp(neg(x))])
    assert text(fgraph).splitlines() == [
        "Elemwise{exp,no_inplace} [id A] ''   1",
        " |Elemwise{neg,no_inplace} [id B] ''   0",
        "   |x [id C]",
    ]


def test_function_prints_its_graph(x):
    fgraph = FunctionGraph([x], [exp(x)])
    f = types.SimpleNamespace(maker=types.SimpleNamespace(fgraph=fgraph), profile=None)
    assert text(f) == text(fgraph)
    assert pp(f) == "exp(x)"


def test_ids_of_all_kinds(x):
    assert text(exp(x), ids="int").splitlines()[1] == " |x [id 1]"
    assert text(exp(x), ids="id").splitlines()[1] == f" |x [id {id(x)}]"
    assert text(exp(x), ids="").splitlines()[1] == " |x "
    with pytest.raises(ValueError, match="no such kind of ids"):
        text(x, ids="other")
    assert [char_from_number(i) for i in (0, 25, 26, 675, 676)] == ["A", "Z", "BA", "ZZ", "BAA"]


def test_depth_types_and_stop_on_name(x):
    y = exp(neg(x))
    assert text(y, depth=1) == "Elemwise{exp,no_inplace} [id A] ''   \n"
    assert len(text(y, depth=2).splitlines()) == 2
    assert text(y, print_type=True).splitlines()[-1] == f"   |x [id C] <{generic}>"
    y.owner.inputs[0].name = "inner"
    assert text(y, stop_on_name=True).splitlines()[-1] == " |Elemwise{neg,no_inplace} [id B] 'inner'   "


def test_storage_and_clients(x):
    y = exp(x)
    z = add(y, y)
    fgraph = FunctionGraph([x], [z], clone=False)
    f = types.SimpleNamespace(
        maker=types.SimpleNamespace(fgraph=fgraph),
        profile=None,
        fn=types.SimpleNamespace(storage_map={y: [1.5], z: [3.0]}),
    )
    assert text(f, print_storage=True).splitlines()[0] == "Elemwise{add,no_inplace} [id A] ''   1 [3.0]"
    assert text(fgraph, print_clients=True).splitlines()[1].endswith("''   0 clients:[([id A], 0), ([id A], 1)]")


def test_used_ids_and_done_go_on_from_an_earlier_call(x):
    y = exp(x)
    ids, done = {}, {}
    text(y, used_ids=ids, done=done)
    assert text(neg(y), used_ids=ids, done=done).splitlines() == [
        "Elemwise{neg,no_inplace} [id C] ''   ",
        " |Elemwise{exp,no_inplace} [id A] ''   ",
    ]


def test_other_things_that_can_be_printed(x, capsys):
    assert text(3.5) == "3.5\n"
    assert text((x, [2])) == "x [id A]\n2\n"
    assert text(theano.In(x)) == "x [id A]\n"
    file = io.StringIO()
    assert debugprint(x, file=file) is file
    debugprint(x)
    assert capsys.readouterr().out == file.getvalue() == "x [id A]\n"
    with pytest.raises(TypeError, match="not part of a graph"):
        text("text")
    with pytest.raises(TypeError, match="not an int"):
        text(x, depth="2")


def test_maps_of_ops_are_printed_on_request(x):
    y = Print("p")(x)
    assert text(y, print_view_map=True).splitlines()[0].endswith("''  v={0: [0]} ")


def test_profiled_function_has_columns_of_times(x):
    fgraph = FunctionGraph([x], [exp(neg(x))])
    first, second = fgraph.toposort()
    profile = types.SimpleNamespace(apply_time={first: 1.0, (fgraph, second): 3.0})
    f = types.SimpleNamespace(maker=types.SimpleNamespace(fgraph=fgraph), profile=profile)
    printed = text(f)
    assert printed.startswith("Timing Info\n")
    assert "''   1 --> 3.00e+00s 75.0% 4.00e+00s 100.0%\n" in printed
    assert "''   0 --> 1.00e+00s 25.0% 1.00e+00s 25.0%\n" in printed


class Loop(Named):
    """Looks like a scan op with one inner input."""

    def __init__(self, inner_in, inner_out):
        super().__init__("for{cpu,loop}")
        self.inputs, self.outputs = [inner_in], [inner_out]
        self.var_mappings = {"outer_inp_from_inner_inp": {0: 1}}

    __props__ = ()


def test_bodies_of_loops_are_printed_below_and_point_to_outer_inputs(x):
    n, inner = generic("n"), generic("inner")
    y = exp(Loop(inner, neg(inner))(n, x))
    assert text(y).splitlines() == [
        "Elemwise{exp,no_inplace} [id A] ''   ",
        " |for{cpu,loop} [id B] ''   ",
        "   |n [id C]",
        "   |x [id D]",
        "",
        "Inner graphs of the scan ops:",
        "",
        "for{cpu,loop} [id B] ''   ",
        " >Elemwise{neg,no_inplace} [id E] ''   ",
        " > |inner [id F] -> [id D]",
    ]


def chain(x, length):
    for _ in range(length):
        x = neg(x)
    return x


def test_long_chains_print_without_recursion_and_in_linear_space(x):
    y = chain(x, 100_000)
    printed = text(y)
    assert printed.count("\n") == 100_001
    assert len(printed) < 100_001 * 260
    assert pp(y) == "(-" * 100_000 + "x" + ")" * 100_000
    assert min_informative_str(chain(x, 2000)).count("\n") == 2000


# ---- pp


def test_formulas_have_their_parentheses(x):
    two, y = constant(2), generic("y")
    assert pp(add(x, y)) == "(x + y)"
    assert pp(add(x, y, two)) == "(x + y + TensorConstant{2})"
    assert pp(mul(sub(x, y), power(x, two))) == "((x - y) * (x ** TensorConstant{2}))"
    assert pp(neg(exp(sub(neg(x), y)))) == "(-exp(((-x) - y)))"
    assert pp(x) == "x"
    assert pp(Elemwise("convert_to_float32")(x)) == "float32(x)"


def test_minimal_parentheses_on_request(x, monkeypatch):
    monkeypatch.setattr(OperatorPrinter, "minimal", True)
    y, z = generic("y"), generic("z")
    assert pp(add(mul(x, y), z)) == "x * y + z"
    assert pp(mul(add(x, y), z)) == "(x + y) * z"
    assert pp(sub(x, sub(y, z))) == "x - (y - z)"
    assert pp(sub(sub(x, y), z)) == "x - y - z"
    assert pp(power(power(x, y), z)) == "(x ** y) ** z"
    assert pp(power(x, power(y, z))) == "x ** y ** z"
    assert pp(exp(add(x, y))) == "exp(x + y)"


def test_unknown_ops_are_written_as_calls(x):
    _, b = Named("two", 2)(x, exp(x))
    assert pp(b) == "two.1(x, exp(x))"
    assert pp(Named("one")(x)) == "one(x)"


def test_gradient_of_a_square_as_it_is_documented(x):
    two, one = constant(2), constant(1)
    fill = Elemwise("second")(power(x, two), constant(1.0))
    g = mul(mul(fill, two), power(x, sub(two, one)))
    assert pp(g) == (
        "((fill((x ** TensorConstant{2}), TensorConstant{1.0}) * TensorConstant{2})"
        " * (x ** (TensorConstant{2} - TensorConstant{1})))"
    )


def test_assign_chooses_printers_for_ops_and_for_conditions(x):
    op = Named("special", 2)
    own = pprint.clone_assign(op, FunctionPrinter("first", "second"))
    a, b = op(x)
    assert own(exp(a)) == "exp(first(x))"
    assert own(b) == "second(x)"
    assert pprint(a) == "special.0(x)"
    own.assign(lambda state, r: r.name == "x", PatternPrinter("never"))
    with pytest.raises(TypeError, match="not one"):
        own(x)
    own.assign(lambda state, r: r.name == "x", lambda r, state: "THE_X")
    assert own(exp(x)) == "exp(THE_X)"


def test_pattern_printer_fills_in_its_inputs(x):
    op = Named("index")
    own = pprint.clone_assign(op, PatternPrinter("%(0)s[%(1)s]"))
    assert own(op(neg(x), constant(1))) == "(-x)[TensorConstant{1}]"


def test_classic_printer_with_a_process_method(x):
    class Doubled:
        def process(self, r, pstate):
            inner = pstate.pprinter.process(r.owner.inputs[0], pstate)
            return f"<<{inner}>>"

    op = Named("doubled")
    own = pprint.clone_assign(op, Doubled())
    assert own(exp(op(add(x, x)))) == "exp(<<(x + x)>>)"


def test_graph_with_names_for_shared_results(x):
    y = exp(x)
    z = add(y, mul(y, x))
    assert pprint.process_graph([x], [z], display_inputs=True).splitlines() == [
        "inputs: x",
        "v1 = exp(x)",
        "return (v1 + (v1 * x))",
    ]
    assert pprint([x], [z], {x: neg(x)}).splitlines()[1:] == ["x <- (-x)", "return (v1 + (v1 * x))"]


# ---- min_informative_str


def test_min_informative_str_stops_at_names_and_marks_repeats(x):
    y, c = generic("y"), exp(x)
    named = add(x, y)
    named.name = "C"
    z = add(named, mul(c, c))
    assert min_informative_str(z).splitlines() == [
        "A. Elemwise{add,no_inplace}",
        "\tB. C",
        "\tC. Elemwise{mul,no_inplace}",
        "\t\tD. Elemwise{exp,no_inplace}",
        "\t\t\tE. x",
        "\t\t<D>",
    ]


# ---- Print


def test_print_op_prints_attributes_and_passes_the_value(x, capsys):
    op = Print("value", attrs=("__str__", "real", "conjugate"))
    node = op(x).owner
    storage = [None]
    value = 1.5
    op.perform(node, [value], [storage])
    assert storage[0] is value
    assert capsys.readouterr().out == "value __str__ = 1.5\nvalue real = 1.5\nvalue conjugate = 1.5\n"


def test_print_op_is_a_view_that_gradients_pass(x):
    op = Print("value")
    assert op.view_map == {0: [0]}
    assert op.grad([x], ["g"]) == ["g"]
    assert op.R_op([x], ["v"]) == ["v"]
    assert op(x).type == x.type


def test_print_ops_are_equal_by_message_attributes_and_function():
    assert Print("a") == Print("a")
    assert hash(Print("a", ["shape"])) == hash(Print("a", ("shape",)))
    assert Print("a") != Print("b")
    assert Print("a") != Print("a", global_fn=lambda op, value: None)


def test_print_op_with_a_function_of_its_own(x):
    seen = []
    op = Print("m", global_fn=lambda op, value: seen.append((op.message, value)))
    op.perform(op(x).owner, [7], [[None]])
    assert seen == [("m", 7)]


def test_print_runs_in_a_compiled_function(x, capsys, monkeypatch):
    from theano.plugin.manager import Manager

    monkeypatch.setenv("THEANO_PLUGINS", "")
    monkeypatch.setattr("theano.plugin._manager", Manager())
    f = theano.function([x], Print("now")(x), mode="FAST_COMPILE")
    assert f(3) == 3
    assert capsys.readouterr().out == "now __str__ = 3\n"
