"""Build of theano-cpu. The runtime extension is optional: without a compiler the package installs without it."""

import hashlib
import os
import pathlib
import runpy
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy
from setuptools import setup
from setuptools.command.build_ext import build_ext


def digest_of(*parts):
    """What an object is made of: files by their contents, the rest by how it is written."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, pathlib.Path) else repr(part).encode())
    return digest.hexdigest()


def compile_what_changed(compiler):
    """Let `compiler` work on as many files at once as there are processors, and leave out those it has compiled.

    Times and names do not tell: what lies in build/ may be of another kind. So each object has a note beside it.
    """
    one_after_another = compiler.compile
    version = subprocess.run([compiler.compiler_so[0], "--version"], capture_output=True, check=True).stdout
    headers = sorted(pathlib.Path("src/theano/cpu/runtime").glob("*.h"))

    def compile_all(sources, output_dir, **options):
        def compile_one(source):
            (name,) = compiler.object_filenames([source], output_dir=output_dir)
            note = pathlib.Path(f"{name}.made")
            kind = (sys.version, numpy.__version__, version, compiler.compiler_so, sorted(options.items()))
            made = digest_of(kind, *headers, pathlib.Path(source))
            if not (os.path.exists(name) and note.exists() and note.read_text() == made):
                note.unlink(missing_ok=True)
                one_after_another([source], output_dir=output_dir, **options)
                note.write_text(made)
            return name

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(compile_one, sources))

    compiler.compile = compile_all


class OptionalBuildExt(build_ext):
    """Builds the runtime where that is possible, and says so where it is not."""

    def run(self):
        try:
            super().run()
        except Exception as error:  # whatever is missing, the package works without
            self._explain(error)

    def build_extension(self, ext):
        try:
            if not self._use_build_in_place(ext):
                self.force = True
                compile_what_changed(self.compiler)
                super().build_extension(ext)
        except Exception as error:
            self._explain(error)

    def _use_build_in_place(self, ext):
        """Copy what an earlier editable install left beside the sources, if it was made of them."""
        if os.environ.get("THEANO_CPU_SANITIZE"):
            return False
        built = os.path.join("src", self.get_ext_filename(ext.name))
        if not os.path.exists(built) or not self._was_made_of_sources(built):
            return False
        target = self.get_ext_fullpath(ext.name)
        if os.path.abspath(target) != os.path.abspath(built):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(built, target)
        return True

    def _was_made_of_sources(self, built):
        recipes = ["setup.py", "pyproject.toml"]
        if os.path.getmtime(built) < max(map(os.path.getmtime, recipes)):
            return False
        stamp = runpy.run_path("src/theano/cpu/stamp.py")
        with open(built, "rb") as file:
            data = file.read()
        if any(mark in data for mark in (b"__asan_", b"__ubsan_", b"__tsan_")):
            return False  # left by a build that watches itself
        return stamp["contents"](stamp["sources"]("src/theano/cpu")).encode() in data

    def get_outputs(self):
        """Only what was really built: an editable install or a wheel must not look for the rest."""
        return [path for path in super().get_outputs() if os.path.exists(path)]

    def copy_extensions_to_source(self):
        built = [e for e in self.extensions if os.path.exists(self.get_ext_fullpath_in_build(e))]
        self.extensions, kept = built, self.extensions
        super().copy_extensions_to_source()
        self.extensions = kept

    def get_ext_fullpath_in_build(self, ext):
        return os.path.join(self.build_lib, self.get_ext_filename(self.get_ext_fullname(ext.name)))

    def _explain(self, error):
        print(
            f"theano-cpu: the native runtime was not built ({type(error).__name__}: {error}).\n"
            "theano-cpu: functions will run in Python, slowly but with the same results.\n"
            "theano-cpu: install a C compiler and the Python headers, then install theano-cpu again.",
            file=sys.stderr,
        )


setup(cffi_modules=["src/theano/cpu/build_runtime.py:ffi"], cmdclass={"build_ext": OptionalBuildExt})
