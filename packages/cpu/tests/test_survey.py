"""Files of a folder, as seen by the C runtime and by Python."""

import os

import pytest

from theano.compile import installation
from theano.cpu.native_function import survey_folder

ENDINGS = (".py", ".so")


@pytest.fixture
def folder(tmp_path):
    for name in ("a.py", "b.so", "no.txt", ".py", "pyso", "deep.py.txt"):
        (tmp_path / name).write_text(name)
    for name in ("sub", "other", "with.dot"):
        (tmp_path / name).mkdir()
    os.symlink(tmp_path / "sub", tmp_path / "link")
    os.symlink(tmp_path / "a.py", tmp_path / "c.py")
    os.symlink(tmp_path / "nowhere", tmp_path / "dangling")
    return tmp_path


def test_both_see_the_same(folder):
    found = survey_folder(str(folder), ENDINGS)
    assert found == installation.survey_folder(str(folder), ENDINGS)
    lines, below, last = found
    assert {line.partition(b"/")[0] for line in lines.splitlines()} == {b"a.py", b"b.so", b".py", b"c.py"}
    assert sorted(below) == ["link", "other", "sub"]
    assert last >= os.stat(folder / "a.py").st_ctime_ns


def test_times_and_sizes_count(folder):
    before = survey_folder(str(folder), ENDINGS)
    os.utime(folder / "b.so", ns=(5, 5))
    assert b"b.so/4 5\n" in survey_folder(str(folder), ENDINGS)[0]
    assert survey_folder(str(folder), ENDINGS)[2] > before[2]  # it was touched just now
    (folder / "a.py").write_text("longer than it was")
    assert b"a.py/18 " in survey_folder(str(folder), ENDINGS)[0]


def test_many_files(folder):
    for number in range(300):
        (folder / f"{'long' * 20}{number}.py").touch()
    assert survey_folder(str(folder), ENDINGS) == installation.survey_folder(str(folder), ENDINGS)


@pytest.mark.parametrize("survey", [survey_folder, installation.survey_folder])
def test_what_cannot_be_looked_at(folder, survey):
    with pytest.raises(OSError):
        survey(str(folder / "nowhere"), ENDINGS)
    os.symlink(folder / "nowhere", folder / "dead.py")
    with pytest.raises(OSError):
        survey(str(folder), ENDINGS)


@pytest.mark.parametrize("survey", [survey_folder, installation.survey_folder])
@pytest.mark.parametrize("name", ["x\nb.py", "x\nb"])
def test_a_name_that_could_be_taken_for_two(folder, survey, name):
    (folder / name).mkdir()
    with pytest.raises(OSError):
        survey(str(folder), ENDINGS)
