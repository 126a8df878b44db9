"""Joins of several inputs, and ops on whole images, by PyTorch in double precision. Sizes as in golden_ops.py."""
import torch
from torch import nn

from golden_file import Cases
from golden_ops import choice, numbers


def results(inputs, run, dy):
    """y and the gradient of every input"""
    inputs = [x.clone().requires_grad_() for x in inputs]
    y = run(*inputs)
    y.backward(dy)
    return y, [x.grad for x in inputs]


def case(out, name, inputs, run, dy, attributes=None, sizes=False):
    """Inputs x, x2, .., with y, dx, dx2, ..; with `sizes`, those of the terms of each (run is linear in each)."""
    y, gradients = results(inputs, run, dy)
    tensors = dict(y=y, dy=dy)
    if sizes:
        y_size, gradient_sizes = results([x.abs() for x in inputs], run, dy.abs())
        tensors["y__size"] = y_size
    for i, x in enumerate(inputs):
        suffix = str(i + 1) if i else ""
        tensors["x" + suffix] = x
        tensors["dx" + suffix] = gradients[i]
        if sizes:
            tensors[f"dx{suffix}__size"] = gradient_sizes[i]
    out.add(name, dict(inputs=len(inputs), **(attributes or {})), **tensors)


def concats(out):
    for name, channels in (("two", (3, 5)), ("vectors", (16, 32)), ("three, one channel", (1, 4, 17)),
                           ("eight", (1, 2, 3, 4, 5, 6, 7, 8))):
        inputs = [numbers(f"{name}{i}", (2, c, 3, 4)) for i, c in enumerate(channels)]
        case(out, f"concat.{name}", inputs, lambda *x: torch.cat(x, dim=1), numbers(name, (2, sum(channels), 3, 4)))


def adds(out):
    for name, count in (("two", 2), ("three", 3), ("eight", 8)):
        inputs = [choice(f"{name}{i}", (2, 5, 3, 4), range(-8, 9)) for i in range(count)]
        dy = choice(name, (2, 5, 3, 4), range(-8, 9))
        case(out, f"add.{name}", inputs, lambda *x: sum(x[1:], x[0]), dy, dict(relu=False))
        case(out, f"add.{name}, relu", inputs, lambda *x: sum(x[1:], x[0]).relu(), dy, dict(relu=True))


def images(out):
    for name, shape in (("odd", (2, 3, 5, 7)), ("vectors", (1, 16, 9, 8)), ("one pixel", (2, 3, 1, 1)),
                        ("far from 0", (1, 4, 10, 11))):
        x = (numbers(name, shape) + (100 if name == "far from 0" else 0)).float().double()  # as the file holds it
        pixel = (*shape[:2], 1, 1)
        case(out, f"global_average_pool.{name}", [x], nn.AdaptiveAvgPool2d(1), numbers(name + "dp", pixel), sizes=True)
        case(out, f"broadcast.{name}", [numbers(name + "b", pixel)], lambda b: b.expand(shape),
             numbers(name + "db", shape), sizes=True)
        case(out, f"scale.{name}", [x, numbers(name + "s", pixel)], lambda a, s: a * s, numbers(name + "ds", shape),
             sizes=True)


def write(path):
    out = Cases()
    concats(out)
    adds(out)
    images(out)
    out.write(path)
