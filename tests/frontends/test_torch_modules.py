"""PyTorch modules: the program computes what the module computes in torch, and the module stays as it was."""

import copy
import logging
import random
import subprocess
import sys
import warnings

import numpy as np
import pytest
from requirements import require

import deepcheck
from deepcheck.certify import replayer_for
from deepcheck.errors import MalformedModel, MissingExtra, ModelError, OptionError, UnsupportedOperator

torch = require("torch")
require("onnxscript")
nn, F = torch.nn, torch.nn.functional


class Calls(nn.Module):
    """A module whose forward is a function of the input and its parts."""

    def __init__(self, function, *parts):
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, x):
        return self.function(x, *self.parts)


class Residual(nn.Module):
    """Batch norm, pooling, a skip connection, dropout; every parameter and statistic random."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.norm, self.drop, self.last = nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Linear(4, 3)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.pool(torch.relu(self.first(x)))
        x = F.relu(x + self.norm(self.second(x)))
        return self.last(self.drop(torch.flatten(nn.AdaptiveAvgPool2d(1)(x), 1)))


def seeded(make, seed=0):
    """A module with random parameters and statistics, whatever torch's generator holds."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = make()
        for part in module.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2)
                nn.init.normal_(part.weight)
                nn.init.normal_(part.bias)
    return module


def reused():
    relu, inner = nn.ReLU(), nn.Linear(5, 5)
    return nn.Sequential(nn.Linear(4, 5), relu, inner, relu, inner, relu, nn.Linear(5, 3))


def view_by_batch(x):
    return x.permute(0, 2, 3, 1).contiguous().view(x.shape[0], -1)


