"""Nearest resizing, by PyTorch, and colour adjustments by torchvision's formulas, written out here in double
precision: a blend f a + (1-f) b clamped to 0..1 with b black (brightness), the mean gray of the image (contrast)
or each pixel's gray (saturation); hue by the standard library's colorsys."""
import colorsys

import numpy as np
import torch
from torch.nn import functional as F

from golden_file import Cases

GRAY = np.array([0.2989, 0.587, 0.114])


# ---- resizing --------------------------------------------------------------------------------------------
def source_indices(side_in, side_out):
    x = torch.arange(side_in, dtype=torch.float32)[None, None]
    return F.interpolate(x, size=side_out, mode="nearest")[0, 0].long().numpy()


def resize_case(out, height, width, side):
    """x is (height, width) of distinct bytes as far as there are, y (side, side)"""
    x = (np.arange(height * width) * 37 % 251).astype(np.uint8).reshape(height, width)
    y = F.interpolate(torch.from_numpy(x)[None, None].float(), size=(side, side), mode="nearest")[0, 0]
    out.add(f"resize.{height}x{width} to {side}", x=x, y=y.numpy().astype(np.uint8))


def resizes(out):
    for height, width, side in ((5, 7, 16), (33, 17, 16), (31, 1, 8), (1, 37, 16), (63, 65, 64), (16, 16, 16),
                                (13, 29, 7), (50, 37, 32), (100, 75, 31)):
        resize_case(out, height, width, side)
    # the whole map of photographs' sides: one row of indices for each side
    for side in (32, 64, 128, 256):
        sides_in = np.arange(side // 2 - 1, 640, 41)
        table = np.stack([source_indices(n, side) for n in sides_in])
        out.add(f"resize map.to {side}", x=sides_in, indices=table)


# ---- colours ---------------------------------------------------------------------------------------------
def blend(a, b, factor):
    return (factor * a + (1 - factor) * b).clip(0, 1)


def adjust(kind, rgb, factor):
    gray = rgb @ GRAY
    if kind == "brightness":
        return blend(rgb, 0, factor)
    if kind == "contrast":
        return blend(rgb, gray.mean(), factor)
    if kind == "saturation":
        return blend(rgb, gray[:, None], factor)
    out = []
    for r, g, b in rgb:
        h, s, v = colorsys.rgb_to_hsv(r, g, b)
        out.append(colorsys.hsv_to_rgb((h + factor) % 1, s, v))
    return np.array(out)


def colours(out):
    rng = np.random.default_rng(3)
    corners = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)])
    special = np.array([[128, 128, 128], [255, 254, 254], [1, 0, 0], [10, 10, 200], [200, 10, 10], [10, 200, 10]])
    pixels = np.concatenate([corners, special, rng.integers(0, 256, (26, 3))]).astype(np.float32) / np.float32(255)
    factors = dict(brightness=(0, 0.7, 1, 1.3, 5), contrast=(0, 0.7, 1, 1.3, 3), saturation=(0, 0.5, 1, 1.5, 4),
                   hue=(-0.5, -0.1, 0, 0.03, 1 / 3, 0.5))
    for kind, values in factors.items():
        for f in values:
            f = float(np.float32(f))
            out.add(f"{kind}.{f:.3g}", dict(factor=f), x=pixels, y=adjust(kind, pixels.astype(np.float64), f))


def write(path):
    out = Cases()
    resizes(out)
    colours(out)
    out.write(path)
