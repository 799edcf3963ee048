"""pydotprint: the description of pictures, files, and what is said when Graphviz is missing."""

import pytest

import theano
from theano.graph import Apply, FunctionGraph, Op, generic
from theano.printing import graph_as_dot, pydotprint


class Unary(Op):
    __props__ = ("name",)

    def __init__(self, name, destroys=False, views=False):
        self.name = name
        if destroys:
            self.destroy_map = {0: [0]}
        if views:
            self.view_map = {0: [0]}

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def __str__(self):
        return self.name


class IfElse(Unary):
    pass


@pytest.fixture
def x():
    return generic("x")


def test_inputs_are_green_outputs_blue_and_operations_ellipses(x):
    text = graph_as_dot(Unary("f")(x))
    lines = text.splitlines()
    assert any('label="name=x' in line and "shape=box" in line and '"green"' in line for line in lines)
    assert any('label="f", shape=ellipse' in line for line in lines)
    assert any('"dodgerblue"' in line and "shape=box" in line for line in lines)
    assert (lines[0], lines[-1]) == ("digraph theano {", "}")


def test_compact_leaves_out_variables_without_a_name(x):
    y = Unary("g")(Unary("f")(x))
    assert graph_as_dot(y).count("shape=box") == 2
    assert graph_as_dot(y, compact=False).count("shape=box") == 3
    y.owner.inputs[0].name = "inner"
    assert graph_as_dot(y, var_with_name_simple=True).count('label="inner"') == 1


def test_edges_show_views_and_destroyed_inputs(x):
    assert "color=red" in graph_as_dot(Unary("f", destroys=True)(x))
    assert "color=blue" in graph_as_dot(Unary("f", views=True)(x), high_contrast=False)


def test_colours_of_operations_and_ids(x):
    y = IfElse("if")(Unary("f")(x))
    text = graph_as_dot(y, with_ids=True, cond_highlight=True)
    assert 'label="if id=1", shape=ellipse, style=filled, fillcolor="magenta"' in text
    assert 'fillcolor="pink"' in graph_as_dot(y, colors={"Unary": "pink"})


def test_labels_are_cut_and_quoted(x):
    y = Unary('say "hi" ' + "long" * 50)(x)
    text = graph_as_dot(y, max_label_size=20)
    assert 'label="say \\"hi\\" longlong..."' in text


def test_file_is_written_and_told(x, tmp_path, capsys):
    path = str(tmp_path / "graph.dot")
    fgraph = FunctionGraph([x], [Unary("f")(x)])
    pydotprint(fgraph, outfile=path, format="dot")
    assert capsys.readouterr().out == f"The output file is available at {path}\n"
    with open(path) as file:
        assert file.read() == graph_as_dot(fgraph)
    pydotprint(fgraph, outfile=path, format="dot", print_output_file=False)
    assert capsys.readouterr().out == ""
    assert pydotprint(fgraph, format="dot", return_image=True) == graph_as_dot(fgraph)


def test_missing_graphviz_is_a_runtime_error_with_a_way_out(x, monkeypatch):
    monkeypatch.setattr("theano.printing.picture.shutil.which", lambda name: None)
    with pytest.raises(RuntimeError, match='pass format="dot"'):
        pydotprint(x)


def test_shared_variables_are_cyan():
    s = theano.shared(object(), name="s")
    assert '"cyan"' in graph_as_dot(Unary("f")(s))
