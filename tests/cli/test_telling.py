"""Progress: only on a terminal, only of what takes long, on standard error, and gone at the end."""

import re
import subprocess
import sys

import pytest
from terminals import on_a_terminal

from deepcheck.cli.telling import duration

STEPS = """
import threading, time
from deepcheck.cli import showing, telling
drawn = threading.Event()
first = telling.Progress.start
def start(self):
    first(self)
    drawn.set()
telling.Progress.start = start
telling.DELAY = {delay}
class Now(telling.Teller):
    def __init__(self, what):
        super().__init__(what, delay={delay})
telling.Teller = Now
with showing.working("counting") as say:
    {first}
    if {delay} < 1:
        assert drawn.wait(20)
    {then}
print("the answer")
"""


def shown(first: str, then: str = "pass", delay: float = 0.0) -> tuple[str, str]:
    seen = on_a_terminal(["-c", STEPS.format(first=first, then=then, delay=delay)])
    assert seen.status == 0, seen.terminal
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.terminal), seen.out


def test_a_share_is_a_bar_with_the_time_left():
    progress, answer = shown("showing.shares(say)(0.25)", "say._progress.refresh()")
    assert "counting" in progress
    assert "25%" in progress
    assert re.search(r"0:00:\d\d about \d+ s left", progress)
    assert answer == "the answer\n"


def test_without_a_share_the_time_since_is_told():
    progress, _ = shown("showing.paths(say)(1200, 3)", "say._progress.refresh()")
    assert "counting: 1,200 paths visited, 3 ahead" in progress
    assert re.search(r"0:00:\d\d", progress)
    assert "%" not in progress
    assert "left" not in progress


def test_bounds_are_told():
    progress, _ = shown("showing.bounds(say)(2, None); say._progress.refresh(); showing.bounds(say)(2, 5)")
    assert "counting: at least 2, at most 5" in progress


def test_markup_in_names_is_not_read():
    progress, _ = shown("say('[red]x[/]')", "say._progress.refresh()")
    assert "[red]x[/]" in progress


def test_what_is_over_at_once_is_not_shown():
    assert shown("showing.shares(say)(0.5)", delay=60.0) == ("", "the answer\n")


def test_an_error_takes_the_line_away():
    seen = on_a_terminal(
        ["-c", STEPS.format(first="pass", then="raise SystemExit(7)", delay=0.0)],
    )
    assert seen.status == 7
    assert seen.terminal.endswith(("\x1b[2K", "\x1b[?25h")) or "\x1b[2K" in seen.terminal[-20:]
    assert "\x1b[?25h" in seen.terminal  # the cursor is back


def test_nothing_where_standard_error_is_a_pipe():
    script = (
        "import sys\nfrom deepcheck.cli import showing\n"
        "with showing.working('counting') as say:\n    assert say is None and showing.shares(say) is None\n"
        "sys.exit('rich.progress' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (99.0, "99 s"), (100.0, "2 min"), (5900.0, "98 min"), (7200.0, "2 h")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_the_answer_alone_is_on_standard_output(tmp_path):
    words = ["attack", "digits_10x4", "digits:test:7", "--size", "2", "--paths", "all", "--json"]
    seen = on_a_terminal(["-m", "deepcheck", *words], cwd=tmp_path)
    assert seen.status in (0, 1)
    assert seen.out.startswith('{"schema": 1')
    assert seen.out.count("\n") == 1
