"""Convolutions with stride and dilation, and pools whose windows overlap or lie partly outside: forward and backward,
by PyTorch in double precision."""
import torch
from torch.nn import functional as F

from golden_file import Cases
from golden_ops import choice, numbers


# ---- convolution -----------------------------------------------------------------------------------------
def conv_case(out, case, shape, width, kernel, stride=1, dilation=1, bias=False, depthwise=False):
    op, groups = ("depthwise_conv2d", shape[1]) if depthwise else ("conv2d", 1)
    x, w = numbers(case + "x", shape), numbers(case + "w", (width, shape[1] // groups, kernel, kernel))
    b = numbers(case + "b", (width,)) if bias else None

    def convolve(x, w, b):
        return F.conv2d(x, w, b, stride=stride, dilation=dilation, padding=dilation * (kernel // 2), groups=groups)

    dy = numbers(case + "dy", convolve(x, w, b).shape)

    def run(x, w, b, dy):
        x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
        b = b.clone().requires_grad_() if bias else None
        y = convolve(x, w, b)
        y.backward(dy)
        return dict(y=y, dx=x.grad, dweight=w.grad, dbias=b.grad if bias else None)

    results = run(x, w, b, dy)
    sizes = run(x.abs(), w.abs(), b.abs() if bias else None, dy.abs())  # linear in each: the terms' sizes
    results.update({f"{k}__size": v for k, v in sizes.items()})
    out.add(f"{op}.{case}", dict(kernel=kernel, stride=stride, dilation=dilation), x=x, weight=w, bias=b, dy=dy,
            **results)


def convolutions(out):
    conv_case(out, "3x3 stride 2, odd size", (2, 3, 5, 7), 4, 3, stride=2)
    conv_case(out, "3x3 stride 2, even size", (1, 16, 4, 6), 16, 3, stride=2)
    conv_case(out, "7x7 stride 2 with bias", (1, 3, 9, 8), 4, 7, stride=2, bias=True)
    conv_case(out, "1x1 stride 2", (2, 5, 5, 4), 3, 1, stride=2)
    conv_case(out, "3x3 stride 3", (1, 4, 7, 8), 5, 3, stride=3)
    conv_case(out, "3x3 dilation 2", (1, 5, 6, 7), 4, 3, dilation=2)
    conv_case(out, "3x3 dilation 6", (1, 3, 8, 7), 16, 3, dilation=6)
    conv_case(out, "3x3 dilation 18, the middle tap alone", (2, 4, 5, 6), 3, 3, dilation=18)
    conv_case(out, "3x3 stride 2 dilation 2", (1, 4, 7, 6), 4, 3, stride=2, dilation=2)
    conv_case(out, "5x5 stride 2 dilation 3 with bias", (1, 2, 9, 7), 3, 5, stride=2, dilation=3, bias=True)
    conv_case(out, "a stride beyond the image", (1, 3, 3, 2), 2, 3, stride=4)
    conv_case(out, "depthwise stride 2", (2, 6, 5, 8), 6, 3, stride=2, depthwise=True)
    conv_case(out, "depthwise dilation 2", (1, 16, 6, 5), 16, 3, dilation=2, depthwise=True)
    conv_case(out, "depthwise 5x5 stride 2 dilation 2", (1, 3, 9, 8), 3, 5, stride=2, dilation=2, depthwise=True)


# ---- pooling: sums of small integers, exact --------------------------------------------------------------
def pool_case(out, case, x, kernel, stride, padding=0, ceil=False):
    x = x.clone().requires_grad_()
    y, indices = F.max_pool2d(x, kernel, stride, padding, ceil_mode=ceil, return_indices=True)
    dy = choice(case + "dy", y.shape, range(-8, 9))
    y.backward(dy)
    out.add(f"max_pool.{case}", dict(kernel=kernel, stride=stride, padding=padding, ceil=ceil), x=x, y=y,
            indices=indices, dy=dy, dx=x.grad)
    if kernel == 2:
        z = choice(case + "z", y.shape, range(1, 9)).requires_grad_()
        up = F.max_unpool2d(z, indices, 2, output_size=x.shape[-2:])
        dup = choice(case + "dup", up.shape, range(-8, 9))
        up.backward(dup)
        out.add(f"max_unpool.{case}", {}, x=z, indices=indices, y=up, dy=dup, dx=z.grad)


def pools(out):
    ties = [0, 0.5, 1]
    pool_case(out, "2x2 ceil, odd size", choice("ceil", (2, 17, 7, 5), ties), 2, 2, ceil=True)
    pool_case(out, "2x2 ceil, even size", choice("even", (1, 3, 4, 6), ties), 2, 2, ceil=True)
    pool_case(out, "2x2 ceil, one pixel", choice("one", (1, 2, 1, 1), ties), 2, 2, ceil=True)
    pool_case(out, "3x3 stride 2 padding 1", choice("resnet", (2, 9, 7, 8), ties), 3, 2, 1)
    pool_case(out, "3x3 stride 2 padding 1, relu zeros", numbers("zeros", (1, 16, 6, 9)).clamp(min=0), 3, 2, 1)
    pool_case(out, "3x3 stride 2 padding 1 ceil", choice("both", (1, 8, 6, 9), ties), 3, 2, 1, ceil=True)
    pool_case(out, "3x3 stride 2", choice("alexnet", (1, 5, 7, 8), ties), 3, 2)
    pool_case(out, "3x3 stride 2 ceil", choice("squeezenet", (1, 5, 8, 6), ties), 3, 2, ceil=True)
    pool_case(out, "3x3 stride 1 padding 1", choice("same", (1, 3, 5, 6), ties), 3, 1, 1)
    pool_case(out, "3x3 stride 3 padding 1 ceil", choice("three", (1, 4, 9, 7), ties), 3, 3, 1, ceil=True)
    pool_case(out, "3x3 nan and infinity", choice("nan", (2, 3, 8, 7), [0, 1, float("nan"), float("inf"),
                                                                     -float("inf")]), 3, 2, 1)
    pool_case(out, "3x3 all minus infinity", torch.full((1, 2, 4, 5), -float("inf"), dtype=torch.double), 3, 2, 1)


def averages(out):
    for case, shape in (("ceil, odd size", (2, 3, 5, 7)), ("ceil, even size", (1, 16, 4, 6)),
                        ("ceil, one pixel", (1, 2, 1, 1))):
        x = choice(case, shape, range(-8, 9)).requires_grad_()
        y = F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
        dy = choice(case + "dy", y.shape, range(-8, 9))
        y.backward(dy)
        out.add(f"average_pool.{case}", {}, x=x, y=y, dy=dy, dx=x.grad)


def write(path):
    out = Cases()
    convolutions(out)
    pools(out)
    averages(out)
    out.write(path)
