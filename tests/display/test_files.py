import os

import pytest

from deepcheck.display.files import make_folder, write_atomically
from deepcheck.errors import OptionError


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"old and long")
    write_atomically(file, lambda stream: stream.write(b"new"))
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_a_writer_that_fails_changes_nothing(tmp_path, problem):
    file = tmp_path / "a"
    file.write_bytes(b"old")

    def writer(stream):
        stream.write(b"half")
        raise problem

    with pytest.raises(problem):
        write_atomically(file, writer)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_the_file_is_not_there_before_it_is_whole(tmp_path):
    file = tmp_path / "a"

    def writer(stream):
        stream.write(b"half")
        stream.flush()
        assert not file.exists()

    write_atomically(file, writer)
    assert file.read_bytes() == b"half"


def test_a_link_keeps_pointing(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomically(tmp_path / "link", lambda stream: stream.write(b"new"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_others_may_read_it_as_any_new_file(tmp_path):
    mask = os.umask(0o022)
    try:
        write_atomically(tmp_path / "a", lambda stream: stream.write(b""))
    finally:
        os.umask(mask)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["missing/a", "file/a", ".", "/dev/null"])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OptionError, match=r"cannot write .*" + name.replace(".", "")):
        write_atomically(tmp_path / name, lambda stream: stream.write(b"new"))
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_folders_are_made_with_those_above(tmp_path):
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OptionError, match="file/b"):
        make_folder(tmp_path / "file" / "b")
