"""Ctrl-C in real processes: status 130, one line that says what is kept, and the answer as far as it went."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deepcheck.cli.interrupts import NOTHING, PARTIAL, noticed, words_for

SCRIPT = """
import os, signal, sys
from deepcheck.__main__ import main
from deepcheck.cli import showing

def stop_when(reached):
    return lambda say: lambda *told: reached(*told) and os.kill(os.getpid(), signal.SIGINT)

showing.shares = stop_when(lambda share: 0 < share < 1)
showing.paths = stop_when(lambda visited, ahead: visited >= 3)
showing.bounds = stop_when(lambda bound, size: bound >= 2)
sys.exit(main())
"""
"""The command, which presses Ctrl-C itself as soon as it tells how far it is."""
DIGIT = ("digits_10x4", "digits:test:0")


def stopped(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=False, cwd=folder, timeout=300
    )


def said(found: subprocess.CompletedProcess[str]) -> str:
    return found.stderr.strip().splitlines()[-1]


def test_a_search_over_all_paths_tells_what_it_decided(tmp_path):
    found = stopped("attack", *DIGIT, "--size", "3", "--paths", "all", "--json", folder=tmp_path)
    assert (found.returncode, said(found)) == (130, f"interrupted: {PARTIAL}")
    counts = json.loads(found.stdout)["counts"]
    assert counts["untried"] > 0
    assert sum(counts[kind] for kind in ("attackable", "proved", "undecided", "untried")) == 64 * 63 * 62 // 6


def test_the_smallest_set_so_far(tmp_path):
    found = stopped("attack", *DIGIT, "--size", "smallest", "--paths", "all", folder=tmp_path)
    assert (found.returncode, said(found)) == (130, f"interrupted: {PARTIAL}")
    assert "64 features" in found.stdout


def test_paths_visited_so_far(tmp_path):
    features = "10,11,12,13,18,19,20,21,26,27,28,29"
    found = stopped("explore", *DIGIT, "--features", features, folder=tmp_path)
    assert (found.returncode, said(found)) == (130, f"interrupted: {PARTIAL}")
    assert found.stdout.startswith("undecided: interrupted")


def test_where_there_is_no_answer_yet_nothing_is_printed(tmp_path):
    found = stopped("labels", *DIGIT, folder=tmp_path)
    assert (found.returncode, found.stdout, found.stderr) == (130, "", f"interrupted: {NOTHING}\n")
    assert list(tmp_path.iterdir()) == []


def test_what_can_be_gone_on_with_says_so():
    assert (
        words_for("run", True)
        == words_for("run", False)
        == words_for("reproduce", False).replace("what was measured is kept", "every answer so far is kept")
    )
    assert "the same command goes on" in words_for("run", False)


def test_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGINT)
    with noticed() as interrupts, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert interrupts.asked
    assert signal.getsignal(signal.SIGINT) is before


def test_where_it_is_ignored_it_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with noticed() as interrupts:
            signal.raise_signal(signal.SIGINT)
        assert not interrupts.asked
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_nothing_is_touched():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with noticed() as interrupts:
            seen.append((interrupts.asked, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
