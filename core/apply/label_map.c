#include "apply/label_map.h"

#include <math.h>
#include <stdlib.h>

/* Where a pixel of the map lies between two of the window. */
typedef struct place {
    size_t low, high;
    float share; /* of `high` */
} place;

static size_t clamp(int value, int count)
{
    return (size_t)(value < 0 ? 0 : value < count ? value : count - 1);
}

static place place_of(const sw_map_side *side, int pixel)
{
    double x = (pixel + 0.5) * side->scaled / side->length - 0.5;
    if (x < 0.0) x = 0.0;
    int low = (int)x;
    if (low > side->scaled - 1) low = side->scaled - 1;
    const int high = low + 1 < side->scaled ? low + 1 : low;
    return (place){clamp(low - side->at, side->window), clamp(high - side->at, side->window),
                   (float)(x - (double)low)};
}

/* The first pixel of the map whose centre does not lie before that edge of the scaled picture. */
static int pixel_behind(const sw_map_side *side, int edge)
{
    const int64_t twice =
        2 * (int64_t)edge * side->length - side->scaled; /* (2 i + 1) scaled >= 2 edge length */
    return twice <= 0 ? 0 : (int)((twice + 2 * (int64_t)side->scaled - 1) / (2 * (int64_t)side->scaled));
}

static void mix_rows(float *out, const float *low, const float *high, float share, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = low[i] + (high[i] - low[i]) * share;
}

/* The pixel at `offset` of the map, between two neighbours of a row of probabilities. */
static void fill_pixel(const sw_label_map *map, size_t offset, size_t plane, const float *left,
                       const float *right, float share, int classes)
{
    int best = 0;
    float most = -INFINITY;
    for (int c = 0; c < classes; c++) {
        const float value = left[c] + (right[c] - left[c]) * share;
        if (map->probabilities) map->probabilities[(size_t)c * plane + offset] = value;
        if (value > most) {
            most = value;
            best = c;
        }
    }
    if (map->labels) map->labels[offset] = (uint8_t)best;
}

sw_status sw_label_map_fill(const sw_label_map *map, const float *values, const sw_map_side *rows,
                            const sw_map_side *columns, int classes)
{
    const size_t k = (size_t)classes, row = (size_t)columns->window * k, width = (size_t)columns->length;
    const int left = pixel_behind(columns, columns->from), right = pixel_behind(columns, columns->to);
    const int top = pixel_behind(rows, rows->from), bottom = pixel_behind(rows, rows->to);
    if (left >= right || top >= bottom) return SW_OK;
    place *places = malloc((size_t)(right - left) * sizeof *places);
    float *mixed = malloc(row * sizeof *mixed);
    if (!places || !mixed) {
        free(places);
        free(mixed);
        return sw_fail_alloc("a map of classes", row * sizeof *mixed);
    }
    for (int x = left; x < right; x++) places[x - left] = place_of(columns, x);
    for (int y = top; y < bottom; y++) {
        const place at = place_of(rows, y);
        mix_rows(mixed, values + at.low * row, values + at.high * row, at.share, row);
        for (int x = left; x < right; x++) {
            const place *p = &places[x - left];
            fill_pixel(map, (size_t)y * width + (size_t)x, (size_t)rows->length * width, mixed + p->low * k,
                       mixed + p->high * k, p->share, classes);
        }
    }
    free(places);
    free(mixed);
    return SW_OK;
}
