/* Every op once more, in double precision and as plainly as can be: what the device's results are compared
 * with.
 *
 * These functions are meant to be read beside their formulas, not to be fast. Activations are (N,H,W,C),
 * convolution weights (O,I,KH,KW), all row-major. They are themselves checked against finite differences
 * (tests/unit).
 *
 * Where a result is a long sum, the function returns it with the sum of its terms' absolute values and their
 * number: the error bound of a single-precision sum is made of these (check/bound.h). Short sums
 * (average_pool, upsample) are linear, so calling them with absolute values gives the same figure. */
#ifndef CHECK_REFERENCE_H
#define CHECK_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "exec/optimizer.h"
#include "graph/graph.h"

typedef struct sw_sum {
    double value;
    double magnitude; /* sum of |term| */
    size_t terms;
} sw_sum;

/* Place of element (n,h,w,c) in a dense array of that shape. */
size_t sw_reference_index(sw_shape s, int n, int h, int w, int c);

/* --- convolution ------------------------------------------------------------------------------- */

/* With stride S and dilation D, zero padding D (K/2), kernel K odd, y (N,H',W',O) has H' = H/S rows and W' =
 * W/S columns, rounded up. With the offset of a tap d(k) = D (k - K/2):
 *
 *   y[n,h,w,o]     = bias[o] + sum over i,ky,kx of x[n, S h + d(ky), S w + d(kx), i] weight[o,i,ky,kx]
 *   dx[n,h,w,i]    = sum over o,ky,kx of dy[n, (h - d(ky))/S, (w - d(kx))/S, o] weight[o,i,ky,kx]
 *   dw[o,i,ky,kx]  = sum over n,h,w of x[n, S h + d(ky), S w + d(kx), i] dy[n,h,w,o]
 *   db[o]          = sum over n,h,w of dy[n,h,w,o]
 *
 * with zero outside the image and where a division leaves a rest: torch.nn.Conv2d(stride=S, dilation=D,
 * padding=D*(K//2)), its "convolution" being a cross-correlation. */
typedef struct sw_reference_conv {
    sw_shape x; /* c is I */
    int out_channels, kernel;
    bool depthwise; /* O is I, and each channel has its own window only, weight (C,1,K,K): the sums over i and
                       o fall away, and dw's i is 0. torch.nn.Conv2d(groups=C, ...) */
    int stride, dilation; /* 0: 1 */
} sw_reference_conv;

/* Shape of y. */
sw_shape sw_reference_conv_shape(const sw_reference_conv *conv);

sw_sum sw_reference_conv2d_y(const sw_reference_conv *conv, const double *x, const double *weight,
                             const double *bias, int n, int h, int w, int o); /* bias may be NULL */
sw_sum sw_reference_conv2d_dx(const sw_reference_conv *conv, const double *dy, const double *weight, int n,
                              int h, int w, int i);
sw_sum sw_reference_conv2d_dw(const sw_reference_conv *conv, const double *x, const double *dy, int o, int i,
                              int ky, int kx);
sw_sum sw_reference_conv2d_db(const sw_reference_conv *conv, const double *dy, int o);

/* Element (row, column) of op(A) op(B) + beta C; lengths of stored rows as in cl/gemm.h, offsets applied by
 * the caller. */
sw_sum sw_reference_gemm(bool transpose_a, bool transpose_b, size_t k, const double *a, size_t lda,
                         const double *b, size_t ldb, double beta, double c, size_t row, size_t column);

/* --- batch norm -------------------------------------------------------------------------------- */

/* Ioffe, Szegedy: "Batch normalization" (2015), as torch.nn.BatchNorm2d has it. With M = N*H*W, per channel:
 *
 *   mean = sum x / M,   variance = sum (x-mean)^2 / M   (biased)
 *   running = (1-momentum) running + momentum statistic
 *
 *   xhat = (x-mean) / sqrt(variance+eps)
 *   y = gamma xhat + beta,   then max(y, 0) with relu
 *
 *   dbeta = sum g,   dgamma = sum g xhat
 *   dx = gamma/sqrt(variance+eps) (g - dbeta/M - xhat dgamma/M)
 *
 * The running variance takes the unbiased one: times M/(M-1). With M = 1, where that has no value (PyTorch
 * refuses), it takes the biased one, which is 0. g is dy; with relu it is dy where the forward output was
 * positive, and 0 elsewhere. */
