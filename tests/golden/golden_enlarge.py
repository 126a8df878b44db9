"""Ops that enlarge: bilinear interpolation and transposed convolution, by PyTorch in double precision.

Beside a float result R stands R.size, as in golden_ops.py."""
from torch import nn
from torch.nn import functional as F

from golden_file import Cases
from golden_ops import numbers


def bilinear_case(out, case, shape, size, aligned=False):
    x = numbers(case + "x", shape)
    dy = numbers(case + "dy", (*shape[:2], *size))

    def run(x, dy):
        x = x.clone().requires_grad_()
        y = F.interpolate(x, size=size, mode="bilinear", align_corners=aligned)
        y.backward(dy)
        return dict(y=y, dx=x.grad)

    results = run(x, dy)
    results.update({f"{k}__size": v for k, v in run(x.abs(), dy.abs()).items()})  # no weight is negative
    out.add(f"bilinear.{case}", dict(align_corners=aligned), x=x, dy=dy, **results)


def bilinears(out):
    bilinear_case(out, "twice", (2, 3, 4, 5), (8, 10))
    bilinear_case(out, "twice, vectors", (1, 16, 3, 2), (6, 4))
    bilinear_case(out, "twice, one pixel", (1, 2, 1, 1), (2, 2))
    bilinear_case(out, "twice, corners aligned", (2, 3, 4, 5), (8, 10), True)
    bilinear_case(out, "odd size", (1, 5, 3, 4), (7, 9))
    bilinear_case(out, "odd size, corners aligned", (1, 5, 3, 4), (7, 9), True)
    bilinear_case(out, "eightfold", (1, 2, 2, 3), (16, 24))
    bilinear_case(out, "eightfold, corners aligned", (1, 2, 2, 3), (16, 24), True)
    bilinear_case(out, "any ratio", (1, 3, 5, 7), (13, 9))
    bilinear_case(out, "same size", (1, 3, 4, 5), (4, 5))
    bilinear_case(out, "smaller", (1, 3, 9, 7), (2, 5))
    bilinear_case(out, "smaller, corners aligned", (1, 3, 9, 7), (1, 5), True)
    bilinear_case(out, "of one pixel", (2, 3, 1, 1), (3, 4))


def transposed_case(out, case, shape, width, kernel, stride, bias=True, more=0):
    """nn.ConvTranspose2d whose output has `stride` times the input's size and `more` px."""
    padding = (max(kernel - stride, 0) + 1) // 2
    output_padding = stride - kernel + 2 * padding + more
    layer = nn.ConvTranspose2d(shape[1], width, kernel, stride, padding, output_padding, bias=bias)
    fan_in, _ = nn.init._calculate_fan_in_and_fan_out(layer.weight)  # what its initial values depend on
    assert layer.weight.abs().max() <= fan_in ** -0.5
    x, w = numbers(case + "x", shape), numbers(case + "w", layer.weight.shape)
    b = numbers(case + "b", (width,)) if bias else None
    dy = numbers(case + "dy", (shape[0], width, stride * shape[2] + more, stride * shape[3] + more))

    def run(x, w, b, dy):
        x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
        b = b.clone().requires_grad_() if bias else None
        y = F.conv_transpose2d(x, w, b, stride, padding, output_padding)
        y.backward(dy)
        return dict(y=y, dx=x.grad, dweight=w.grad, dbias=b.grad if bias else None)

    results = run(x, w, b, dy)
    sizes = run(x.abs(), w.abs(), b.abs() if bias else None, dy.abs())  # linear in each: the terms' sizes
    results.update({f"{k}__size": v for k, v in sizes.items()})
    out.add(f"conv_transpose2d.{case}",
            dict(kernel=kernel, stride=stride, padding=padding, output_padding=output_padding, fan_in=fan_in),
            x=x, weight=w, bias=b, dy=dy, **results)


def transposed(out):
    transposed_case(out, "2x2", (2, 3, 3, 4), 5, 2, 2)
    transposed_case(out, "2x2 vectors", (1, 16, 2, 3), 16, 2, 2, bias=False)
    transposed_case(out, "2x2 odd size", (1, 3, 3, 2), 4, 2, 2, more=1)
    transposed_case(out, "3x3", (2, 5, 4, 3), 3, 3, 2)
    transposed_case(out, "4x4", (2, 3, 3, 4), 4, 4, 2, bias=False)
    transposed_case(out, "4x4 odd size", (1, 4, 2, 3), 3, 4, 2, more=1)
    transposed_case(out, "16x16 by 8", (1, 2, 3, 2), 2, 16, 8, bias=False)
    transposed_case(out, "5x5 by 3", (1, 3, 2, 3), 2, 5, 3, more=1)
    transposed_case(out, "1x1", (1, 2, 3, 2), 3, 1, 2)


def write(path):
    out = Cases()
    bilinears(out)
    transposed(out)
    out.write(path)
