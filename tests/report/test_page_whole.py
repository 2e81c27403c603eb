import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_reading import Page, cells, data_of, written
from page_samples import answer, attack, exhibit, features, packed, pair, text

from deepcheck.report.page_parts import Grid, Section
from deepcheck.report.page_whole import report_html

HOSTILE = "<img src=x onerror=alert(1)>\"'&</script><script>alert(2)</script>\u2028\x00\ud800"
LOADING = {"src", "href", "action", "formaction", "poster", "data", "srcset", "ping", "background", "manifest"}


def test_everything_that_is_not_ours_is_escaped() -> None:
    valid = HOSTILE.replace("\ud800", "")
    one = features(valid, labels=[valid, "b", "c"])
    one["model"] = one["model"] | {"name": valid}
    one["answers"][0] |= {"command": valid, "said": valid, "reason": valid, "domain_said": valid}
    table = features(grid=None)
    table["features"]["names"][3] = valid
    words = text("<b>bold</b>", "<b>A fine</b> film & short, and short.")
    words["answers"][0]["attacks"][0]["words"][0]["after"] = "<script>alert(3)</script>"
    grid = Grid(HOSTILE, [HOSTILE], [[HOSTILE], [1.5]], HOSTILE)
    sections = [Section(HOSTILE, {HOSTILE: HOSTILE}, [exhibit(each) for each in (one, table, words)], [grid])]
    html = report_html(HOSTILE, sections, footer=HOSTILE).decode()
    page = Page(html)
    assert not [tag for tag, held in page.elements if any(name.startswith("on") for name in held)]
    assert all(held.get("src", "").startswith("data:image/png;base64,") for tag, held in page.elements if tag == "img")
    scripts = [held for tag, held in page.elements if tag == "script"]
    assert [held.get("type") for held in scripts].count("application/json") == 3
    ours = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(ours) == len(scripts) - 3
    assert set(ours[1:]) == {'document.dispatchEvent(new Event("deepcheck"))'}
    assert all(tag not in {"b", "iframe", "object", "embed", "base", "link"} for tag, _ in page.elements)
    assert "<img src=x onerror=alert(1)>" in "".join(page.inside("h1") + page.inside("bdi"))
    assert data_of(html)[0]["name"] == one["name"]


def test_a_page_loads_nothing() -> None:
    html = written(features(), features("rgb", elements=3), features("table", grid=None), text())
    page = Page(html)
    for _tag, held in page.elements:
        for name in LOADING & held.keys():
            assert re.match(r"data:image/png;base64,|#", held[name] or ""), (name, held[name])
    assert not re.search(r"@import|url\(", html)
    assert set(re.findall(r"https?://[^\s\"'`<>]+", html)) == {"http://www.w3.org/2000/svg"}


def test_the_policy_admits_what_the_page_holds_and_nothing_else() -> None:
    html = written(features())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    said = policy.group(1).replace("&#39;", "'")
    allowed = {name: set(rest.split()) for name, _, rest in (each.strip().partition(" ") for each in said.split(";"))}
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        held = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digests = {base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in held}
        assert allowed[name] == {f"'sha256-{digest}'" for digest in digests}
    assert said.startswith("default-src 'none'; ")
    assert "unsafe" not in said
    assert not re.search(r'\sstyle="', html)


def test_the_numbers_of_a_page_are_those_of_the_exhibit() -> None:
    held = features()
    found = data_of(written(held))[0]
    for name in ("values", "scores", "bounds", "picture", "labels", "label"):
        assert found[name] == held[name]
    assert found["coefficients"] == held["coefficients"]
    assert found["label_scores"] == [3.0, 1.5, -2.0]
    for shown, own in zip(found["answers"], held["answers"], strict=True):
        assert shown["counts"] == own["counts"]
        assert shown["attackable"] == [each[0] for each in own["attackable"]]
        for listed, attack_ in zip(shown["attacks"], own["attacks"], strict=True):
            assert listed[:4] == [attack_[name] for name in ("features", "labels", "intervals", "levels")]
            witness = attack_["witness"]
            assert listed[4:7] == [witness["values"][0], witness["label"], witness["margin"]]
            assert listed[7][:3] == [witness["replayed"], witness["flips"], witness["eight_bit"]]