void sw_reference_batchnorm_statistics(double *mean, double *variance, const double *x, sw_shape s);
void sw_reference_batchnorm_running(double *running_mean, double *running_variance, const double *mean,
                                    const double *variance, double momentum, sw_shape s);
void sw_reference_batchnorm_y(double *y, const double *x, sw_shape s, const double *mean,
                              const double *variance, const double *gamma, const double *beta, double eps,
                              bool relu);
/* `passed` (one byte an element, 0 where ReLU cut) is NULL without relu. */
void sw_reference_batchnorm_backward(double *dx, double *dgamma, double *dbeta, const double *x,
                                     const double *dy, sw_shape s, const double *mean, const double *variance,
                                     const double *gamma, double eps, const uint8_t *passed);

/* --- group norm -------------------------------------------------------------------------------- */

/* Wu, He: "Group normalization" (2018), as torch.nn.GroupNorm has it: batch norm's formulas with the mean and
 * the biased variance of the M = H*W*C/groups values of one image's group of neighbouring channels, and
 *
 *   dx = (gamma g - sum of gamma g / M - xhat sum of (gamma g xhat) / M) / sqrt(variance+eps)
 *
 * mean and variance are (N,groups). `passed` as for batch norm. */
typedef struct sw_reference_group_norm {
    int groups;
    double eps;
    bool relu;
    const double *gamma, *beta; /* (C) */
} sw_reference_group_norm;

void sw_reference_group_norm_statistics(double *mean, double *variance, const double *x, sw_shape s,
                                        int groups);
void sw_reference_group_norm_y(double *y, const double *x, sw_shape s, const sw_reference_group_norm *norm,
                               const double *mean, const double *variance);
void sw_reference_group_norm_backward(double *dx, double *dgamma, double *dbeta, const double *x,
                                      const double *dy, sw_shape s, const sw_reference_group_norm *norm,
                                      const double *mean, const double *variance, const uint8_t *passed);

/* --- local response norm ----------------------------------------------------------------------- */

/* Krizhevsky et al., "ImageNet classification with deep convolutional neural networks" (2012), as
 * torch.nn.LocalResponseNorm has it. Across the channels c of a pixel, with those that do not exist left out:
 *
 *   s[c] = k + alpha/size sum of x[j]^2, j = c - size/2 .. c + (size-1)/2;   y[c] = x[c] s[c]^-beta
 *   dx[j] = dy[j] s[j]^-beta - sum over the c whose window has j of
 *           2 alpha/size beta dy[c] x[c] s[c]^(-beta-1) x[j] */
typedef struct sw_reference_response_norm {
    int size;
    double alpha, beta, k;
} sw_reference_response_norm;

/* s[c] of a pixel. */
double sw_reference_response_norm_s(const double *pixel, int channels, int c,
                                    const sw_reference_response_norm *norm);
void sw_reference_response_norm_y(double *y, const double *x, sw_shape s,
                                  const sw_reference_response_norm *norm);
/* `size`: of each dx, the sum of its terms' absolute values. */
void sw_reference_response_norm_backward(double *dx, double *size, const double *x, const double *dy,
                                         sw_shape s, const sw_reference_response_norm *norm);

/* --- activations, dropout ---------------------------------------------------------------------- */

/* torch.nn.ReLU, LeakyReLU(slope), Sigmoid, SiLU; and their derivatives, at 0 those of the negative side. */
typedef enum sw_reference_activation_kind {
    SW_REFERENCE_RELU,
    SW_REFERENCE_LEAKY_RELU,
    SW_REFERENCE_SIGMOID,
    SW_REFERENCE_SILU
} sw_reference_activation_kind;

double sw_reference_activation(sw_reference_activation_kind kind, double x, double slope);
double sw_reference_activation_slope(sw_reference_activation_kind kind, double x, double slope);

/* torch.nn.Dropout, or with `channels` Dropout2d, with the masks that ops/ops.h describes: y = 0 where a draw
 * of (seed, stream, step << 16 | node) is a chance of `rate`, else x / (1 - rate). */
