"""The options that this version obeys, one row each: name, kind and default, doc."""

from __future__ import annotations

import os
from typing import Any

from theano.configuration import defaults
from theano.configuration.params import BoolParam, ConfigParam, EnumStr, FloatParam, IntParam, StrParam
from theano.configuration.parser import AddConfigVar, value_of
from theano.errors import explain

__all__ = ["IN_C_KEY", "register", "register_all"]


def _float_name(value: Any) -> Any:
    return f"float{value}" if str(value) in ("16", "32", "64") else value


def _device(value: str) -> str:
    value = str(value)
    if value.startswith("gpu"):
        raise ValueError(f"{value!r} is a name of release 0.6; the name is now {value.replace('gpu', 'cuda')!r}")
    if value == "cpu" or value.startswith(("cuda", "opencl")):
        return value
    raise ValueError(f"{value!r} is not a device")


_MODES = ("Mode", "DebugMode", "FAST_RUN", "NanGuardMode", "FAST_COMPILE", "DEBUG_MODE")


def _mode(value: Any) -> Any:
    if value in _MODES or (hasattr(value, "linker") and hasattr(value, "optimizer")):
        return value
    raise ValueError(f"{value!r} is not one of {', '.join(_MODES)}, nor an instance of Mode")


def _vm_lazy(value: Any) -> bool | None:
    texts = {"None": None, "True": True, "true": True, "1": True, "False": False, "false": False, "0": False}
    if value in (None, True, False):
        return value if value is None else bool(value)
    if value in texts:
        return texts[value]
    raise ValueError(f"{value!r} is not one of None, True, False")


def _seed(value: Any) -> int | None:
    if value in (None, "random", "None"):
        return None
    return int(value)


def _folder(value: Any) -> str:
    return os.path.expanduser(str(value))


def _contexts(value: Any) -> str:
    for pair in str(value).split(";") if value else ():
        name, arrow, _device_name = pair.partition("->")
        if not arrow:
            raise ValueError(f"{pair!r} is not of the form name->device")
        if name.strip() == "cpu" or name.strip().startswith(("cuda", "opencl")):
            raise ValueError(f"a context may not be called {name.strip()!r}")
    return str(value)


def _positive(value: float) -> bool:
    return value > 0


def _not_negative(value: float) -> bool:
    return value >= 0


def _seterr(default: str) -> EnumStr:
    return EnumStr(default, "ignore", "None", "warn", "raise", "call", "print", "log", allow_override=False)


def _reaction(default: str = "off") -> EnumStr:
    return EnumStr(default, "off", "ignore", "warn", "raise", "pdb")


_LINKERS = ("cvm", "c|py", "py", "c", "c|py_nogc", "vm", "vm_nogc", "cvm_nogc")

# Names of options on which generated code depends.
IN_C_KEY = frozenset(
    {"floatX", "lib.amdlibm", "check_input", "cmodule.remove_gxx_opt", "cmodule.debug", "gcc.cxxflags"}
)

Row = tuple[str, ConfigParam, str]


def dtype_options() -> list[Row]:
    """Options about dtypes and numbers."""
    return [
        ("floatX", EnumStr("float64", "float32", "float16", convert=_float_name), "Default dtype of floats."),
        ("cast_policy", EnumStr("custom", "numpy+floatX"), "How Python and NumPy literals are given a dtype."),
        ("int_division", EnumStr("int", "raise", "floatX"), "What x / y means for integers."),
        ("warn_float64", EnumStr("ignore", "warn", "raise", "pdb"), "What to do when a float64 variable is made."),
        ("tensor.cmp_sloppy", IntParam(0, lambda i: i in (0, 1, 2), False), "How loosely floats compare: 0, 1 or 2."),
        ("numpy.seterr_all", _seterr("ignore"), "Passed to numpy.seterr(all=) at import; 'None' leaves it alone."),
        ("numpy.seterr_divide", _seterr("None"), "Passed to numpy.seterr(divide=) at import."),
        ("numpy.seterr_over", _seterr("None"), "Passed to numpy.seterr(over=) at import."),
        ("numpy.seterr_under", _seterr("None"), "Passed to numpy.seterr(under=) at import."),
        ("numpy.seterr_invalid", _seterr("None"), "Passed to numpy.seterr(invalid=) at import."),
    ]


