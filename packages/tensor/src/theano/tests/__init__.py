"""Classic path of helpers for the tests of programs and ops: `unittest_tools` and `breakpoint`."""