typedef struct sw_reference_drop {
    float rate;
    bool channels;
    sw_rng_stream stream;
    uint64_t seed, step, node;
} sw_reference_drop;

void sw_reference_dropout(double *y, const double *x, sw_shape s, const sw_reference_drop *drop);

/* --- pooling ----------------------------------------------------------------------------------- */

/* 2x2 windows, stride 2; an odd last row or column is dropped: (N,H,W,C) -> (N,H/2,W/2,C). */
sw_shape sw_reference_pool_shape(sw_shape x);

/* Offsets 0..3 are row-major places in the window, one byte an element. The scan is row-major, the first
 * maximum wins ties, a NaN wins over numbers, the last NaN over other NaNs: torch.nn.MaxPool2d(2,
 * return_indices=True). */
void sw_reference_max_pool(double *y, uint8_t *offsets, const double *x, sw_shape xs);
/* dx (of shape xs) = dy at the maximum, 0 elsewhere. */
void sw_reference_max_pool_backward(double *dx, const double *dy, const uint8_t *offsets, sw_shape xs);

/* y (N,height,width,C) = x where its maximum was, 0 elsewhere (torch.nn.MaxUnpool2d; Badrinarayanan et al.,
 * "SegNet"). x has shape xs = (N,height/2,width/2,C). */
void sw_reference_max_unpool(double *y, const double *x, const uint8_t *offsets, sw_shape xs, int height,
                             int width);
void sw_reference_max_unpool_backward(double *dx, const double *dy, const uint8_t *offsets, sw_shape xs,
                                      int height, int width);

/* Mean of each window; backward gives each of its four elements dy/4. */
void sw_reference_average_pool(double *y, const double *x, sw_shape xs);
void sw_reference_average_pool_backward(double *dx, const double *dy, sw_shape xs);

/* Nearest: y[n,h,w,c] = x[n, min(h/2,H-1), min(w/2,W-1), c], so that height 2H+1 repeats the last row once
 * more. */
void sw_reference_upsample(double *y, const double *x, sw_shape xs, int height, int width);
void sw_reference_upsample_backward(double *dx, const double *dy, sw_shape xs, int height, int width);

/* Windows of any kind: of side `kernel`, `stride` apart, `padding` rows and columns around the image. With
 * `ceil` windows are counted up, so that the last may lie partly outside, but none begins behind the image
 * and the padding before it: torch.nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil, return_indices=True)
 * and torch.nn.AvgPool2d(..., count_include_pad=False). Offsets are row-major places in the whole window;
 * what is outside is no maximum, and counts for no mean. */
typedef struct sw_reference_window {
    int kernel, stride, padding;
    bool ceil;
} sw_reference_window;

sw_shape sw_reference_window_shape(const sw_reference_window *window, sw_shape x);
void sw_reference_window_max(double *y, uint8_t *offsets, const double *x, sw_shape xs,
                             const sw_reference_window *window);
/* dx (of shape xs) = the sum of dy over the windows whose maximum an element is. */
void sw_reference_window_max_backward(double *dx, const double *dy, const uint8_t *offsets, sw_shape xs,
                                      const sw_reference_window *window);
void sw_reference_window_average(double *y, const double *x, sw_shape xs, const sw_reference_window *window);
void sw_reference_window_average_backward(double *dx, const double *dy, sw_shape xs,
                                          const sw_reference_window *window);

/* The device's packing of offsets: 2 bits each, channel c of a pixel in bits 2(c%16).. of its word c/16,
 * unused bits 0. Words are (N,H,W,ceil(C/16)) for offsets of shape (N,H,W,C). */
sw_shape sw_reference_packed_shape(sw_shape offsets);
void sw_reference_pack_offsets(uint32_t *words, const uint8_t *offsets, sw_shape s);
/* The same at so many bits each, of which a word has 32. */
sw_shape sw_reference_bits_shape(sw_shape offsets, int bits);
void sw_reference_pack_bits(uint32_t *words, const uint8_t *offsets, sw_shape s, int bits);

/* --- joining, and whole images ----------------------------------------------------------------- */

