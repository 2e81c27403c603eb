"""Rivals that look for as few pixels as they can."""

import importlib.util
from abc import abstractmethod
from pathlib import Path
from types import ModuleType
from typing import final

import numpy as np
import torch
from rival import LABELS, Rival, art_classifier
from rival_network import BudgetSpent


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

        attack = SaliencyMapMethod(art_classifier(model, image), gamma=2 / image[0].numel(), verbose=False)
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


def _others(label: int) -> list[int]:
    return [other for other in range(LABELS) if other != label]


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
