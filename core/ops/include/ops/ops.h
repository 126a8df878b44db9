/* Every op there is: its attributes and its descriptor. The descriptor is defined at the end of the op's own
 * file; sw_ops lists them all for tools (self-test, documentation). To add one, see ARCHITECTURE.md. */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include "base/classes.h"
#include "graph/op.h"

/* conv2d: y[n,p,o] = sum over window and i of x[n, p stride + offset, i] w[o,i,ky,kx] (+ bias[o]); the taps
 * of the window lie `dilation` apart, zero padding dilation (kernel/2), odd kernels: y has H/stride rows and
 * W/stride columns, rounded up. Input x; parameters weight (O,I,K,K) and, with bias, bias (O). */
typedef enum sw_conv_choice {
    SW_CONV_AUTO,    /* the fastest engine that takes the shape on this device */
    SW_CONV_CLBLAST, /* im2col and CLBlast's GEMM: every shape, every device */
    SW_CONV_GEMM, /* register-tiled products with implicit im2col: CPUs; clblast where a shape does not suit
                     it */
    SW_CONV_WINOGRAD, /* F(4x4,3x3) on CPUs, winograd_tile on GPUs, stride and dilation 1; direct, gemm, tile,
                         then clblast, where a shape does not suit it */
    SW_CONV_TILE,     /* tiles in local memory: GPUs, every shape that an int can count; CPUs only by name */
    SW_CONV_DIRECT,   /* for layers with few channels on one side, stride and dilation 1, on CPUs; else gemm,
                         then clblast */
    SW_CONV_WINOGRAD_TILE, /* F(4x4,3x3) with tile's products, stride and dilation 1: GPUs; CPUs only by name
                            */
    SW_CONV_WINOGRAD_2X2,  /* F(2x2,3x3), stride and dilation 1, on CPUs, no weights' gradient: only by name,
                              or where exact_places asks for it */
    SW_CONV_AMX, /* products of values rounded to bfloat16, stride 1, channels in multiples of 16: CPUs with
                    Intel's matrix unit, only by name, and not where exact_places asks for exact ones */
} sw_conv_choice;

typedef enum sw_conv_pass { SW_CONV_FORWARD, SW_CONV_BACKWARD_DATA, SW_CONV_BACKWARD_WEIGHTS } sw_conv_pass;

enum { SW_CONV_PASSES = 3 };

typedef struct sw_conv2d_attrs {
    int out_channels;
    int kernel;           /* 1, 3, 5, 7 */
    int stride, dilation; /* 1..8, 1..64; 0: 1 */
    bool bias;
    sw_conv_choice engine; /* a pass goes to it, or to the next of the fixed order that takes it */
    sw_conv_choice pass[SW_CONV_PASSES]; /* of one pass, where it takes it; SW_CONV_AUTO: as `engine` says */
    bool exact_places; /* where node->decides_places: forward by an engine that rounds as a plain sum does,
                          whatever else is said */
    size_t workspace_cap_bytes; /* of clblast's im2col band (a row of pixels at least) and the blocks of
                                   winograd_tile (more where weights are many) */
} sw_conv2d_attrs;
extern const sw_op sw_op_conv2d;

/* depthwise_conv2d: y[n,p,c] = sum over window of x[n, p stride + offset, c] w[c,0,ky,kx]; stride, dilation
 * and padding as conv2d has them. Parameter weight (C,1,K,K), fan_in K*K. With a 1x1 conv2d after it, a
 * separable convolution. */
typedef struct sw_depthwise_conv2d_attrs {
    int kernel;           /* 1, 3, 5, 7 */
    int stride, dilation; /* 1..8, 1..64; 0: 1 */
} sw_depthwise_conv2d_attrs;
extern const sw_op sw_op_depthwise_conv2d;

/* batchnorm: y = (x - mean) / sqrt(var + eps) * gamma + beta per channel, then ReLU if asked. Training: mean
 * and biased variance of the batch, running statistics updated with `momentum` and the unbiased variance.
 * Input x; parameters weight, bias; states running_mean, running_var. */
typedef struct sw_batchnorm_attrs {
    float eps, momentum;
    bool relu;
} sw_batchnorm_attrs;
extern const sw_op sw_op_batchnorm;

