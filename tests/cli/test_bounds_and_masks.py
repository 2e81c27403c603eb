"""Bounds per element and masks from files, and what files that are neither get."""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import Command
from onnx import helper
from PIL import Image
from test_attack_command import ATTACKED, stored
from test_errors import refused
from tiny_models import two_sums

import deepcheck
from deepcheck.cli import values
from deepcheck.errors import DeepCheckError, MalformedModel, OptionError
from deepcheck.frontends import input_ranges

TINY_NNET = "1,2,2,2,\n2,2,\n0,\n-1,0,\n1,2.5,\n0,0,0,\n1,1,1,\n1,0,\n0,1,\n0,\n0,\n"


def bounds_file(folder: Path, **arrays: object) -> Path:
    np.savez(folder / "bounds.npz", **{name: np.asarray(array) for name, array in arrays.items()})
    return folder / "bounds.npz"


def png(folder: Path, levels: object, mode: str = "L", **options: object) -> Path:
    Image.fromarray(np.asarray(levels, np.uint8)).convert(mode).save(folder / "mask.png", **options)
    return folder / "mask.png"


def one_line(caught: pytest.ExceptionInfo[DeepCheckError]) -> None:
    assert "\n" not in str(caught.value)


class TestBounds:
    def test_each_element_stays_within_its_own(self, command: Command, model, tmp_path):
        # Scores 1.0 and 0.6: only x2 may pass 0.8; x0 and x1 may not fall below 0.125, x3 stays at 0.2.
        lower, upper = [[0.125, 0.125], [0.0, np.float32(0.2)]], [[1, 1], [0.9, np.float32(0.2)]]
        file = bounds_file(tmp_path, lower=lower, upper=upper)
        found = json.loads(command("attack", model, stored(tmp_path, ATTACKED), "--bounds", file, "--json").out)
        assert found["attackable"] == [[2]]
        assert found["counts"] == {"attackable": 1, "replayed": 1, "proved": 3, "undecided": 0, "untried": 0}
        assert found["attacks"][0]["intervals"]["1"][0] == pytest.approx([0.8, 0.9], abs=1e-6)
        assert found["domain"] == {"lower": 0, "upper": 1, "levels": None, "per_element": True}

    def test_reach_stays_within_them(self, command: Command, model, tmp_path):
        file = bounds_file(tmp_path, lower=np.zeros((2, 2)), upper=[[1, 1], [0.75, 0.5]])
        words = ("importance", model, stored(tmp_path, ATTACKED), "--metric", "reach", "--bounds", file, "--json")
        scores = np.array(json.loads(command(*words).out)["scores"]).ravel()
        # 0.5 less of x0 or x1: 0.6 - 0.5; 0.35 more of x2: 0.95 - 1; 0.3 more of x3: 0.9 - 1
        assert scores == pytest.approx([0.1, 0.1, -0.05, -0.1], abs=1e-6)

    def test_an_image_in_levels(self, command: Command, model, tmp_path):
        image = png(tmp_path, [[100, 100], [80, 40]])
        file = bounds_file(tmp_path, lower=[[90, 90], [70, 30]], upper=[[110, 110], [255, 50]])
        words = ("attack", model, image, "--bounds", file, "--levels", 256, "--json")
        found = json.loads(command(*words).out)
        # 200 against 120: x2 beats it from 161 on.
        assert found["attackable"] == [[2]]
        assert found["attacks"][0]["levels"]["1"] == [[161, 255]]

    @pytest.mark.parametrize(
        ("arrays", "fragment"),
        [
            ({"lower": [0, 0]}, "expected arrays named lower and upper"),
            ({"lower": [0, 0], "upper": [1, 1], "x": [1]}, "got lower, upper, x"),
            ({"a": [0, 0], "b": [1, 1]}, "got a, b"),
            ({"lower": [[[0, 0], [0.5, 0]]], "upper": [[[1, 1], [0.25, 1]]]}, "0.5:0.25 at [0, 1, 0]"),
            ({"lower": [0, np.nan, 0, 0], "upper": np.ones(4)}, "nan:1 at [1]"),
            ({"lower": np.zeros(3), "upper": np.ones(3)}, "input's shape (1, 2, 2)"),
            ({"lower": np.zeros(4), "upper": np.ones(3)}, "one shape"),
            ({"lower": ["a"], "upper": ["b"]}, "numbers"),
            ({"lower": np.array([None]), "upper": np.array([None])}, "without pickle"),
            ({"lower": [0.5, 0, 0, 0], "upper": np.full(4, 0.45)}, "0.5:0.45 at [0]"),
            ({"lower": np.zeros(4), "upper": np.full(4, 0.45)}, "element 0 of input 0 within its bounds 0:0.45"),
        ],
    )
    def test_files_of_something_else(self, command: Command, model, tmp_path, arrays, fragment):
        file = bounds_file(tmp_path, **arrays)
        refused(command("attack", model, stored(tmp_path, ATTACKED), "--bounds", file), fragment)

    def test_no_file_no_archive_one_array_and_half_a_file(self, command: Command, model, tmp_path):
        x, file = stored(tmp_path, ATTACKED), tmp_path / "bounds.npz"
        refused(command("attack", model, x, "--bounds", file), "no file", "bounds.npz")
        file.write_bytes(b"these are no bounds")
        refused(command("attack", model, x, "--bounds", file), "bounds.npz", "numpy")
        with file.open("wb") as stream:
            np.save(stream, np.zeros(4))
        refused(command("attack", model, x, "--bounds", file), "arrays named lower and upper")
        whole = bounds_file(tmp_path, lower=np.zeros(4), upper=np.ones(4)).read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        refused(command("attack", model, x, "--bounds", file), "bounds.npz", "numpy")
        refused(command("attack", model, x, "--bounds", "zero:one"), ".npz", "zero:one")

    def test_with_unbounded(self, command: Command, model, tmp_path):
        file = bounds_file(tmp_path, lower=np.zeros(4), upper=np.ones(4))
        refused(command("attack", model, stored(tmp_path, ATTACKED), "--bounds", file, "--unbounded"), "got both")


