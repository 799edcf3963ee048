"""Options of classic Theano that control nothing here; they are accepted so that old set-ups keep working."""

from __future__ import annotations

from typing import Any

from theano.configuration import defaults
from theano.configuration.options import Row, removed
from theano.configuration.params import BoolParam, ConfigParam, EnumStr, FloatParam, IntParam, StrParam

__all__ = [
    "RETIRED",
    "SUPPORTED_DNN_CONV_ALGO_BWD_DATA",
    "SUPPORTED_DNN_CONV_ALGO_BWD_FILTER",
    "SUPPORTED_DNN_CONV_ALGO_FWD",
    "SUPPORTED_DNN_CONV_ALGO_RUNTIME",
    "SUPPORTED_DNN_CONV_PRECISION",
    "accepted_options",
]

SUPPORTED_DNN_CONV_ALGO_RUNTIME = ("guess_once", "guess_on_shape_change", "time_once", "time_on_shape_change")
SUPPORTED_DNN_CONV_ALGO_FWD = (
    "small", "none", "large", "fft", "fft_tiling", "winograd", "winograd_non_fused", *SUPPORTED_DNN_CONV_ALGO_RUNTIME,
)  # fmt: skip
SUPPORTED_DNN_CONV_ALGO_BWD_DATA = (
    "none", "deterministic", "fft", "fft_tiling", "winograd", "winograd_non_fused", *SUPPORTED_DNN_CONV_ALGO_RUNTIME,
)  # fmt: skip
SUPPORTED_DNN_CONV_ALGO_BWD_FILTER = (
    "none", "deterministic", "fft", "small", "winograd_non_fused", "fft_tiling", *SUPPORTED_DNN_CONV_ALGO_RUNTIME,
)  # fmt: skip
SUPPORTED_DNN_CONV_PRECISION = ("as_input_f32", "as_input", "float16", "float32", "float64")

_VERSIONS = (
    "0.9", "None", "all", "0.3", "0.4", "0.4.1", "0.5", "0.6", "0.7", "0.8", "0.8.1", "0.8.2", "0.10",
    "1.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5",
)  # fmt: skip

# Warnings about bugs of old releases: the release that fixed each.
_FIXED_BUGS = {
    "argmax_pushdown_bug": "0.3",
    "gpusum_01_011_0111_bug": "0.3",
    "sum_sum_bug": "0.3",
    "sum_div_dimshuffle_bug": "0.3",
    "subtensor_merge_bug": "0.5",
    "gpu_set_subtensor1": "0.6",
    "identify_1pexp_bug": "0.4.1",
    "signal_conv2d_interface": "0.7",
    "reduce_join": "0.7",
    "inc_set_subtensor1": "0.7",
    "round": "0.9",
    "inc_subtensor1_opt": "0.10",
}

# Options that are gone: a warning tells what to do.
RETIRED = {
    "home": "set base_compiledir instead",
    "lib.cnmem": "set gpuarray.preallocate instead",
    "ProfileMode.n_apply_to_print": "set profiling.n_apply instead",
    "ProfileMode.n_ops_to_print": "set profiling.n_ops instead",
    "ProfileMode.min_memory_size": "set profiling.min_memory_size instead",
    "ProfileMode.profile_memory": "set profile_memory instead",
    "cmodule.mac_framework_link": "remove it",
    "cublas.lib": "remove it",
    "cuda.nvccflags": "remove it",
    "nvcc.compiler_bindir": "remove it",
    "gpuarray.init_device": "set init_gpu_device instead",
    "pycuda.init": "remove it",
    "experimental.mrg": "remove it",
}


def _must_stay_true(value: Any) -> bool:
    if value in (True, "True", "true", "1"):
        return True
    raise ValueError("this option must stay True")


def _removed_conv_option(name: str, instead: str) -> Row:
    filter = removed(f"dnn.conv.{name}", f"set {instead}")
    return f"dnn.conv.{name}", ConfigParam("", filter, kind="''"), f"Removed: set {instead}."


def _warnings_of_old_bugs() -> list[Row]:
    rows: list[Row] = [
        ("warn.ignore_bug_before", EnumStr(*_VERSIONS, allow_override=False), "Silence warnings about older bugs."),
        ("warn.vm_gc_bug", BoolParam(False), "Warn about a bug that was fixed."),
    ]
    for name, version in _FIXED_BUGS.items():
        # Each row needs its own version, hence the default argument.
        param = BoolParam(lambda version=version: defaults.warn_default(version))
        rows.append((f"warn.{name}", param, f"Warn about a behaviour that release {version} changed."))
    return rows


