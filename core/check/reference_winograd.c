/* How large the intermediate values of Winograd's F(4x4, 3x3) get: what its rounding errors are proportional
 * to.
 *
 * The method computes y = A^T [(G w G^T) (B^T d B)] A. Its terms are larger than those of the direct sum and
 * cancel, so the direct sum of |x w| does not bound its error. The sum along its own path does: the same
 * expression with every matrix and every input replaced by its absolute value. No intermediate value exceeds
 * it. */
#include <math.h>
#include <string.h>

#include "check/reference.h"

enum { TILE = 6, OUT = 4, WINDOW = 3 };

/* |A^T|, |B^T|, |G| of conv2d_winograd.cl. */
static const double a_abs[OUT][TILE] = {
    {1, 1, 1, 1, 1, 0}, {0, 1, 1, 2, 2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, 1, 8, 8, 1}};
static const double b_abs[TILE][TILE] = {{4, 0, 5, 0, 1, 0}, {0, 4, 4, 1, 1, 0}, {0, 4, 4, 1, 1, 0},
                                         {0, 2, 1, 2, 1, 0}, {0, 2, 1, 2, 1, 0}, {0, 4, 0, 5, 0, 1}};
static const double g_abs[TILE][WINDOW] = {{1.0 / 4, 0, 0},
                                           {1.0 / 6, 1.0 / 6, 1.0 / 6},
                                           {1.0 / 6, 1.0 / 6, 1.0 / 6},
                                           {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                           {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                           {0, 0, 1}};

/* to = L |from| L^T, where L is (TILE, side) and from is (side, side). */
static void spread(double to[TILE][TILE], const double *from, int side, const double *l, int l_stride,
                   int l_step)
{
    double half_way[TILE][TILE];
    for (int p = 0; p < TILE; p++)
        for (int j = 0; j < side; j++) {
            half_way[p][j] = 0;
            for (int i = 0; i < side; i++)
                half_way[p][j] += l[p * l_stride + i * l_step] * fabs(from[i * side + j]);
        }
    for (int p = 0; p < TILE; p++)
        for (int q = 0; q < TILE; q++) {
            to[p][q] = 0;
            for (int j = 0; j < side; j++) to[p][q] += l[q * l_stride + j * l_step] * half_way[p][j];
        }
}

/* The side x side pixels of channel c whose first is (h, w); zero outside. */
static void patch(double *to, sw_shape s, const double *x, int n, int h, int w, int c, int side)
{
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            bool inside = h + i >= 0 && h + i < s.h && w + j >= 0 && w + j < s.w;
            to[i * side + j] = inside ? x[sw_reference_index(s, n, h + i, w + j, c)] : 0.0;
        }
}

/* The tile of channel c with its corner at (h, w) of the output, transformed. */
static void input_tile(double to[TILE][TILE], sw_shape s, const double *x, int n, int h, int w, int c)
{
    double d[TILE * TILE];
    patch(d, s, x, n, h - 1, w - 1, c, TILE);
    spread(to, d, TILE, &b_abs[0][0], TILE, 1);
}

/* The root of the sum over places of (rows[p] columns[q] sum[p][q])^2. */
static double gather(double sum[TILE][TILE], const double *rows, int row_step, const double *columns,
                     int column_step)
{
    double squares = 0;
    for (int p = 0; p < TILE; p++)
        for (int q = 0; q < TILE; q++) {
            double term = rows[p * row_step] * columns[q * column_step] * sum[p][q];
            squares += term * term;
        }
    return sqrt(squares);
}

static double forward_magnitude(sw_shape from, const double *x, const double *weight, sw_shape dims,
                                bool flip, int n, int h, int w, int out)
{
    double sum[TILE][TILE], v[TILE][TILE], u[TILE][TILE], g[WINDOW * WINDOW];
    memset(sum, 0, sizeof sum);
    for (int c = 0; c < from.c; c++) {
        input_tile(v, from, x, n, h / OUT * OUT, w / OUT * OUT, c);
        for (int t = 0; t < WINDOW * WINDOW; t++)
            g[t] = flip ? weight[sw_reference_index(dims, c, out, (8 - t) / WINDOW, (8 - t) % WINDOW)]
                        : weight[sw_reference_index(dims, out, c, t / WINDOW, t % WINDOW)];
        spread(u, g, WINDOW, &g_abs[0][0], WINDOW, 1);
        for (int p = 0; p < TILE; p++)
            for (int q = 0; q < TILE; q++) sum[p][q] += v[p][q] * u[p][q];
    }
    return gather(sum, a_abs[h % OUT], 1, a_abs[w % OUT], 1);
}

static sw_shape weight_dims(const sw_reference_conv *conv)
{
    return (sw_shape){conv->out_channels, conv->x.c, conv->kernel, conv->kernel};
}

static sw_shape y_shape(const sw_reference_conv *conv)
{
    return (sw_shape){conv->x.n, conv->x.h, conv->x.w, conv->out_channels};
}

double sw_reference_winograd_y(const sw_reference_conv *conv, const double *x, const double *weight, int n,
                               int h, int w, int o)
{
    return forward_magnitude(conv->x, x, weight, weight_dims(conv), false, n, h, w, o);
}

double sw_reference_winograd_dx(const sw_reference_conv *conv, const double *dy, const double *weight, int n,
                                int h, int w, int i)
{
    return forward_magnitude(y_shape(conv), dy, weight, weight_dims(conv), true, n, h, w, i);
}

double sw_reference_winograd_dw(const sw_reference_conv *conv, const double *x, const double *dy, int o,
                                int i, int ky, int kx)
{
    double sum[TILE][TILE], v[TILE][TILE], z[TILE][TILE], pixels[OUT * OUT];
    memset(sum, 0, sizeof sum);
    for (int n = 0; n < conv->x.n; n++)
        for (int h = 0; h < conv->x.h; h += OUT)
            for (int w = 0; w < conv->x.w; w += OUT) {
                input_tile(v, conv->x, x, n, h, w, i);
                patch(pixels, y_shape(conv), dy, n, h, w, o, OUT);
                spread(z, pixels, OUT, &a_abs[0][0], 1, TILE); /* A is A^T read down its columns */
                for (int p = 0; p < TILE; p++)
                    for (int q = 0; q < TILE; q++) sum[p][q] += v[p][q] * z[p][q];
            }
    return gather(sum, &g_abs[0][ky], WINDOW, &g_abs[0][kx], WINDOW);
}
