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

/* cross_entropy and focal: mean over pixels of w[t] (1-p_t)^gamma (-log p_t), divided by the sum of w[t];
 * pixels whose label is ignore_index count for nothing; all ignored: loss 0, gradient 0 (PyTorch gives NaN).
 * Inputs logits (N,H,W,K) and labels (N,H,W,1) as SW_U8; output one float. A label >= K that is not
 * ignore_index is treated as ignored; the data room refuses such masks before they get here. */
typedef struct sw_loss_attrs {
    float gamma;            /* focal only */
    int ignore_index;       /* label that counts for nothing; -1: none */
    int class_weight_count; /* one a class; 0: all weigh 1 */
    float class_weights[SW_MAX_CLASSES];
} sw_loss_attrs;
extern const sw_op sw_op_cross_entropy;
extern const sw_op sw_op_focal;

extern const sw_op *const sw_ops[]; /* ends in NULL */

#endif
