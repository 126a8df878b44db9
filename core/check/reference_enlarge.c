/* Bilinear resizing and transposed convolution. */
#include <math.h>
#include <string.h>

#include "check/reference.h"

/* --- bilinear ---------------------------------------------------------------------------------- */

/* What an output of an axis reads: two pixels, which may be the same, and the second one's weight. */
typedef struct pair {
    int first, second;
    double weight;
} pair;

static pair pair_of(int o, int in, int out, bool align_corners)
{
    /* multiplied before it is divided, so that a place on a pixel is exactly there */
    double s = align_corners ? (out > 1 ? (double)o * (in - 1) / (out - 1) : 0)
                             : (double)(2 * o + 1) * in / (2 * out) - 0.5;
    s = fmin(fmax(s, 0), in - 1);
    const int first = (int)floor(s);
    return (pair){first, first + 1 < in ? first + 1 : first, s - first};
}

/* Index in x of corner k (0..3, row-major) of those that element i of y reads, and its weight. */
static size_t corner(double *weight, const sw_reference_bilinear *b, size_t i, int k)
{
    const size_t channels = (size_t)b->x.c, pixel = i / channels;
    const int column = (int)(pixel % (size_t)b->width), row = (int)(pixel / (size_t)b->width) % b->height;
    const int n = (int)(pixel / (size_t)b->width / (size_t)b->height);
    const pair rows = pair_of(row, b->x.h, b->height, b->align_corners),
               columns = pair_of(column, b->x.w, b->width, b->align_corners);
    *weight = (k / 2 ? rows.weight : 1 - rows.weight) * (k % 2 ? columns.weight : 1 - columns.weight);
    return sw_reference_index(b->x, n, k / 2 ? rows.second : rows.first,
                              k % 2 ? columns.second : columns.first, (int)(i % channels));
}

static size_t elems_of_y(const sw_reference_bilinear *b)
{
    return sw_shape_elems((sw_shape){b->x.n, b->height, b->width, b->x.c});
}

void sw_reference_bilinear_y(double *y, const double *x, const sw_reference_bilinear *b)
{
    double weight;
    for (size_t i = 0; i < elems_of_y(b); i++) {
        y[i] = 0;
        for (int k = 0; k < 4; k++) {
            const size_t from = corner(&weight, b, i, k);
            y[i] += weight * x[from];
        }
    }
}

void sw_reference_bilinear_dx(double *dx, const double *dy, const sw_reference_bilinear *b)
{
    double weight;
    memset(dx, 0, sw_shape_elems(b->x) * sizeof *dx);
    for (size_t i = 0; i < elems_of_y(b); i++)
        for (int k = 0; k < 4; k++) {
            const size_t to = corner(&weight, b, i, k);
            dx[to] += weight * dy[i];
        }
}

/* --- transposed convolution -------------------------------------------------------------------- */

static void add(sw_sum *sum, double term)
{
    sum->value += term;
    sum->magnitude += fabs(term);
    sum->terms++;
}

static sw_shape y_shape(const sw_reference_transposed *t)
{
    return (sw_shape){t->x.n, t->height, t->width, t->out_channels};
}

static size_t weight_index(const sw_reference_transposed *t, int i, int o, int ky, int kx)
{
    return sw_reference_index((sw_shape){t->x.c, t->out_channels, t->kernel, t->kernel}, i, o, ky, kx);
}

/* The place along an axis of y that tap k of pixel p of x writes to; -1 outside. */
static int written(const sw_reference_transposed *t, int p, int k, int size)
{
    const int at = t->stride * p - t->padding + k;
    return at >= 0 && at < size ? at : -1;
}

/* The pixel along an axis of x whose tap k writes to `at`; -1 if there is none. */
static int writer(const sw_reference_transposed *t, int at, int k, int size)
{
    const int p = at + t->padding - k;
    return p >= 0 && p % t->stride == 0 && p / t->stride < size ? p / t->stride : -1;
}

sw_sum sw_reference_transposed_y(const sw_reference_transposed *t, const double *x, const double *weight,
                                 const double *bias, int n, int h, int w, int o)
{
    sw_sum sum = {0};
    if (bias) add(&sum, bias[o]);
    for (int ky = 0; ky < t->kernel; ky++)
        for (int kx = 0; kx < t->kernel; kx++) {
            const int r = writer(t, h, ky, t->x.h), c = writer(t, w, kx, t->x.w);
            if (r < 0 || c < 0) continue;
            for (int i = 0; i < t->x.c; i++)
                add(&sum, x[sw_reference_index(t->x, n, r, c, i)] * weight[weight_index(t, i, o, ky, kx)]);
        }
    return sum;
}

sw_sum sw_reference_transposed_dx(const sw_reference_transposed *t, const double *dy, const double *weight,
                                  int n, int r, int c, int i)
{
    sw_sum sum = {0};
    for (int ky = 0; ky < t->kernel; ky++)
        for (int kx = 0; kx < t->kernel; kx++) {
            const int h = written(t, r, ky, t->height), w = written(t, c, kx, t->width);
            if (h < 0 || w < 0) continue;
            for (int o = 0; o < t->out_channels; o++)
                add(&sum,
                    dy[sw_reference_index(y_shape(t), n, h, w, o)] * weight[weight_index(t, i, o, ky, kx)]);
        }
    return sum;
}

sw_sum sw_reference_transposed_dw(const sw_reference_transposed *t, const double *x, const double *dy, int i,
                                  int o, int ky, int kx)
{
    sw_sum sum = {0};
    for (int n = 0; n < t->x.n; n++)
        for (int r = 0; r < t->x.h; r++)
            for (int c = 0; c < t->x.w; c++) {
                const int h = written(t, r, ky, t->height), w = written(t, c, kx, t->width);
                if (h < 0 || w < 0) continue;
                add(&sum,
                    x[sw_reference_index(t->x, n, r, c, i)] * dy[sw_reference_index(y_shape(t), n, h, w, o)]);
            }
    return sum;
}

sw_sum sw_reference_transposed_db(const sw_reference_transposed *t, const double *dy, int o)
{
    sw_sum sum = {0};
    for (int n = 0; n < t->x.n; n++)
        for (int h = 0; h < t->height; h++)
            for (int w = 0; w < t->width; w++) add(&sum, dy[sw_reference_index(y_shape(t), n, h, w, o)]);
    return sum;
}