/* torch.cat(dim=1): the channels of x[0], x[1], .. of shapes xs[0], xs[1], .. side by side. */
void sw_reference_concat(double *y, const double *const *x, const sw_shape *xs, int count);
/* The gradient of the input of shape xs whose channels begin at `begin` of dy's dy_channels. */
void sw_reference_concat_backward(double *dx, const double *dy, sw_shape xs, int begin, int dy_channels);

/* y = x[0] + x[1] + .., then max(y, 0) with relu. */
void sw_reference_add(double *y, const double *const *x, int count, size_t elems, bool relu);
/* Of every input alike. `y` (the forward output; dx is 0 where it is not positive) is NULL without relu. */
void sw_reference_add_backward(double *dx, const double *dy, const double *y, size_t elems);

/* torch.nn.AdaptiveAvgPool2d(1): y (N,1,1,C) is the mean over the pixels of x. */
void sw_reference_global_average_pool(double *y, const double *x, sw_shape xs);
void sw_reference_global_average_pool_backward(double *dx, const double *dy, sw_shape xs);

/* x (N,1,1,C) at every pixel of y, as torch.Tensor.expand. */
void sw_reference_broadcast(double *y, const double *x, sw_shape ys);
void sw_reference_broadcast_backward(double *dx, const double *dy, sw_shape ys);

/* y[n,h,w,c] = x[n,h,w,c] s[n,c]. Hu, Shen, Sun: "Squeeze-and-excitation networks" (2018). */
void sw_reference_scale(double *y, const double *x, const double *s, sw_shape xs);
void sw_reference_scale_backward(double *dx, double *ds, const double *x, const double *s, const double *dy,
                                 sw_shape xs);

/* --- enlarging --------------------------------------------------------------------------------- */

/* torch.nn.functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=...). Along an axis
 * of `in` px, output o of `out` lies at s = (o + 1/2) in/out - 1/2, or with align_corners at s = o
 * (in-1)/(out-1) (0 for a single one), not below 0 and not above in - 1. It takes pixel floor(s) with the
 * weight 1 - (s - floor(s)), and the next one with the rest. Linear, so that calling them with absolute
 * values gives the sizes of the terms. */
typedef struct sw_reference_bilinear {
    sw_shape x;
    int height, width;
    bool align_corners;
} sw_reference_bilinear;

void sw_reference_bilinear_y(double *y, const double *x, const sw_reference_bilinear *b);
void sw_reference_bilinear_dx(double *dx, const double *dy, const sw_reference_bilinear *b);

/* torch.nn.ConvTranspose2d with stride S, padding P and weight (I,O,K,K), whose output has height and width
 * as given:
 *
 *   y[n,h,w,o]    = bias[o] + sum of x[n,r,c,i] weight[i,o,ky,kx] over i, ky, kx with h = S r - P + ky and
 *                   w = S c - P + kx
 *   dx[n,r,c,i]   = sum over o, ky, kx of dy[n, S r - P + ky, S c - P + kx, o] weight[i,o,ky,kx]
 *   dw[i,o,ky,kx] = sum over n, r, c of x[n,r,c,i] dy[n, S r - P + ky, S c - P + kx, o]
 *   db[o]         = sum over n, h, w of dy[n,h,w,o] */
typedef struct sw_reference_transposed {
    sw_shape x; /* c is I */
    int out_channels, kernel, stride, padding, height, width;
} sw_reference_transposed;

sw_sum sw_reference_transposed_y(const sw_reference_transposed *t, const double *x, const double *weight,
                                 const double *bias, int n, int h, int w, int o); /* bias may be NULL */
sw_sum sw_reference_transposed_dx(const sw_reference_transposed *t, const double *dy, const double *weight,
                                  int n, int r, int c, int i);
sw_sum sw_reference_transposed_dw(const sw_reference_transposed *t, const double *x, const double *dy, int i,
                                  int o, int ky, int kx);
sw_sum sw_reference_transposed_db(const sw_reference_transposed *t, const double *dy, int o);

/* --- losses ------------------------------------------------------------------------------------ */

