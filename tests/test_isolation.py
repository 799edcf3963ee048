"""Seven distributions, one namespace: what wheels hold, what they declare, and that each works without the others."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = sorted(p.parent.name for p in (ROOT / "packages").glob("*/pyproject.toml"))
NOT_ON_IMPORT = ("pluggy", "scipy", "importlib.metadata", "subprocess")
# Looked for at run time; an error with the pip line where it is missing.
OPTIONAL = {"mpi4py"}


def project(package):
    return tomllib.loads((ROOT / "packages" / package / "pyproject.toml").read_text())["project"]


def sources(package):
    return sorted((ROOT / "packages" / package / "src").rglob("*.py"))


def rooms(package):
    """What a package puts below `theano`: names of folders and modules."""
    found = {p.relative_to(ROOT / "packages" / package / "src" / "theano").parts[0] for p in sources(package)}
    return {name.removesuffix(".py") for name in found}


# ---- what is declared


def catches_missing_modules(handler):
    return handler.type is not None and re.search("ImportError|ModuleNotFoundError", ast.unparse(handler.type))


def imported(path):
    """Modules that a file imports, as dotted names; those that it can do without (``except ImportError``) left out."""
    tree = ast.parse(path.read_text())
    optional = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(catches_missing_modules(h) for h in node.handlers)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in optional:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            if node.module == "theano":
                yield from (f"theano.{alias.name}" for alias in node.names)
            else:
                yield node.module


def distribution_of(name, owners):
    """The distribution that brings the module `name`; None for the standard library."""
    parts = name.split(".")
    if parts[0] in sys.stdlib_module_names:
        return None
    if parts[0] == "theano":
        return owners.get(parts[1], "theano-core") if len(parts) > 1 else "theano-core"
    return parts[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_imported_is_declared(package):
    facts = project(package)
    lines = [
        *facts.get("dependencies", []),
        *(d for extra in facts.get("optional-dependencies", {}).values() for d in extra),
    ]
    declared = {re.match(r"[\w.-]+", line).group() for line in lines} | {facts["name"]}
    owners = {room: project(p)["name"] for p in PACKAGES for room in rooms(p)}
    missing = {
        f"{path.name} imports {name}"
        for path in sources(package)
        for name in imported(path)
        if distribution_of(name, owners) not in declared | OPTIONAL | {None}
    }
    assert not missing, f"{package} declares {sorted(declared)}"


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_declared_is_used(package):
    base = ROOT / "packages" / package / "src"
    text = "\n".join(p.read_text() for p in base.rglob("*") if p.suffix in (".py", ".c", ".h"))
    declared = {re.match(r"[\w.-]+", line).group() for line in project(package)["dependencies"]}
    outside = {name for name in declared if not name.startswith("theano-")}
    assert not [name for name in outside if not re.search(rf"\b{name}\b", text)]


def test_rooms_do_not_overlap():
    owner = {}
    for package in PACKAGES:
        for room in rooms(package):
            assert owner.setdefault(room, package) == package, f"both {owner[room]} and {package} have theano.{room}"
    assert owner["__init__"] == "core"


def test_the_facade_knows_the_owner_of_each_room():
    from theano._facade import SUBMODULES

    for package in PACKAGES:
        for room in rooms(package):
            if room in SUBMODULES:
                assert SUBMODULES[room] == project(package)["name"]


# ---- what the wheels hold


def build_commands():
    """Ways to build wheels into a folder, best first; each takes (folder, projects)."""
    uv = shutil.which("uv") or next(iter(Path(sys.executable).parent.glob("uv")), None)
    here = ["--no-build-isolation"]

    def by_pip(*options):
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--disable-pip-version-check", *options]
        return lambda folder, projects: [[*command, "-w", str(folder), *map(str, projects)]]

    def by_uv(*options):
        command = [str(uv), "build", "--wheel", "-q", "--python", sys.executable, *options]
        return lambda folder, projects: [[*command, "-o", str(folder), str(p)] for p in projects]

    return [by_pip(*here), *([by_uv(*here), by_uv()] if uv else []), by_pip()]


def build(make, folder, projects):
    """Build; None if all went well, else what was said."""
    # no compiler: the runtime of theano-cpu is optional, and its contents are not what is looked at here
    env = {**os.environ, "CC": "false", "PIP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "5"}
    for command in make(folder, projects):
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, cwd=folder.parent)
        if done.returncode:
            return done.stdout + done.stderr
    return None


def trial_projects(folder):
    """Two small projects, one for each build backend that our packages use."""
    for name, requires, backend in (
        ("one", "hatchling", "hatchling.build"),
        ("two", "setuptools", "setuptools.build_meta"),
    ):
        (folder / name / name).mkdir(parents=True)
        (folder / name / name / "__init__.py").write_text("")
        needs = f'"{requires}", "cffi", "numpy"' if name == "two" else f'"{requires}"'
        (folder / name / "pyproject.toml").write_text(
            f'[build-system]\nrequires = [{needs}]\nbuild-backend = "{backend}"\n'
            f'[project]\nname = "{name}"\nversion = "1"\n'
        )
        if name == "two":
            (folder / name / "setup.py").write_text("import cffi\nfrom setuptools import setup\nsetup()\n")
        yield folder / name


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """A wheel of each package, by package; built from copies, since builds write beside their sources."""
    folder = tmp_path_factory.mktemp("wheels")
    trials = list(trial_projects(folder))
    make = next((m for m in build_commands() if build(m, folder / "trial", trials) is None), None)
    if make is None:
        pytest.skip("neither pip nor uv can build wheels here")
    ignore = shutil.ignore_patterns("*.so", "*.o", "build", "*.egg-info", "__pycache__", "_runtime.c")
    copies = [shutil.copytree(ROOT / "packages" / p, folder / "packages" / p, ignore=ignore) for p in PACKAGES]
    problem = build(make, folder / "out", copies)
    assert problem is None, problem
    found = {p: list((folder / "out").glob(f"theano_{p}-*.whl")) for p in PACKAGES}
    assert all(len(paths) == 1 for paths in found.values()), found
    return {p: paths[0] for p, paths in found.items()}


def contents(wheel):
    return [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]


def test_only_core_brings_the_namespace(wheels):
    for package, wheel in wheels.items():
        names = contents(wheel)
        assert all(name.startswith("theano/") for name in names), package
        assert ("theano/__init__.py" in names) == (package == "core"), package


def test_wheels_do_not_overlap(wheels):
    owner = {}
    for package, wheel in wheels.items():
        for room in {name.split("/")[1] for name in contents(wheel)}:
            assert owner.setdefault(room, package) == package, f"both {owner[room]} and {package} have {room}"


def test_wheels_hold_all_sources_and_nothing_else(wheels):
    for package, wheel in wheels.items():
        names = set(contents(wheel))
        base = ROOT / "packages" / package / "src"
        assert {str(p.relative_to(base)) for p in sources(package)} <= names, package
        strange = {n for n in names if not n.endswith((".py", ".typed", ".pyi", ".c", ".h", ".so"))}
        assert not strange, package
        assert any(name.endswith("/py.typed") for name in names), f"{package} has type hints but no py.typed"


def test_each_plugin_wheel_has_its_entry_point(wheels):
    for package, wheel in wheels.items():
        with zipfile.ZipFile(wheel) as file:
            lines = [file.read(n).decode() for n in file.namelist() if n.endswith("entry_points.txt")]
        if package == "core":
            assert not lines
        else:
            room = {"grad": "gradient"}.get(package, package)
            assert f"{package} = theano.{room}.plugin" in lines[0]


# ---- each installation works


def run(installed, code, folder, **more):
    """Run `code` where exactly the wheels `installed` are installed, and what they depend on."""
    for wheel in installed:
        zipfile.ZipFile(wheel).extractall(folder)
    paths = [str(folder), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("THEANO", "PYTHON"))}
    env |= {
        "PYTHONPATH": os.pathsep.join(paths),
        "THEANORC": "",
        "THEANO_FLAGS": f"kernel_cache={folder / 'cache'}",
        **more,
    }
    # -S: the editable installations of this environment are .pth files, and stay out
    command = [sys.executable, "-S", "-W", "error", "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_core_alone(wheels, tmp_path):
    code = """
        import theano, theano.graph, theano.compile, theano.printing
        for name, distribution in [("tensor", "theano-tensor"), ("grad", "theano-grad"), ("opt", "theano-opt")]:
            assert not hasattr(theano, name)
            try:
                getattr(theano, name)
            except AttributeError as error:
                assert f"pip install {distribution}" in str(error), error
        print(theano.__file__)
    """
    out = run([wheels["core"]], code, tmp_path, THEANO_PLUGINS="")
    assert out.strip().startswith(str(tmp_path))


FOUNDING = """
    import theano
    from theano import tensor
    a, b = tensor.dscalar(), tensor.dscalar()
    f = theano.function([a, b], a + b)
    assert 4.0 == f(1.5, 2.5)
    x = tensor.dvector("x")
    assert theano.function([x], tensor.nnet.softmax(x.dimshuffle('x', 0)).sum() + x.sum())([1.0, 2.0]) == 4.0
