#include "nn/boundary.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"

/* How far an ignored pixel may be from one that counts to take its label, in tolerances. */
enum { BRIDGE = 4 };

sw_status sw_boundary_init(sw_boundary *out, int classes, int ignored)
{
    assert(classes > 0 && classes <= SW_MAX_CLASSES);
    const size_t count = (size_t)classes;
    *out = (sw_boundary){.classes = classes,
                         .ignored = ignored,
                         .f1_sum = calloc(count, sizeof *out->f1_sum),
                         .f1_images = calloc(count, sizeof *out->f1_images)};
    if (out->f1_sum && out->f1_images) return SW_OK;
    sw_boundary_deinit(out);
    return sw_fail_alloc("boundary figures", count * (sizeof *out->f1_sum + sizeof *out->f1_images));
}

void sw_boundary_deinit(sw_boundary *boundary)
{
    free(boundary->f1_sum);
    free(boundary->f1_images);
    *boundary = (sw_boundary){0};
}

void sw_boundary_clear(sw_boundary *boundary)
{
    for (int c = 0; c < boundary->classes; c++) {
        boundary->f1_sum[c] = 0;
        boundary->f1_images[c] = 0;
    }
    boundary->mean_sum = 0;
    boundary->mean_images = 0;
}

double sw_boundary_tolerance_px(int width, int height)
{
    return fmax(1.0, 0.0075 * hypot(width, height));
}

/* ---- one image ---- */

typedef struct image {
    const uint8_t *truth, *prediction; /* (height, width), as is all below */
    int width, height, classes, ignored;
    double tolerance;
    int *depth_sq;   /* of an ignored pixel with a label, px^2 from the nearest that counts; else 0 */
    int *nearest;    /* row of the nearest pixel in the same column that counts, or -1 */
    uint8_t *labels; /* the truth with ignored pixels filled in; SW_NO_CLASS: none */
    /* label + 1 where the pixel lies on its class's boundary, else 0. A pixel is on the boundary of its own
     * class only, so one map holds all classes. */
    uint8_t *true_marks, *predicted_marks;
    uint8_t *right; /* 1: the predicted boundary pixel has a true one in reach */
} image;

/* Each class's boundary pixels, and those of them that have one of the other map in reach. */
typedef struct matches {
    uint64_t true_all[SW_MAX_CLASSES], true_found[SW_MAX_CLASSES];
    uint64_t predicted_all[SW_MAX_CLASSES], predicted_right[SW_MAX_CLASSES];
} matches;

static size_t place(const image *im, int x, int y)
{
    return (size_t)y * (size_t)im->width + (size_t)x;
}

static bool is_inside(const image *im, int x, int y)
{
    return x >= 0 && y >= 0 && x < im->width && y < im->height;
}

static bool is_void(const image *im, size_t at)
{
    return im->truth[at] == im->ignored || im->truth[at] >= im->classes;
}

static sw_status allocate(image *im)
{
    const size_t pixels = (size_t)im->width * (size_t)im->height, ints = 2, maps = 4;
    const size_t bytes = pixels * (ints * sizeof(int) + maps);
    im->depth_sq = calloc(1, bytes);
    if (!im->depth_sq) return sw_fail_alloc("boundary maps", bytes);
    im->nearest = im->depth_sq + pixels;
    im->labels = (uint8_t *)(im->nearest + pixels);
    im->true_marks = im->labels + pixels;
    im->predicted_marks = im->true_marks + pixels;
    im->right = im->predicted_marks + pixels;
    return SW_OK;
}

/* ---- ignored pixels filled in ---- */

/* The upper one of two that are equally near. */
static void find_nearest_rows(image *im)
{
    for (int x = 0; x < im->width; x++) {
        int last = -1;
        for (int y = 0; y < im->height; y++) {
            if (!is_void(im, place(im, x, y))) last = y;
            im->nearest[place(im, x, y)] = last;
        }
        last = -1;
        for (int y = im->height - 1; y >= 0; y--) {
            int *row = &im->nearest[place(im, x, y)];
            if (!is_void(im, place(im, x, y))) last = y;
            if (last >= 0 && (*row < 0 || last - y < y - *row)) *row = last;
        }
    }
}

/* Gives an ignored pixel the label of the nearest one that counts, within `reach` px. */
static void fill_pixel(image *im, int x, int y, int reach)
{
    int best = reach * reach + 1;
    for (int nx = x - reach; nx <= x + reach; nx++) {
        if (nx < 0 || nx >= im->width) continue;
        const int ny = im->nearest[place(im, nx, y)], dx = nx - x, dy = ny - y;
        if (ny < 0 || abs(dy) > reach || dx * dx + dy * dy >= best) continue;
        best = dx * dx + dy * dy;
        im->labels[place(im, x, y)] = im->truth[place(im, nx, ny)];
        im->depth_sq[place(im, x, y)] = best;
    }
}

static void fill_labels(image *im)
{
    const size_t pixels = (size_t)im->width * (size_t)im->height;
    bool any = false;
    for (size_t i = 0; i < pixels; i++) {
        im->labels[i] = is_void(im, i) ? SW_NO_CLASS : im->truth[i];
        any |= is_void(im, i);
    }
    if (!any) return;
    find_nearest_rows(im);
    for (int y = 0; y < im->height; y++)
        for (int x = 0; x < im->width; x++)
            if (im->labels[place(im, x, y)] == SW_NO_CLASS)
                fill_pixel(im, x, y, (int)(BRIDGE * im->tolerance));
}