def test_totals_and_overview_add_up() -> None:
    safe = features("safe", answers=[answer(20, []), answer(20, [], paths="all")])
    late = features(
        "late", answers=[answer(20, [], untried=5), answer(20, [attack(1, 2, 0.0, 0.5, 0.25)], paths="all")]
    )
    html = written(features("flips"), safe, late)
    along, anyhow = cells(html, "totals")
    # inputs: all, attack, proved, undecided; sets: attackable, proved, undecided, untried
    assert along == ["one pixel, this path", "values in [0, 1]", "3", "1", "1", "1", "1", "54", "0", "5", "features"]
    assert anyhow == ["one pixel, all paths", "values in [0, 1]", "3", "2", "1", "0", "3", "57", "0", "0", "features"]
    rows = cells(html, "overview")
    assert [row[1] for row in rows] == ["flips", "safe", "late"]
    assert [row[4] for row in rows] == ["attack", "proved (this path)", "undecided (time limit)"]
    assert [row[6] for row in rows] == ["attack", "proved (all paths)", "attack"]
    assert [row[5] for row in rows] == ["1", "0", "0"]
    assert [row[8] for row in rows] == ["1", "≥ 2", "1"]
    assert [row[9] for row in rows] == ["1.5"] * 3


def test_a_statement_has_what_it_rests_on() -> None:
    html = written(features())
    listed = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html)
    facts = dict(reversed(listed))
    assert facts["Scope"] == "this path"
    assert facts["Domain"] == "values in [0, 1]"
    assert facts["Arithmetic"] == "exact"
    assert facts["Borders"] == "the input lies on 3 borders between pieces"
    assert facts["Counts"].startswith("1 attackable, 19 proved, 0 undecided, 0 untried; 1 ")
    assert facts["Time limit"] == "30 s"
    assert facts["Replayed in"] == "onnxruntime 1.20"
    assert facts["Seeds"] == "order 5"
    assert facts["Versions"] == "deepcheck 0.1.0, numpy 2.0.0"
    assert facts["Date"] == "2026-11-30T19:40:00+00:00"
    assert facts["Model sha256"] == "ab" * 32
    assert facts["Rounded constants"] == "gamma"
    assert "deepcheck attack model.onnx --input mnist:test:0 --paths all" in html
    assert "deepcheck run model.onnx --data mnist --inputs 0:10" in html


def test_robust_is_not_a_word_of_the_page() -> None:
    assert "robust" not in written(features(), features(grid=None), text()).lower()


def test_without_its_script_a_page_has_pictures_and_tables() -> None:
    html = written(features(), features("sensors", grid=None), text())
    assert len(re.findall(r'<div class="stage"><img src="data:image/png', html)) == 3
    rows = cells(html, "features")
    assert len(rows) == 20
    assert rows[0][0] in {"sensor 3", "sensor 7"}  # what is attackable comes first
    assert "[0.75, 1]" in next(row for row in rows if row[0] == "sensor 3")[7]
    assert "[0, 0.125]" in next(row for row in rows if row[0] == "sensor 7")[8]
    assert next(row for row in rows if row[0] == "sensor 7")[7] == "✓ proved"
    assert "<del>fine</del> <ins>dull</ins>" in html
    assert cells(html, "replacements")[0][:4] == ["2", "fine", "dull", "negative"]


def test_scores_in_a_table_are_those_of_the_exhibit() -> None:
    held = features("sensors", grid=None)
    html = written(held)
    for metric, column in (("coi", 3), ("co", 4), ("abs", 5), ("reach", 6)):
        scores = np.frombuffer(base64.b64decode(held["scores"][metric]), dtype="<f4")
        for row in cells(html, "features"):
            shown = float(row[column].replace("\N{MINUS SIGN}", "-"))
            assert shown == pytest.approx(float(scores[int(row[0].split()[1])]), rel=1e-5)


def test_sets_and_the_fewest_features() -> None:
    sets = answer(20, [pair(2, 9)], size=2, paths="all", untried=100)
    html = written(features(answers=[answer(20, [], paths="all"), sets]))
    assert "2 pixels together, all paths" in html
    assert cells(html, "overview")[0][8] == "2"
    assert data_of(html)[0]["answers"][1]["attacks"][0][:1] == [[2, 9]]