MODULES = {
    "a perceptron": (lambda: nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)), (6,)),
    "functional relu": (
        lambda: Calls(lambda x, a, b: b(F.relu(a(x)) + torch.relu(x)), nn.Linear(4, 4), nn.Linear(4, 3)),
        (4,),
    ),
    "modules reused": (reused, (4,)),
    "residual": (Residual, (2, 6, 6)),
    "flatten": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.ReLU(), nn.Linear(4, 2)), (3, 2, 2)),
    "batch norm of features": (
        lambda: nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)),
        (4,),
    ),
    "PReLU of channels": (
        lambda: nn.Sequential(nn.Conv2d(1, 3, 2), nn.PReLU(3), nn.Flatten(), nn.Linear(12, 3)),
        (1, 3, 3),
    ),
    "PReLU with one slope": (lambda: nn.Sequential(nn.Linear(4, 4), nn.PReLU()), (4,)),
    "LeakyReLU": (lambda: nn.Sequential(nn.Linear(4, 4), nn.LeakyReLU(0.1)), (4,)),
    "ReLU6": (lambda: nn.Sequential(nn.Linear(4, 4), nn.ReLU6()), (4,)),
    "Hardtanh": (lambda: nn.Sequential(nn.Linear(4, 4), nn.Hardtanh(-0.25, 0.5)), (4,)),
    "Hardsigmoid": (lambda: nn.Sequential(nn.Linear(4, 4), nn.Hardsigmoid()), (4,)),
    "clamp from one side": (lambda: Calls(lambda x, a: a(x).clamp(min=0.125), nn.Linear(4, 4)), (4,)),
    "abs, maximum, minimum": (
        lambda: Calls(lambda x, a: torch.maximum(a(x).abs(), 2 * x).minimum(x + 1), nn.Linear(4, 4)),
        (4,),
    ),
    "Conv1d": (lambda: nn.Sequential(nn.Conv1d(2, 3, 2, dilation=2), nn.ReLU(), nn.Flatten(), nn.Linear(9, 2)), (2, 5)),
    "Conv3d": (
        lambda: nn.Sequential(nn.Conv3d(1, 2, 2), nn.ReLU(), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(2, 2)),
        (1, 4, 4, 4),
    ),
    "grouped convolution": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 3, padding="same", groups=2), nn.ReLU(), nn.Flatten()),
        (4, 3, 3),
    ),
    "ConvTranspose2d": (
        lambda: nn.Sequential(nn.ConvTranspose2d(2, 3, 3, 2, 1, 1), nn.ReLU(), nn.Flatten()),
        (2, 3, 3),
    ),
    "PixelShuffle": (lambda: nn.Sequential(nn.Conv2d(1, 4, 2), nn.PixelShuffle(2), nn.ReLU(), nn.Flatten()), (1, 3, 3)),
    "PixelUnshuffle": (lambda: nn.Sequential(nn.PixelUnshuffle(2), nn.ReLU(), nn.Flatten()), (1, 4, 4)),
    "cat": (
        lambda: Calls(lambda x, a, b: torch.cat([a(x), x, b(x).relu()], 1), nn.Linear(4, 2), nn.Linear(4, 3)),
        (4,),
    ),
    "stack": (lambda: Calls(lambda x, a: torch.stack([x, a(x)], 1).flatten(1).relu(), nn.Linear(4, 4)), (4,)),
    "chunk": (
        lambda: Calls(lambda x, a: torch.mul(2.0, a(x).chunk(2, 1)[1]) + x.chunk(2, 1)[0], nn.Linear(4, 4)),
        (4,),
    ),
    "split": (lambda: Calls(lambda x, a: torch.cat(a(x).split([1, 3], 1)[::-1], 1).relu(), nn.Linear(4, 4)), (4,)),
    "slices": (lambda: Calls(lambda x, a: (a(x)[:, 1:] - x[:, :-1]).relu(), nn.Linear(4, 4)), (4,)),
    "reflect padding": (
        lambda: nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten()),
        (1, 3, 3),
    ),
    "replicate padding": (
        lambda: nn.Sequential(nn.ReplicationPad2d((1, 2, 0, 1)), nn.Conv2d(1, 2, 3), nn.Flatten()),
        (1, 3, 3),
    ),
    "padding by a number": (
        lambda: nn.Sequential(nn.ConstantPad2d(1, 0.5), nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten()),
        (1, 3, 3),
    ),
    "permute and view by x.shape[0]": (
        lambda: Calls(lambda x, a, b: b(view_by_batch(a(x).relu())), nn.Conv2d(1, 2, 2), nn.Linear(8, 3)),
        (1, 3, 3),
    ),
    "shapes worked out": (
        lambda: Calls(lambda x, a: a(x.reshape(x.size(0), x.size(1) * x.size(2))).relu(), nn.Linear(6, 3)),
        (2, 3),
    ),
    "expand": (
        lambda: Calls(lambda x, a: a(x).unsqueeze(1).expand(-1, 3, -1).flatten(1).relu(), nn.Linear(2, 2)),
        (2,),
    ),
    "upsample nearest": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 2), nn.Upsample(scale_factor=2), nn.ReLU(), nn.Flatten()),
        (1, 3, 3),
    ),
    "average pooling": (lambda: nn.Sequential(nn.AvgPool2d(3, 2, 1), nn.ReLU(), nn.Flatten()), (1, 5, 5)),
    "max pooling with ceil mode": (
        lambda: nn.Sequential(nn.MaxPool2d(2, 2, 1, ceil_mode=True), nn.Flatten()),
        (1, 5, 5),
    ),
    "adaptive pooling to 2 by 2": (lambda: nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.ReLU(), nn.Flatten()), (1, 6, 6)),
    "adaptive max pooling": (
        lambda: nn.Sequential(nn.Conv2d(1, 3, 2), nn.AdaptiveMaxPool2d(1), nn.Flatten()),
        (1, 4, 4),
    ),
    "means and sums": (
        lambda: Calls(lambda x, a: a(x).mean((2, 3)) + a(x).sum(-1)[:, :, 0], nn.Conv2d(1, 2, 2)),
        (1, 3, 3),
    ),
    "preprocessing inside": (lambda: Calls(lambda x, a: a((x - 0.5) / 0.25).relu() * 2, nn.Linear(4, 3)), (4,)),
}


