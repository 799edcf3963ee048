"""Build of theano-cpu. The runtime extension is optional: without a compiler the package installs without it."""

import os
import sys

from setuptools import setup
from setuptools.command.build_ext import build_ext


class OptionalBuildExt(build_ext):
    """Builds the runtime where that is possible, and says so where it is not."""

    def run(self):
        try:
            super().run()
        except Exception as error:  # whatever is missing, the package works without
            self._explain(error)

    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            self._explain(error)

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
