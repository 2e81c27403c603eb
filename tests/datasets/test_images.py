import dataclasses
import gzip
import lzma
import shutil
import struct
import sys
import tracemalloc

import numpy as np
import pooch
import pytest
from requirements import require

from deepcheck.datasets import ImageSet, cifar10, digits, fashion_mnist, mnist
from deepcheck.datasets.idx import read_idx
from deepcheck.errors import DataError, MissingExtra, OptionError

TEN = tuple("0123456789")
LABELS = "t10k-labels-idx1-ubyte.gz"
IMAGES = "t10k-images-idx3-ubyte.gz"


def idx(magic, counts, body):
    return struct.pack(f">{1 + len(counts)}I", magic, *counts) + body


def few(**changed):
    """Two images of 1x2 with the levels 0, 51, 102, 255."""
    images = np.array([[[0, 51]], [[102, 255]]], np.uint8)
    given = ImageSet(name="few", split="test", images=images, labels=np.array([0, 1]), classes=("off", "on"))
    return dataclasses.replace(given, **changed)


@pytest.fixture
def blank(tmp_path):
    """A folder of data sets with a valid MNIST test split: every image black, labels 0 to 9 in turn."""
    (tmp_path / "mnist").mkdir()
    black = idx(0x803, (10_000, 28, 28), bytes(7_840_000))
    (tmp_path / "mnist" / IMAGES).write_bytes(gzip.compress(black, 1))
    (tmp_path / "mnist" / LABELS).write_bytes(gzip.compress(idx(0x801, (10_000,), bytes(range(10)) * 1000), 1))
    return tmp_path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The user's cache, empty; no folder is named, and downloading fails."""

    def unreachable(self, url, output_file, *rest, **options):
        raise OSError("no network in tests")

    monkeypatch.delenv("DEEPCHECK_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", unreachable)
    return tmp_path / "cache" / "deepcheck"


# What an image set is


def test_pixels_are_levels_over_the_largest_level():
    pixels = few().pixels()
    assert (pixels.dtype, pixels.shape) == (np.float32, (2, 1, 1, 2))
    expected = np.array([0, np.float32(51) / np.float32(255), np.float32(102) / np.float32(255), 1], np.float32)
    np.testing.assert_array_equal(pixels.ravel(), expected)
    np.testing.assert_array_equal(few(images=np.full((2, 1, 2), 4, np.uint8), max_level=16).pixels(), 0.25)


def test_images_that_have_channels_keep_them():
    assert few(images=np.zeros((2, 3, 4, 5), np.uint8)).pixels().shape == (2, 3, 4, 5)


@pytest.mark.parametrize(
    ("indices", "positions"),
    [
        (None, [0, 1]),
        (1, [1]),
        (np.int64(0), [0]),
        ([1, 0, 1], [1, 0, 1]),
        (-1, [1]),
        (slice(1), [0]),
        (np.array([False, True]), [1]),
        ([], []),
    ],
)
def test_pixels_of_chosen_images(indices, positions):
    np.testing.assert_array_equal(few().pixels(indices), few().pixels()[positions])


@pytest.mark.parametrize("indices", [2, -3, [0, 9], [0.5], [[0], [1]], np.array([True])])
def test_indices_that_are_not_of_the_set_are_refused(indices):
    with pytest.raises(OptionError, match="expected"):
        few().pixels(indices)