def inputs_of(shape, items=8, seed=1, dtype=np.float32):
    return np.random.default_rng(seed).normal(0, 1, (items, *shape)).astype(dtype)


def outputs_of(module, x):
    """What the module itself gives, one input at a time, in eval mode."""
    module = copy.deepcopy(module).eval()
    with torch.no_grad():
        return torch.cat([module(torch.from_numpy(x[i : i + 1])) for i in range(len(x))]).numpy()


def agrees(found, expected):
    return np.abs(found - expected).max() <= 1e-4 * (1 + np.abs(expected).max())


@pytest.mark.parametrize("name", MODULES)
def test_a_program_computes_what_the_module_computes(name):
    make, shape = MODULES[name]
    module, x = seeded(make), inputs_of(shape)
    assert module.training
    program = deepcheck.load(module, example_input=torch.zeros(1, *shape))
    assert program.input_shape == shape
    assert agrees(program(x), outputs_of(module, x))
    assert module.training


def test_a_program_of_a_module_attacks_and_replays():
    module = seeded(MODULES["flatten"][0])
    program = deepcheck.load(module, example_input=torch.zeros(1, 3, 2, 2))
    assert program.origin.name == "Sequential"
    x = inputs_of((3, 2, 2), dtype=np.float32)
    assert (replayer_for(program.origin).labels(program, x) == outputs_of(module, x).argmax(1)).all()
    result = deepcheck.attack(program, np.abs(x[0]) / 4, features_as="element")
    assert result.counts["replayed"] == result.counts["attackable"]


def test_weights_are_those_of_the_module_not_folded_by_the_exporter():
    module = seeded(Residual)
    program = deepcheck.load(module, example_input=torch.zeros(1, 2, 6, 6))
    assert module.first.weight.detach().numpy().tobytes() in program.origin.model
    assert module.second.weight.detach().numpy().tobytes() in program.origin.model
    assert module.norm.running_var.numpy().tobytes() in program.origin.model


def test_the_same_module_has_one_hash_wherever_its_code_lies():
    found = [deepcheck.load(seeded(reused), example_input=torch.zeros(1, 4)).origin for _ in range(2)]
    assert found[0].sha256 == found[1].sha256
    assert __file__.encode() not in found[0].model


def test_modules_of_doubles_keep_their_type():
    module, x = seeded(reused).double(), inputs_of((4,), dtype=np.float64)
    for example in (torch.zeros(1, 4, dtype=torch.float64), np.zeros((1, 4), np.float32)):
        program = deepcheck.load(module, example_input=example)
        assert program.dtype == np.float64
        assert np.abs(program(x) - outputs_of(module, x)).max() <= 1e-12
    convolution = seeded(lambda: nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), nn.Flatten())).double()
    program = deepcheck.load(convolution, example_input=torch.zeros(1, 1, 3, 3, dtype=torch.float64))
    x = inputs_of((1, 3, 3), dtype=np.float64)
    assert np.abs(program(x) - outputs_of(convolution, x)).max() <= 1e-12


@pytest.mark.parametrize(
    "example",
    [
        np.zeros((1, 2, 6, 6)),
        np.zeros((2, 6, 6), np.float32),
        np.zeros((1, 2, 6, 6), np.uint8),
        np.zeros((5, 2, 6, 6)),
        np.zeros((1, 2, 6, 6), np.float32).tolist(),
        torch.zeros(2, 6, 6),
        torch.zeros(1, 2, 6, 6, requires_grad=True),
        torch.zeros(1, 6, 6, 2).permute(0, 3, 1, 2),
    ],
)
def test_an_example_is_one_input_in_any_form(example):
    program = deepcheck.load(seeded(Residual), example_input=example)
    assert (program.input_shape, program.dtype) == ((2, 6, 6), np.float32)


