/* Debian's library for this, libimagequant, is under the GPL, and giflib's quantiser has no fixed colours. So
 * the few colours that photographs need are found here, by splitting boxes of colours at their
 * means and by Lloyd's algorithm. */
#include "draw/palette.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 5, BINS = 1 << 3 * BITS, ROUNDS = 12 };

void sw_palette_init(sw_palette *palette)
{
    memset(palette, 0, sizeof *palette);
}

void sw_palette_add(sw_palette *palette, uint32_t rgb)
{
    for (int i = 0; i < palette->count; i++)
        if (palette->rgb[i] == rgb) return;
    if (palette->count == SW_PALETTE_COLOURS) return;
    palette->rgb[palette->count++] = rgb;
    memset(palette->cache, 0, sizeof palette->cache);
}

/* ---- nearest ---- */

static int channel(uint32_t rgb, int c)
{
    return (int)(rgb >> (16 - 8 * c) & 0xFF);
}

static int distance(uint32_t a, uint32_t b)
{
    int sum = 0;
    for (int c = 0; c < 3; c++) {
        int d = channel(a, c) - channel(b, c);
        sum += d * d;
    }
    return sum;
}

uint8_t sw_palette_index(sw_palette *palette, uint32_t rgb)
{
    assert(palette->count > 0);
    uint64_t *slot = &palette->cache[(rgb ^ rgb >> 7 ^ rgb >> 15) % SW_PALETTE_CACHE];
    const uint64_t key = (uint64_t)rgb + 1;
    if (*slot >> 32 == key) return (uint8_t)*slot;
    int best = 0, least = distance(rgb, palette->rgb[0]);
    for (int i = 1; i < palette->count && least > 0; i++) {
        int d = distance(rgb, palette->rgb[i]);
        if (d >= least) continue;
        least = d;
        best = i;
    }
    *slot = key << 32 | (uint64_t)best;
    return (uint8_t)best;
}

/* ---- the photographs' colours ---- */

/* Pixels of about one colour, as their sum. */
typedef struct colour_bin {
    double weight, mean[3];
} colour_bin;

typedef struct box {
    int first, count;
    int axis; /* along which it is widest */
    double error, mean[3];
} box;

static int bin_of(const uint8_t *rgb)
{
    return rgb[0] >> (8 - BITS) << 2 * BITS | rgb[1] >> (8 - BITS) << BITS | rgb[2] >> (8 - BITS);
}

/* Fills points[BINS]; returns how many have pixels. */
static int count_colours(colour_bin *points, const uint8_t *const *photos, int count, size_t pixels)
{
    for (int i = 0; i < BINS; i++) points[i] = (colour_bin){0};
    for (int i = 0; i < count; i++)
        for (size_t p = 0; p < pixels; p++) {
            const uint8_t *rgb = photos[i] + 3 * p;
            colour_bin *point = &points[bin_of(rgb)];
            point->weight++;
            for (int c = 0; c < 3; c++) point->mean[c] += rgb[c];
        }
    int used = 0;
    for (int i = 0; i < BINS; i++) {
        if (points[i].weight == 0) continue;
        points[used] = points[i];
        for (int c = 0; c < 3; c++) points[used].mean[c] /= points[used].weight;
        used++;
    }
    return used;
}

static box measure_box(const colour_bin *points, int first, int count)
{
    box b = {.first = first, .count = count};
    double weight = 0, sum[3] = {0}, squares[3] = {0};
    for (int i = first; i < first + count; i++) {
        weight += points[i].weight;
        for (int c = 0; c < 3; c++) {
            sum[c] += points[i].weight * points[i].mean[c];
            squares[c] += points[i].weight * points[i].mean[c] * points[i].mean[c];
        }
    }
    for (int c = 0; c < 3; c++) {
        double error = squares[c] - sum[c] * sum[c] / weight;
        b.mean[c] = sum[c] / weight;
        if (c > 0 && error <= b.error) continue;
        b.axis = c;
        b.error = error;
    }
    if (count < 2) b.error = 0;
    return b;
}

/* Puts the points below the mean first; returns their number. */
static int split(colour_bin *points, const box *b)
{
    int below = b->first;
    for (int i = b->first; i < b->first + b->count; i++) {
        if (points[i].mean[b->axis] > b->mean[b->axis]) continue;
        colour_bin swapped = points[below];
        points[below++] = points[i];
        points[i] = swapped;
    }
    return below - b->first;
}