def _device_libraries() -> list[Row]:
    return [
        ("gpuarray.sync", ConfigParam(False, removed("gpuarray.sync", "remove it"), kind="False"), "Removed."),
        ("gpuarray.preallocate", FloatParam(0, None, False), "GPU memory reserved at start: a fraction, or MB."),
        ("gpuarray.sched", EnumStr("default", "multi", "single"), "How the host waits for the GPU."),
        ("gpuarray.single_stream", BoolParam(True), "One stream for each GPU."),
        (
            "gpuarray.cache_path",
            StrParam(lambda: defaults.below("kernel_cache", "gpuarray_kernels"), None, False),
            "Folder of compiled GPU kernels.",
        ),
        ("gpu.local_elemwise_fusion", BoolParam(True), "Fuse elementwise operations for GPUs."),
        ("gpuelemwise.sync", BoolParam(True), "Wait after each GPU kernel."),
        ("experimental.unpickle_gpu_on_cpu", BoolParam(False), "Load pickled GPU arrays as NumPy arrays."),
        ("dnn.enabled", EnumStr("auto", "True", "False", "no_check"), "Whether cuDNN is used."),
        ("dnn.conv.algo_fwd", EnumStr(*SUPPORTED_DNN_CONV_ALGO_FWD), "cuDNN convolution."),
        ("dnn.conv.algo_bwd_data", EnumStr(*SUPPORTED_DNN_CONV_ALGO_BWD_DATA), "cuDNN gradient of images."),
        ("dnn.conv.algo_bwd_filter", EnumStr(*SUPPORTED_DNN_CONV_ALGO_BWD_FILTER), "cuDNN gradient of filters."),
        ("dnn.conv.precision", EnumStr(*SUPPORTED_DNN_CONV_PRECISION), "Precision of cuDNN convolutions."),
        _removed_conv_option("workmem", "dnn.conv.algo_fwd"),
        _removed_conv_option("workmem_bwd", "dnn.conv.algo_bwd_filter and dnn.conv.algo_bwd_data"),
        _removed_conv_option("algo_bwd", "dnn.conv.algo_bwd_filter and dnn.conv.algo_bwd_data"),
        ("dnn.base_path", StrParam(defaults.dnn_base_path), "Root of cuDNN."),
        ("dnn.include_path", StrParam(lambda: defaults.below("dnn.base_path", "include")), "Headers of cuDNN."),
        ("dnn.library_path", StrParam(defaults.dnn_library_path), "cuDNN for the linker."),
        ("dnn.bin_path", StrParam(defaults.dnn_bin_path), "cuDNN for the loader."),
        ("magma.include_path", StrParam(""), "Headers of MAGMA."),
        ("magma.library_path", StrParam(""), "MAGMA for the linker."),
        ("magma.enabled", BoolParam(False), "Whether MAGMA is used."),
        ("ctc.root", StrParam("", None, False), "Root of warp-ctc."),
        ("nvcc.flags", StrParam(""), "More flags for nvcc."),
        ("nvcc.fastmath", BoolParam(False), "Fast mathematics of nvcc."),
    ]


def _classic_c_code() -> list[Row]:
    return [
        ("lib.amdlibm", BoolParam(False), "Link the mathematics library of AMD."),
        ("cmodule.warn_no_version", BoolParam(False), "Warn about C code without a version."),
        ("cmodule.preload_cache", BoolParam(False, None, False), "Load the cache at import."),
        ("cmodule.age_thresh_use", IntParam(24 * 24 * 3600, None, False), "Age at which a module is not used again."),
        ("blas.check_openmp", BoolParam(True), "Check that one OpenMP library is loaded."),
        ("cache_optimizations", BoolParam(False), "Cache rewritten graphs."),
        ("metaopt.verbose", IntParam(0), "What choosing rewrites by time prints."),
        ("metaopt.optimizer_excluding", StrParam(""), "Tags excluded when rewrites are chosen by time."),
        ("metaopt.optimizer_including", StrParam(""), "Tags included when rewrites are chosen by time."),
        (
            "experimental.local_alloc_elemwise",
            ConfigParam(True, _must_stay_true, kind="True"),
            "Must stay True.",
        ),
    ]


def accepted_options() -> list[Row]:
    """Return the rows of options that are accepted for compatibility."""
    note = " Accepted for compatibility; nothing in core depends on it."
    rows = _warnings_of_old_bugs() + _device_libraries() + _classic_c_code()
    return [(name, param, doc + note) for name, param, doc in rows]