/* group_norm: as batchnorm, but mean and variance are those of one image's group of C / groups neighbouring
 * channels, in evaluation too. Input x; parameters weight, bias. */
typedef struct sw_group_norm_attrs {
    int groups; /* divides the channels */
    float eps;
    bool relu;
} sw_group_norm_attrs;
extern const sw_op sw_op_group_norm;

/* local_response_norm: y[c] = x[c] / (k + alpha/size sum of x[j]^2)^beta with j from c - size/2 to
 * c + (size-1)/2, as far as there are such channels. Input x. */
typedef struct sw_local_response_norm_attrs {
    int size;
    float alpha, beta, k;
} sw_local_response_norm_attrs;
extern const sw_op sw_op_local_response_norm;

/* relu: max(x, 0). leaky_relu: x where x > 0, else slope x. sigmoid: 1 / (1 + exp(-x)). silu: x sigmoid(x).
 * The gradient at 0 is that of the negative side, as in PyTorch. */
typedef struct sw_leaky_relu_attrs {
    float slope; /* 0 or above */
} sw_leaky_relu_attrs;
extern const sw_op sw_op_relu, sw_op_silu, sw_op_sigmoid; /* no attributes */
extern const sw_op sw_op_leaky_relu;

/* dropout: in training each value, or each channel of an image, is 0 with the probability `rate` and
 * otherwise divided by 1 - rate. In evaluation y = x, unless samples are asked for (sw_executor_set_random).
 *
 * Nothing is kept for the backward pass: value i is dropped where draw i of the random numbers of (seed,
 * SW_RNG_DROPOUT, step << 16 | node) is a chance of `rate` (base/rng.h), with i the value's place in the
 * batch (N,H,W,C), or with `channels` the channel's in (N,C). Samples are drawn from SW_RNG_DROPOUT_SAMPLE.
 */
typedef enum sw_dropout_kind { SW_DROPOUT_ELEMENTS, SW_DROPOUT_CHANNELS } sw_dropout_kind;

typedef struct sw_dropout_attrs {
    float rate; /* below 1 */
    sw_dropout_kind kind;
} sw_dropout_attrs;
extern const sw_op sw_op_dropout;

/* max_pool: the maximum of each window, as torch.nn.MaxPool2d has it. Outputs y and offsets: the place of the
 * maximum in its window (row-major, first wins ties, NaN wins over numbers), of windows of 2x2 at 2 bits
 * each, so that channel c is bits 2(c%16).. of word c/16; of windows of 3x3 at 4 bits, bits 4(c%8).. of word
 * c/8. Without `ceil` a rest that fills no window is dropped; with it a window begins wherever a stride does
 * inside the image or the padding before it, and lies partly outside. All 0, or no attributes: 2x2, stride 2.
 */
typedef struct sw_max_pool_attrs {
    int kernel;  /* 2 or 3; 0: 2 */
    int stride;  /* 2, of a window of 3 also 1 and 3; 0: 2 */
    int padding; /* 0 or 1, of a window of 3; one of 2 has none */
    bool ceil;
} sw_max_pool_attrs;
extern const sw_op sw_op_max_pool;

/* Where the maximum of a channel lay in its window of 2x2, for px (y, x) of the pool's output: 0 to 3,
 * row-major. `offsets` are those of one image, of an output (H,W,C) of this shape. */
int sw_max_pool_place(const uint32_t *offsets, sw_shape pooled, int y, int x, int channel);

/* Height and width of an output that has twice its input's, or one more. */
typedef struct sw_doubled_attrs {
    int height, width; /* 0: twice the input's */
} sw_doubled_attrs;

/* max_unpool: inputs x and offsets of windows of 2x2; puts each value where its maximum was, zero elsewhere.
 * height and width are those before pooling, where a pool with `ceil` had one less than twice x's. */
extern const sw_op sw_op_max_unpool; /* sw_doubled_attrs */

/* average_pool: mean of windows of 2x2, stride 2. An odd rest is dropped, or with `ceil` is a window of what
 * is there: torch.nn.AvgPool2d(2, ceil_mode=True). No attributes: all 0. */