/* Cuts the box of the largest error in two until there are `most`, or none that can be cut. */
static int cut_boxes(box *boxes, int most, colour_bin *points, int used)
{
    int count = 1;
    boxes[0] = measure_box(points, 0, used);
    while (count < most) {
        int worst = 0;
        for (int i = 1; i < count; i++)
            if (boxes[i].error > boxes[worst].error) worst = i;
        box b = boxes[worst];
        if (b.error <= 1e-6) break;
        int below = split(points, &b);
        if (below == 0 || below == b.count) break;
        boxes[worst] = measure_box(points, b.first, below);
        boxes[count++] = measure_box(points, b.first + below, b.count - below);
    }
    return count;
}

static uint32_t to_rgb(const double mean[3])
{
    uint32_t rgb = 0;
    for (int c = 0; c < 3; c++) rgb = rgb << 8 | (uint32_t)(mean[c] + 0.5);
    return rgb;
}

typedef struct cluster {
    double weight, sum[3];
} cluster;

/* Lloyd's rounds; colours before `fixed` stay. */
static void settle(sw_palette *palette, int fixed, const colour_bin *points, int used)
{
    for (int round = 0; round < ROUNDS; round++) {
        cluster clusters[SW_PALETTE_COLOURS] = {0};
        bool moved = false;
        for (int i = 0; i < used; i++) {
            cluster *nearest = &clusters[sw_palette_index(palette, to_rgb(points[i].mean))];
            nearest->weight += points[i].weight;
            for (int c = 0; c < 3; c++) nearest->sum[c] += points[i].weight * points[i].mean[c];
        }
        for (int i = fixed; i < palette->count; i++) {
            if (clusters[i].weight == 0) continue;
            double mean[3];
            for (int c = 0; c < 3; c++) mean[c] = clusters[i].sum[c] / clusters[i].weight;
            uint32_t rgb = to_rgb(mean);
            moved |= rgb != palette->rgb[i];
            palette->rgb[i] = rgb;
        }
        memset(palette->cache, 0, sizeof palette->cache);
        if (!moved) break;
    }
}

sw_status sw_palette_add_photos(sw_palette *palette, const uint8_t *const *photos, int count, size_t pixels)
{
    int fixed = palette->count;
    box boxes[SW_PALETTE_COLOURS];
    if (fixed == SW_PALETTE_COLOURS) return SW_OK;
    colour_bin *points = malloc(BINS * sizeof *points);
    if (!points) return sw_fail_alloc("the colours of photographs", BINS * sizeof *points);
    int used = count_colours(points, photos, count, pixels);
    int found = cut_boxes(boxes, SW_PALETTE_COLOURS - fixed, points, used);
    for (int i = 0; i < found; i++) sw_palette_add(palette, to_rgb(boxes[i].mean));
    settle(palette, fixed, points, used);
    free(points);
    return SW_OK;
}

/* ---- dithering ---- */

static uint8_t to_byte(int sixteenths)
{
    int value = (sixteenths + (sixteenths >= 0 ? 8 : -8)) / 16;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

sw_status sw_palette_dither(sw_palette *palette, uint8_t *photo, sw_size size)
{
    /* errors in sixteenths of this row and the next, with room for a neighbour on either side */
    size_t row = 3 * ((size_t)size.width + 2);
    int *errors = calloc(2 * row, sizeof *errors);
    if (!errors) return sw_fail_alloc("a row of errors", 2 * row * sizeof *errors);
    for (int y = 0; y < size.height; y++) {
        int *here = errors + (size_t)(y % 2) * row, *below = errors + (size_t)(1 - y % 2) * row;
        memset(below, 0, row * sizeof *below);
        for (int x = 0; x < size.width; x++) {
            uint8_t *pixel = photo + 3 * ((size_t)y * (size_t)size.width + (size_t)x);
            size_t at = 3 * ((size_t)x + 1);
            uint8_t wanted[3];
            for (size_t c = 0; c < 3; c++) wanted[c] = to_byte(16 * pixel[c] + here[at + c]);
            uint32_t rgb = palette->rgb[sw_palette_index(palette, (uint32_t)wanted[0] << 16 |
                                                                      (uint32_t)wanted[1] << 8 | wanted[2])];
            for (int c = 0; c < 3; c++) {
                size_t a = at + (size_t)c;
                int error = wanted[c] - channel(rgb, c);
                here[a + 3] += 7 * error;
                below[a - 3] += 3 * error;
                below[a] += 5 * error;
                below[a + 3] += error;
                pixel[c] = (uint8_t)channel(rgb, c);
            }
        }
    }
    free(errors);
    return SW_OK;
}
