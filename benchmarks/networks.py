"""Large networks: loading and running the real-size topologies of onnx, and the importance of a ResNet-50's input.

Also ``deepcheck info`` on the published networks.

    python benchmarks/networks.py

Each topology is measured in a process of its own, so that its peak memory is its own. The ResNet-50 has random weights
(He, seed 0): those that ship are all equal. `DEEPCHECK_DATA`/../models must hold the published networks.
"""

import json
import os
import subprocess
import sys
import time
import warnings

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from measure import once, peak_mib, seconds, store
from onnx import numpy_helper

import deepcheck

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
TOPOLOGIES = ("densenet121", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19")
PUBLISHED = ("MNIST_6x200_PGD", "MNIST_ConvSmall", "MNIST_ConvMedPGD", "MNIST_ConvBig", "CIFAR_ConvSmallPGD")


def topology(short: str) -> dict[str, float]:
    """Load one of onnx's topologies and run it on one image."""
    started = time.perf_counter()
    program = deepcheck.load(LIGHT / f"light_{short}.onnx")
    loaded = time.perf_counter() - started
    x = np.random.default_rng(0).random(program.input_shape, np.float32)
    run = seconds(lambda: program(x), 3)
    branches = sum(int(np.prod(branch.shape)) for branch in program.branches)
    return {"s, load": loaded, "s, one input": run, "MiB, peak": peak_mib(), "branches": branches}


def random_resnet() -> onnx.ModelProto:
    """Onnx's ResNet-50 with random weights in the place of the constants that it makes."""
    model, rng = onnx.load(LIGHT / "light_resnet50.onnx"), np.random.default_rng(0)
    shapes = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    matrices = {n.input[1] for n in model.graph.node if n.op_type in ("Conv", "Gemm")}
    units = {n.input[i] for n in model.graph.node if n.op_type == "BatchNormalization" for i in (1, 4)}
    model.ir_version, kept = 8, []
    for node in model.graph.node:
        if node.op_type == "Softmax":
            model.graph.output[0].name = node.input[0]
            continue
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape, made = tuple(int(n) for n in shapes[node.input[0]]), node.output[0]
        if made in matrices:
            values = rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))
        else:
            values = np.full(shape, float(made in units))
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), made))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    inputs = [i for i in model.graph.input if i.name not in shapes]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    return model


def resnet() -> dict[str, float]:
    """The importance of one input of a ResNet-50, in forward passes."""
    model = random_resnet()
    program = deepcheck.load(model)
    x = np.random.default_rng(0).random(program.input_shape, np.float32)
    warnings.simplefilter("ignore", deepcheck.UncertifiedPath)
    assert np.isfinite(deepcheck.importance(program, x)).all()
    rounds = [(once(lambda: deepcheck.importance(program, x)), once(lambda: program(x))) for _ in range(5)]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {program.origin.input_name: x[None]}
    scores = session.run(None, feed)[0][0]
    return {
        "s, importance": sorted(a for a, _ in rounds)[2],
        "s, one input": sorted(b for _, b in rounds)[2],
        "importance, in forward runs": sorted(a / b for a, b in rounds)[2],
        "s, onnxruntime float32, one input": seconds(lambda: session.run(None, feed)),
        "MiB, peak": peak_mib(),
        "largest difference of a score, relative": float(np.abs(program(x) - scores).max() / np.abs(scores).max()),
    }


def info(name: str) -> float:
    """Seconds of ``deepcheck info`` on a published network, the whole process."""
    path = Path(os.environ["DEEPCHECK_DATA"]).parent / "models" / f"{name}.onnx"
    command = [sys.executable, "-m", "deepcheck", "info", str(path)]
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True), 5)


def apart(what: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, what], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(resnet() if sys.argv[1] == "random" else topology(sys.argv[1])))
        return
    figures: dict[str, float] = {}
    for short in TOPOLOGIES:
        figures |= {f"{short}: {key}": value for key, value in apart(short).items()}
    figures |= {f"ResNet-50, random weights: {key}": value for key, value in apart("random").items()}
    times = {name: info(name) for name in PUBLISHED}
    figures["s, deepcheck info, slowest of the published networks"] = max(times.values())
    store("networks", figures, "library defaults (2 cores)")


if __name__ == "__main__":
    main()
