"""Build of theano-cpu. The runtime extension is optional: without a compiler the package installs without it."""

import os
import runpy
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

from setuptools import setup
from setuptools.command.build_ext import build_ext


def compile_at_the_same_time(compiler):
    """Let `compiler` work on as many files at once as there are processors."""
    one_after_another = compiler.compile

    def compile_all(sources, *args, **kwargs):
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            done = pool.map(lambda source: one_after_another([source], *args, **kwargs), sources)
            return [name for names in done for name in names]

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
                self.force = True  # what lies in build/ may be of another kind
                compile_at_the_same_time(self.compiler)
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
            return stamp["contents"](stamp["sources"]("src/theano/cpu")).encode() in file.read()

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