/* ---- boundaries ---- */

static const int step[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};

static void mark_boundaries(uint8_t *marks, const uint8_t *labels, const image *im)
{
    for (int y = 0; y < im->height; y++) {
        for (int x = 0; x < im->width; x++) {
            const uint8_t label = labels[place(im, x, y)];
            if (label == SW_NO_CLASS) continue;
            assert(label < im->classes);
            for (int n = 0; n < 4; n++) {
                const int nx = x + step[n][0], ny = y + step[n][1];
                if (!is_inside(im, nx, ny)) continue;
                const uint8_t other = labels[place(im, nx, ny)];
                if (other != SW_NO_CLASS && other != label) marks[place(im, x, y)] = (uint8_t)(label + 1);
            }
        }
    }
}

/* Whether the predicted boundary at this pixel would be one, too, of the pixels that count alone. */
static bool is_sure(const image *im, int x, int y)
{
    const size_t at = place(im, x, y);
    if (is_void(im, at)) return false;
    for (int n = 0; n < 4; n++) {
        const int nx = x + step[n][0], ny = y + step[n][1];
        if (is_inside(im, nx, ny) && !is_void(im, place(im, nx, ny)) &&
            im->prediction[place(im, nx, ny)] != im->prediction[at])
            return true;
    }
    return false;
}

/* Finds the predicted boundary pixels in reach of a true one, and notes that they are right. */
static bool find_predicted(image *im, int x, int y)
{
    const uint8_t mark = im->true_marks[place(im, x, y)];
    const double limit = im->tolerance + sqrt(im->depth_sq[place(im, x, y)]);
    const int reach = (int)limit;
    bool found = false;
    for (int dy = -reach; dy <= reach; dy++) {
        for (int dx = -reach; dx <= reach; dx++) {
            if (dx * dx + dy * dy > limit * limit || !is_inside(im, x + dx, y + dy)) continue;
            const size_t at = place(im, x + dx, y + dy);
            if (im->predicted_marks[at] != mark) continue;
            im->right[at] = 1;
            found = true;
        }
    }
    return found;
}

static void match(matches *m, image *im)
{
    for (int y = 0; y < im->height; y++) {
        for (int x = 0; x < im->width; x++) {
            const uint8_t mark = im->true_marks[place(im, x, y)];
            if (mark == 0) continue;
            m->true_all[mark - 1]++;
            m->true_found[mark - 1] += find_predicted(im, x, y);
        }
    }
    for (int y = 0; y < im->height; y++) {
        for (int x = 0; x < im->width; x++) {
            const uint8_t mark = im->predicted_marks[place(im, x, y)], right = im->right[place(im, x, y)];
            if (mark == 0 || (!right && !is_sure(im, x, y))) continue;
            m->predicted_all[mark - 1]++;
            m->predicted_right[mark - 1] += right;
        }
    }
}

/* ---- figures ---- */

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void take(sw_boundary *boundary, const matches *m)
{
    double sum = 0;
    int counted = 0;
    for (int c = 0; c < boundary->classes; c++) {
        if (c == boundary->ignored || m->true_all[c] + m->predicted_all[c] == 0) continue;
        const double precision = share(m->predicted_right[c], m->predicted_all[c]);
        const double recall = share(m->true_found[c], m->true_all[c]);
        const double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
        boundary->f1_sum[c] += f1;
        boundary->f1_images[c]++;
        sum += f1;
        counted++;
    }
    if (counted == 0) return;
    boundary->mean_sum += sum / counted;
    boundary->mean_images++;
}

sw_status sw_boundary_add(sw_boundary *boundary, const uint8_t *truth, const uint8_t *prediction, int width,
                          int height)
{
    assert(width > 0 && height > 0);
    matches m = {0};
    image im = {.truth = truth,
                .prediction = prediction,
                .width = width,
                .height = height,
                .classes = boundary->classes,
                .ignored = boundary->ignored,
                .tolerance = sw_boundary_tolerance_px(width, height)};
    SW_ENSURE(allocate(&im));
    fill_labels(&im);
    mark_boundaries(im.true_marks, im.labels, &im);
    mark_boundaries(im.predicted_marks, prediction, &im);
    match(&m, &im);
    take(boundary, &m);
    free(im.depth_sq);
    return SW_OK;
}

void sw_boundary_merge(sw_boundary *into, const sw_boundary *from)
{
    assert(into->classes == from->classes);
    for (int c = 0; c < into->classes; c++) {
        into->f1_sum[c] += from->f1_sum[c];
        into->f1_images[c] += from->f1_images[c];
    }
    into->mean_sum += from->mean_sum;
    into->mean_images += from->mean_images;
}

double sw_boundary_class_f1(const sw_boundary *boundary, int c)
{
    return boundary->f1_images[c] ? boundary->f1_sum[c] / (double)boundary->f1_images[c] : (double)NAN;
}

double sw_boundary_mean_f1(const sw_boundary *boundary)
{
    return boundary->mean_images ? boundary->mean_sum / (double)boundary->mean_images : (double)NAN;
}
