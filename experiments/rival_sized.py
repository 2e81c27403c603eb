"""Rivals that are told how many pixels may change."""

from collections.abc import Callable
from typing import final

import numpy as np
import torch
from rival import Rival, art_classifier
from rival_network import BudgetSpent, Counted
from sparse_rs import sparse_rs


@final
class ArtPixel(Rival):
    """Differential evolution with about 400 members; its network gives probabilities, as in the paper."""

    name = "PixelAttack (ART)"
    package = "adversarial-robustness-toolbox"
    source = "Su et al., One pixel attack for fooling deep neural networks, 2019; Vargas and Kotyan, 2019"
    settings = "es=1 (differential evolution), th = pixels, max_iter = generations that the budget covers"
    takes_size = True

    def candidates(self, model, image, label, *, pixels, rng):
        from art.attacks.evasion import PixelAttack

        members = max(1, 400 // (3 * pixels)) * 3 * pixels
        while True:
            generations = (model.left - 1 - members) // (members + 1)
            if generations < 1:
                raise BudgetSpent("no generation is covered")
            attack = PixelAttack(art_classifier(model, image, softmax=True), th=pixels, es=1, max_iter=generations)
            yield attack.generate(image.numpy(), np.array([label]))


@final
class OnePixel(Rival):
    """Differential evolution with a handful of members, again and again."""

    name = "OnePixel (torchattacks)"
    package = "torchattacks"
    source = "Su et al., One pixel attack for fooling deep neural networks, 2019"
    settings = "steps=10, popsize=10; restarted"
    takes_size = True

    def candidates(self, model, image, label, *, pixels, rng):
        from torchattacks import OnePixel

        attack = OnePixel(model, pixels=pixels)
        while True:
            yield attack(image, torch.tensor([label])).numpy()


@final
class Pixle(Rival):
    """Copies pixels of the image to other places; its patch is one pixel."""

    name = "Pixle (torchattacks)"
    package = "torchattacks"
    source = "Pomponi et al., Pixle, 2022"
    settings = "x_dimensions = y_dimensions = (1, 1), restarts = pixels, max_iterations = what the budget covers"
    takes_size = True

    def candidates(self, model, image, label, *, pixels, rng):
        from torchattacks import Pixle

        while (rounds := (model.left - 1) // (2 * pixels)) > 0:
            attack = Pixle(
                model, x_dimensions=(1, 1), y_dimensions=(1, 1), restarts=pixels, max_iterations=rounds
            )  # fmt: skip
            yield attack(image, torch.tensor([label])).numpy()


@final
class SparseRandomSearch(Rival):
    """Random search over sets of pixels with values 0 and 1."""

    name = "Sparse-RS"
    source = "Croce et al., Sparse-RS, AAAI 2022"
    settings = "margin loss, alpha_init=0.8, schedule scaled to the budget"
    takes_size = True

    def candidates(self, model, image, label, *, pixels, rng):
        yield sparse_rs(_plain(model), image[0].numpy(), label, pixels=pixels, queries=model.left, rng=rng)


@final
class Corners(Rival):
    """No search at all: every pixel set to 0, then to 1, two queries a pixel."""

    name = "every pixel at 0 and at 1"
    source = "the first stage of Croce and Hein, Sparse and imperceivable adversarial attacks, ICCV 2019"
    settings = "two queries a pixel, in one batch"
    takes_size = True
    draws = False
    largest = 1

    def candidates(self, model, image, label, *, pixels, rng):
        count = image[0].numel()
        tried = image.reshape(1, -1).repeat(2 * count, 1)
        tried[torch.arange(2 * count), torch.arange(count).repeat(2)] = torch.arange(2.0).repeat_interleave(count)
        tried = tried.reshape(-1, *image.shape[1:])
        with torch.no_grad():
            scores = model(tried)
        others = scores.clone()
        others[:, label] = -torch.inf
        yield tried[(scores[:, label] - others.amax(1)).argmin()][None].numpy()


def _plain(model: Counted) -> Callable[[np.ndarray], np.ndarray]:
    @torch.no_grad()
    def scores(image: np.ndarray) -> np.ndarray:
        return model(torch.from_numpy(image[None]))[0].numpy()

    return scores
