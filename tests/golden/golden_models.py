"""Every network of configs/model in PyTorch (torch_models.py): one training step from weights by rule, on images and
labels by rule. Of each tensor that comes out the file holds its norm, the norm and the largest element of what PyTorch's
own roundings change in it, and some values."""
import numpy as np
import torch
from torch.nn import functional as F

import torch_segnet as ts
from golden_file import Cases
from torch_models import CLASSES, MODELS

BATCH, LOGITS, VALUES, NUDGED = 3, 64, 4, 2


def images_by_rule(side):
    return np.float32(0.5) + np.float32(0.5) * ts.rule("images", BATCH * 3 * side * side).reshape(BATCH, 3, side, side)


def labels_by_rule(side):
    numbers = (ts.rule("labels", BATCH * side * side) + np.float32(1)) * np.float32(CLASSES / 2)
    return numbers.astype(np.int64).reshape(BATCH, side, side)


def one_step(build, variant, state, images, labels):
    net = build().to(variant.dtype)
    net.load_state_dict(state)
    if variant.channels_last:
        net = net.to(memory_format=torch.channels_last)
    x, y = variant.batch(images, labels)
    with torch.backends.mkldnn.flags(enabled=variant.mkldnn):
        logits = net.train()(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        with torch.no_grad():
            evaluated = net.eval()(x)
    found = {"grad." + k: p.grad for k, p in net.named_parameters()}
    found.update({"state." + k: b for k, b in net.named_buffers() if "num_batches" not in k})
    found.update(loss=loss, logits=variant.in_order(logits), eval_logits=variant.in_order(evaluated))
    return {k: v.detach().contiguous().double().numpy().ravel() for k, v in found.items()}


def sample(values, count):
    """values spread over the tensor: those in the middle of `count` equal parts"""
    return values[values.size * (2 * np.arange(count) + 1) // (2 * count)]


def write(path):
    out = Cases()
    for name, (build, side) in MODELS.items():
        state = ts.weights_by_rule(build())
        exact, *others = [one_step(build, v, s, images_by_rule(side), labels_by_rule(side)) for v, s in runs(state)]
        tensors = {}
        for key, values in exact.items():
            error = max(np.abs(o[key] - values).max() for o in others)
            norm = np.linalg.norm(values)
            norm_error = max(np.linalg.norm(o[key] - values) for o in others)
            count = LOGITS if key.endswith("logits") else VALUES
            tensors[key.replace(".", "__")] = np.concatenate([[norm, norm_error, error], sample(values, count)])
        out.add(f"models.{name}", {"batch": BATCH, "side": side}, x=np.zeros(1), **tensors)
    out.write(path)


def runs(state):
    """how PyTorch computes, and from which weights: first exactly, then with other roundings"""
    yield ts.EXACT, state
    for variant in ts.SINGLES:
        yield variant, state
    for seed in range(NUDGED):
        yield ts.EXACT, ts.nudged(state, seed)
