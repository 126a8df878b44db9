#include <string.h>

#include "check/reference.h"

/* The image that element i of a dense array belongs to, with its channel: its place in an array (N,1,1,C). */
static size_t of_image(sw_shape s, size_t i)
{
    const size_t channels = (size_t)s.c;
    return i / ((size_t)s.h * (size_t)s.w * channels) * channels + i % channels;
}

void sw_reference_concat(double *y, const double *const *x, const sw_shape *xs, int count)
{
    int channels = 0, begin = 0;
    for (int i = 0; i < count; i++) channels += xs[i].c;
    for (int i = 0; i < count; i++) {
        for (size_t pixel = 0; pixel < sw_shape_pixels(xs[i]); pixel++)
            for (int c = 0; c < xs[i].c; c++)
                y[pixel * (size_t)channels + (size_t)(begin + c)] = x[i][pixel * (size_t)xs[i].c + (size_t)c];
        begin += xs[i].c;
    }
}

void sw_reference_concat_backward(double *dx, const double *dy, sw_shape xs, int begin, int dy_channels)
{
    for (size_t pixel = 0; pixel < sw_shape_pixels(xs); pixel++)
        for (int c = 0; c < xs.c; c++)
            dx[pixel * (size_t)xs.c + (size_t)c] = dy[pixel * (size_t)dy_channels + (size_t)(begin + c)];
}

void sw_reference_add(double *y, const double *const *x, int count, size_t elems, bool relu)
{
    for (size_t i = 0; i < elems; i++) {
        double sum = x[0][i];
        for (int k = 1; k < count; k++) sum += x[k][i];
        y[i] = relu && sum < 0 ? 0 : sum;
    }
}

void sw_reference_add_backward(double *dx, const double *dy, const double *y, size_t elems)
{
    for (size_t i = 0; i < elems; i++) dx[i] = !y || y[i] > 0 ? dy[i] : 0;
}

void sw_reference_global_average_pool(double *y, const double *x, sw_shape xs)
{
    sw_reference_broadcast_backward(y, x, xs);
    for (size_t i = 0; i < (size_t)xs.n * (size_t)xs.c; i++) y[i] /= (double)xs.h * xs.w;
}

void sw_reference_global_average_pool_backward(double *dx, const double *dy, sw_shape xs)
{
    sw_reference_broadcast(dx, dy, xs);
    for (size_t i = 0; i < sw_shape_elems(xs); i++) dx[i] /= (double)xs.h * xs.w;
}

void sw_reference_broadcast(double *y, const double *x, sw_shape ys)
{
    for (size_t i = 0; i < sw_shape_elems(ys); i++) y[i] = x[of_image(ys, i)];
}

void sw_reference_broadcast_backward(double *dx, const double *dy, sw_shape ys)
{
    memset(dx, 0, (size_t)ys.n * (size_t)ys.c * sizeof *dx);
    for (size_t i = 0; i < sw_shape_elems(ys); i++) dx[of_image(ys, i)] += dy[i];
}

void sw_reference_scale(double *y, const double *x, const double *s, sw_shape xs)
{
    for (size_t i = 0; i < sw_shape_elems(xs); i++) y[i] = x[i] * s[of_image(xs, i)];
}

void sw_reference_scale_backward(double *dx, double *ds, const double *x, const double *s, const double *dy,
                                 sw_shape xs)
{
    sw_reference_scale(dx, dy, s, xs);
    memset(ds, 0, (size_t)xs.n * (size_t)xs.c * sizeof *ds);
    for (size_t i = 0; i < sw_shape_elems(xs); i++) ds[of_image(xs, i)] += dy[i] * x[i];
}