class TestRangesOfTheModel:
    def test_of_a_nnet_file(self, tmp_path):
        (tmp_path / "tiny.nnet").write_text(TINY_NNET)
        program = deepcheck.load(tmp_path / "tiny.nnet")
        domain = values.domain("model", unbounded=False, levels=None, program=program)
        assert domain == deepcheck.Pixels([-1, 0], [1, 2.5])
        # Scores x0 and x1 (identity weights): from (0.5, 0.25), x1 passes 0.5 and x0 falls below 0.25.
        result = deepcheck.attack(program, np.array([0.5, 0.25]), domain=domain)
        assert {a.features[0]: a.intervals[1][0] for a in result.attacks} == {0: (-1, 0.25), 1: (0.5, 2.5)}

    def test_of_a_model_that_has_none(self, model):
        with pytest.raises(OptionError, match="two_sums has none") as caught:
            values.domain("model", unbounded=False, levels=None, program=deepcheck.load(model))
        one_line(caught)

    def test_before_there_is_a_program_and_behind_mean_and_std(self, tmp_path):
        with pytest.raises(OptionError, match="'model'"):
            values.domain("model", unbounded=False, levels=None)
        (tmp_path / "tiny.nnet").write_text(TINY_NNET)
        program = deepcheck.load(tmp_path / "tiny.nnet", mean=0.5, std=0.5)
        with pytest.raises(OptionError, match="without --mean"):
            values.domain("model", unbounded=False, levels=None, program=program)

    @pytest.mark.parametrize(
        "text", ["", "[", "{}", '"a"', "[[1], [1, 2]]", "[" * 100_000, "[1" + "0" * 400 + "]", '[{"a": 1}]', "9" * 5000]
    )
    def test_metadata_that_are_no_numbers(self, text):
        model = onnx.ModelProto()
        helper.set_model_props(model, {"deepcheck.input_lower": text, "deepcheck.input_upper": "[1]"})
        with pytest.raises(MalformedModel, match="lists of numbers") as caught:
            input_ranges(model)
        one_line(caught)

    @pytest.mark.parametrize(("text", "fragment"), [("[NaN, 0]", "finite"), ("[5, 0]", "5:1"), ("[0]", "one shape")])
    def test_metadata_that_are_no_ranges(self, tmp_path, text, fragment):
        stored_model = onnx.load(two_sums(tmp_path / "m.onnx"))
        helper.set_model_props(stored_model, {"deepcheck.input_lower": text, "deepcheck.input_upper": "[1, 1]"})
        with pytest.raises(OptionError, match=fragment) as caught:
            values.domain("model", unbounded=False, levels=None, program=deepcheck.load(stored_model))
        one_line(caught)