"""


def test_core_and_tensor_are_a_working_theano(wheels, tmp_path):
    code = (
        FOUNDING
        + """
    try:
        theano.grad
    except AttributeError as error:
        assert "pip install theano-grad" in str(error)
    else:
        raise AssertionError("theano.grad without theano-grad")
    """
    )
    run([wheels["core"], wheels["tensor"]], code, tmp_path, THEANO_PLUGINS="tensor")


@pytest.mark.parametrize(
    ("package", "code"),
    [
        ("grad", "assert theano.grad(x.sum() * 3, x).eval({x: [1.0, 2.0]}).tolist() == [3.0, 3.0]"),
        ("opt", "assert len(theano.function([x], x + 0).maker.fgraph.apply_nodes) <= 1"),
        ("cpu", "assert 'cpu' in theano.plugin.registry().backends"),
        ("sparse", "import theano.sparse; assert theano.sparse.csr_matrix('s').type.format == 'csr'"),
        ("cuda", "assert theano.plugin.registry().backends['cuda'].unavailable()"),
    ],
)
def test_each_package_adds_to_core_and_tensor(wheels, tmp_path, package, code):
    installed = [wheels["core"], wheels["tensor"], wheels[package]]
    # theano-cpu was built without a compiler: it says so once, and Python takes over
    warned = "import warnings\n    warnings.simplefilter('ignore')" if package == "cpu" else ""
    run(installed, f"\n    {warned}\n{FOUNDING}    import theano.plugin\n    {code}\n", tmp_path,
        THEANO_PLUGINS=f"tensor,{package}", CUDA_VISIBLE_DEVICES="")  # fmt: skip


def test_importing_theano_is_light():
    code = "import sys, numpy; had = set(sys.modules); import theano; print(*sorted(set(sys.modules) - had))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    loaded = set(done.stdout.split())
    assert not [name for name in loaded if name in NOT_ON_IMPORT or name.split(".")[0] in NOT_ON_IMPORT]
    rooms_loaded = {name.split(".")[1] for name in loaded if name.startswith("theano.")}
    assert not rooms_loaded & {"tensor", "scalar", "opt", "cpu", "cuda", "sparse", "gradient", "compile", "graph"}
