"""Models in zip archives, and pickles without traces."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from small_ops import add, number

import theano
from theano.compile import SharedVariable, function
from theano.graph import generic
from theano.misc.pkl_utils import (
    CompatUnpickler,
    PersistentNdarrayID,
    PersistentSharedVariableID,
    StripPickler,
    dump,
    load,
)


def shared(name, value):
    return SharedVariable(name, generic, value, False)


def written(obj, **options):
    file = io.BytesIO()
    dump(obj, file, **options)
    file.seek(0)
    return file


def test_arrays_are_members_named_after_shared_variables():
    first, second, third = (np.arange(n, dtype="float64") for n in (3, 4, 5))
    model = {
        "w": shared("w", first),
        "again": shared("w", second),
        "none": shared(None, third),
        "epoch": 7,
        "raw": first,
    }
    file = written(model)
    with np.load(file) as arrays:
        assert set(arrays.files) == {"w", "w_2", "array_0", "pkl"}
        np.testing.assert_array_equal(arrays["w"], first)
        np.testing.assert_array_equal(arrays["w_2"], second)
        np.testing.assert_array_equal(arrays["array_0"], third)
    back = load(file)
    assert back["epoch"] == 7
    np.testing.assert_array_equal(back["w"].get_value(), first)
    np.testing.assert_array_equal(back["none"].get_value(), third)
    assert back["raw"] is back["w"].get_value(borrow=True)  # one array stays one


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.array(2.5), np.ones((2, 3), order="F"), np.arange(6)[::2]])
def test_arrays_of_any_layout_come_back(array):
    np.testing.assert_array_equal(load(written([array]))[0], array)
    assert load(written([array]))[0].dtype == array.dtype


def test_arrays_of_objects_stay_in_the_pickle():
    file = written(np.array([1, "a"], dtype=object))
    assert zipfile.ZipFile(file).namelist() == ["pkl"]
    assert load(file).tolist() == [1, "a"]


def test_names_may_be_demanded():
    def strict(archive):
        return PersistentSharedVariableID(archive, allow_unnamed=False, allow_duplicates=False)

    with pytest.raises(ValueError, match="has no name"):
        written(shared(None, np.ones(2)), persistent_id=strict)
    with pytest.raises(ValueError, match="two shared variables are called 'w'"):
        written([shared("w", np.ones(2)), shared("w", np.ones(3))], persistent_id=strict)
    with pytest.raises(ValueError, match="is called 'pkl'"):
        written(shared("pkl", np.ones(2)))
    one = shared("w", np.ones(2))
    assert len(load(written([one, one], persistent_id=strict))) == 2
    numbered = written([shared("w", np.ones(2))], persistent_id=PersistentNdarrayID)
    assert "array_0" in zipfile.ZipFile(numbered).namelist()


def test_strip_pickler_drops_traces_and_test_values():
    x = number("x")
    x.tag.test_value, x.tag.kept, x.tag.extra = 3.0, "yes", "no"
    y = add(x, 1)
    assert y.tag.trace
    file = io.BytesIO()
    StripPickler(file, protocol=2, extra_tag_to_remove="extra").dump(y)
    back = pickle.loads(file.getvalue())
    assert not hasattr(back.tag, "trace")
    assert back.owner.inputs[0].tag.__dict__ == {"kept": "yes"}
    assert (x.tag.test_value, x.tag.extra) == (3.0, "no")
    assert function([back.owner.inputs[0]], back, "FAST_COMPILE")(2) == 3


def test_compat_unpickler_reads_strings_of_python_2():
    assert CompatUnpickler(io.BytesIO(b"S'\\xe9'\n.")).load() == "\xe9"


def test_raise_op():
    from theano.raise_op import Raise

    x = number("x")
    f = theano.function([x], Raise("not now", KeyError)(x), mode="FAST_COMPILE")
    with pytest.raises(KeyError, match="not now"):
        f(1)
    with pytest.raises(TypeError, match="no variable"):
        Raise()(3)