def state_of(module):
    return [
        (name, value.data_ptr(), value.clone(), value.requires_grad)
        for name, value in module.state_dict(keep_vars=True).items()
    ]


def assert_same_state(before, module):
    after = state_of(module)
    assert len(before) == len(after)
    for (name, pointer, value, grad), (name_after, pointer_after, value_after, grad_after) in zip(
        before, after, strict=True
    ):
        assert (name, pointer, grad) == (name_after, pointer_after, grad_after)
        assert torch.equal(value, value_after)


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_module_and_all_around_it_stay_as_they_were(succeeds, capfd):
    module = seeded(Residual)
    if not succeeds:
        module.pool = Calls(torch.special.bessel_j0)
        module.pool.forward = lambda x: torch.special.bessel_j0(x)[:, :, ::2, ::2]
    module.norm.eval()
    module.first.weight.requires_grad_(False)
    module.last.weight.grad = torch.ones(3, 4)
    flags = {name: part.training for name, part in module.named_modules()}
    before, level, filters = state_of(module), logging.root.manager.disable, list(warnings.filters)
    generators = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    capfd.readouterr()
    try:
        deepcheck.load(module, example_input=torch.zeros(1, 2, 6, 6))
        assert succeeds
    except UnsupportedOperator:
        assert not succeeds
    assert tuple(capfd.readouterr()) == ("", "")
    assert {name: part.training for name, part in module.named_modules()} == flags
    assert_same_state(before, module)
    assert module.last.weight.grad.tolist() == [[1.0] * 4] * 3
    assert torch.equal(generators[0], torch.get_rng_state())
    assert (generators[1] == np.random.get_state()[1]).all()  # noqa: NPY002
    assert generators[2] == random.getstate()
    assert (logging.root.manager.disable, warnings.filters) == (level, filters)
    assert torch.is_grad_enabled()


def test_a_module_without_an_example_says_what_to_pass():
    with pytest.raises(OptionError, match=r"example_input= beside a torch module.* such as example_input=torch\.zeros"):
        deepcheck.load(reused())


@pytest.mark.parametrize(
    ("example", "words"),
    [
        (torch.zeros(1, 5), ["example_input of shape (1, 5)", "batch axis"]),
        (torch.zeros(()), ["shape ()"]),
        ("zeros", ["numbers", "str"]),
        ({"x": 1}, ["numbers", "dict"]),
        (torch.zeros(1, 4, dtype=torch.float64), ["float64"]),
    ],
)
def test_an_example_that_does_not_fit_is_refused(example, words):
    with pytest.raises(OptionError) as caught:
        deepcheck.load(reused(), example_input=example)
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


class Sign(nn.Module):
    """Branches on a value: a tracer would keep one arm and lose the other."""

    def forward(self, x):
        return x if x.sum() > 0 else -x


def test_a_branch_on_a_value_is_refused_not_frozen():
    with pytest.raises(MalformedModel, match=r"torch cannot export Sign to ONNX \(.*data-dependent.*"):
        deepcheck.load(Sign(), example_input=torch.ones(1, 3))


def test_an_operator_without_an_onnx_one_is_refused_with_torchs_reason():
    with pytest.raises(UnsupportedOperator, match=r"torch cannot export Calls to ONNX \(.*bessel_j0.*") as caught:
        deepcheck.load(Calls(torch.special.bessel_j0), example_input=torch.ones(1, 3))
    assert "\n" not in str(caught.value)


def test_an_operator_that_is_not_piecewise_linear_is_refused_by_its_name():
    with pytest.raises(UnsupportedOperator, match="Tanh"):
        deepcheck.load(nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 2)), example_input=torch.ones(1, 3))


def test_a_module_that_is_random_in_eval_mode_is_refused():
    module = Calls(lambda x: F.dropout(x, 0.5))
    with pytest.raises(MalformedModel, match=r"same output for the same input in eval mode.* training=self\.training"):
        deepcheck.load(module, example_input=torch.ones(1, 30))