def test_the_arrays_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        few().images[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        few().labels[0] = 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"images": np.zeros((2, 2), np.uint8)}, "expected uint8 images"),
        ({"images": np.zeros((2, 1, 2), np.float32)}, "expected uint8 images"),
        ({"labels": np.array([0])}, "one label for each of 2 images"),
        ({"labels": np.array([0, 2])}, "expected labels 0 to 1, got 0 to 2"),
        ({"labels": np.array([-1, 0])}, "expected labels 0 to 1, got -1 to 0"),
        ({"max_level": 254}, "expected levels 0 to 254, got 255"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(changed, message):
    with pytest.raises(DataError, match=message):
        few(**changed)


@pytest.mark.parametrize("read", [mnist, fashion_mnist, cifar10, digits])
@pytest.mark.parametrize("split", ["validation", "", "Train"])
def test_an_unknown_split_is_refused(read, split):
    with pytest.raises(OptionError, match=f"'train' or 'test', got '{split}'"):
        read(split)


# The true data, as the README of the data folder describes them


@pytest.mark.parametrize(
    ("split", "counts"),
    [
        ("train", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("test", [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ],
)
def test_mnist(data_folder, split, counts):
    images = mnist(split, data=data_folder)
    assert (images.images.shape, images.max_level, images.classes) == ((sum(counts), 28, 28), 255, TEN)
    assert np.bincount(images.labels).tolist() == counts
    assert images.pixels([0]).max() == 1


def test_the_first_mnist_test_images_are_the_well_known_ones(data_folder):
    images = mnist(data=data_folder)
    assert images.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    means = [images.images[images.labels == label].mean() for label in (0, 1)]
    assert means[0] > 2 * means[1]  # a zero has more ink than a one: the labels belong to the images


@pytest.mark.parametrize(("split", "each"), [("train", 6000), ("test", 1000)])
def test_fashion_mnist(data_folder, split, each):
    images = fashion_mnist(split, data=data_folder)
    assert images.images.shape == (10 * each, 28, 28)
    assert np.bincount(images.labels).tolist() == [each] * 10
    assert (images.classes[0], images.classes[9]) == ("T-shirt/top", "Ankle boot")


@pytest.mark.parametrize(("split", "count"), [("train", 10_000), ("test", 1_000)])
def test_cifar10(data_folder, split, count):
    images = cifar10(split, data=data_folder)
    assert images.images.shape == images.pixels().shape == (count, 3, 32, 32)
    assert set(images.labels.tolist()) == set(range(10))
    assert (images.classes[0], images.classes[9]) == ("airplane", "truck")
    published = np.array([125.307, 122.950, 113.865])
    np.testing.assert_allclose(images.images.mean((0, 2, 3)), published, atol=3)


def test_the_first_cifar10_test_images_are_the_well_known_ones(data_folder):
    images = cifar10(data=data_folder)
    names = [images.classes[label] for label in images.labels[:6]]
    assert names == ["cat", "ship", "ship", "airplane", "frog", "frog"]


def test_digits_are_split_by_every_fifth():
    whole = require("sklearn.datasets").load_digits()
    training, test = digits("train"), digits("test")
    assert (len(training), len(test), test.max_level) == (1437, 360, 16)
    np.testing.assert_array_equal(test.images, whole.images[::5])
    np.testing.assert_array_equal(test.labels, whole.target[::5])
    np.testing.assert_array_equal(training.images[:5], whole.images[[1, 2, 3, 4, 6]])
    np.testing.assert_array_equal(np.delete(whole.target, np.s_[::5]), training.labels)
    np.testing.assert_array_equal(test.pixels()[:, 0], whole.images[::5] / 16)


def test_digits_without_scikit_learn_say_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtra, match=r"pip install 'deepcheck-nn\[demo\]'"):
        digits()


# Where the files are


def test_the_data_argument_comes_before_the_environment(blank, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCHECK_DATA", str(tmp_path / "nowhere"))
    assert len(mnist(data=blank)) == len(mnist(data=str(blank))) == 10_000


def test_the_environment_comes_before_the_cache(blank, cache, monkeypatch):
    monkeypatch.setenv("DEEPCHECK_DATA", str(blank))
    assert not mnist().images.any()


@pytest.mark.parametrize("read", [mnist, fashion_mnist, cifar10])
def test_a_file_missing_from_a_named_folder_is_not_downloaded(cache, tmp_path, monkeypatch, read):
    with pytest.raises(DataError, match="data= names") as by_argument:
        read(data=tmp_path)
    monkeypatch.setenv("DEEPCHECK_DATA", str(tmp_path))
    with pytest.raises(DataError, match="DEEPCHECK_DATA names") as by_environment:
        read()
    for caught in (by_argument, by_environment):
        assert str(tmp_path) in str(caught.value)
        assert "put it at" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_failed_download_says_what_to_do(cache):
    with pytest.raises(DataError) as caught:
        mnist()
    message = str(caught.value)
    assert "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz failed" in message
    assert "no network in tests" in message
    assert f"put the file at {cache / 'mnist' / IMAGES}" in message
    assert "\n" not in message


def test_a_download_with_another_checksum_is_refused(cache, blank, monkeypatch):
    def wrong(self, url, output_file, *rest, **options):
        shutil.copy(blank / "mnist" / IMAGES, output_file)

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", wrong)
    with pytest.raises(DataError, match="does not match"):
        mnist()
    assert not list(cache.rglob("*.gz"))


def test_what_is_in_the_cache_is_not_downloaded(cache, data_folder):
    for folder in ("mnist", "fashion-mnist"):
        (cache / folder).mkdir(parents=True)
        for name in (IMAGES, LABELS):
            shutil.copy(data_folder / folder / name, cache / folder)
    assert len(mnist()) == len(fashion_mnist()) == 10_000


def test_a_download_fills_the_cache(cache, data_folder, monkeypatch):
    asked = []

    def mirror(self, url, output_file, *rest, **options):
        asked.append(url)
        folder = "fashion-mnist" if "fashion" in url else "mnist"
        shutil.copyfile(data_folder / folder / url.rpartition("/")[2], output_file)

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", mirror)
    for split in ("train", "test", "test"):
        mnist(split)
        fashion_mnist(split)
    assert len(asked) == len(set(asked)) == 8
    assert (cache / "mnist" / IMAGES).read_bytes() == (data_folder / "mnist" / IMAGES).read_bytes()


def test_cifar10_is_read_from_the_cache_but_never_downloaded(cache, data_folder):
    with pytest.raises(DataError, match="cannot be downloaded"):
        cifar10()
    shutil.copytree(data_folder / "cifar10", cache / "cifar10")
    assert len(cifar10()) == 1_000


# Damage


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(0x803, (10_000,), bytes(10_000)), r"magic 0x00000801 and counts \(10000,\), got magic 0x00000803"),
        (idx(0xD01, (10_000,), bytes(10_000)), "got magic 0x00000d01"),
        (idx(0x801, (9_999,), bytes(9_999)), r"got magic 0x00000801 and counts \(9999,\)"),
        (idx(0x801, (2**32 - 1,), bytes(10)), r"counts \(4294967295,\)"),
        (idx(0x801, (10_000,), bytes(9_999)), "expected 10000 bytes after the header, got 9999"),
        (idx(0x801, (10_000,), bytes(10_001)), "expected 10000 bytes after the header, got more"),
        (b"\0\0\x08", "got a header of 3 bytes"),
        (b"", "got a header of 0 bytes"),
        (idx(0x801, (10_000,), bytes([10]) * 10_000), "expected labels 0 to 9, got 10 to 10"),
    ],
)
def test_a_damaged_idx_file_is_refused(blank, content, message):
    (blank / "mnist" / LABELS).write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=message):
        mnist(data=blank)


