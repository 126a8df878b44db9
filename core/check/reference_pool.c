#include <math.h>
#include <string.h>

#include "check/reference.h"

sw_shape sw_reference_pool_shape(sw_shape x)
{
    return (sw_shape){x.n, x.h / 2, x.w / 2, x.c};
}

static void clear(double *values, sw_shape s)
{
    memset(values, 0, sw_shape_elems(s) * sizeof *values);
}

/* Coordinates of element i of a dense array. */
typedef struct place {
    int n, h, w, c;
} place;

static place place_of(sw_shape s, size_t i)
{
    place at;
    at.c = (int)(i % (size_t)s.c);
    i /= (size_t)s.c;
    at.w = (int)(i % (size_t)s.w);
    i /= (size_t)s.w;
    at.h = (int)(i % (size_t)s.h);
    at.n = (int)(i / (size_t)s.h);
    return at;
}

/* Index in the full-sized array of corner k (0..3, row-major) of the window of the pooled array's element i.
 */
static size_t corner(sw_shape pooled, sw_shape full, size_t i, int k)
{
    place at = place_of(pooled, i);
    return sw_reference_index(full, at.n, 2 * at.h + k / 2, 2 * at.w + k % 2, at.c);
}

void sw_reference_max_pool(double *y, uint8_t *offsets, const double *x, sw_shape xs)
{
    sw_shape ys = sw_reference_pool_shape(xs);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) {
        double best = x[corner(ys, xs, i, 0)];
        uint8_t offset = 0;
        for (uint8_t k = 1; k < 4; k++) {
            double candidate = x[corner(ys, xs, i, k)];
            if (!(candidate > best) && !isnan(candidate)) continue;
            best = candidate;
            offset = k;
        }
        y[i] = best;
        offsets[i] = offset;
    }
}

void sw_reference_max_pool_backward(double *dx, const double *dy, const uint8_t *offsets, sw_shape xs)
{
    sw_reference_max_unpool(dx, dy, offsets, sw_reference_pool_shape(xs), xs.h, xs.w);
}

void sw_reference_max_unpool(double *y, const double *x, const uint8_t *offsets, sw_shape xs, int height,
                             int width)
{
    sw_shape ys = {xs.n, height, width, xs.c};
    clear(y, ys);
    for (size_t i = 0; i < sw_shape_elems(xs); i++) y[corner(xs, ys, i, offsets[i])] = x[i];
}

void sw_reference_max_unpool_backward(double *dx, const double *dy, const uint8_t *offsets, sw_shape xs,
                                      int height, int width)
{
    sw_shape ys = {xs.n, height, width, xs.c};
    for (size_t i = 0; i < sw_shape_elems(xs); i++) dx[i] = dy[corner(xs, ys, i, offsets[i])];
}

void sw_reference_average_pool(double *y, const double *x, sw_shape xs)
{
    sw_shape ys = sw_reference_pool_shape(xs);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) sum += x[corner(ys, xs, i, k)];
        y[i] = sum / 4;
    }
}

void sw_reference_average_pool_backward(double *dx, const double *dy, sw_shape xs)
{
    sw_shape ys = sw_reference_pool_shape(xs);
    clear(dx, xs);
    for (size_t i = 0; i < sw_shape_elems(ys); i++)
        for (int k = 0; k < 4; k++) dx[corner(ys, xs, i, k)] = dy[i] / 4;
}

/* Index of the element of x that element i of the doubled image shows. */
static size_t shown(sw_shape xs, sw_shape ys, size_t i)
{
    place at = place_of(ys, i);
    int h = at.h / 2 < xs.h ? at.h / 2 : xs.h - 1, w = at.w / 2 < xs.w ? at.w / 2 : xs.w - 1;
    return sw_reference_index(xs, at.n, h, w, at.c);
}

void sw_reference_upsample(double *y, const double *x, sw_shape xs, int height, int width)
{
    sw_shape ys = {xs.n, height, width, xs.c};
    for (size_t i = 0; i < sw_shape_elems(ys); i++) y[i] = x[shown(xs, ys, i)];
}

void sw_reference_upsample_backward(double *dx, const double *dy, sw_shape xs, int height, int width)
{
    sw_shape ys = {xs.n, height, width, xs.c};
    clear(dx, xs);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) dx[shown(xs, ys, i)] += dy[i];
}

sw_shape sw_reference_packed_shape(sw_shape offsets)
{
    return sw_reference_bits_shape(offsets, 2);
}

void sw_reference_pack_offsets(uint32_t *words, const uint8_t *offsets, sw_shape s)
{
    sw_reference_pack_bits(words, offsets, s, 2);
}

sw_shape sw_reference_bits_shape(sw_shape offsets, int bits)
{
    const int a_word = 32 / bits;
    return (sw_shape){offsets.n, offsets.h, offsets.w, (offsets.c + a_word - 1) / a_word};
}

void sw_reference_pack_bits(uint32_t *words, const uint8_t *offsets, sw_shape s, int bits)
{
    size_t pixels = (size_t)s.n * (size_t)s.h * (size_t)s.w, channels = (size_t)s.c;
    size_t per_pixel = (size_t)sw_reference_bits_shape(s, bits).c, a_word = 32 / (size_t)bits;
    memset(words, 0, pixels * per_pixel * sizeof *words);
    for (size_t pixel = 0; pixel < pixels; pixel++)
        for (size_t c = 0; c < channels; c++)
            words[pixel * per_pixel + c / a_word] |= (uint32_t)offsets[pixel * channels + c]
                                                     << (size_t)bits * (c % a_word);
}
