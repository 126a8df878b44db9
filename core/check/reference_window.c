/* Pooling by windows of any side, stride and padding. */
#include <math.h>
#include <string.h>

#include "check/reference.h"

static int count_windows(int side, const sw_reference_window *p)
{
    double windows = (double)(side + 2 * p->padding - p->kernel) / p->stride + 1;
    int count = (int)(p->ceil ? ceil(windows) : floor(windows));
    while (count > 0 && (count - 1) * p->stride >= side + p->padding) count--;
    return count;
}

sw_shape sw_reference_window_shape(const sw_reference_window *p, sw_shape x)
{
    return (sw_shape){x.n, count_windows(x.h, p), count_windows(x.w, p), x.c};
}

/* The elements of x that are inside the window of an element of y: their indices and places in the window, in
 * row-major order. Returns their number. */
typedef struct member {
    size_t index;
    uint8_t place;
} member;

enum { MOST_MEMBERS = 9 };

static int members(member *out, const sw_reference_window *p, sw_shape xs, sw_shape ys, size_t i)
{
    const size_t c = i % (size_t)ys.c, pixel = i / (size_t)ys.c;
    const int column = (int)(pixel % (size_t)ys.w), row = (int)(pixel / (size_t)ys.w % (size_t)ys.h);
    const int image = (int)(pixel / (size_t)ys.w / (size_t)ys.h);
    int count = 0;
    for (int ky = 0; ky < p->kernel; ky++)
        for (int kx = 0; kx < p->kernel; kx++) {
            int h = row * p->stride - p->padding + ky, w = column * p->stride - p->padding + kx;
            if (h < 0 || h >= xs.h || w < 0 || w >= xs.w) continue;
            out[count++] =
                (member){sw_reference_index(xs, image, h, w, (int)c), (uint8_t)(ky * p->kernel + kx)};
        }
    return count;
}

void sw_reference_window_max(double *y, uint8_t *offsets, const double *x, sw_shape xs,
                             const sw_reference_window *p)
{
    sw_shape ys = sw_reference_window_shape(p, xs);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) {
        member m[MOST_MEMBERS];
        int count = members(m, p, xs, ys, i), best = 0;
        for (int k = 1; k < count; k++)
            if (x[m[k].index] > x[m[best].index] || isnan(x[m[k].index])) best = k;
        y[i] = x[m[best].index];
        offsets[i] = m[best].place;
    }
}

void sw_reference_window_max_backward(double *dx, const double *dy, const uint8_t *offsets, sw_shape xs,
                                      const sw_reference_window *p)
{
    sw_shape ys = sw_reference_window_shape(p, xs);
    memset(dx, 0, sw_shape_elems(xs) * sizeof *dx);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) {
        member m[MOST_MEMBERS];
        int count = members(m, p, xs, ys, i);
        for (int k = 0; k < count; k++)
            if (m[k].place == offsets[i]) dx[m[k].index] += dy[i];
    }
}

void sw_reference_window_average(double *y, const double *x, sw_shape xs, const sw_reference_window *p)
{
    sw_shape ys = sw_reference_window_shape(p, xs);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) {
        member m[MOST_MEMBERS];
        int count = members(m, p, xs, ys, i);
        double sum = 0;
        for (int k = 0; k < count; k++) sum += x[m[k].index];
        y[i] = sum / count;
    }
}

void sw_reference_window_average_backward(double *dx, const double *dy, sw_shape xs,
                                          const sw_reference_window *p)
{
    sw_shape ys = sw_reference_window_shape(p, xs);
    memset(dx, 0, sw_shape_elems(xs) * sizeof *dx);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) {
        member m[MOST_MEMBERS];
        int count = members(m, p, xs, ys, i);
        for (int k = 0; k < count; k++) dx[m[k].index] += dy[i] / count;
    }
}
