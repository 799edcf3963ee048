"""cffi recipe of the runtime extension ``theano.cpu._runtime``; read by setup.py, never imported by the package."""

import os
import runpy

import numpy
from cffi import FFI

_HERE = os.path.dirname(os.path.abspath(__file__)) if "__file__" in globals() else os.path.abspath("src/theano/cpu")
_RUNTIME = os.path.join(_HERE, "runtime")
_SOURCES = sorted(name for name in os.listdir(_RUNTIME) if name.endswith(".c"))
_WATCH = list(runpy.run_path(os.path.join(_HERE, "sanitizer.py"))["sanitizer_flags"]())
_STAMP = runpy.run_path(os.path.join(_HERE, "stamp.py"))
_MADE_OF = _STAMP["sources"](_HERE)

_DECLARATIONS = """
int rt_install(uintptr_t ns);
void rt_enable_vectorcall(uintptr_t type);
int rt_load_blas(uintptr_t capsules);
int rt_limit_vectors(int most);
int rt_own_products(void);
void rt_pool_limit(int threads);
void rt_pool_thresholds(double cold, double hot);
int64_t rt_pool_count(int what);
void rt_recycle_bound(size_t bytes);
void rt_recycle_counts(uint64_t counts[3]);
void rt_stream_above(ptrdiff_t bytes);
double rt_peak_flops(void);
int64_t rt_shortage(int64_t which);
int64_t rt_survey(const char *folder, const char *endings, char *files, char *folders, int64_t room, int64_t *last);
"""

_PRELUDE = f"""#include <Python.h>
#include <stdint.h>
{_DECLARATIONS}
static const char *rt_stamp(void) {{ return "{_STAMP["times"](_MADE_OF)}:{_STAMP["contents"](_MADE_OF)}"; }}
"""

ffi = FFI()
ffi.cdef(_DECLARATIONS + "const char *rt_stamp(void);")
ffi.set_source(
    "theano.cpu._runtime",
    _PRELUDE,
    sources=[os.path.join(os.path.relpath(_RUNTIME), name) for name in _SOURCES],
    depends=[os.path.join(_RUNTIME, name) for name in os.listdir(_RUNTIME) if name.endswith(".h")],
    include_dirs=[_RUNTIME, numpy.get_include()],
    # cffi otherwise asks for the limited API, which hides vectorcall and NumPy's structs.
    define_macros=[("_CFFI_NO_LIMITED_API", None)],
    py_limited_api=False,
    extra_compile_args=[
        "-std=gnu11",
        # debug information would be ten times the code
        *(["-O1", "-g", *_WATCH] if _WATCH else ["-O3", "-g0"]),
        "-ffp-contract=off",
        "-fno-math-errno",
        "-fvisibility=hidden",
        "-fno-plt",
        "-fno-trapping-math",
        "-Wall",
        "-Wextra",
        "-pthread",
    ],
    extra_link_args=["-pthread", *_WATCH],
)
