"""The narrow SegNet: one training step in full, and the losses of a hundred.

The reference is PyTorch in double precision; the attribute error.T says how far PyTorch's own single-precision
variants are from it at most, which is what tensor T's bound is made of. Weights are not in the file (see
torch_segnet.rule); of gradients of more than SAMPLES elements every stride-th is."""
import numpy as np

from golden_file import Cases
import torch_segnet as ts

WIDTH, SIDE, IMAGES, BATCH, STEPS, SAMPLES, SEED = 8, 32, 16, 4, 100, 768, 18


def pictures(seed=SEED):
    """Images of an ellipse over a shaded ground, as bytes, and labels: 0 inside, 1 outside, 2 on the border"""
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    images, labels = [], []
    for _ in range(IMAGES):
        cx, cy, a, b = rng.uniform(-0.2, 0.2, 2).tolist() + rng.uniform(0.15, 0.4, 2).tolist()
        r = np.hypot((u - cx) / a, (v - cy) / b)
        ground = rng.uniform(0.2, 0.8, (3, 1, 1)) + 0.3 * (u * rng.uniform(-1, 1) + v * rng.uniform(-1, 1))
        body = rng.uniform(0, 1, (3, 1, 1)) + 0.1 * np.sin(20 * u)
        image = np.where(r < 1, body, ground) + rng.normal(0, 0.05, (3, SIDE, SIDE))
        images.append((image.clip(0, 1) * 255).round().astype(np.uint8))
        labels.append(np.where(np.abs(r - 1) < 0.12, 2, r > 1).astype(np.uint8))
    return np.stack(images), np.stack(labels)


def stride_of(count):
    """Odd and no multiple of 3, so that samples meet every channel and every place in the window"""
    stride = -(-count // SAMPLES) | 1
    return stride + 2 if stride % 3 == 0 else stride


def write(path):
    images, labels = pictures()
    floats = images.astype(np.float32) / np.float32(255)
    batches = [(floats[i:i + BATCH], labels[i:i + BATCH]) for i in range(0, IMAGES, BATCH)]
    state = ts.weights_by_rule(ts.SegNet(WIDTH))

    exact = ts.one_step(ts.EXACT, WIDTH, state, *batches[0])
    error = {k: 0.0 for k in exact}
    for variant in ts.SINGLES:
        single = ts.one_step(variant, WIDTH, state, *batches[0])
        for k in exact:
            error[k] = max(error[k], float(np.abs(single[k] - exact[k]).max()))
    attributes, tensors = {"batch": BATCH}, {}
    for k, v in exact.items():
        attributes["error." + k] = error[k]
        stride = stride_of(v.size) if k.startswith("grad.") and v.size > SAMPLES else 1
        attributes["stride." + k] = stride
        tensors[k.replace(".", "__")] = v if stride == 1 else v.ravel()[::stride]

    def traces(make_optimizer):  # row 0: double precision, then the variants
        return np.stack([ts.trace(v, WIDTH, state, batches, STEPS, make_optimizer) for v in (ts.EXACT, *ts.SINGLES)])

    out = Cases()
    out.add("segnet.narrow", attributes, x=images, labels=labels, trace__adam=traces(ts.adam),
            trace__sgd=traces(ts.sgd), **tensors)
    out.write(path)