def compile_options() -> list[Row]:
    """Options about compiling and running functions."""
    rows: list[Row] = [
        ("mode", ConfigParam("Mode", _mode, kind=", ".join(map(repr, _MODES))), "Default compilation mode."),
        ("linker", EnumStr(defaults.default_linker, *_LINKERS), "Linker of mode 'Mode'."),
        (
            "optimizer",
            EnumStr("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile", "merge", "None"),
            "Rewrites of mode 'Mode'.",
        ),
        ("optimizer_including", StrParam("", None, False), "Tags of rewrites added to the default mode, with colons."),
        ("optimizer_excluding", StrParam("", None, False), "Tags of rewrites removed from the default mode."),
        ("optimizer_requiring", StrParam("", None, False), "Tags that each rewrite of the default mode must carry."),
        ("optimizer_verbose", BoolParam(False), "Print each replacement of a variable."),
        ("on_opt_error", EnumStr("warn", "raise", "pdb", "ignore"), "What to do when a rewrite raises."),
        ("on_shape_error", EnumStr("warn", "raise"), "What to do when infer_shape of an op raises."),
        ("on_unused_input", EnumStr("raise", "warn", "ignore"), "What to do with an input that nothing uses."),
        ("optdb.position_cutoff", FloatParam(float("inf")), "Skip rewrites at or after this position."),
        ("optdb.max_use_ratio", FloatParam(8), "Applications of one rewrite, per node, before a loop stops."),
        ("check_stack_trace", EnumStr("off", "log", "warn", "raise"), "Check that rewrites keep creation traces."),
        ("cycle_detection", EnumStr("regular", "fast"), "How in-place operations are checked for cycles."),
        ("tensor.local_elemwise_fusion", BoolParam(True), "Fuse elementwise operations."),
        ("tensor.insert_inplace_optimizer_validate_nb", IntParam(-1), "Validate after so many in-place replacements."),
        ("experimental.local_alloc_elemwise_assert", BoolParam(True), "Insert shape checks where an alloc goes."),
        ("allow_gc", BoolParam(True), "Free intermediate results as soon as nothing needs them."),
        (
            "recycled_memory",
            IntParam(-1, lambda size: size >= -1),
            "Most bytes of dropped results that are kept for the next ones; -1: 512 MiB, at most 1/16 of main memory.",
        ),
        ("vm.lazy", ConfigParam(None, _vm_lazy, kind="None, True or False"), "Lazy evaluation: None means if needed."),
        ("scan.allow_gc", BoolParam(False), "Free intermediate results inside loops."),
        ("scan.allow_output_prealloc", BoolParam(True), "Allocate the results of loops before they run."),
        ("scan.debug", BoolParam(False), "Tell more about loops."),
        ("conv.assert_shape", BoolParam(False), "Check the declared shapes of convolutions when they run."),
        ("openmp", BoolParam(False), "Default for ops that can use several cores."),
        ("openmp_elemwise_minsize", IntParam(200000, _positive), "Smallest loop that is worth several cores."),
        ("unpickle_function", BoolParam(True), "False: pickled functions load as None."),
        ("reoptimize_unpickled_function", BoolParam(False), "Rewrite the graph again when a function is unpickled."),
        ("pickle_test_value", BoolParam(True), "Keep test values when a graph is pickled."),
        ("deterministic", EnumStr("default", "more"), "'more' prefers slower but reproducible code."),
        ("profile", BoolParam(False), "Profile each function, and print a report at exit."),
        ("profile_optimizer", BoolParam(False), "Profile rewriting as well."),
        ("profile_memory", BoolParam(False), "Add memory to the profile."),
        ("print_global_stats", BoolParam(False), "Print times of the whole process at exit."),
    ]
    return rows


def toolchain_options() -> list[Row]:
    """Options about compilers, caches and libraries."""
    seconds = "Seconds "
    return [
        ("cxx", StrParam(defaults.default_cxx), "Compiler of generated code; empty: compile nothing."),
        ("gcc.cxxflags", StrParam(""), "More flags for the compiler."),
        ("blas.ldflags", StrParam(""), "Linker flags of BLAS for C code of ops; ours comes with SciPy."),
        (
            "kernel_cache",
            ConfigParam(defaults.kernel_cache, _folder, False, kind="folder"),
            "Folder of compiled kernels.",
        ),
        (
            "kernel_cache_size",
            IntParam(1024, _not_negative),
            "MiB that compiled kernels may take; those not used for longest are deleted. 0: no bound.",
        ),
        (
            "base_compiledir",
            ConfigParam(defaults.base_compiledir, _folder, False, kind="folder"),
            "Root of compiledir.",
        ),
        (
            "compiledir_format",
            StrParam("compiledir_%(short_platform)s-%(processor)s-%(python_version)s-%(python_bitwidth)s", None, False),
            "Name of the folder of a platform in base_compiledir, with %(key)s for facts about the platform.",
        ),
        (
            "compiledir",
            StrParam(defaults.compiledir, None, False, prepare=defaults.make_compiledir),
            "Folder for what functions leave behind; made when it is first read.",
        ),
        (
            "plan_cache",
            BoolParam(True),
            "Keep finished plans beside the compiled kernels: a process that makes the same function again need not "
            "rewrite its graph.",
        ),
        ("compile.wait", IntParam(5, _positive, False), seconds + "between attempts to take the compile lock."),
        (
            "compile.timeout",
            IntParam(lambda: 24 * value_of("compile.wait"), _not_negative, False),
            seconds + "after which a stale compile lock is broken.",
        ),
        (
            "compile.background",
            FloatParam(-1.0),
            "A function whose compiler would run for more than so many seconds starts in Python and goes on natively "
            "when it is ready; the last bits of results may change then. -1: never.",
        ),
        ("nocleanup", BoolParam(False), "Keep generated files of failed compilations."),
        ("cmodule.compilation_warning", BoolParam(False), "Show warnings of the compiler."),
        ("cmodule.debug", BoolParam(False), "Define DEBUG in generated code."),
        ("cmodule.remove_gxx_opt", BoolParam(False), "Take -O flags away."),
        ("check_input", BoolParam(True), "Check types of inputs in C code of ops."),
    ]