/* With p = softmax(logits), t the label and ce = -log p[t], over the pixels that count (label below `classes`
 * and not `ignore_index`), their weights w[t] (1 without weights) and W = sum of w[t]:
 *
 *   loss     = sum of w[t] ((1-p[t])^gamma ce + s (x[t] - mean of x)) / W   (0 when W is 0, where PyTorch
 * gives NaN) dlogit_k = w[t]/W (((1-p[t])^gamma + gamma ce p[t] (1-p[t])^(gamma-1)) (p[k] - [k = t])
 *                      + s ([k = t] - 1/K))
 *
 * gamma 0 and s 0 is torch.nn.CrossEntropyLoss(weight, ignore_index); s its label_smoothing where all weigh
 * 1; gamma > 0 the focal loss of Lin et al., "Focal loss for dense object detection" (2017). */
typedef struct sw_reference_loss {
    int classes;
    int ignore_index;           /* -1: none */
    const double *weights;      /* (classes), or NULL */
    double gamma, smoothing;    /* of cross-entropy and focal; s is smoothing */
    double alpha, beta, smooth; /* of the overlap losses */
    double w0, sigma;           /* of boundary */
    double share, threshold;    /* of ohem */
} sw_reference_loss;

bool sw_reference_label_counts(const sw_reference_loss *loss, uint8_t label);
/* ce of one pixel, the largest logit taken out first so that nothing overflows. */
double sw_reference_cross_entropy(const double *logits, int classes, int label);
/* Loss as a function of one pixel's ce, and its derivative. */
double sw_reference_focal(double ce, double gamma);
double sw_reference_focal_slope(double ce, double gamma);
/* dlogits may be NULL; else (pixels, classes). Returns the loss. */
double sw_reference_loss_run(double *dlogits, const sw_reference_loss *loss, const double *logits,
                             const uint8_t *labels, size_t pixels);

/* Dice and Tversky. Of each image and class, over the image's pixels that count: I = sum of p[k] where t = k,
 * F = sum of p[k] where t != k, M = sum of 1 - p[k] where t = k, D = I + alpha F + beta M + smooth:
 *
 *   loss = sum of w[k] (alpha F + beta M) / D over the images and the classes that are true in them, divided
 * by the sum of these w[k] dlogit_j = p[j] (g[j] - sum of p[k] g[k]),  g[k] the derivative by p[k]: w[k]/W
 * alpha (I + smooth) / D^2 where t != k, -w[k]/W (alpha F + beta M + beta (I + smooth)) / D^2 where t = k
 *
 * dice is alpha = beta = 0.5 with half of its own smooth. */
typedef struct sw_reference_overlap {
    double hit, false_hit, missed; /* I, F, M */
    size_t pixels;                 /* that are true */
} sw_reference_overlap;

/* p of one pixel. */
void sw_reference_softmax(double *p, const double *logits, int classes);
/* Sums of one image, overlaps[classes]. */
void sw_reference_overlap_sum(sw_reference_overlap *overlaps, const sw_reference_loss *loss,
                              const double *logits, const uint8_t *labels, size_t pixels);
/* The term of one class, and its derivatives by p[k] where t is the class, and where it is not. */
double sw_reference_overlap_term(const sw_reference_loss *loss, const sw_reference_overlap *o);
double sw_reference_overlap_slope(const sw_reference_loss *loss, const sw_reference_overlap *o, bool is_true);
/* The weight of a class in an image: 0 where it is not true there. */
double sw_reference_overlap_weight(const sw_reference_loss *loss, const sw_reference_overlap *o, int k);
/* dlogits may be NULL; else (images, pixels, classes). Returns the loss. */
double sw_reference_overlap_run(double *dlogits, const sw_reference_loss *loss, const double *logits,
                                const uint8_t *labels, size_t images, size_t pixels);

/* Lovasz-softmax. Of each image and class, over the image's pixels that count: errors e = 1 - p[k] where t =
 * k, else p[k], in descending order, equal ones in that of the pixels; T pixels have t = k. The loss is that
 * of the overlap losses with the term sum of e g, whose derivative by p[k] is -g where t = k, else g: */

/* g of a pixel behind `a` pixels with t = k and b others. */
double sw_reference_lovasz_slope(size_t trues, bool is_true, size_t a, size_t b);
double sw_reference_lovasz_run(double *dlogits, const sw_reference_loss *loss, const double *logits,
                               const uint8_t *labels, size_t images, size_t pixels);

