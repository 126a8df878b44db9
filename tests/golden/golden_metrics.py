"""Metrics of label maps and of logits, each by its definition on sets of pixels (the library computes them from
a confusion matrix): torchmetrics' definitions for accuracy and IoU, Csurka's boundary F1 by comparing every pair
of boundary pixels, the article's soft IoU by PyTorch's softmax. A quotient without a denominator is NaN."""
import numpy as np
import torch
from torch.nn import functional as F

from golden_file import Cases

VOID = 255


def ratio(a, b):
    return a / b if b else np.nan


def mean_of(values):
    values = [v for v in values if not np.isnan(v)]
    return sum(values) / len(values) if values else np.nan


def of_class(t, p, c, ignore):
    if c == ignore:
        return dict.fromkeys(("iou", "precision", "recall", "dice"), np.nan)
    both, either = np.sum((t == c) & (p == c)), np.sum((t == c) | (p == c))
    true, said = np.sum(t == c), np.sum(p == c)
    return dict(iou=ratio(both, either), precision=ratio(both, said), recall=ratio(both, true),
                dice=ratio(2 * both, true + said))


def micro_iou(t, p, classes, without, ignore):
    """MulticlassJaccardIndex(classes, average="micro", ignore_index=without): pixels that truly are of that class
    are dropped, and the class itself joins neither sum, as an ignored one"""
    t, p = t[t != without], p[t != without]
    others = [c for c in range(classes) if c not in (without, ignore)]
    return ratio(sum(np.sum((t == c) & (p == c)) for c in others), sum(np.sum((t == c) | (p == c)) for c in others))


# ---- boundaries (nn/boundary.h says what they are) --------------------------------------------------------
def boundary(labels, void, c):
    """places of the pixels of class c with a neighbour, not void, of another class"""
    h, w = labels.shape
    found = []
    for y in range(h):
        for x in range(w):
            near = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
            near = [q for q in near if 0 <= q[0] < h and 0 <= q[1] < w and not void[q]]
            if labels[y, x] == c and not void[y, x] and any(labels[q] != c for q in near):
                found.append((y, x))
    return np.array(found, float).reshape(-1, 2)


def filled(t, void, most):
    """void pixels get the label of the nearest other one, of equally near ones the leftmost, then the uppermost,
    where that is at most so far away; with the distance, and what is void still"""
    labels, depth, left = t.copy(), np.zeros(t.shape), void.copy()
    known = np.argwhere(~void)
    for y, x in np.argwhere(void) if len(known) else ():
        squares = (known[:, 0] - y) ** 2 + (known[:, 1] - x) ** 2
        nearest = min(np.flatnonzero(squares == squares.min()), key=lambda i: (known[i][1], known[i][0]))
        if np.sqrt(squares[nearest]) <= most:
            labels[y, x], depth[y, x], left[y, x] = t[tuple(known[nearest])], np.sqrt(squares[nearest]), False
    return labels, depth, left


def boundary_f1(t, p, classes, ignore):
    """of one image, a number a class; NaN where neither has a boundary"""
    void = (t == ignore) | (t >= classes)
    tolerance = max(1.0, 0.0075 * np.hypot(*t.shape))
    labels, depth, left = filled(t, void, int(4 * tolerance))
    scores = []
    for c in range(classes):
        true, said = boundary(labels, left, c), boundary(p, np.zeros_like(void), c)
        sure = {tuple(q) for q in boundary(p, void, c)}  # boundaries of the pixels that count alone
        distance = np.hypot(true[:, None, 0] - said[None, :, 0], true[:, None, 1] - said[None, :, 1])
        reach = tolerance + depth[true[:, 0].astype(int), true[:, 1].astype(int)]
        meet = distance <= reach[:, None] + 1e-9
        right = meet.any(0) if len(true) else np.zeros(len(said), bool)
        judged = sum(bool(r) or tuple(q) in sure for r, q in zip(right, said))
        if c == ignore or len(true) + judged == 0:  # an ignored class is in no mean, as in torchmetrics
            scores.append(np.nan)
            continue
        precision = right.sum() / judged if judged else 0.0
        recall = meet.any(1).mean() if len(true) and len(said) else 0.0
        scores.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    return scores


def maps_case(out, case, truth, prediction, classes=3, ignore=-1):
    """(N,H,W) label maps"""
    keep = (truth != ignore) & (truth < classes)
    t, p = truth[keep], prediction[keep]
    per_class = [of_class(t, p, c, ignore) for c in range(classes)]
    f1 = np.array([boundary_f1(a, b, classes, ignore) for a, b in zip(truth, prediction)])
    matrix = [[np.sum((t == a) & (p == b)) for b in range(classes)] for a in range(classes)]
    out.add(f"metrics.{case}", dict(classes=classes, ignore_index=ignore), x=truth.astype(np.uint8),
            prediction=prediction.astype(np.uint8), confusion=np.array(matrix),
            pixel_accuracy=ratio(np.sum(t == p), t.size),
            micro_iou=micro_iou(t, p, classes, 1, ignore), micro_iou_of_all=micro_iou(t, p, classes, -1, ignore),
            mean_iou=mean_of([m["iou"] for m in per_class]),
            boundary_f1=[mean_of(f1[:, c]) for c in range(classes)], mean_boundary_f1=mean_of([mean_of(i) for i in f1]),
            **{k: [m[k] for m in per_class] for k in per_class[0]})


