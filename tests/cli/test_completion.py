"""What shells are offered: asked as each shell asks, in a real bash too; and it must be what the verbs accept."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Answer, Command

import deepcheck
from deepcheck.cli import completion
from deepcheck.cli.app import command, verbs_of
from deepcheck.reproduce.parts import PARTS
from deepcheck.solvers import registry
from deepcheck.source import FORMATS, LANGUAGES
from deepcheck.verbs.scoring import ORDERS

MAIN = [sys.executable, "-m", "deepcheck"]


Asking = Callable[..., Answer]


@pytest.fixture
def ask(command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Ask how a line goes on, its last word being begun, as a shell does."""

    def asked(shell: str, line: str, **more: str) -> Answer:
        told = {
            "_DEEPCHECK_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_WORD_TO_COMPLETE": line.rpartition(" ")[2],
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            **more,
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        return command()

    return asked


def offered(found: Answer, shell: str) -> list[str]:
    assert (found.status, found.err) == (0, "")
    if shell == "zsh":
        return re.findall(r'"([^"]+)"', found.out)
    return [each.partition(":::")[0] for each in found.out.split()] if shell == "powershell" else found.out.split()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("mine.onnx", "dial.nnet", "digit.png", "digit.npy", "notes.txt", "proof.json.gz"):
        (tmp_path / name).touch()
    (tmp_path / "diverse.onnx").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


SHELLS = ["bash", "zsh", "fish", "powershell"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("deepcheck att", ["attack"]),
        ("deepcheck attack di", ["digits_10x4", "dial.nnet"]),
        ("deepcheck attack digits_10x4 digit.n", ["digit.npy"]),
        ("deepcheck attack digits_10x4 x.npy --order ", ["coi", "co", "abs", "reach", "none"]),
        ("deepcheck attack --sol", ["--solver"]),
        ("deepcheck explore --order d", ["depth"]),
        ("deepcheck importance --metric i", ["ig"]),
        ("deepcheck translate m.onnx --to v", ["vnnlib"]),
        ("deepcheck check ", ["proof.json.gz"]),
        ("deepcheck text prove --model imdb_t", ["imdb_tuned"]),
        ("deepcheck run digits_10x4 fash", ["fashion-mnist"]),
        ("deepcheck reproduce table1 rq", ["rq1", "rq2", "rq3", "rq4", "rq5"]),
    ],
)
def test_each_shell(ask, shell, line, expected):
    assert offered(ask(shell, line), shell) == expected


def test_where_nothing_is_known_the_shell_takes_file_names(ask):
    assert offered(ask("bash", "deepcheck attack digits_10x4 x.npy --save "), "bash") == []
    assert ask("zsh", "deepcheck attack ../mod").out.strip() == "_files"
    assert ask("fish", "deepcheck attack ../mod", _TYPER_COMPLETE_FISH_ACTION="is-args").status == 1


def test_in_a_real_bash(folder):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    (folder / "bin").mkdir()
    program = folder / "bin" / "deepcheck"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m deepcheck \"$@\"\n")
    program.chmod(0o755)
    script = (
        'eval "$(deepcheck --show-completion bash)"\n'
        "COMP_WORDS=(deepcheck attack mi); COMP_CWORD=2; _deepcheck_completion deepcheck\n"
        'echo "${COMPREPLY[@]}"; complete -p deepcheck'
    )
    found = subprocess.run(
        [bash, "--norc", "-c", script],
        env={
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert found.stdout.splitlines() == ["mine.onnx", "complete -o default -F _deepcheck_completion deepcheck"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_install(tmp_path, shell):
    environment = {**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    found = subprocess.run(
        [*MAIN, "--install-completion", shell], env=environment, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert f"{shell} completion installed in {tmp_path}" in found.stdout
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "_DEEPCHECK_COMPLETE" in written
    shown = subprocess.run(
        [*MAIN, "--show-completion", shell], env=environment, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0
    assert "_DEEPCHECK_COMPLETE" in shown.stdout


def test_a_keypress_loads_nothing_slow(folder):
    slow = ("numpy", "onnx", "onnxruntime", "matplotlib", "PIL", "rich", "deepcheck.verbs")
    script = (
        "import os, sys; "
        "os.environ.update(_DEEPCHECK_COMPLETE='complete_zsh', _TYPER_COMPLETE_ARGS='deepcheck attack ');"
        "from deepcheck.__main__ import main; status = main([]);"
        f"loaded = [name for name in {slow!r} if name in sys.modules]; sys.exit(f'{{loaded}}' if loaded else status)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=folder)
    assert (found.returncode, found.stderr) == (0, "")
    assert "digits_10x4" in found.stdout


def test_the_names_are_those_of_the_package():
    assert completion.networks() == tuple(sorted(deepcheck.zoo.names()))
    assert completion.networks("tables") == tuple(sorted(deepcheck.zoo.table_names()))
    assert completion.networks("seeds") == tuple(deepcheck.zoo.seeds())
    assert completion.networks("text_networks") == tuple(sorted(deepcheck.zoo.text_names()))
    assert set(completion.METRICS) == set(ORDERS)
    assert completion.values("attack", "solver") == ("auto", *registry.NAMES)
    assert completion.values("translate", "to") == (*LANGUAGES, *FORMATS)
    assert set(completion.values("reproduce", "parts")) == set(PARTS)


def test_every_entry_is_of_a_verb():
    made = dict(verbs_of(command()))
    names = {parameter.name for verb in made.values() for parameter in verb.params}
    assert set(completion.EVERYWHERE) <= names
    for verb, name in completion.HERE:
        assert name in {parameter.name for parameter in made[verb].params}
