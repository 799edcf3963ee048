"""The compiler: found, fast, and all the ways in which it can fail."""

import marshal
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from theano.configuration import config
from theano.cpu import compiler as compiler_module
from theano.cpu import processes, toolchain
from theano.cpu.compiler import CompileError, Compiler, find_compiler
from theano.cpu.processes import ToolError, run_chains
from theano.cpu.sanitizer import sanitizer_flags
from theano.cpu.toolchain import compile_library
from theano.digest import digest

pytestmark = pytest.mark.c

SOURCE = "int theano_answer(void) { return 42; }\n"


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """Each test starts as a new process would."""
    for name in ("_failures", "_tools"):
        monkeypatch.setattr(toolchain, name, {})
    for name in ("_given_up", "_no_direct_route"):
        monkeypatch.setattr(toolchain, name, set())


class Memory:
    """Where command lines are kept."""

    def __init__(self):
        self.files = {}

    def read(self, name):
        return self.files.get(name)

    def publish(self, name, data):
        self.files[name] = data


def fake(tmp_path, body, name="gcc"):
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return Compiler((str(path),), f"fake {digest(body)}", ("-O1",))


def real_gcc():
    return find_compiler().command[0]


def test_a_library_comes_out():
    assert compile_library(find_compiler(), [SOURCE])[:4] == b"\x7fELF"


def test_two_units_make_one_library():
    data = compile_library(find_compiler(), [SOURCE, SOURCE.replace("answer", "question")])
    assert b"theano_answer" in data
    assert b"theano_question" in data


def test_the_driver_is_asked_once(monkeypatch):
    memory, asked = Memory(), []
    ask = toolchain._ask_driver
    monkeypatch.setattr(toolchain, "_ask_driver", lambda *a: asked.append(1) or ask(*a))
    compiler = find_compiler()
    compile_library(compiler, [SOURCE], memory)
    toolchain._tools.clear()
    compile_library(compiler, [SOURCE], memory)
    assert len(asked) == 1
    assert not toolchain._no_direct_route


def sealed(value):
    text = marshal.dumps(value, 0)
    return digest(text).encode() + text


GOOD = {"cc1": ["cc1"], "as": ["as"], "ld": ["ld"]}


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", sealed(GOOD)[:-1], sealed(GOOD)[:40], b"0" * 40 + sealed(GOOD)[40:]),
        *map(sealed, ([], GOOD | {"cc1": []}, {"cc1": 1, "as": 2, "ld": 3}, GOOD | {"as": [b"as"]})),
    ],
)
def test_spoilt_command_lines_are_asked_again(data):
    memory = Memory()
    compiler = find_compiler()
    memory.files[toolchain._tools_name(compiler)] = data
    assert compile_library(compiler, [SOURCE], memory)[:4] == b"\x7fELF"
    assert memory.files[toolchain._tools_name(compiler)] != data


def test_a_failing_direct_route_falls_back_to_the_driver():
    compiler = find_compiler()
    toolchain._tools[toolchain._tools_name(compiler)] = {"cc1": ["false"], "as": ["cat"], "ld": ["false"]}
    assert compile_library(compiler, [SOURCE])[:4] == b"\x7fELF"
    assert compiler.identity in toolchain._no_direct_route


def test_a_driver_that_prints_nothing_useful_is_used_as_it_is(tmp_path):
    compiler = fake(tmp_path, f'case "$*" in *-###*) exit 0;; esac\nexec {real_gcc()} "$@"')
    assert compile_library(compiler, [SOURCE])[:4] == b"\x7fELF"


def test_wrong_source_is_a_compile_error_with_the_compilers_words():
    with pytest.raises(CompileError, match="error"):
        compile_library(find_compiler(), ["int f(void) { return nothing; }\n"])