class TestMasks:
    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
    def test_arrays(self, tmp_path, dtype):
        np.save(tmp_path / "mask.npy", np.array([[1, 0], [0, 1]], dtype))
        found = values.mask(tmp_path / "mask.npy")
        assert found.dtype == np.bool_
        assert found.tolist() == [[True, False], [False, True]]
        assert values.mask(None) is None

    @pytest.mark.parametrize("mode", ["L", "1"])
    def test_pictures(self, tmp_path, mode):
        levels = [[255, 0], [0, 255], [1 if mode == "L" else 255, 0]]
        assert values.mask(png(tmp_path, levels, mode)).tolist() == [[True, False], [False, True], [True, False]]

    @pytest.mark.parametrize("mode", ["RGB", "P", "LA", "RGBA", "I;16"])
    def test_pictures_that_are_not_grey(self, tmp_path, mode):
        with pytest.raises(OptionError, match=r"8-bit grey PNG, got .* of mode") as caught:
            values.mask(png(tmp_path, [[255, 0]], mode))
        one_line(caught)

    def test_a_picture_with_transparent_pixels(self, tmp_path):
        with pytest.raises(DeepCheckError, match="transparency"):
            values.mask(png(tmp_path, [[255, 0]], transparency=255))

    def test_other_kinds_of_picture(self, tmp_path):
        for name in ("mask.jpg", "mask.gif", "mask.png"):
            Image.fromarray(np.eye(4, dtype=np.uint8)).save(tmp_path / name, format="JPEG" if "png" in name else None)
            with pytest.raises(DeepCheckError, match="not an image that can be read") as caught:
                values.mask(tmp_path / name)
            one_line(caught)

    def test_a_picture_too_large_to_be_honest(self, tmp_path):
        header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
        content = io.BytesIO(b"\x89PNG\r\n\x1a\n")
        content.seek(0, io.SEEK_END)
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")):
            content.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
        (tmp_path / "bomb.png").write_bytes(content.getvalue())
        with pytest.raises(DeepCheckError, match="bomb") as caught:
            values.mask(tmp_path / "bomb.png")
        one_line(caught)

    @pytest.mark.parametrize("array", [[0, 2], [0.5], [np.nan], ["yes"], [1j], np.array([{}], dtype=object)])
    def test_arrays_of_something_else(self, tmp_path, array):
        np.save(tmp_path / "mask.npy", np.array(array))
        with pytest.raises(DeepCheckError, match=r"booleans|pickle") as caught:
            values.mask(tmp_path / "mask.npy")
        one_line(caught)

    @pytest.mark.parametrize("name", ["mask.npy", "mask.png", "mask"])
    def test_no_file_and_files_of_something_else(self, tmp_path, name):
        file = tmp_path / name
        with pytest.raises(OptionError, match=r"--mask as a \.npy or \.png file, got"):
            values.mask(file)
        file.write_bytes(b"this is no mask\n")
        with pytest.raises(DeepCheckError, match="read") as caught:
            values.mask(file)
        one_line(caught)

    def test_lists_to_exclude(self):
        assert values.indices("3,1", "--exclude") == (3, 1)
        for text in ("a", "1,,2", "-1", "", "9" * 5000, "²"):
            with pytest.raises(OptionError, match="--exclude as indices"):
                values.indices(text, "--exclude")
