#!/usr/bin/env python3
"""Loads torchvision's own networks with init.map and compares what the encoder gives with what they give.

  tests/golden/check_torchvision.py build/tests/e2e/activations

Weights and running statistics are random numbers, so that every tensor must have come to its own place; nothing is
downloaded. The state dict is wrapped as nn.DataParallel wraps it, saved as .pth and turned into safetensors by the
very lines of docs/weights.md. torchvision's side computes in double precision.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
try:
    import golden_file
    import numpy as np
    import safetensors
    import torch
    import torchvision
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SIZE, IMAGES, BOUND = 64, 2, 1e-5
CONVOLUTIONS = (2, 2, 3, 3, 3)  # of VGG16's stages

EXPERIMENT = f"""
include:
  - {SOURCE}/configs/data/synthetic.yaml
  - {SOURCE}/configs/model/segnet_vgg16.yaml
data: {{size: {SIZE}}}
runtime: {{conv_engine: gemm}}
"""


def randomize(model):
    """every parameter and statistic from its own draw, of a size that keeps the activations around 1"""
    g = torch.Generator().manual_seed(1)
    for name, t in model.state_dict().items():
        if not t.dtype.is_floating_point:
            continue
        if t.dim() == 4:
            t.copy_(torch.randn(t.shape, generator=g) * (2 / t[0].numel()) ** 0.5)
        elif name.endswith(("weight", "running_var")):
            t.copy_(torch.rand(t.shape, generator=g) * 0.5 + 0.75)
        else:
            t.copy_(torch.randn(t.shape, generator=g) * 0.1)


def save(model, folder):
    """as a .pth of a wrapped model, and from that as the documentation says"""
    path = folder / "weights.pth"
    torch.save({"module." + name: t for name, t in model.state_dict().items()}, path)
    text = (SOURCE / "docs/weights.md").read_text()
    snippet = re.search(r"```python\n(.*?)```", text, re.S).group(1)
    before = sys.argv
    sys.argv = ["convert", str(path), str(folder / "weights.safetensors")]
    exec(compile(snippet, "docs/weights.md", "exec"), {})
    sys.argv = before


def vgg_stages(model, images):
    """what each of the five stages gives before its pool, (N,H,W,C)"""
    out, x = [], images
    for layer in model.features:
        if isinstance(layer, torch.nn.MaxPool2d):
            out.append(x.permute(0, 2, 3, 1).numpy())
        x = layer(x)
    return out


def vgg_layers():
    """the norms that end the stages; each does its ReLU"""
    return [f"dc{stage}.seq.{3 * n - 2}" for stage, n in enumerate(CONVOLUTIONS, 1)]


def check(activations, name, folder, *sets):
    model = getattr(torchvision.models, name)(weights=None).eval()
    images = np.random.default_rng(2).standard_normal((IMAGES, 3, SIZE, SIZE)).astype(np.float32)
    with torch.no_grad():
        randomize(model)
        save(model, folder)
        expected = vgg_stages(model.double(), torch.from_numpy(images).double())
    golden_file.write(folder / "images.safetensors", {"images": images})
    (folder / "experiment.yaml").write_text(EXPERIMENT)
    done = subprocess.run(
        [activations, folder / "experiment.yaml", folder / "images.safetensors", folder / "out.safetensors",
         *vgg_layers(), "--", f"init.from={folder}/weights.safetensors", f"init.map={SOURCE}/configs/init/{name}.yaml", *sets],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{name}: exit code {done.returncode}\n{done.stdout}")
    print(f"{name}: {done.stdout.strip()}")
    found, good = golden_file.read(folder / "out.safetensors"), True
    for layer, want in zip(vgg_layers(), expected):
        error = np.abs(found[layer] - want).max() / np.abs(want).max()
        print(f"  {layer}: largest {np.abs(want).max():.3g}, largest difference {error:.1e} of it")
        good &= bool(error <= BOUND) and found[layer].shape == want.shape
    return good


def check_names(name):
    """every tensor of a ResNet but its classifier keeps its name"""
    table = (SOURCE / f"configs/init/{name}.yaml").read_text()
    patterns = dict(re.findall(r"^    (\S+)\.\*: (\S+)\.\*$", table, re.M))
    state = getattr(torchvision.models, name)(weights=None).state_dict()
    left = {key.split(".")[0] for key in state if patterns.get(key.split(".")[0]) != key.split(".")[0]}
    print(f"{name}: not taken: {', '.join(sorted(left))}")
    return left == {"fc"}


def main(activations):
    good = True
    # vgg16 has no norms; those of the network are then as drawn, and do nothing but for their epsilon
    for name, sets in {"vgg16_bn": [], "vgg16": ["model.norm_eps=1.0e-12"]}.items():
        with tempfile.TemporaryDirectory() as scratch:
            good &= check(activations, name, pathlib.Path(scratch), *sets)
    for name in ("resnet18", "resnet34"):
        good &= check_names(name)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