@pytest.mark.parametrize("body", ["exit 3", "kill -SEGV $$", "exit 0", "echo rubbish >&2; exit 1"])
def test_a_failing_compiler_is_a_compile_error(tmp_path, body):
    with pytest.raises(CompileError, match="compile kernels"):
        compile_library(fake(tmp_path, body), [SOURCE])


def test_a_file_that_is_no_program(tmp_path):
    compiler = fake(tmp_path, "")
    Path(compiler.command[0]).write_bytes(b"\x00\x01\x02 no program")
    with pytest.raises(CompileError):
        compile_library(compiler, [SOURCE])


def test_a_hanging_compiler_is_killed_with_its_children_and_not_asked_again(tmp_path, monkeypatch):
    """Its time is up once it has a child, however slowly that comes about."""
    monkeypatch.setattr(toolchain, "time_limit", lambda: 0.1)
    start_slowly(monkeypatch, tmp_path / "pids")
    compiler = fake(tmp_path, f"echo started >> {tmp_path}/log\nsleep 1000 & echo $! >> {tmp_path}/pids\nwait")
    with pytest.raises(CompileError, match="did not finish in time"):
        compile_library(compiler, [SOURCE])
    pids = [int(p) for p in (tmp_path / "pids").read_text().split()]
    assert pids
    assert not any(alive(pid) for pid in pids)
    with pytest.raises(CompileError, match="failed before"):
        compile_library(compiler, [SOURCE])
    assert (tmp_path / "log").read_text() == "started\n"


def test_three_failures_are_enough(tmp_path):
    compiler = fake(tmp_path, f"echo run >> {tmp_path}/log; exit 1")
    for _ in range(5):
        with pytest.raises(CompileError):
            compile_library(compiler, [SOURCE])
    runs = len((tmp_path / "log").read_text().split())
    with pytest.raises(CompileError, match="failed before"):
        compile_library(compiler, [SOURCE])
    assert len((tmp_path / "log").read_text().split()) == runs


def wait_for(path):
    """Wait until some other process has written the file `path`."""
    for _ in range(3000):
        if path.exists() and path.stat().st_size:
            return
        time.sleep(0.02)
    raise AssertionError(f"nobody wrote {path}")


def start_slowly(monkeypatch, path):
    """The start of tools takes until one of them has written the file `path`."""
    start = processes._start
    monkeypatch.setattr(processes, "_start", lambda *a: (start(*a), wait_for(path)))


def alive(pid):
    """Whether the process goes on running (a zombie, which only waits for its parent to look, does not)."""
    for _ in range(1000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, IndexError):
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


