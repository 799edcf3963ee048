"""`theano.config`: sources, kinds of options, change_flags, errors."""

import os
import subprocess
import sys

import pytest

import theano
from theano.configuration import (
    AddConfigVar,
    BoolParam,
    EnumStr,
    FloatParam,
    IntParam,
    StrParam,
    change_flags,
    config,
    fetch_val_for_key,
    get_config_hash,
    options,
)
from theano.configuration.parser import registered
from theano.configuration.sources import config_files_from_theanorc, parse_config_string
from theano.errors import ConfigError, TheanoConfigWarning, UnknownOptionError


def run(code, tmp_path, *, flags="", rc=None, light=True, **more):
    """Run a program with nothing but the given configuration; returns the finished process.

    With ``light`` Theano does not touch NumPy, which saves most of the time.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("THEANO")}
    env.update({"HOME": str(tmp_path), "THEANO_PLUGINS": "", **more})
    env["THEANO_FLAGS"] = f"numpy.seterr_all=None,{flags}" if light else flags
    if rc is not None:
        (tmp_path / ".theanorc").write_text(rc)
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300)


def show(names):
    return f"import theano; c = theano.config; print({', '.join('c.' + name for name in names.split())})"


@pytest.fixture
def no_plugins(monkeypatch):
    """Looks for plugins, and finds none."""
    from theano.plugin.manager import Manager

    monkeypatch.setenv("THEANO_PLUGINS", "")
    monkeypatch.setattr("theano.plugin._manager", Manager())


@pytest.fixture
def option():
    """Registers options for one test."""
    made = []

    def make(name, param, doc="for a test"):
        AddConfigVar(name, doc, param, in_c_key=False)
        made.append(name)
        return param

    yield make
    for name in made:
        group = config
        *sections, last = name.split(".")
        for section in sections:
            group = getattr(group, section)
        group._params.pop(last)
        vars(group).pop(last, None)
        registered.pop(name)
        if sections:
            vars(config).pop(sections[0])


# ---- sources


def test_defaults_are_the_documented_ones(tmp_path):
    names = "floatX mode optimizer on_unused_input traceback.limit compile.timeout device exception_verbosity"
    done = run(show(names), tmp_path)
    assert done.stdout == "float64 Mode o4 raise 8 120 cpu low\n", done.stderr


def test_flags_beat_files_and_later_duplicates_win(tmp_path):
    rc = "[global]\nfloatX = float32\nmode = FAST_COMPILE\n[dnn.conv]\nalgo_fwd = fft\n[NanGuardMode]\naction = warn\n"
    names = "floatX mode dnn.conv.algo_fwd NanGuardMode.action"
    done = run(show(names), tmp_path, rc=rc, flags="floatX=float32,floatX=float16")
    assert done.stdout == "float16 FAST_COMPILE fft warn\n", done.stderr


def test_later_file_of_theanorc_wins(tmp_path):
    (tmp_path / "a").write_text("[global]\nfloatX = float16\nallow_gc = False\n")
    (tmp_path / "b").write_text("[global]\nfloatX = float32\n")
    listed = os.pathsep.join(str(tmp_path / name) for name in ("a", "b", "absent"))
    done = run(show("floatX allow_gc"), tmp_path, THEANORC=listed)
    assert done.stdout == "float32 False\n", done.stderr


def test_interpolation_in_files_and_raw_text_where_it_fails(tmp_path):
    rc = "[global]\nbase_compiledir = /tmp/%(USER)s\n[gcc]\ncxxflags = 100%(nothing)s\n"
    done = run(show("base_compiledir gcc.cxxflags"), tmp_path, rc=rc, USER="a%b")
    assert done.stdout == "/tmp/a%b 100%(nothing)s\n", done.stderr


def test_quotes_in_flags_keep_commas_together():
    text = "gcc.cxxflags='-Wl,-O1', floatX = float32,optimizer_including=\"a:b\""
    found = {"gcc.cxxflags": "-Wl,-O1", "floatX": "float32", "optimizer_including": "a:b"}
    assert parse_config_string(text) == found


def test_flag_without_value_warns_and_is_ignored():
    with pytest.warns(TheanoConfigWarning, match="no '='"):
        assert parse_config_string("floatX,mode=FAST_RUN") == {"mode": "FAST_RUN"}


def test_theanorc_variable_is_a_list_of_paths(monkeypatch):
    monkeypatch.setenv("THEANORC", f"~/x{os.pathsep}/y")
    assert config_files_from_theanorc() == [os.path.expanduser("~/x"), "/y"]


@pytest.mark.parametrize(
    ("flag", "hint"),
    [
        ("floatx=float32", "did you mean floatX?"),
        ("profilng.n_ops=3", "did you mean profiling.n_ops?"),
        ("gcc.cxxfags=-O1", "did you mean gcc.cxxflags?"),
    ],
)
def test_unknown_flag_stops_the_import_and_suggests_a_near_one(flag, hint, tmp_path):
    done = run("import theano", tmp_path, flags=flag)
    assert done.returncode == 1
    assert "there is no such option" in done.stderr
    assert "from THEANO_FLAGS" in done.stderr
    assert hint in done.stderr


def test_unknown_option_in_a_file_names_the_file(tmp_path):
    done = run("import theano", tmp_path, rc="[global]\nfloaty = float32\n")
    assert done.returncode == 1
    assert ".theanorc" in done.stderr


def test_options_of_a_package_that_is_not_installed_are_accepted(tmp_path):
    code = "import theano, theano.plugin as p; p.table('shape'); print(theano.config.floatX)"
    done = run(code, tmp_path, flags="opencl.fast=1,floatX=float32")
    assert (done.stdout, done.stderr) == ("float32\n", "")


def test_section_that_no_plugin_has_is_told_when_plugins_are_loaded(tmp_path):
    code = "import theano, theano.plugin as p; print('imported'); p.table('shape')"
    done = run(code, tmp_path, flags="thirdparty.level=1")
    assert done.stdout == "imported\n"
    assert "no installed plugin has this option" in done.stderr


def test_retired_option_warns_and_says_what_to_do(tmp_path):
    done = run("import theano", tmp_path, flags="lib.cnmem=1")
    assert done.returncode == 0
    assert "set gpuarray.preallocate instead" in done.stderr


@pytest.mark.parametrize(
    "flag", ["floatX=float8", "device=gpu0", "compile.wait=0", "allow_gc=maybe", "mode=FAST_RUNN", "vm.lazy=2"]
)
def test_bad_value_in_flags_stops_the_import(flag, tmp_path):
    done = run("import theano", tmp_path, flags=flag)
    assert done.returncode == 1
    assert f"ConfigError: {flag}" in done.stderr
    assert "allowed:" in done.stderr


def test_removed_options_raise_only_when_they_ask_for_something(tmp_path):
    assert run("import theano", tmp_path, flags="dnn.conv.workmem=").returncode == 0
    done = run("import theano", tmp_path, flags="dnn.conv.workmem=small")
    assert "RuntimeError" in done.stderr
    assert "dnn.conv.algo_fwd" in done.stderr


# ---- reading and assigning


def test_reading_is_a_plain_attribute():
    assert vars(config)["floatX"] == config.floatX


@pytest.mark.usefixtures("no_plugins")
def test_unknown_attribute_suggests_a_near_one():
    with pytest.raises(AttributeError, match="did you mean floatX"):
        config.floatXX  # noqa: B018
    with pytest.raises(UnknownOptionError):
        config.floatXX = "float32"
    assert not hasattr(config.gcc, "nothing")


def test_bad_assignment_is_a_value_error_in_three_parts_and_changes_nothing():
    before = config.floatX
    with pytest.raises(ValueError) as caught:
        config.floatX = "float8"
    assert str(caught.value).splitlines()[0] == "theano.config.floatX = 'float8': 'float8' is not one of " + (
        "'float64', 'float32', 'float16'"
    )
    assert "allowed:" in str(caught.value)
    assert config.floatX == before


def test_shorthand_of_float_names():
    with change_flags(floatX="32"):
        assert config.floatX == "float32"


@pytest.mark.parametrize("text", ["True", "true", "1", True, 1])
def test_true_booleans(text):
    assert BoolParam(False).convert(text) is True


@pytest.mark.parametrize("text", ["False", "false", "0", False, 0])
def test_false_booleans(text):
    assert BoolParam(True).convert(text) is False


@pytest.mark.parametrize("text", ["yes", "TRUE", 2, None, ""])
def test_other_booleans_are_refused(text):
    with pytest.raises(ValueError):
        BoolParam(True).convert(text)


def test_kinds_convert_and_check():
    assert IntParam(1).convert("7") == 7
    assert FloatParam(1).convert("inf") == float("inf")
    assert StrParam("").convert(3) == "3"
    with pytest.raises(ValueError):
        IntParam(1, lambda i: i > 0).convert(0)
    with pytest.raises(ValueError):
        IntParam(1).convert("seven")
    with pytest.raises(ValueError, match="'c' is not one of 'a', 'b'"):
        EnumStr("a", "b").convert("c")


def test_read_only_option_may_be_set_before_it_is_read(option):
    option("room.fixed", IntParam(1, None, False))
    config.room.fixed = 2
    assert config.room.fixed == 2
    with pytest.raises(ConfigError, match="cannot change once it was read"):
        config.room.fixed = 3
    assert config.room.fixed == 2


def test_callable_default_is_worked_out_once_when_first_read(option):
    calls = []
    option("room.lazy", IntParam(lambda: calls.append(1) or 5))
    assert not calls
    assert config.room.lazy == config.room.lazy == 5
    assert calls == [1]


def test_mode_accepts_an_instance():
    class OwnMode:
        linker = optimizer = "x"

    mode = OwnMode()
    with change_flags(mode=mode):
        assert config.mode is mode


def test_groups_cannot_be_assigned_and_options_cannot_be_deleted():
    with pytest.raises(ConfigError, match="a group of options"):
        config.compile = 3
    with pytest.raises(AttributeError, match="cannot be deleted"):
        del config.floatX


def test_registering_refuses_taken_names_and_options_as_groups(option):
    option("room.one", IntParam(1))
    with pytest.raises(AttributeError, match="taken"):
        AddConfigVar("room.one", "again", IntParam(1))
    with pytest.raises(AttributeError, match="taken"):
        AddConfigVar("compile", "a group", IntParam(1))
    with pytest.raises(TypeError, match="not a group"):
        AddConfigVar("floatX.more", "below an option", IntParam(1))


def test_every_option_has_a_doc_and_a_default_that_its_own_kind_accepts():
    for name, param, _ in options():
        assert param.doc.endswith("."), name
        if not callable(param.default):
            param.convert(param.default)


def test_listing_shows_name_kind_doc_and_value():
    text = str(theano.config)
    assert "floatX ('float64', 'float32', 'float16')\n    Doc:  Default dtype of floats.\n    Value:  " in text
    assert "dnn.conv.algo_fwd ('small'" in text
    assert "limit" in str(config.traceback)
    assert "floatX" not in str(config.traceback)


def test_listing_does_not_freeze_read_only_options(tmp_path):
    code = "import theano; str(theano.config); theano.config.compile.wait = 7; print(theano.config.compile.wait)"
    assert run(code, tmp_path).stdout == "7\n"
    assert not (tmp_path / ".theano").exists()


def test_compiledir_is_made_when_it_is_first_read(tmp_path):
    done = run(show("compiledir"), tmp_path, flags="compiledir_format=cache_%(python_bitwidth)s")
    path = done.stdout.strip()
    assert os.path.dirname(path) == str(tmp_path / ".theano"), done.stderr
    assert os.path.exists(os.path.join(path, "__init__.py"))


def test_kernel_cache_is_in_the_cache_directory_of_the_user(tmp_path):
    if sys.platform != "linux":
        pytest.skip("the folder differs by platform")
    assert run(show("kernel_cache"), tmp_path, XDG_CACHE_HOME="/c").stdout == "/c/theano\n"
    assert run(show("kernel_cache"), tmp_path, XDG_CACHE_HOME="rel").stdout == f"{tmp_path}/.cache/theano\n"


def test_warnings_about_old_bugs_follow_ignore_bug_before(tmp_path):
    assert run(show("warn.round warn.inc_subtensor1_opt"), tmp_path).stdout == "False True\n"
    done = run(show("warn.round warn.sum_sum_bug"), tmp_path, flags="warn.ignore_bug_before=None")
    assert done.stdout == "True True\n"


def test_linker_and_debug_mode_follow_the_compiler(tmp_path):
    assert run(show("linker DebugMode.check_c"), tmp_path, flags="cxx=").stdout == "vm False\n"
    assert run(show("linker DebugMode.check_c"), tmp_path, flags="cxx=/usr/bin/cc").stdout == "cvm True\n"


def test_numpy_errors_are_set_at_import(tmp_path):
    code = "import theano, numpy; print(numpy.geterr()['divide'], numpy.geterr()['over'])"
    assert run(code, tmp_path, light=False).stdout == "ignore ignore\n"
    assert run(code, tmp_path).stdout == "warn warn\n"
    assert run(code, tmp_path, light=False, flags="numpy.seterr_over=raise").stdout == "ignore raise\n"


# ---- change_flags


def test_change_flags_restores_after_the_block_and_after_an_error():
    before = config.exception_verbosity, config.traceback.limit
    with pytest.raises(KeyError):  # noqa: SIM117
        with change_flags([("traceback.limit", 0)], exception_verbosity="high"):
            assert (config.exception_verbosity, config.traceback.limit) == ("high", 0)
            raise KeyError
    assert (config.exception_verbosity, config.traceback.limit) == before


def test_change_flags_decorates_and_nests():
    depths = []

    @change_flags({"traceback.limit": 3})
    def inner(again):
        depths.append(config.traceback.limit)
        if again:
            config.traceback.limit = 4
            inner(False)
            depths.append(config.traceback.limit)

    before = config.traceback.limit
    inner(True)
    assert depths == [3, 3, 4]
    assert config.traceback.limit == before
    assert inner.__name__ == "inner"


def test_change_flags_undoes_the_first_when_the_second_is_bad():
    before = config.exception_verbosity
    with pytest.raises(ValueError, match="floatX"):
        change_flags(exception_verbosity="high", floatX="nothing").__enter__()
    assert config.exception_verbosity == before


@pytest.mark.usefixtures("no_plugins")
def test_change_flags_refuses_unknown_names():
    with pytest.raises(AssertionError, match="no such option"):
        change_flags(floatXX="float32")


def test_hash_depends_on_options_for_generated_code_only():
    first = get_config_hash()
    with change_flags(floatX="float16"):
        assert get_config_hash() != first
    with change_flags(exception_verbosity="high"):
        assert get_config_hash() == first


def test_fetch_val_for_key_gives_the_text(tmp_path):
    code = "import theano; from theano.configparser import *; print(fetch_val_for_key('floatX'), THEANO_FLAGS)"
    done = run(code, tmp_path, flags="floatX=float32", light=False)
    assert done.stdout == "float32 floatX=float32\n"
    with pytest.raises(KeyError):
        fetch_val_for_key("no.such.option")
