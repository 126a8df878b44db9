#include "bound_winograd.h"

#include <math.h>

#include "bound.h"

enum { PLACES = 6, OUTPUTS = 4, TAPS = 3 };

static const double B_T[PLACES][PLACES] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                                           {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
static const double G[PLACES][TAPS] = {{1.0 / 4, 0, 0},
                                       {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                       {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                       {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                       {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                       {0, 0, 1}};
static const double A[PLACES][OUTPUTS] = {{1, 0, 0, 0}, {1, 1, 1, 1},   {1, -1, 1, -1},
                                          {1, 2, 4, 8}, {1, -2, 4, -8}, {0, 0, 0, 1}};

static double square_sum(const double *row, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += row[i] * row[i];
    return sum;
}

/* s_i: growth of the deviation along one axis, for output i of a tile. */
static double data_growth(int i)
{
    double sum = 0;
    for (int p = 0; p < PLACES; p++)
        sum += A[p][i] * A[p][i] * square_sum(B_T[p], PLACES) * square_sum(G[p], TAPS);
    return sqrt(sum);
}

/* s_k: the same for tap k of the weights' gradient. */
static double weights_growth(int k)
{
    double sum = 0;
    for (int p = 0; p < PLACES; p++)
        sum += G[p][k] * G[p][k] * square_sum(B_T[p], PLACES) * square_sum(A[p], OUTPUTS);
    return sqrt(sum);
}

static void widen(sw_tensor *t, size_t i, double bound)
{
    if (t->bound[i] >= 0) t->bound[i] = fmax(t->bound[i], bound);
}

static double scale_of(double terms, double rms_a, double rms_b)
{
    return 2 * bound_eps * sqrt(terms * (terms + 24)) * rms_a * rms_b;
}

void sw_bound_winograd_data(sw_tensor *y, int channels, double rms_x, double rms_w)
{
    double scale = scale_of(channels, rms_x, rms_w);
    size_t h = (size_t)y->dims[1], w = (size_t)y->dims[2], c = (size_t)y->dims[3];
    for (size_t i = 0; i < y->elems; i++) {
        int row = (int)(i / c / w % h % OUTPUTS), column = (int)(i / c % w % OUTPUTS);
        widen(y, i, scale * data_growth(row) * data_growth(column));
    }
}

void sw_bound_winograd_weights(sw_tensor *dw, sw_shape x, double rms_x, double rms_dy)
{
    double tiles = (double)x.n * ((x.h + OUTPUTS - 1) / OUTPUTS) * ((x.w + OUTPUTS - 1) / OUTPUTS);
    double scale = scale_of(tiles, rms_x, rms_dy);
    for (size_t i = 0; i < dw->elems; i++)
        widen(dw, i, scale * weights_growth((int)(i / TAPS % TAPS)) * weights_growth((int)(i % TAPS)));
}
