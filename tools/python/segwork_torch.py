"""segwork's networks in PyTorch: built from the config.yaml of a run, with the weights of that run.

    import segwork_torch
    net = segwork_torch.load("runs/border/001")             # in evaluation mode, best weights
    config = segwork_torch.read_config("runs/border/001")
    x = segwork_torch.preprocess(PIL.Image.open("dog.jpg"), config)
    labels = net(x).argmax(1)                               # numbers of the classes, at the network's size

Needs torch (1.13 or later) and PyYAML; preprocess needs Pillow. Parameters have the names of segwork's files, so that
`load_state_dict` takes those strictly, and `segwork run --set init.from=FILE` takes what PyTorch saved.

A network is a list of layers that read each other by name, as model.layers of an experiment writes it; encoder and
decoder are expanded into such a list. OPS has what builds each op: add to it what you need.
"""
import json
import os
import struct
from collections import namedtuple

import torch
import torch.nn.functional as F
from torch import nn

IMAGES = "images"  # what a layer may read besides other layers

# One layer: `op` of OPS with `options`, reading `inputs` (names of layers, "images", or "POOL.offsets"); `like` is
# the layer whose height and width the output takes, or None.
Layer = namedtuple("Layer", "name op inputs like options")


# ---- ops --------------------------------------------------------------------------------------------------------


class Options:
    """What a layer says of itself. Values are texts, as YAML has them, or numbers. All must have been asked for."""

    def __init__(self, layer, model):
        self.layer, self.left, self.model = layer, dict(layer.options), model

    def integer(self, key, default=None):
        return int(self._take(key, default))

    def real(self, key, default=None):
        return float(self._take(key, default))

    def flag(self, key, default=False):
        return str(self._take(key, default)).lower() == "true"

    def text(self, key, default=None):
        return str(self._take(key, default))

    def width(self):
        """Output channels; 0: one a class"""
        return self.integer("width") or int(self.model["classes"])

    def of_model(self, key, model_key, default):
        """A number of its own, or where that is 0, the model's"""
        return self.real(key, 0) or float(self.model.get(model_key, default))

    def _take(self, key, default):
        value = self.left.pop(key, default)
        if value is None:
            raise ValueError(f"layer '{self.layer.name}' ({self.layer.op}) needs {key}")
        return value


OPS = {}  # name -> function of (options, channels of the inputs), which returns a module and its output's channels


def op(name):
    def enter(build):
        OPS[name] = build
        return build

    return enter


class Function(nn.Module):
    """A layer without parameters"""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs, **size):
        return self.function(*inputs, **size)


class BatchNorm(nn.BatchNorm2d):
    def __init__(self, channels, eps, momentum, relu):
        super().__init__(channels, eps, momentum)
        self.relu = relu

    def forward(self, x):
        y = super().forward(x)
        return F.relu(y, inplace=True) if self.relu else y


class GroupNorm(nn.GroupNorm):
    def __init__(self, groups, channels, eps, relu):
        super().__init__(groups, channels, eps)
        self.relu = relu

    def forward(self, x):
        y = super().forward(x)
        return F.relu(y, inplace=True) if self.relu else y


