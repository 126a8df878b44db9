#include "augment_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RADIUS = 96 };

void filter_place_deinit(filter_place *place)
{
    free(place->values);
    *place = (filter_place){0};
}

static sw_status make_room(filter_place *place, size_t count)
{
    if (place->count >= count) return SW_OK;
    filter_place_deinit(place);
    place->values = malloc(count * sizeof *place->values);
    if (!place->values) return sw_fail_alloc("a blurred image", count * sizeof *place->values);
    place->count = count;
    return SW_OK;
}

/* Fills weights[0..2 radius] and returns the radius. */
static int gaussian(float *weights, float sigma)
{
    int radius = (int)ceilf(3 * sigma);
    if (radius > MAX_RADIUS) radius = MAX_RADIUS;
    double sum = 0, values[2 * MAX_RADIUS + 1] = {0};
    for (int i = -radius; i <= radius; i++) {
        values[i + radius] = exp(-0.5 * i * i / ((double)sigma * (double)sigma));
        sum += values[i + radius];
    }
    for (int i = 0; i <= 2 * radius; i++) weights[i] = (float)(values[i] / sum);
    return radius;
}

/* Copies a row with its outermost pixels repeated `radius` times on either side. */
static void widen(float *out, const float *row, int width, int radius)
{
    for (int i = 0; i < radius; i++, out += 3) memcpy(out, row, 3 * sizeof *out);
    memcpy(out, row, 3 * (size_t)width * sizeof *out);
    out += 3 * (size_t)width;
    for (int i = 0; i < radius; i++, out += 3) memcpy(out, row + 3 * ((size_t)width - 1), 3 * sizeof *out);
}

/* sum += weight * values */
static void add_weighted(float *sum, const float *values, float weight, size_t count)
{
    for (size_t i = 0; i < count; i++) sum[i] += weight * values[i];
}

sw_status filter_blur(float *rgb, sw_size size, float sigma_px, filter_place *place)
{
    float weights[2 * MAX_RADIUS + 1];
    if (!(sigma_px > 0)) return SW_OK;
    int radius = gaussian(weights, sigma_px), taps = 2 * radius + 1;
    size_t row = 3 * (size_t)size.width, wide = row + 6 * (size_t)radius;
    SW_ENSURE(make_room(place, wide + row * (size_t)size.height));
    float *widened = place->values, *along = widened + wide; /* along (height,width,3): blurred along x */
    memset(along, 0, row * (size_t)size.height * sizeof *along);
    for (int y = 0; y < size.height; y++) {
        widen(widened, rgb + (size_t)y * row, size.width, radius);
        for (int k = 0; k < taps; k++)
            add_weighted(along + (size_t)y * row, widened + 3 * k, weights[k], row);
    }
    memset(rgb, 0, row * (size_t)size.height * sizeof *rgb);
    for (int y = 0; y < size.height; y++)
        for (int k = 0; k < taps; k++) {
            int from = y + k - radius;
            from = from < 0 ? 0 : from > size.height - 1 ? size.height - 1 : from;
            add_weighted(rgb + (size_t)y * row, along + (size_t)from * row, weights[k], row);
        }
    return SW_OK;
}

void filter_noise(float *rgb, size_t values, float sigma, sw_rng *rng)
{
    /* four uniform numbers from 0 to 255: mean 510, variance 4 (256^2 - 1) / 12 */
    const float scale = sigma / 147.79942f;
    for (size_t i = 0; i < values; i++) {
        uint32_t word = sw_rng_u32(rng);
        uint32_t pairs = (word & 0x00ff00ffu) + (word >> 8 & 0x00ff00ffu);
        int sum = (int)((pairs & 0xffffu) + (pairs >> 16));
        float value = rgb[i] + scale * (float)(sum - 510);
        rgb[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
}

void filter_erase(float *rgb, sw_size size, sw_rect rect, const float colour[3])
{
    int left = rect.left < 0 ? 0 : rect.left, right = rect.left + rect.width;
    int top = rect.top < 0 ? 0 : rect.top, bottom = rect.top + rect.height;
    if (right > size.width) right = size.width;
    if (bottom > size.height) bottom = size.height;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) memcpy(rgb + 3 * (y * size.width + x), colour, 3 * sizeof *rgb);
}