INTERRUPTED = """
import sys
from theano.cpu.compiler import Compiler
from theano.cpu.toolchain import compile_library
print("ready", flush=True)
try:
    compile_library(Compiler((sys.argv[1],), "fake", ()), ["int f(void) { return 1; }"])
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_interrupt_kills_the_compiler_and_leaves_nothing(tmp_path):
    compiler = fake(
        tmp_path, f"sleep 1000 & echo $! $$ > {tmp_path}/pids.part; mv {tmp_path}/pids.part {tmp_path}/pids; wait"
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, compiler.command[0]], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert child.stdout.readline() == "ready\n"
    wait_for(tmp_path / "pids")
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=300)
    assert out == "interrupted\n"
    assert child.returncode == 0
    assert not any(alive(int(pid)) for pid in (tmp_path / "pids").read_text().split())
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("anywhere", [False, True])
def test_an_interrupt_while_tools_start_ends_them(tmp_path, monkeypatch, anywhere):
    children = []
    start = processes._started

    def interrupted(*arguments):
        children.append(start(*arguments))
        signal.raise_signal(signal.SIGINT)  # the child runs, and nobody but this test knows
        return children[-1]

    monkeypatch.setattr(processes, "_started", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_chains([[["sleep", "1000"]]] * 2, str(tmp_path), 60, anywhere)
    assert [child.returncode for child in children] == [-signal.SIGKILL] * 2
    assert signal.getsignal(signal.SIGINT) is handler


def test_the_c_form_of_a_cxx_compiler_is_used(tmp_path):
    for name in ("g++-12", "gcc-12", "g++"):
        fake(tmp_path, "exit 0", name)
    assert compiler_module._c_form(str(tmp_path / "g++-12")) == str(tmp_path / "gcc-12")
    assert compiler_module._c_form(str(tmp_path / "g++")) == str(tmp_path / "g++")
    assert compiler_module._c_form("/somewhere/icx") == "/somewhere/icx"


def test_cc_counts_only_where_cxx_is_at_its_default(tmp_path, monkeypatch):
    mine = fake(tmp_path, "exit 0", "mycc").command[0]
    monkeypatch.setenv("CC", mine)
    monkeypatch.setattr(config, "cxx", "g++")
    assert find_compiler().command == (mine,)
    other = fake(tmp_path, "exit 0", "othercc").command[0]
    monkeypatch.setattr(config, "cxx", other)
    assert find_compiler().command == (other,)


def test_a_launcher_may_stand_before_the_compiler(tmp_path, monkeypatch):
    launcher = fake(tmp_path, 'exec "$@"', "launcher").command[0]
    gcc = real_gcc()
    monkeypatch.setattr(config, "cxx", f"{launcher} {gcc}")
    compiler = find_compiler()
    assert compiler.command == (launcher, gcc)
    assert compile_library(compiler, [SOURCE])[:4] == b"\x7fELF"


def test_identity_changes_with_the_compiler(tmp_path, monkeypatch):
    path = fake(tmp_path, "exit 0", "cc1").command[0]
    monkeypatch.setattr(config, "cxx", path)
    before = find_compiler().identity
    fake(tmp_path, "exit 0; exit 1", "cc1")
    compiler_module._describe.cache_clear()
    assert find_compiler().identity != before


def test_flags_keep_the_meaning_of_arithmetic():
    flags = find_compiler().flags
    assert {"-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fwrapv"} <= set(flags)
    assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-ffinite-math-only"} & set(flags)


@pytest.mark.parametrize("anywhere", [False, True])
def test_a_chain_is_joined_by_pipes_and_reports_the_first_failure(tmp_path, anywhere):
    assert run_chains([[["echo", "abc"], ["tr", "a-z", "A-Z"]]], tmp_path, 10, anywhere) == b"ABC\n"
    with pytest.raises(ToolError, match="false ended with status 1"):
        run_chains([[["false"], ["cat"]]], tmp_path, 10, anywhere)
    with pytest.raises(ToolError, match="could not be started"):
        run_chains([[["cat", "/dev/zero"], ["/no/such/program"]]], tmp_path, 10, anywhere)
    with pytest.raises(ToolError, match="killed by signal 9"):
        run_chains([[["sh", "-c", "kill -9 $$"]]], tmp_path, 10, anywhere)


@pytest.mark.parametrize("anywhere", [False, True])
def test_a_command_that_hangs_is_ended_with_its_children(tmp_path, monkeypatch, anywhere):
    ended = []
    kill = os.killpg
    monkeypatch.setattr(os, "killpg", lambda pid, number: ended.append(pid) or kill(pid, number))
    start_slowly(monkeypatch, tmp_path / "output.txt")
    with pytest.raises(ToolError, match="did not finish in time"):
        run_chains([[["sh", "-c", "sleep 1000 & echo $!; wait"]]], tmp_path, 0.1, anywhere)
    assert len(ended) == 1
    assert not alive(int((tmp_path / "output.txt").read_text()))


@pytest.mark.parametrize("anywhere", [False, True])
def test_children_are_waited_for_where_no_handle_can_be_had(tmp_path, monkeypatch, anywhere):
    def refuse(pid):
        raise OSError("as an old kernel says")

    monkeypatch.setattr(os, "pidfd_open", refuse, raising=False)
    assert run_chains([[["sh", "-c", "sleep 0.01; echo done"]]], tmp_path, 10, anywhere) == b"done\n"
    with pytest.raises(ToolError, match="did not finish in time"):
        run_chains([[["sleep", "1000"]]], tmp_path, 0.1, anywhere)


def test_commands_run_in_the_folder_unless_they_may_run_anywhere(tmp_path):
    assert run_chains([[["pwd"]]], tmp_path, 10).decode().strip() == str(tmp_path)
    assert run_chains([[["pwd"]]], tmp_path, 10, True).decode().strip() == os.getcwd()


def test_children_inherit_no_open_files_and_lead_a_session(tmp_path):
    with open(tmp_path / "other", "w") as other:
        told = run_chains([[["sh", "-c", "ls -l /proc/$$/fd; cut -d' ' -f1,6 /proc/$$/stat"]]], tmp_path, 10, True)
    assert other.name not in told.decode()
    pid, session = told.decode().splitlines()[-1].split()
    assert pid == session


OUTPUTS_CLOSED = """
import os
from theano.cpu.processes import run_chains
os.close(0), os.close(1), os.close(2)
found = run_chains([[["echo", "abc"], ["tr", "a-z", "A-Z"]]], os.environ["TMPDIR"], 10, True)
os._exit(found != b"ABC\\n")
"""


def test_children_start_where_the_standard_files_are_closed(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", OUTPUTS_CLOSED], env=environment, check=False).returncode == 0


def test_an_ordinary_run_does_without_subprocess_and_the_folder_leaves_no_trace(tmp_path):
    code = (
        "import sys, theano.cpu.toolchain as t; from theano.cpu.compiler import find_compiler\n"
        f"data = [t.compile_library(find_compiler(), [{SOURCE!r}]) for _ in range(2)]\n"
        "assert not t._no_direct_route\n"
        "assert data[0] == data[1]\n"
        "assert not {'subprocess', 'shlex', 'signal'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_flags_of_the_users_may_write_files_which_go_to_the_scratch_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config.gcc, "cxxflags", "-fstack-usage")
    assert compile_library(find_compiler(), [SOURCE])[:4] == b"\x7fELF"
    assert list(tmp_path.iterdir()) == []


def test_words_in_quotes_of_the_driver():
    assert toolchain._words(' cc1 "-march=a b" -O1  -x') == ["cc1", "-march=a b", "-O1", "-x"]
    assert toolchain._words(r' cc1 "-DA=\"b c\"" -O1') == ["cc1", '-DA="b c"', "-O1"]


def test_the_linker_is_that_of_the_driver(tmp_path):
    asked = subprocess.run([real_gcc(), "-print-prog-name=ld"], capture_output=True, text=True, check=True)
    memory = Memory()
    compile_library(find_compiler(), [SOURCE], memory)
    (lines,) = toolchain._tools.values()
    assert lines["ld"][0] == asked.stdout.strip()
    (tmp_path / "ld").write_text("#!/bin/sh\n")
    (tmp_path / "ld").chmod(0o755)
    assert toolchain._linker(["/nowhere", str(tmp_path), "/usr/bin"]) == str(tmp_path / "ld")
    assert toolchain._linker(["/nowhere"]) == "ld"


@pytest.mark.parametrize("name", ["address", "undefined", "thread"])
def test_a_sanitizer_is_part_of_the_flags(monkeypatch, name):
    plain = find_compiler()
    monkeypatch.setenv("THEANO_CPU_SANITIZE", name)
    compiler_module._describe.cache_clear()
    try:
        watched = find_compiler()
    finally:
        compiler_module._describe.cache_clear()
    assert f"-fsanitize={name}" in watched.flags
    assert watched.command == plain.command


def test_a_sanitizer_that_does_not_exist(monkeypatch):
    monkeypatch.setenv("THEANO_CPU_SANITIZE", "everything")
    with pytest.raises(ValueError, match=r"(?s)everything.*address"):
        sanitizer_flags()