typedef struct sw_average_pool_attrs {
    bool ceil;
} sw_average_pool_attrs;
extern const sw_op sw_op_average_pool;

/* upsample: nearest; of one row or column more than twice the input's the last repeats. */
extern const sw_op sw_op_upsample; /* sw_doubled_attrs */

/* concat: the channels of 2 to SW_MAX_INPUTS inputs of one height and width, side by side in their order, as
 * torch.cat(dim=1). */
extern const sw_op sw_op_concat; /* no attributes */

/* add: the sum of 2 to SW_MAX_INPUTS inputs of one shape, then ReLU if asked. */
typedef struct sw_add_attrs {
    bool relu;
} sw_add_attrs;
extern const sw_op sw_op_add;

/* global_average_pool: (N,H,W,C) -> (N,1,1,C), the mean over all pixels of an image. */
extern const sw_op sw_op_global_average_pool; /* no attributes */

/* broadcast: (N,1,1,C) -> (N,height,width,C), the one pixel of an image everywhere. */
typedef struct sw_broadcast_attrs {
    int height, width;
} sw_broadcast_attrs;
extern const sw_op sw_op_broadcast;

/* scale: y = x s, a factor for each channel of each image (squeeze and excitation). Inputs x (N,H,W,C) and
 * s (N,1,1,C). */
extern const sw_op sw_op_scale; /* no attributes */

/* bilinear: torch.nn.functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=...).
 * The ratio of the sizes is that of the input's px to the output's, whatever `scale` says. */
typedef struct sw_bilinear_attrs {
    int scale;
    bool align_corners;
    int height, width; /* 0: scale times the input's */
} sw_bilinear_attrs;
extern const sw_op sw_op_bilinear;

/* conv_transpose2d: torch.nn.ConvTranspose2d, y[n,S p - P + t,o] = sum of x[n,p,i] w[i,o,t] (+ bias[o]), t
 * the places of the window. The padding P follows from kernel and stride S, so that the output is S times the
 * input: of 2 and 2 it is 0, of 3 and 2 and of 4 and 2 it is 1, of 16 and 8 it is 4. Input x; parameters
 * weight (I,O,K,K) and, with bias, bias (O). */
typedef struct sw_conv_transpose2d_attrs {
    int out_channels;
    int kernel; /* 1..16 */
    int stride; /* 2..8 */
    bool bias;
    int height, width; /* S times the input's, up to S - 1 more (rows that no window reaches hold the bias);
                          0: S times */
    sw_conv_choice engine;      /* SW_CONV_TILE or SW_CONV_GEMM; all else: what suits the device */
    size_t workspace_cap_bytes; /* of tile's products of a few images, one at least */
} sw_conv_transpose2d_attrs;
extern const sw_op sw_op_conv_transpose2d;

/* The padding of torch.nn.ConvTranspose2d, and its output_padding on the axis that has `in` px before and
 * `out` after; PyTorch refuses an output_padding of the stride or more. */
int sw_conv_transpose2d_padding(const sw_conv_transpose2d_attrs *attrs);
int sw_conv_transpose2d_output_padding(const sw_conv_transpose2d_attrs *attrs, int in, int out);

/* cross_entropy and focal: mean over pixels of w[t] (1-p_t)^gamma (-log p_t), divided by the sum of w[t];
 * pixels whose label is ignore_index count for nothing; all ignored: loss 0, gradient 0 (PyTorch gives NaN).
 * Inputs logits (N,H,W,K) and labels (N,H,W,1) as SW_U8; output one float. A label >= K that is not
 * ignore_index is treated as ignored; the data room refuses such masks before they get here. */

/* --- losses ------------------------------------------------------------------------------------ */

/* Inputs logits (N,H,W,K) and labels (N,H,W,1) as SW_U8; output 0 one float, the loss. Below, p is the
 * softmax of a pixel's logits, t its label, w[k] the weight of class k. A pixel counts where t is below K and
 * not ignore_index; the others count for nothing, whatever their logits are.
 *
 * Every loss is a sum over a sum of weights: each pixel or image has a value and a weight that follows from
 * its labels (sw_op.weigh), and the loss of a batch is the mean by these weights. So the loss of a batch of
 * twice the size follows from those of its halves. All weights 0: loss 0, gradient 0 (PyTorch gives NaN). The
 * backward pass gives the gradient times call->gradient_scale. */