def blobs(rng, shape, classes, cell=4):
    """label maps of patches rather than of dust"""
    n, h, w = shape
    coarse = rng.integers(0, classes, (n, -(-h // cell), -(-w // cell)))
    return coarse.repeat(cell, 1).repeat(cell, 2)[:, :h, :w]


def hidden_band(labels, width):
    """where a pixel of another class is at most so many rows and columns away, round the edges too"""
    hidden = np.zeros(labels.shape, bool)
    for dy in range(-width, width + 1):
        for dx in range(-width, width + 1):
            hidden |= np.roll(labels, (dy, dx), (1, 2)) != labels
    return hidden


def label_maps(out):
    rng = np.random.default_rng(9)
    shape = (3, 14, 17)
    truth = blobs(rng, shape, 3)
    noisy = np.where(rng.random(shape) < 0.2, rng.integers(0, 3, shape), truth)
    maps_case(out, "patches and noise", truth, noisy)
    maps_case(out, "moved by a pixel", truth, np.roll(truth, 1, 2))
    maps_case(out, "moved by three pixels", truth, np.roll(truth, 3, 1))
    maps_case(out, "dust", rng.integers(0, 3, shape), rng.integers(0, 3, shape))
    maps_case(out, "perfect", truth, truth)
    maps_case(out, "an ignored label", np.where(rng.random(shape) < 0.3, VOID, truth), noisy, ignore=VOID)
    maps_case(out, "a class ignored", truth, noisy, ignore=2)
    band = np.where(hidden_band(truth, 1), VOID, truth)
    maps_case(out, "contours under an ignored band", band, truth, ignore=VOID)
    maps_case(out, "contours under an ignored band, moved", band, np.roll(truth, 2, 2), ignore=VOID)
    wide = blobs(np.random.default_rng(11), (2, 30, 40), 4, 12)
    maps_case(out, "wide ignored bands", np.where(hidden_band(wide, 4), 9, wide), np.roll(wide, 3, 1), classes=4)
    maps_case(out, "a label that is no class", np.where(rng.random(shape) < 0.3, 7, truth), noisy)
    maps_case(out, "a class never true", np.where(truth == 2, 0, truth), noisy)
    maps_case(out, "a class never predicted", truth, np.where(noisy == 0, 1, noisy))
    maps_case(out, "a class nowhere", np.where(truth == 0, 1, truth), np.where(noisy == 0, 1, noisy))
    maps_case(out, "all background", np.ones(shape, int), np.ones(shape, int))
    maps_case(out, "all background, none found", np.ones(shape, int), np.zeros(shape, int))
    maps_case(out, "all ignored", np.full(shape, VOID), noisy, ignore=VOID)
    maps_case(out, "seven classes", blobs(rng, shape, 7, 3), blobs(rng, shape, 7, 3), classes=7)
    long = blobs(rng, (1, 5, 300), 3, 7)  # the diagonal of 300 px tolerates 2.25 px
    maps_case(out, "tolerance over two pixels", long, np.roll(long, 2, 2))


# ---- logits ----------------------------------------------------------------------------------------------
def logits_case(out, case, logits, labels, ignore=-1):
    """per image: the soft intersection and union of the pixels that count, and the article's IoU of them"""
    x, classes = torch.from_numpy(logits).double(), logits.shape[1]
    keep = (labels != ignore)[:, None]
    known = np.where(labels == ignore, 0, labels)
    g = F.one_hot(torch.from_numpy(known).long(), classes).permute(0, 3, 1, 2).double() * torch.from_numpy(keep)
    p = x.softmax(1) * torch.from_numpy(keep)
    soft = torch.stack([(g * p).sum((1, 2, 3)), (g + p - g * p).sum((1, 2, 3))], 1)
    best = np.argmax(logits, 1)  # numpy's goes to the lowest class where logits are equal
    out.add(f"soft.{case}", dict(ignore_index=ignore), x=logits, labels=labels.astype(np.uint8),
            prediction=best.astype(np.uint8), soft=soft,
            custom_iou=((soft[:, 0] + 0.001) / (soft[:, 1] + 0.001)).mean())


def logit_maps(out):
    rng = np.random.default_rng(10)
    logits = rng.normal(0, 2, (3, 3, 6, 7)).astype(np.float32)
    labels = rng.integers(0, 3, (3, 6, 7))
    logits_case(out, "plain", logits, labels)
    logits_case(out, "an ignored label", logits, np.where(rng.random(labels.shape) < 0.3, VOID, labels), VOID)
    logits_case(out, "ties, as after ReLU", np.maximum(logits - 1, 0), labels)
    logits_case(out, "certain", logits * 100, labels)
    logits_case(out, "a class missing", logits, np.where(labels == 0, 1, labels))
    logits_case(out, "one image all ignored", logits, np.concatenate([np.full((1, 6, 7), VOID), labels[1:]]), VOID)


def write(path):
    out = Cases()
    label_maps(out)
    logit_maps(out)
    out.write(path)