class ConvTranspose(nn.ConvTranspose2d):
    """The output is `stride` times the input, or of a given size; what no window reaches holds the bias"""

    def __init__(self, inputs, outputs, kernel, stride, bias):
        super().__init__(inputs, outputs, kernel, stride, padding=max(0, kernel - stride + 1) // 2, bias=bias)

    def forward(self, x, size=None):
        stride, kernel, padding = self.stride[0], self.kernel_size[0], self.padding[0]
        size = size or [stride * side for side in x.shape[-2:]]
        more = [have - ((side - 1) * stride - 2 * padding + kernel) for side, have in zip(x.shape[-2:], size)]
        reached = [min(m, stride - 1) for m in more]  # PyTorch takes no output_padding of the stride or more
        y = F.conv_transpose2d(x, self.weight, self.bias, stride, padding, reached)
        rest = [m - r for m, r in zip(more, reached)]
        if not any(rest):
            return y
        z = y.new_zeros(y.shape[:2] + tuple(size))
        if self.bias is not None:
            z = z + self.bias.view(1, -1, 1, 1)
        z[..., : y.shape[-2], : y.shape[-1]] = y
        return z


class MaxPool(nn.MaxPool2d):
    """Also returns the places of the maxima, with the size that they are in, where a layer reads them"""

    def __init__(self, kernel=2, stride=2, padding=0, ceil=False):
        super().__init__(kernel, stride, padding, ceil_mode=ceil)

    def forward(self, x):
        y = super().forward(x)
        return (y[0], (y[1], x.shape[-2:])) if self.return_indices else y


def max_unpool(x, offsets, size=None):
    indices, before = offsets
    y = F.max_unpool2d(x, indices, 2, output_size=before)
    size = size or before
    return F.pad(y, (0, size[1] - before[1], 0, size[0] - before[0]))


def upsample(x, size=None):
    """twice the size, where the last row or column repeats if it is to be one more"""
    y = F.interpolate(x, scale_factor=2, mode="nearest")
    more = [side - have for side, have in zip(size or y.shape[-2:], y.shape[-2:])]
    return F.pad(y, (0, more[1], 0, more[0]), mode="replicate") if any(more) else y


@op("conv2d")
def _(o, channels):
    width, kernel, dilation = o.width(), o.integer("kernel", 3), o.integer("dilation", 1)
    padding = dilation * (kernel // 2)
    bias, stride = o.flag("bias"), o.integer("stride", 1)
    return nn.Conv2d(channels[0], width, kernel, stride, padding, dilation, bias=bias), width


@op("depthwise_conv2d")
def _(o, channels):
    kernel, stride, dilation, c = o.integer("kernel", 3), o.integer("stride", 1), o.integer("dilation", 1), channels[0]
    return nn.Conv2d(c, c, kernel, stride, dilation * (kernel // 2), dilation, groups=c, bias=False), c


@op("conv_transpose2d")
def _(o, channels):
    width, kernel, stride = o.width(), o.integer("kernel", 2), o.integer("stride", 2)
    return ConvTranspose(channels[0], width, kernel, stride, o.flag("bias", True)), width


@op("batchnorm")
def _(o, channels):
    eps, momentum = o.of_model("eps", "norm_eps", 1e-5), o.of_model("momentum", "norm_momentum", 0.1)
    return BatchNorm(channels[0], eps, momentum, o.flag("relu")), channels[0]


@op("group_norm")
def _(o, channels):
    groups, eps = o.integer("groups", 32), o.of_model("eps", "norm_eps", 1e-5)
    return GroupNorm(groups, channels[0], eps, o.flag("relu")), channels[0]


@op("local_response_norm")
def _(o, channels):
    size, alpha = o.integer("size", 5), o.real("alpha", 1e-4)
    return nn.LocalResponseNorm(size, alpha, o.real("beta", 0.75), o.real("k", 1)), channels[0]


@op("max_pool")
def _(o, channels):
    kernel, stride, padding = o.integer("kernel", 2), o.integer("stride", 2), o.integer("padding", 1)
    return MaxPool(kernel, stride, padding if kernel == 3 else 0, o.flag("ceil")), channels[0]


@op("max_unpool")
def _(o, channels):
    return Function(max_unpool), channels[0]


@op("average_pool")
def _(o, channels):
    return nn.AvgPool2d(2, ceil_mode=o.flag("ceil")), channels[0]


@op("global_average_pool")
def _(o, channels):
    return nn.AdaptiveAvgPool2d(1), channels[0]


@op("upsample")
def _(o, channels):
    return Function(upsample), channels[0]


@op("bilinear")
def _(o, channels):
    scale, corners = o.integer("scale", 2), o.flag("align_corners")

    def bilinear(x, size=None):
        size = size or [scale * side for side in x.shape[-2:]]
        return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=corners)

    return Function(bilinear), channels[0]


@op("broadcast")
def _(o, channels):
    return Function(lambda x, size: x.expand(-1, -1, *size)), channels[0]


@op("concat")
def _(o, channels):
    return Function(lambda *inputs: torch.cat(inputs, 1)), sum(channels)


@op("add")
def _(o, channels):
    relu = o.flag("relu")
    return Function(lambda *inputs: F.relu(sum(inputs)) if relu else sum(inputs)), channels[0]


@op("scale")
def _(o, channels):
    return Function(lambda x, s: x * s), channels[0]


@op("relu")
def _(o, channels):
    return nn.ReLU(), channels[0]


@op("leaky_relu")
def _(o, channels):
    return nn.LeakyReLU(o.real("slope", 0.01)), channels[0]


@op("silu")
def _(o, channels):
    return nn.SiLU(), channels[0]


@op("sigmoid")
def _(o, channels):
    return nn.Sigmoid(), channels[0]


@op("dropout")
def _(o, channels):
    rate = o.real("rate", 0.5)
    return (nn.Dropout2d(rate) if o.text("kind", "elements") == "channels" else nn.Dropout(rate)), channels[0]


# ---- encoder and decoder as layers ------------------------------------------------------------------------------


class Stages:
    """Writes model.encoder and model.decoder as layers: dc1.seq.0, dc1.seq.1, dc1.mp, ... uc1.mup, uc1.seq.0"""

    def __init__(self, model):
        self.model, self.layers, self.value, self.channels = model, [], IMAGES, 3
        self.links = []  # of each encoder stage: what it pools, its pool, its channels
        for number, stage in enumerate(model["encoder"], 1):
            self.encode(f"dc{number}", stage)
        for i, stage in enumerate(model["decoder"]):
            self.decode(f"uc{stage['unpool_from']}", stage, last=i == len(model["decoder"]) - 1)

    def add(self, name, op_name, inputs=None, like=None, **options):
        self.layers.append(Layer(name, op_name, inputs or [self.value], like, options))
        self.value = name

    def conv(self, name, kind, width, kernel, bias):
        if kind == "separable":
            self.add(name + ".depthwise", "depthwise_conv2d", kernel=kernel)
            name, kernel = name + ".pointwise", 1
        self.add(name, "conv2d", width=width, kernel=kernel, bias=bias)
        self.channels = width

    def convs(self, name, stage, inner, width, bare):
        """Each convolution with its norm and ReLU: in PyTorch's Sequential at 3i, 3i+1 and 3i+2"""
        begin, begin_channels = self.value, self.channels
        residual = stage.get("block", "plain") == "residual"
        bias, count = self.model.get("bias", False), int(stage["convs"])
        for i in range(count):
            last = i == count - 1
            plain = last and bare
            wide, has_bias = width if last else inner, True if plain else bias
            self.conv(f"{name}.seq.{3 * i}", stage.get("conv", "dense"), wide, stage.get("kernel", 3), has_bias)
            if not plain:
                self.add(f"{name}.seq.{3 * i + 1}", "batchnorm", relu=not (last and residual))
        if residual:
            self.shortcut(name, begin, begin_channels, bias)

    def shortcut(self, name, begin, begin_channels, bias):
        inputs = [self.value, begin]
        if begin_channels != self.channels:
            self.value = begin
            self.conv(f"{name}.shortcut.0", "dense", self.channels, 1, bias)
            self.add(f"{name}.shortcut.1", "batchnorm", relu=False)
            inputs[1] = self.value
        self.add(f"{name}.sum", "add", inputs, relu=True)

    def drop(self, name, stage):
        if float(stage.get("dropout", 0)) > 0:
            self.add(f"{name}.drop", "dropout", rate=stage["dropout"])

    def encode(self, name, stage):
        width = int(stage["width"])
        self.convs(name, stage, width, width, bare=False)
        self.links.append((self.value, f"{name}.mp", self.channels))
        self.add(f"{name}.mp", "average_pool" if stage.get("pool", "max") == "average" else "max_pool")
        self.drop(name, stage)

    def decode(self, name, stage, last):
        before, pool, channels = self.links[int(stage["unpool_from"]) - 1]
        up = stage.get("up", "unpool")
        if up == "unpool":
            self.add(f"{name}.mup", "max_unpool", [self.value, f"{pool}.offsets"], before)
        elif up == "transposed":
            self.add(f"{name}.mup", "conv_transpose2d", None, before, width=channels)
            self.channels = channels
        else:
            self.add(f"{name}.mup", {"nearest": "upsample", "bilinear": "bilinear"}[up], None, before)
        skip = stage.get("skip", "none")
        if skip != "none":
            self.add(f"{name}.skip", skip, [self.value, before])
        self.channels += channels if skip == "concat" else 0
        inner = channels if skip == "concat" else self.channels
        width = int(stage["width"]) or int(self.model["classes"])
        self.convs(name, stage, inner, width, bare=last and self.model.get("head", "norm_relu") == "plain")
        self.drop(name, stage)


# ---- model.layers -----------------------------------------------------------------------------------------------


Scope = namedtuple("Scope", "prefixes before begin")  # what names mean: where to look, the layer before, the block's input


class Given(str):
    """A text that a block is given, with the scope in which it was written"""

    def __new__(cls, text, scope):
        self = super().__new__(cls, text)
        self.scope = scope
        return self


class Expander:
    """Writes model.layers with their blocks as layers. A block's layers are named after the one that uses it, `$key`
    in it is what that one says for `key`, and a name is looked for in the block first, then around it; one that the
    block is given means what it means where it is given."""

    def __init__(self, model):
        blocks = model.get("blocks")
        self.blocks = blocks if isinstance(blocks, dict) else {}
        self.layers, self.known = [], {}  # name -> the layer it means; of a block, its last one
        self.read(model["layers"], [""], IMAGES, None)

    def find(self, name, scope):
        scope = name.scope if isinstance(name, Given) else scope
        special = {"before": scope.before, "input": scope.begin, IMAGES: IMAGES}
        if name in special:
            return special[name]
        for prefix in reversed(scope.prefixes):
            if prefix + name in self.known:
                return self.known[prefix + name]
            head, _, output = (prefix + name).rpartition(".")
            if head in self.known:
                return f"{self.known[head]}.{output}"
        raise ValueError(f"there is no layer '{name}' before the one that reads it")

    def read(self, items, prefixes, begin, values):
        before = begin
        for number, item in enumerate(items):
            scope = Scope(prefixes, before, begin)
            item = {key: fill_in(value, values, scope) for key, value in item.items()}
            own = item.pop("name", None) or (number if prefixes[-1] else f"layers.{number}")
            name = f"{prefixes[-1]}{own}"
            inputs = item.pop("from", "before")
            inputs = [self.find(i, scope) for i in ([inputs] if isinstance(inputs, str) else inputs)]
            like = item.pop("like", None)
            like = like and self.find(like, scope)
            if "block" in item:
                block = self.blocks[item.pop("block")]
                before = self.read(block, prefixes + [name + "."], inputs[0], item)
            else:
                self.layers.append(Layer(name, item.pop("op"), inputs, like, item))
                before = name
            self.known[name] = before
        return before


def fill_in(value, values, scope):
    """`value` with what `values` says for each `$key` in it, and all other texts with the scope they are written in"""
    if isinstance(value, list):
        return [fill_in(v, values, scope) for v in value]
    if isinstance(value, dict):
        return {k: fill_in(v, values, scope) for k, v in value.items()}
    if not isinstance(value, str):
        return value
    if values and value.startswith("$") and value[1:] in values:
        return values[value[1:]]
    return Given(value, scope)


# ---- the network ------------------------------------------------------------------------------------------------


class Container(nn.Module):
    """Holds modules under names, and nothing else: layers may be called `train` or `half`, as methods are"""


class Network(nn.Module):
    """Takes images (N,3,H,W) as `preprocess` makes them and returns logits (N,classes,H,W). Any size is taken, also
    another one than the network was trained at, as far as the pools leave a pixel."""

    def __init__(self, layers, model):
        super().__init__()
        self.layers, self.input_norm = list(layers), str(model.get("input_norm", False)).lower() == "true"
        channels = {IMAGES: 3}
        if self.input_norm:
            norm = Layer("bn_input", "batchnorm", [IMAGES], None, {})
            self.place(norm, model, channels)
        for layer in self.layers:
            channels[layer.name] = self.place(layer, model, channels)
        self.last_reader = {name: i for i, layer in enumerate(self.layers) for name in layer.inputs}
        for layer in self.layers:
            if layer.op == "max_pool":
                self.module_of(layer.name).return_indices = f"{layer.name}.offsets" in self.last_reader

    def place(self, layer, model, channels):
        """Builds a layer and puts its module where its parameters' names say; returns its channels"""
        if layer.op not in OPS:
            raise ValueError(f"layer '{layer.name}': there is no op '{layer.op}' here")
        options = Options(layer, model)
        module, width = OPS[layer.op](options, [channels[name] for name in layer.inputs if name in channels])
        if options.left:
            raise ValueError(f"layer '{layer.name}' ({layer.op}): unknown option {', '.join(options.left)}")
        at, (*path, last) = self, layer.name.split(".")
        for name in path:
            at = at._modules.setdefault(name, Container())
        at._modules[last] = module
        return width

    def module_of(self, name):
        at = self
        for part in name.split("."):
            at = at._modules[part]
        return at

    def forward(self, x):
        values = {IMAGES: self.module_of("bn_input")(x) if self.input_norm else x}
        sizes = {IMAGES: x.shape[-2:]}
        for i, layer in enumerate(self.layers):
            inputs = [values[name] for name in layer.inputs]
            size = {"size": sizes[layer.like]} if layer.like else {}
            y = self.module_of(layer.name)(*inputs, **size)
            if isinstance(y, tuple):
                y, values[layer.name + ".offsets"] = y
            values[layer.name], sizes[layer.name] = y, y.shape[-2:]
            for name in layer.inputs:  # memory that nothing reads any more
                if self.last_reader[name] == i:
                    values.pop(name, None)
            del inputs
        return values[self.layers[-1].name]


def layers_of(model):
    """The layers of a `model` section"""
    return (Expander if isinstance(model.get("layers"), list) else Stages)(model).layers


def build(config):
    """The network of an experiment, with PyTorch's initial weights: `config` as read_config returns it"""
    return Network(layers_of(config["model"]), config["model"])


# ---- files ------------------------------------------------------------------------------------------------------


def read_config(path):
    """A run's config.yaml, given the file or the run's folder: nested mappings and lists whose values are texts"""
    import yaml

    path = os.path.join(path, "config.yaml") if os.path.isdir(path) else path
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, yaml.BaseLoader)


def image_size(config):
    """height and width of data.size, one number or two"""
    size = config["data"]["size"]
    height, width = size if isinstance(size, list) else (size, size)
    return int(height), int(width)


def read_weights(path):
    """The tensors of a safetensors file by name, without the optimizer's moments and the averages"""
    types = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}
    types.update({"I32": torch.int32, "U8": torch.uint8})
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    weights = {}
    for name, tensor in header.items():
        if name.startswith(("optimizer.", "ema.")):
            continue
        (begin, end), dtype = tensor["data_offsets"], types[tensor["dtype"]]
        flat = torch.frombuffer(data, dtype=torch.uint8)[begin:end].clone()
        weights[name] = flat.view(dtype).reshape(tensor["shape"])
    return weights


def load(path, which="best", config=None):
    """The trained network in evaluation mode: of a run's folder (`which`: best or last), or of a file of weights with
    `config`, the path of its config.yaml"""
    if os.path.isdir(path):
        config = config or path
        path = os.path.join(path, "checkpoints", which + ".safetensors")
    if config is None:
        raise ValueError(f"{path} holds weights alone: give its experiment as config")
    net = build(read_config(config))
    net.load_state_dict(read_weights(path))
    return net.eval()


# ---- images -----------------------------------------------------------------------------------------------------


def largest_inside(frame, aspect):
    """left, top, width, height of the largest rectangle of that aspect ratio in the middle of the frame"""
    (fw, fh), (aw, ah) = frame, aspect
    width, height = fw, fh
    if aw * fh > ah * fw:
        height = max(1, (2 * ah * fw + aw) // (2 * aw))
    else:
        width = max(1, (2 * aw * fh + ah) // (2 * ah))
    return (fw - width) // 2, (fh - height) // 2, width, height


def resize(pixels, height, width, bilinear):
    """(H,W,3) of bytes to (height,width,3), to the bit as segwork does it: nearest is floor(i * in / out), bilinear is
    interpolate(align_corners=False, antialias=False) in single precision, rounded to bytes"""

    def nearest(inside, outside):
        return torch.arange(outside) * inside // outside

    def taps(inside, outside):
        position = (torch.arange(outside, dtype=torch.float32) + 0.5) * (
            torch.tensor(inside, dtype=torch.float32) / torch.tensor(outside, dtype=torch.float32)
        ) - 0.5
        position = position.clamp(min=0)
        first = position.long().clamp(max=inside - 1)
        return first, (first + 1).clamp(max=inside - 1), position - first

    if not bilinear:
        return pixels[nearest(pixels.shape[0], height)][:, nearest(pixels.shape[1], width)]
    upper, lower, v = taps(pixels.shape[0], height)
    left, right, h = taps(pixels.shape[1], width)
    v, h, rows = v[:, None, None], h[:, None], pixels.float()
    across = (1 - h) * rows[:, left] + h * rows[:, right]
    return torch.floor(((1 - v) * across[upper] + v * across[lower]).double() + 0.5).to(torch.uint8)


def preprocess(image, config):
    """A PIL image as the network sees it in validation and in `segwork predict`: turned as its Exif says, on black
    where it is transparent, brought to data.size by data.fit and data.resize, 0 to 1, then normalized if data.normalize
    is on (model.input_norm is part of the network). Returns (1,3,H,W).

    From the image's bytes on, this is exact. How a JPEG is decoded is Pillow's matter, and 16-bit PNGs are rounded
    otherwise by Pillow. With fit: crop this is validation's middle of the image; `segwork predict` takes windows
    that cover all of it."""
    import numpy as np
    from PIL import Image, ImageOps

    data = config["data"]
    height, width = image_size(config)
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))
    pixels = torch.from_numpy(np.array(image.convert("RGB")))
    part, place = (0, 0, *image.size), (0, 0, width, height)
    fit = data.get("fit", "stretch")
    if fit == "crop":
        part = largest_inside(image.size, (width, height))
    if fit == "pad":
        place = largest_inside((width, height), image.size)
    taken = pixels[part[1] : part[1] + part[3], part[0] : part[0] + part[2]]
    out = torch.zeros(height, width, 3, dtype=torch.uint8)
    out[place[1] : place[1] + place[3], place[0] : place[0] + place[2]] = resize(
        taken, place[3], place[2], data.get("resize", "nearest") == "bilinear"
    )
    x = out.permute(2, 0, 1)[None].float() / 255
    normalize = data.get("normalize", "none")
    if isinstance(normalize, dict):
        mean, std = (torch.tensor([float(v) for v in normalize[key]]).view(1, 3, 1, 1) for key in ("mean", "std"))
        x = (x - mean) / std
    return x
