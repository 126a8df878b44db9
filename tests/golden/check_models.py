#!/usr/bin/env python3
"""Checks the networks of configs/model against the same networks written in PyTorch by hand (torch_models.py): names
and shapes of the state dict, the number of parameters, and the logits in evaluation.

  tests/golden/check_models.py build/segwork

segwork_torch.py, which reads the experiment, and torch_models.py, which does not know of it, must have the same state
dict; segwork itself must count as many parameters and take the weights by name. Logits as in check_torch.py.
Gradients are compared by tests/ops/test_golden_models.c. Needs torch, PyYAML and Pillow.
"""
import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "python"))
try:
    import numpy as np
    import torch
    import yaml  # noqa: F401, which segwork_torch reads experiments with

    import check_export as ce
    import check_torch
    import segwork_torch as st
    from torch_models import MODELS
except ImportError as e:
    print(f"skipped: {e}")
    sys.exit(77)


def shapes(net):
    return {name: tuple(t.shape) for name, t in net.state_dict().items()}


def check(segwork, name, build, side):
    with tempfile.TemporaryDirectory() as scratch:
        c = ce.Check(segwork, scratch, pathlib.Path(scratch))
        experiment = c.experiment([f"data.size={side}", f"configs/model/{name}.yaml"])
        config, weights, image = c.folder / "config.yaml", c.folder / "weights.safetensors", c.folder / "image.png"
        config.write_text(c.call("check", *experiment, "--resolve"))
        net, read = build(), st.build(st.read_config(config))
        differing = sorted(set(shapes(net).items()) ^ set(shapes(read).items()))
        check_torch.expect(f"{name}: {len(shapes(net))} tensors of the same names and shapes{differing[:4] or ''}", not differing)
        count = json.loads(c.call("describe", *experiment, "--json"))["parameters"]
        check_torch.expect(f"{name}: {count} parameters", sum(p.numel() for p in net.parameters()) == count)
        state = {key: w.numpy() for key, w in net.state_dict().items()}
        ce.golden_file.write(weights, check_torch.check_runtimes.random_weights(state))
        net.load_state_dict(st.read_weights(weights))
        pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
        ce.write_png(image, pixels)
        c.call("predict", "--checkpoint", weights, "--config", config, image, "--out", c.folder / "out", "--logits")
        x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        check_torch.check_logits(name, net.eval(), x, torch.from_numpy(np.load(c.folder / "out" / "image.npy"))[None])


if __name__ == "__main__":
    for name, (build, side) in MODELS.items():
        check(sys.argv[1], name, build, side)
    sys.exit(0 if check_torch.good else 1)