/* boundary and ohem: cross-entropy with a weight f of each pixel. Of each image S = sum of f ce, F = sum of
 * f, W = sum of w[t], over the pixels that count:
 *
 *   loss     = sum of W S / F over the images / sum of W over the images
 *   dlogit_k = W / (F sum of W) f (p[k] - [k = t])
 *
 * boundary: f = w[t] (1 + w0 exp(-d^2 / (2 sigma^2))), d the distance to the nearest pixel that counts and
 * has another class; w[t] where d > 3 sigma. ohem: f = w[t] where ce is at least the k-th largest of the
 * pixels with w[t] > 0, k = share of their number, rounded up, or p[t] < threshold; else 0. */

/* Fills f of one image; d^2 of one pixel, or -1 where no other class is so near. */
int sw_reference_boundary_distance(const sw_reference_loss *loss, const uint8_t *labels, int height,
                                   int width, int y, int x);
void sw_reference_boundary_map(double *f, const sw_reference_loss *loss, const uint8_t *labels, int height,
                               int width);
/* Returns the k-th largest ce, infinite where no pixel counts. */
double sw_reference_ohem_map(double *f, const sw_reference_loss *loss, const double *logits,
                             const uint8_t *labels, size_t pixels);
/* One image: adds its part of dlogits (NULL: not wanted) and of the loss, given its f and the sum of W. */
double sw_reference_pixels_image(double *dlogits, const sw_reference_loss *loss, const double *f,
                                 double weight_sum, const double *logits, const uint8_t *labels,
                                 size_t pixels);
/* The weight of one pixel's class, 0 where it does not count. */
double sw_reference_label_weight(const sw_reference_loss *loss, uint8_t label);

/* --- optimisers -------------------------------------------------------------------------------- */

/* What sw_optimizer_config says, in double: 0.999 and not the float nearest to it, which is 0.99900001287 and
 * would make 1 - beta2 differ in the fifth digit. */
typedef struct sw_reference_update {
    sw_optimizer_kind kind;
    double beta1, beta2, eps, weight_decay, momentum;
    bool nesterov;
} sw_reference_update;

/* One step, number `step` counted from 1. Kingma, Ba: "Adam" (2015); Loshchilov, Hutter: "Decoupled weight
 * decay regularization" (2019); in the form of torch.optim:
 *
 *   adam:  g += decay p;  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;
 *          p -= lr/(1-b1^step) m / (sqrt(v)/sqrt(1-b2^step) + eps)
 *   adamw: p *= 1 - lr decay; then the same without decay
 *   sgd:   g += decay p;  with momentum: m = momentum m + g, g = m (nesterov: g + momentum m);  p -= lr g
 *
 * m is the first moment buffer, v the second (adam, adamw only); NULL where there is none. `moved` (count;
 * may be NULL) receives per element the size of the update, with every sum that may cancel taken of absolute
 * values: the rounding error of p is a small multiple of eps of it, and of |p|. */
void sw_reference_update_run(double *p, double *m, double *v, const double *g, size_t count,
                             const sw_reference_update *config, double lr, uint64_t step, double *moved);

/* What torch.nn.utils.clip_grad_norm_ multiplies the gradients with: limit / (norm + 1e-6) of all of them
 * together, at most 1. */
double sw_reference_clip_factor(const double *g, size_t count, double limit);

/* average = decay average + (1 - decay) current. The decay of the first update is 0, of a later one, number
 * n + 1, the smaller of `decay` and (1 + n) / (10 + n). */
void sw_reference_average(double *average, const double *current, size_t count, double decay);
double sw_reference_average_decay(double decay, uint64_t update);

/* --- metrics ----------------------------------------------------------------------------------- */

/* Class of the largest logit; the lowest class wins ties. */
int sw_reference_arg_max(const double *logits, int classes);
/* The softmax of that class. */
double sw_reference_confidence(const double *logits, int classes);
/* Of one image: confusion (K,K) counts, rows truth and columns prediction; soft[0] = sum g p and
 * soft[1] = sum (g + p - g p) over classes and pixels, with softmax p and one-hot truth g. Pixels whose label
 * is ignore_index or not a class are left out of both. */
void sw_reference_metrics(uint32_t *confusion, double soft[2], uint8_t *predictions, const double *logits,
                          const uint8_t *labels, size_t pixels, int classes, int ignore_index);

#endif