def debugging_options() -> list[Row]:
    """Options about finding mistakes."""
    rows: list[Row] = [
        ("traceback.limit", IntParam(8), "Frames of user code kept for each variable: -1 all, 0 none."),
        ("traceback.compile_limit", IntParam(0), "Frames kept for variables that rewrites make."),
        ("exception_verbosity", EnumStr("low", "high"), "'high' adds graph and memory to errors of nodes."),
        ("compute_test_value", _reaction(), "Run each op on test values when it is applied."),
        ("compute_test_value_opt", _reaction(), "The same while rewriting."),
        ("print_test_value", BoolParam(False), "Show test values in repr() of variables."),
        ("NanGuardMode.nan_is_error", BoolParam(True), "Default of the argument of NanGuardMode."),
        ("NanGuardMode.inf_is_error", BoolParam(True), "Default of the argument of NanGuardMode."),
        ("NanGuardMode.big_is_error", BoolParam(True), "Default of the argument of NanGuardMode."),
        ("NanGuardMode.action", EnumStr("raise", "warn", "pdb"), "What NanGuardMode does when it finds something."),
        ("DebugMode.patience", IntParam(10, _positive), "How often the graph is rewritten to compare."),
        ("DebugMode.check_c", BoolParam(lambda: bool(value_of("cxx"))), "Run compiled code."),
        ("DebugMode.check_py", BoolParam(True), "Run Python code."),
        ("DebugMode.check_finite", BoolParam(True), "NaN and infinity are errors."),
        ("DebugMode.check_strides", IntParam(0, lambda i: i in (0, 1, 2)), "Compare strides: 0 no, 1 warn, 2 raise."),
        ("DebugMode.warn_input_not_reused", BoolParam(True), "Warn when an in-place op makes a new result."),
        ("DebugMode.check_preallocated_output", StrParam(""), "Kinds of output buffers to try, with colons."),
        ("DebugMode.check_preallocated_output_ndim", IntParam(4, _positive), "Dimensions whose strides are varied."),
        ("profiling.time_thunks", BoolParam(True), "Time each node."),
        ("profiling.n_apply", IntParam(20, _positive), "Rows about nodes in the report."),
        ("profiling.n_ops", IntParam(20, _positive), "Rows about ops in the report."),
        ("profiling.output_line_width", IntParam(512, _positive), "Longest line of the report."),
        ("profiling.min_memory_size", IntParam(1024, _not_negative), "Leave out nodes with smaller results (bytes)."),
        ("profiling.min_peak_memory", BoolParam(False), "Compute the lowest peak of memory."),
        ("profiling.destination", StrParam("stderr"), "'stderr', 'stdout' or a file name."),
        ("profiling.debugprint", BoolParam(False), "Print each profiled graph."),
        ("profiling.ignore_first_call", BoolParam(False), "Do not count the first call."),
        ("unittests.rseed", ConfigParam(666, _seed, kind="int or 'random'"), "Seed of tests with random numbers."),
    ]
    return rows


def device_options() -> list[Row]:
    """Options about devices."""
    return [
        ("device", ConfigParam("cpu", _device, False, kind="'cpu', 'cuda', 'cuda0'..."), "Default device."),
        ("init_gpu_device", StrParam("", None, False), "Initialise a GPU, but move nothing to it."),
        ("force_device", BoolParam(False, None, False), "True: no fall back to cpu when the device is missing."),
        ("contexts", ConfigParam("", _contexts, kind="name->device;..."), "Names of GPUs."),
        ("print_active_device", BoolParam(True, None, False), "Print a line about the device."),
        ("assert_no_cpu_op", EnumStr("ignore", "warn", "raise", "pdb"), "What to do with a CPU op in a GPU graph."),
        ("cuda.root", StrParam(defaults.cuda_root), "Root of the CUDA installation."),
        ("cuda.include_path", StrParam(lambda: defaults.below("cuda.root", "include")), "Headers of CUDA."),
    ]


def register(rows: list[Row]) -> None:
    """Register rows of options."""
    for name, param, doc in rows:
        AddConfigVar(name, doc, param, in_c_key=name in IN_C_KEY)


def register_all() -> None:
    """Register all options of core."""
    for rows in (dtype_options, compile_options, toolchain_options, debugging_options, device_options):
        register(rows())


def removed(name: str, do: str) -> Any:
    """Return a filter for an option that no longer exists: any value that asks for something raises."""

    def refuse(value: Any) -> Any:
        if value in ("", False, "False", "false", "0", 0):
            return value
        raise RuntimeError(explain(f"{name}={value}", "this option was removed", do))

    return refuse