@pytest.mark.parametrize("keep", [0, 5, 100, -1, -8])
def test_a_truncated_gzip_file_is_refused(blank, keep):
    path = blank / "mnist" / LABELS
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=f"{LABELS}: expected"):
        mnist(data=blank)


def test_every_flipped_byte_after_the_gzip_header_is_noticed(tmp_path):
    path = tmp_path / "noise.gz"
    noise = np.random.default_rng(0).bytes(300)  # nothing repeats, so no other gzip stream means the same
    whole = gzip.compress(idx(0x801, (300,), noise))
    path.write_bytes(whole)
    assert read_idx(path, (300,)).tobytes() == noise
    for position in range(10, len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        with pytest.raises(DataError, match=r"noise\.gz: expected"):
            read_idx(path, (300,))


def test_a_file_that_is_not_gzip_is_refused(blank):
    (blank / "mnist" / LABELS).write_bytes(idx(0x801, (10_000,), bytes(10_000)))
    with pytest.raises(DataError, match="expected a whole gzip file"):
        mnist(data=blank)


def test_a_gzip_bomb_is_not_unpacked(blank):
    body = idx(0x801, (10_000,), bytes(10_000))
    (blank / "mnist" / LABELS).write_bytes(gzip.compress(body + bytes(2**28), 1))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="got more"):
            mnist(data=blank)
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lzma.compress(bytes(999 * 3073)), "expected 1000 records .* got 3069927"),
        (lzma.compress(bytes(1000 * 3073 + 1)), "expected 1000 records .* got more"),
        (lzma.compress(bytes(1000 * 3073))[:-40], "unfinished"),
        (lzma.compress(bytes(1000 * 3073))[:-4], "got 3073000, unfinished"),
        (lzma.compress(bytes([10]) + bytes(1000 * 3073 - 1)), "expected labels 0 to 9, got 0 to 10"),
        (b"", "unfinished"),
        (b"this is no xz file", "expected a whole xz file"),
        (gzip.compress(bytes(3073), mtime=0), "expected a whole xz file"),
    ],
)
def test_a_damaged_cifar10_file_is_refused(tmp_path, content, message):
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / "test_first1000.bin.xz").write_bytes(content)
    with pytest.raises(DataError, match=message):
        cifar10(data=tmp_path)