def test_a_module_with_several_outputs_is_refused():
    with pytest.raises(OptionError, match="returns one tensor, got tuple"):
        deepcheck.load(Calls(lambda x: (x, x)), example_input=torch.ones(1, 3))


def test_an_exporter_that_changes_the_network_is_caught(monkeypatch):
    honest = torch.onnx.export

    def changed(module, *given, **options):
        other = copy.deepcopy(module)
        other[0].bias.data += 1e-2
        return honest(other, *given, **options)

    monkeypatch.setattr(torch.onnx, "export", changed)
    with pytest.raises(MalformedModel, match="exporter changed the network"):
        deepcheck.load(seeded(reused), example_input=torch.zeros(1, 4))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, about TorchScript
def test_torchscript_in_memory_goes_through_the_older_exporter():
    module, x = seeded(MODULES["flatten"][0]).eval(), inputs_of((3, 2, 2))
    for script in (torch.jit.script(module), torch.jit.trace(module, torch.zeros(1, 3, 2, 2))):
        program = deepcheck.load(script, example_input=torch.zeros(1, 3, 2, 2))
        assert agrees(program(x), outputs_of(module, x))


def test_a_missing_exporter_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingExtra, match=r"expected onnxscript.* pip install 'deepcheck-nn\[torch\]'"):
        deepcheck.load(reused(), example_input=torch.zeros(1, 4))


@pytest.mark.parametrize("example", [np.zeros((1, 4)), torch.zeros(1, 4).bfloat16(), torch.zeros(1, 4).half()])
def test_modules_of_other_types_are_refused(example):
    with pytest.raises(OptionError, match=r"float32 or float64, got torch\.b?float16: convert with \.float\(\)"):
        deepcheck.load(reused().bfloat16(), example_input=example)
    with pytest.raises(OptionError, match=r"outputs of float32 or float64, got torch\.int64"):
        deepcheck.load(Calls(lambda x: x.argmax(1)), example_input=torch.zeros(1, 4))


def test_parameters_without_numbers_are_refused():
    with torch.device("meta"):
        module = nn.Linear(3, 2)
    with pytest.raises(OptionError, match="meta device"):
        deepcheck.load(module, example_input=np.zeros((1, 3)))


def test_too_many_parameters_are_refused_before_anything_runs():
    class Huge(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1).expand(1 << 29), requires_grad=False)

    with pytest.raises(MalformedModel, match=r"less than 2147483648 bytes of parameters, got 2147483648"):
        deepcheck.load(Huge(), example_input=torch.ones(1, 3))


def test_an_example_beside_a_file_is_refused(tmp_path):
    with pytest.raises(OptionError, match="only beside a torch module"):
        deepcheck.load(tmp_path / "model.onnx", example_input=np.zeros((1, 3)))


@pytest.mark.parametrize("thing", [None, 3, {"weight": torch.ones(2)}, torch.ones(2), nn.Linear, lambda x: x])
def test_what_is_not_a_model_is_refused_with_what_is(thing):
    with pytest.raises(
        OptionError, match=r"ONNX or \.nnet file, an onnx\.ModelProto, a torch\.nn\.Module or a keras\.Model"
    ):
        deepcheck.load(thing)


def test_a_saved_module_or_state_is_never_opened(tmp_path):
    torch.save(reused().state_dict(), tmp_path / "state.pt")
    torch.save(reused(), tmp_path / "module.bin")
    torch.save(reused(), tmp_path / "module.onnx")
    for path in tmp_path.iterdir():
        with pytest.raises(ModelError) as caught:
            deepcheck.load(path)
        assert "\n" not in str(caught.value)


def test_torch_is_not_imported_without_a_module():
    code = """
import sys, deepcheck
deepcheck.load(deepcheck.zoo.path("digits_10x4"))
print([name for name in ("torch", "keras", "onnxscript", "tensorflow") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