def test_a_search_for_the_smallest_set_says_what_it_found() -> None:
    found = answer(20, [pair(2, 9)], paths="all") | {"asked": 20, "size": 2}
    found["counts"] = {"attackable": 19, "replayed": 1, "proved": 1, "undecided": 0, "untried": 0}
    found["smallest"] = {"features": [2, 9], "bound": 2, "optimal": True}
    html = written(features(answers=[found]))
    assert "2: 2, 9; no smaller one, proved" in html
    assert cells(html, "totals")[0][0] == "fewest pixels, all paths"
    assert cells(html, "totals")[0][10] == "sizes"
    assert cells(html, "overview")[0][8] == "2"
    found["smallest"] = {"features": [2, 9], "bound": 1, "optimal": False}
    assert cells(written(features(answers=[found])), "overview")[0][8] == "2 (≥ 1)"


def test_small_certificates_stand_in_the_page(tmp_path: Path) -> None:
    (tmp_path / "certificates").mkdir()
    held = gzip.compress(b'{"a certificate": 1}')
    (tmp_path / "certificates" / "one.json.gz").write_bytes(held)
    certificate = {
        "file": "certificates/one.json.gz",
        "sha256": hashlib.sha256(held).hexdigest(),
        "bytes": len(held),
        "said": "1 fact",
        "command": "deepcheck check certificates/one.json.gz --model model.onnx",
    }
    one = features()
    one["answers"][0]["certificate"] = certificate
    inside = written(one, folder=tmp_path, beside="run/")
    address = "data:application/gzip;base64," + base64.b64encode(held).decode()
    assert f'href="{address}" download="one.json.gz"' in inside.replace("&#43;", "+")
    assert certificate["command"] in inside
    assert certificate["sha256"] in inside
    assert 'href="run/certificates/one.json.gz"' in written(one, beside="run/")
    one["answers"][0]["certificate"] = certificate | {"sha256": "00" * 32}
    assert "data:application" not in written(one, folder=tmp_path)


def test_a_certificate_outside_the_run_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json.gz"
    secret.write_bytes(b"secret")
    run = tmp_path / "run"
    run.mkdir()
    (run / "link.json.gz").symlink_to(secret)
    one = features()
    one["answers"][0]["certificate"] = {
        "file": "link.json.gz",
        "sha256": hashlib.sha256(b"secret").hexdigest(),
        "bytes": 6,
        "said": "",
        "command": "",
    }
    assert base64.b64encode(b"secret").decode() not in written(one, folder=run)


class Loose:
    """An exhibit that nobody has checked."""

    def __init__(self, held: dict[str, Any]) -> None:
        self.held = held

    def as_json(self) -> dict[str, Any]:
        return self.held


@pytest.mark.parametrize("name", ["../secret.json.gz", "/etc/passwd", "javascript:alert(1)", "a\\..\\b", ""])
def test_a_name_that_leads_elsewhere_is_not_linked(name: str, tmp_path: Path) -> None:
    one = features()
    one["answers"][0]["certificate"] = {"file": name, "sha256": "00", "bytes": 1, "said": "", "command": ""}
    html = report_html("t", [Section("s", {}, [Loose(one)])], folder=tmp_path).decode()  # type: ignore[list-item]
    assert all((held.get("href") or "#").startswith("#") for tag, held in Page(html).elements if tag == "a")
    assert "not linked" in html


def test_a_single_output_has_a_score_of_each_sign() -> None:
    html = written(text())
    assert cells(html, "overview")[0][9] == "2.5"  # 1.25 less -1.25


def test_hostile_numbers_make_a_page() -> None:
    values = np.full((20, 1), np.nan, dtype=np.float32)
    held = features(outputs=[None, None, None]) | {"values": packed(values)}
    html = report_html("t", [Section("s", {}, [Loose(held)])]).decode()  # type: ignore[list-item]
    assert data_of(html)[0]["label_scores"] == [None, None, None]


def test_tables_of_a_section() -> None:
    html = report_html(
        "t", [Section("s", {"inputs": 3}, (), [Grid("Sizes", ["name", "size"], [["a", 2], [None, 0.5]], "n")])]
    )
    assert '<td class="number" data-sort="0.5">0.5</td>' in html.decode()
    assert "<dt>inputs</dt><dd>3</dd>" in html.decode()
