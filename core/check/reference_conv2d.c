#include <math.h>

#include "check/reference.h"

size_t sw_reference_index(sw_shape s, int n, int h, int w, int c)
{
    return (((size_t)n * (size_t)s.h + (size_t)h) * (size_t)s.w + (size_t)w) * (size_t)s.c + (size_t)c;
}

static void add(sw_sum *sum, double term)
{
    sum->value += term;
    sum->magnitude += fabs(term);
    sum->terms++;
}

static bool inside(sw_shape s, int h, int w)
{
    return h >= 0 && h < s.h && w >= 0 && w < s.w;
}

/* Channels that a channel of the other side is connected with: all, or its own. */
typedef struct span {
    int first, end;
} span;

static span connected(const sw_reference_conv *conv, int own, int all)
{
    return conv->depthwise ? (span){own, own + 1} : (span){0, all};
}

static size_t weight_index(const sw_reference_conv *conv, int o, int i, int ky, int kx)
{
    sw_shape dims = {conv->out_channels, conv->depthwise ? 1 : conv->x.c, conv->kernel, conv->kernel};
    return sw_reference_index(dims, o, conv->depthwise ? 0 : i, ky, kx);
}

static int stride_of(const sw_reference_conv *conv)
{
    return conv->stride ? conv->stride : 1;
}

sw_shape sw_reference_conv_shape(const sw_reference_conv *conv)
{
    int stride = stride_of(conv);
    return (sw_shape){conv->x.n, (conv->x.h + stride - 1) / stride, (conv->x.w + stride - 1) / stride,
                      conv->out_channels};
}

/* How far tap k lies from the middle of the window. */
static int offset(const sw_reference_conv *conv, int k)
{
    return (k - conv->kernel / 2) * (conv->dilation ? conv->dilation : 1);
}

sw_sum sw_reference_conv2d_y(const sw_reference_conv *conv, const double *x, const double *weight,
                             const double *bias, int n, int h, int w, int o)
{
    sw_sum sum = {0};
    span in = connected(conv, o, conv->x.c);
    if (bias) add(&sum, bias[o]);
    for (int ky = 0; ky < conv->kernel; ky++)
        for (int kx = 0; kx < conv->kernel; kx++) {
            int row = h * stride_of(conv) + offset(conv, ky), column = w * stride_of(conv) + offset(conv, kx);
            if (!inside(conv->x, row, column)) continue;
            for (int i = in.first; i < in.end; i++)
                add(&sum, x[sw_reference_index(conv->x, n, row, column, i)] *
                              weight[weight_index(conv, o, i, ky, kx)]);
        }
    return sum;
}

sw_sum sw_reference_conv2d_dx(const sw_reference_conv *conv, const double *dy, const double *weight, int n,
                              int h, int w, int i)
{
    sw_sum sum = {0};
    sw_shape ys = sw_reference_conv_shape(conv);
    int stride = stride_of(conv);
    span out = connected(conv, i, conv->out_channels);
    for (int ky = 0; ky < conv->kernel; ky++)
        for (int kx = 0; kx < conv->kernel; kx++) {
            int row = h - offset(conv, ky), column = w - offset(conv, kx);
            if (row % stride || column % stride || !inside(ys, row / stride, column / stride)) continue;
            for (int o = out.first; o < out.end; o++)
                add(&sum, dy[sw_reference_index(ys, n, row / stride, column / stride, o)] *
                              weight[weight_index(conv, o, i, ky, kx)]);
        }
    return sum;
}

sw_sum sw_reference_conv2d_dw(const sw_reference_conv *conv, const double *x, const double *dy, int o, int i,
                              int ky, int kx)
{
    sw_sum sum = {0};
    sw_shape ys = sw_reference_conv_shape(conv);
    int channel = conv->depthwise ? o : i;
    for (int n = 0; n < ys.n; n++)
        for (int h = 0; h < ys.h; h++)
            for (int w = 0; w < ys.w; w++) {
                int row = h * stride_of(conv) + offset(conv, ky),
                    column = w * stride_of(conv) + offset(conv, kx);
                if (!inside(conv->x, row, column)) continue;
                add(&sum, x[sw_reference_index(conv->x, n, row, column, channel)] *
                              dy[sw_reference_index(ys, n, h, w, o)]);
            }
    return sum;
}

sw_sum sw_reference_conv2d_db(const sw_reference_conv *conv, const double *dy, int o)
{
    sw_sum sum = {0};
    sw_shape ys = sw_reference_conv_shape(conv);
    for (int n = 0; n < ys.n; n++)
        for (int h = 0; h < ys.h; h++)
            for (int w = 0; w < ys.w; w++) add(&sum, dy[sw_reference_index(ys, n, h, w, o)]);
    return sum;
}

sw_sum sw_reference_gemm(bool transpose_a, bool transpose_b, size_t k, const double *a, size_t lda,
                         const double *b, size_t ldb, double beta, double c, size_t row, size_t column)
{
    sw_sum sum = {0};
    for (size_t i = 0; i < k; i++)
        add(&sum, (transpose_a ? a[i * lda + row] : a[row * lda + i]) *
                      (transpose_b ? b[column * ldb + i] : b[i * ldb + column]));
    if (beta != 0) add(&sum, beta * c);
    return sum;
}