typedef enum sw_loss_kind {
    SW_LOSS_CROSS_ENTROPY,
    SW_LOSS_FOCAL,
    SW_LOSS_DICE,
    SW_LOSS_TVERSKY,
    SW_LOSS_LOVASZ,
    SW_LOSS_BOUNDARY,
    SW_LOSS_OHEM,
    SW_LOSS_KINDS
} sw_loss_kind;

enum { SW_LOSS_MOST_SIGMA = 80 }; /* of boundary: distances are kept in bytes */

/* What a loss may be given; sw_op.fields of each names what it uses. */
typedef struct sw_loss_attrs {
    int ignore_index;       /* label that counts for nothing; -1: none */
    int class_weight_count; /* one a class; 0: all weigh 1 */
    float class_weights[SW_MAX_CLASSES];
    bool median_frequency; /* class_weights are still to be counted from the training masks */
    float gamma, label_smoothing, smooth, alpha, beta, w0, sigma, share, threshold;
} sw_loss_attrs;

/* Mean over pixels, by w[t], of (1-s) (-log p[t]) + s mean over k of (-log p[k]), s = label_smoothing:
 * torch.nn.CrossEntropyLoss where all classes weigh 1. With class weights and smoothing PyTorch weighs each
 * log p[k] by w[k]; here the pixel as a whole weighs w[t]. */
extern const sw_op sw_op_cross_entropy;

/* Mean over pixels, by w[t], of (1-p[t])^gamma (-log p[t]). Lin et al., "Focal loss for dense object
 * detection", 2017. */
extern const sw_op sw_op_focal;

/* Mean over the classes k that are true in an image and over the images, by w[k], of
 *   1 - (2 I + smooth) / (P + T + smooth)
 * with, over the pixels of the image that count, P = sum of p[k], T = number with t = k, I = sum of p[k]
 * where t = k. Milletari et al., "V-Net", 2016, without squares. A class that is not true in an image has no
 * term there: what is taken for it lowers the terms of the others. */
extern const sw_op sw_op_dice;

/* The same of 1 - (I + smooth) / (I + alpha (P - I) + beta (T - I) + smooth): alpha weighs false positives,
 * beta false negatives; both 0.5 is dice with twice the smooth. Salehi et al., "Tversky loss function for
 * image segmentation using 3D fully convolutional deep networks", 2017. */
extern const sw_op sw_op_tversky;

/* The same of the Lovasz extension of the Jaccard loss at the errors |[t = k] - p[k]| of the image's pixels.
 * Berman et al., "The Lovasz-Softmax loss", 2018, per image and of the classes that are present. Equal errors
 * are taken in the order of their pixels. Output 1: its slopes by p, for the backward pass. */
extern const sw_op sw_op_lovasz;

/* Cross-entropy in which a pixel counts 1 + w0 exp(-d^2 / (2 sigma^2)) times, d its distance in pixels to the
 * nearest pixel of another class, and once where d > 3 sigma. Pixels that do not count are no border. In an
 * image the mean by this times w[t]; over the images by the sum of w[t], so that w0 = 0 is cross_entropy.
 * After Ronneberger et al., "U-Net", 2015. */
extern const sw_op sw_op_boundary;

/* Cross-entropy of the hardest pixels of each image: of those that count and whose class weighs anything, the
 * share (rounded up) with the largest -log p[t], all that are as hard as the last of these, and all with p[t]
 * < threshold. In an image the mean over them by w[t]; over the images by the sum of w[t] of all pixels, so
 * that share = 1 is cross_entropy. Shrivastava et al., "Training region-based object detectors with online
 * hard example mining", 2016. */
extern const sw_op sw_op_ohem;

/* The losses by kind, their names (NULL at the end). All have sw_loss_attrs. */
extern const sw_op *const sw_losses[SW_LOSS_KINDS];
extern const char *const sw_loss_kinds[SW_LOSS_KINDS + 1];

extern const sw_op *const sw_ops[]; /* ends in NULL */

#endif
