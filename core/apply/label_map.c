#include "apply/label_map.h"

#include <math.h>
#include <stdlib.h>
/* Where a pixel of the map lies between two of the logits. */
typedef struct place {
    size_t low, high;
    float share; /* of `high` */
} place;

static place place_of(int at, int count, int source)
{
    float x = ((float)at + 0.5f) * (float)source / (float)count - 0.5f;
    if (x < 0.0f) x = 0.0f;
    size_t last = (size_t)source - 1, low = (size_t)x;
    if (low > last) low = last;
    return (place){low, low < last ? low + 1 : last, x - (float)low};
}

static sw_status check_finite(const float *logits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(logits[i]))
            return sw_fail(SW_E_NUMERIC, "the network's output is not a number: its weights, or the "
                                         "statistics of its norms, are damaged");
    return SW_OK;
}

static float mix(float a, float b, float share_of_b)
{
    return a + (b - a) * share_of_b;
}

static uint8_t class_at(const float *logits, size_t width, size_t classes, place y, place x)
{
    const float *low = logits + y.low * width * classes, *high = logits + y.high * width * classes;
    size_t left = x.low * classes, right = x.high * classes, best = 0;
    float most = -INFINITY;
    for (size_t c = 0; c < classes; c++) {
        float value = mix(mix(low[left + c], low[right + c], x.share),
                          mix(high[left + c], high[right + c], x.share), y.share);
        if (value > most) {
            most = value;
            best = c;
        }
    }
    return (uint8_t)best;
}

sw_status sw_label_map(uint8_t *out, int width, int height, const float *logits, sw_size size, int classes)
{
    size_t k = (size_t)classes, row = (size_t)width;
    SW_ENSURE(check_finite(logits, sw_size_pixels(size) * k));
    place *columns = malloc(row * sizeof *columns);
    if (!columns) return sw_fail_alloc("a map of classes", row * sizeof *columns);
    for (int x = 0; x < width; x++) columns[x] = place_of(x, width, size.width);
    for (int y = 0; y < height; y++) {
        place at = place_of(y, height, size.height);
        for (size_t x = 0; x < row; x++)
            out[(size_t)y * row + x] = class_at(logits, (size_t)size.width, k, at, columns[x]);
    }
    free(columns);
    return SW_OK;
}

void sw_label_overlay(uint8_t *rgb, const uint8_t *labels, size_t pixels, const sw_classes *classes)
{
    for (size_t i = 0; i < pixels; i++) {
        uint32_t color = sw_class_rgb(classes, labels[i]);
        const unsigned parts[3] = {color >> 16 & 0xff, color >> 8 & 0xff, color & 0xff};
        for (size_t c = 0; c < 3; c++) rgb[3 * i + c] = (uint8_t)((rgb[3 * i + c] + parts[c] + 1) / 2);
    }
}
