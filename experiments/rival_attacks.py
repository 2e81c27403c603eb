"""The rivals, each behind one small class: attacks of other libraries and papers that change few pixels.

Every class gives candidates, one for each run of its attack, until it has nothing new to try; what a candidate is
worth is the judge's to say. Settings are the libraries' defaults, but for what decides how many queries a run takes.
"""

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import ClassVar, final

import numpy as np
import torch
from rival_network import BudgetSpent, Counted
from sparse_rs import sparse_rs

LABELS = 10


class Rival(ABC):
    """One attack.

    Attributes:
        name: What tables call it.
        package: The distribution that holds it, or "" where it is written here.
        source: The paper.
        settings: Everything that was chosen.
        takes_size: It is told how many pixels may change; the others look for as few as they can.
        draws: It draws at random; the others do the same for every seed.
        largest: The most pixels that it can be told.
    """

    name: ClassVar[str]
    package: ClassVar[str] = ""
    source: ClassVar[str]
    settings: ClassVar[str]
    takes_size: ClassVar[bool] = False
    draws: ClassVar[bool] = True
    largest: ClassVar[int] = 2

    @property
    def version(self) -> str:
        """Of its package."""
        return version(self.package) if self.package else "written from the paper"

    @abstractmethod
    def candidates(
        self, model: Counted, image: torch.Tensor, label: int, *, pixels: int, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """Candidates, ``(1, 1, rows, columns)`` each; libraries that draw by themselves are seeded by the caller.

        Args:
            model: Scores; raises `BudgetSpent`.
            image: ``(1, 1, rows, columns)`` in [0, 1].
            label: The network's label, to get away from.
            pixels: How many may change, if the attack takes that.
            rng: For what is drawn here.
        """


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
            attack = PixelAttack(_art(model, image, softmax=True), th=pixels, es=1, max_iter=generations)
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
class Jsma(Rival):
    """The pair of pixels that the Jacobian points to, for each other label."""

    name = "JSMA (torchattacks)"
    package = "torchattacks"
    source = "Papernot et al., The limitations of deep learning in adversarial settings, 2016"
    settings = "theta=1.0, gamma = two pixels (what it does later changes more); a run for each other label"
    draws = False

    def candidates(self, model, image, label, *, pixels, rng):
        from torchattacks import JSMA

        attack = JSMA(model, gamma=2 / image[0].numel())
        attack.set_mode_targeted_by_label(quiet=True)
        for target in _others(label):
            yield attack(image, torch.tensor([target])).detach().numpy()


@final
class ArtJsma(Rival):
    """Small steps on the two pixels with the largest gradients, for each other label."""

    name = "JSMA (ART)"
    package = "adversarial-robustness-toolbox"
    source = Jsma.source
    settings = "theta=0.1, gamma = two pixels (what it does later changes more); a run for each other label"
    draws = False

    def candidates(self, model, image, label, *, pixels, rng):
        from art.attacks.evasion import SaliencyMapMethod

        attack = SaliencyMapMethod(_art(model, image), gamma=2 / image[0].numel(), verbose=False)
        for target in _others(label):
            yield attack.generate(image.numpy(), np.array([target]))


class Foolbox(Rival):
    """An attack of Foolbox that looks for the smallest change."""

    package = "foolbox"

    @abstractmethod
    def attack(self, left: int):
        """The attack, for so many queries."""

    def candidates(self, model, image, label, *, pixels, rng):
        from foolbox import PyTorchModel

        wrapped = PyTorchModel(model, bounds=(0, 1), device="cpu")
        while True:
            raw, _, _ = self.attack(model.left)(wrapped, image, torch.tensor([label]), epsilons=None)
            yield raw.detach().numpy()
            if not self.draws:
                return


@final
class SaltAndPepper(Foolbox):
    """Noise that grows until the label falls."""

    name = "SaltAndPepperNoise (Foolbox)"
    source = "Rauber et al., Foolbox Native, 2020"
    settings = "steps=1000; restarted"

    def attack(self, left):
        from foolbox.attacks import SaltAndPepperNoiseAttack

        return SaltAndPepperNoiseAttack()


@final
class Pointwise(Foolbox):
    """Salt and pepper, then pixel after pixel put back."""

    name = "Pointwise (Foolbox)"
    source = "Schott et al., Towards the first adversarially robust neural network model on MNIST, 2019"
    settings = "defaults (salt and pepper first, l2_binary_search=True); restarted"

    def attack(self, left):
        from foolbox.attacks import PointwiseAttack

        return PointwiseAttack()


@final
class FastMinimumNorm(Foolbox):
    """Gradient steps under a shrinking number of pixels."""

    name = "L0FMN (Foolbox)"
    source = "Pintor et al., Fast minimum-norm adversarial attacks through adaptive norm constraints, 2021"
    settings = "steps = half of the budget"
    draws = False

    def attack(self, left):
        from foolbox.attacks import L0FMNAttack

        return L0FMNAttack(steps=(left - 2) // 2)


@final
class BrendelBethge(Foolbox):
    """Follows the boundary, from noise that has another label."""

    name = "L0BrendelBethge (Foolbox)"
    source = "Brendel et al., Accurate, reliable and fast robustness evaluation, 2019"
    settings = "steps = half of what 1,100 queries for the start leave; restarted"

    def attack(self, left):
        from foolbox.attacks import L0BrendelBethgeAttack

        if left < 1_200:
            raise BudgetSpent("no start is covered")
        return L0BrendelBethgeAttack(steps=(left - 1_100) // 2)


@final
class SigmaZero(Rival):
    """Gradient descent on a smooth count of pixels, with a threshold that adapts."""

    name = "sigma-zero (adv_lib)"
    package = "adv-lib"
    source = "Cina et al., sigma-zero: gradient-based optimization of l0-norm adversarial examples, ICLR 2025"
    settings = "num_steps = half of the budget"
    draws = False

    def candidates(self, model, image, label, *, pixels, rng):
        attack = _adv_lib("sigma_zero").sigma_zero
        yield attack(model, image, torch.tensor([label]), num_steps=model.left // 2).detach().numpy()


@final
class FoldedGaussian(Rival):
    """The pixel of the largest gradient, with the best of some random values."""

    name = "VFGA (adv_lib)"
    package = "adv-lib"
    source = "Hajri et al., Stochastic sparse adversarial attacks, 2021"
    settings = "n_samples=10; restarted"

    def candidates(self, model, image, label, *, pixels, rng):
        attack = _adv_lib("stochastic_sparse_attacks").vfga
        while True:
            yield attack(model, image, torch.tensor([label]), targeted=False).detach().numpy()


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


RIVALS: tuple[Rival, ...] = (
    ArtPixel(), OnePixel(), Pixle(), SparseRandomSearch(), Jsma(), ArtJsma(), SaltAndPepper(), Pointwise(),
    FastMinimumNorm(), BrendelBethge(), SigmaZero(), FoldedGaussian(), Corners(),
)  # fmt: skip


def _others(label: int) -> list[int]:
    return [other for other in range(LABELS) if other != label]


def _art(model: Counted, image: torch.Tensor, softmax: bool = False):
    from art.estimators.classification import PyTorchClassifier

    network = torch.nn.Sequential(model, torch.nn.Softmax(dim=1)) if softmax else model
    loss = torch.nn.CrossEntropyLoss()
    return PyTorchClassifier(network, loss, tuple(image.shape[1:]), LABELS, clip_values=(0.0, 1.0), device_type="cpu")


def _plain(model: Counted) -> Callable[[np.ndarray], np.ndarray]:
    @torch.no_grad()
    def scores(image: np.ndarray) -> np.ndarray:
        return model(torch.from_numpy(image[None]))[0].numpy()

    return scores


def _adv_lib(name: str) -> ModuleType:
    """One file of adv_lib's attacks; its package of attacks imports torchvision, for one attack on colours."""
    found = importlib.util.find_spec("adv_lib")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("expected adv_lib: pip install --no-deps adv_lib==0.2.8", name="adv_lib")
    path = Path(found.origin).parent / "attacks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"adv_lib_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
