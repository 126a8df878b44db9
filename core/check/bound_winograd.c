#include "bound_winograd.h"

#include <math.h>

#include "bound.h"

enum { PLACES = 6, OUTPUTS = 4, TAPS = 3 };

/* Of one axis: the first `places` rows are in use. */
typedef struct matrices {
    int places;
    double b_t[PLACES][PLACES], g[PLACES][TAPS], a[PLACES][OUTPUTS];
} matrices;

static const matrices of_4 = {
    .places = 6,
    .b_t = {{4, 0, -5, 0, 1, 0},
            {0, -4, -4, 1, 1, 0},
            {0, 4, -4, -1, 1, 0},
            {0, -2, -1, 2, 1, 0},
            {0, 2, -1, -2, 1, 0},
            {0, 4, 0, -5, 0, 1}},
    .g = {{1.0 / 4, 0, 0},
          {-1.0 / 6, -1.0 / 6, -1.0 / 6},
          {-1.0 / 6, 1.0 / 6, -1.0 / 6},
          {1.0 / 24, 1.0 / 12, 1.0 / 6},
          {1.0 / 24, -1.0 / 12, 1.0 / 6},
          {0, 0, 1}},
    .a = {{1, 0, 0, 0}, {1, 1, 1, 1}, {1, -1, 1, -1}, {1, 2, 4, 8}, {1, -2, 4, -8}, {0, 0, 0, 1}},
};

static const matrices of_2 = {
    .places = 4,
    .b_t = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
    .g = {{1, 0, 0}, {1.0 / 2, 1.0 / 2, 1.0 / 2}, {1.0 / 2, -1.0 / 2, 1.0 / 2}, {0, 0, 1}},
    .a = {{1, 0}, {1, 1}, {1, -1}, {0, -1}},
};

static double square_sum(const double *row, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += row[i] * row[i];
    return sum;
}

/* s_i: growth of the deviation along one axis, for output i of a tile. */
static double data_growth(const matrices *m, int i)
{
    double sum = 0;
    for (int p = 0; p < m->places; p++)
        sum += m->a[p][i] * m->a[p][i] * square_sum(m->b_t[p], PLACES) * square_sum(m->g[p], TAPS);
    return sqrt(sum);
}

/* s_k: the same for tap k of the weights' gradient. */
static double weights_growth(const matrices *m, int k)
{
    double sum = 0;
    for (int p = 0; p < m->places; p++)
        sum += m->g[p][k] * m->g[p][k] * square_sum(m->b_t[p], PLACES) * square_sum(m->a[p], OUTPUTS);
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

void sw_bound_winograd_data(sw_tensor *y, int side, int channels, double rms_x, double rms_w)
{
    const matrices *m = side == 2 ? &of_2 : &of_4;
    double scale = scale_of(channels, rms_x, rms_w);
    size_t h = (size_t)y->dims[1], w = (size_t)y->dims[2], c = (size_t)y->dims[3];
    for (size_t i = 0; i < y->elems; i++) {
        int row = (int)(i / c / w % h) % side, column = (int)(i / c % w) % side;
        widen(y, i, scale * data_growth(m, row) * data_growth(m, column));
    }
}

void sw_bound_winograd_weights(sw_tensor *dw, sw_shape x, double rms_x, double rms_dy)
{
    double tiles = (double)x.n * ((x.h + OUTPUTS - 1) / OUTPUTS) * ((x.w + OUTPUTS - 1) / OUTPUTS);
    double scale = scale_of(tiles, rms_x, rms_dy);
    for (size_t i = 0; i < dw->elems; i++)
        widen(dw, i,
              scale * weights_growth(&of_4, (int)(i / TAPS % TAPS)) * weights_growth(&of_4, (int)(i % TAPS)));
}
