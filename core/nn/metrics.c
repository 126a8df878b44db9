#include "nn/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

sw_confusion sw_confusion_empty(int classes)
{
    assert(classes > 0 && classes <= SW_MAX_CLASSES);
    return (sw_confusion){.classes = classes};
}

void sw_confusion_merge(sw_confusion *into, const sw_confusion *from)
{
    assert(into->classes == from->classes);
    for (int t = 0; t < into->classes; t++)
        for (int p = 0; p < into->classes; p++) into->counts[t][p] += from->counts[t][p];
}

/* ---- quotients ---- */

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

uint64_t sw_confusion_row(const sw_confusion *confusion, int truth)
{
    uint64_t sum = 0;
    for (int p = 0; p < confusion->classes; p++) sum += confusion->counts[truth][p];
    return sum;
}

static uint64_t column_sum(const sw_confusion *confusion, int prediction)
{
    uint64_t sum = 0;
    for (int t = 0; t < confusion->classes; t++) sum += confusion->counts[t][prediction];
    return sum;
}

uint64_t sw_confusion_pixels(const sw_confusion *confusion)
{
    uint64_t sum = 0;
    for (int t = 0; t < confusion->classes; t++) sum += sw_confusion_row(confusion, t);
    return sum;
}

double sw_confusion_accuracy(const sw_confusion *confusion)
{
    uint64_t correct = 0;
    for (int c = 0; c < confusion->classes; c++) correct += confusion->counts[c][c];
    return ratio(correct, sw_confusion_pixels(confusion));
}

double sw_confusion_micro_iou(const sw_confusion *confusion, int ignored_class)
{
    uint64_t common = 0, either = 0;
    for (int c = 0; c < confusion->classes; c++) {
        if (c == ignored_class) continue;
        uint64_t predicted = column_sum(confusion, c);
        /* pixels whose truth is the ignored class are dropped, whatever was predicted there */
        if (ignored_class >= 0 && ignored_class < confusion->classes)
            predicted -= confusion->counts[ignored_class][c];
        common += confusion->counts[c][c];
        either += sw_confusion_row(confusion, c) + predicted - confusion->counts[c][c];
    }
    return ratio(common, either);
}

double sw_confusion_iou(const sw_confusion *confusion, int c)
{
    uint64_t common = confusion->counts[c][c];
    return ratio(common, sw_confusion_row(confusion, c) + column_sum(confusion, c) - common);
}

double sw_confusion_precision(const sw_confusion *confusion, int c)
{
    return ratio(confusion->counts[c][c], column_sum(confusion, c));
}

double sw_confusion_recall(const sw_confusion *confusion, int c)
{
    return ratio(confusion->counts[c][c], sw_confusion_row(confusion, c));
}

double sw_confusion_dice(const sw_confusion *confusion, int c)
{
    return ratio(2 * confusion->counts[c][c], sw_confusion_row(confusion, c) + column_sum(confusion, c));
}

/* The mean of a figure over the classes in which it is defined, without `ignored_class` (-1: none). */
static double mean_over_classes(const sw_confusion *confusion, int ignored_class,
                                double (*figure)(const sw_confusion *, int))
{
    double sum = 0;
    int defined = 0;
    for (int c = 0; c < confusion->classes; c++) {
        double value = figure(confusion, c);
        if (c == ignored_class || isnan(value)) continue;
        sum += value;
        defined++;
    }
    return defined ? sum / defined : (double)NAN;
}

double sw_confusion_mean_iou(const sw_confusion *confusion, int ignored_class)
{
    return mean_over_classes(confusion, ignored_class, sw_confusion_iou);
}

double sw_confusion_class_accuracy(const sw_confusion *confusion)
{
    return mean_over_classes(confusion, -1, sw_confusion_recall);
}

double sw_confusion_weighted_iou(const sw_confusion *confusion)
{
    double sum = 0;
    uint64_t all = sw_confusion_pixels(confusion);
    for (int c = 0; c < confusion->classes; c++) {
        uint64_t row = sw_confusion_row(confusion, c);
        if (row > 0) sum += sw_confusion_iou(confusion, c) * (double)row;
    }
    return all ? sum / (double)all : (double)NAN;
}

/* ---- boundary F1 ---- */

sw_boundary sw_boundary_empty(int classes)
{
    assert(classes > 0 && classes <= SW_MAX_CLASSES);
    return (sw_boundary){.classes = classes};
}

double sw_boundary_tolerance_px(int width, int height)
{
    return fmax(1.0, 0.0075 * hypot(width, height));
}

typedef struct image {
    const uint8_t *truth; /* (height, width) */
    int width, height, classes, ignore_index;
    int reach;       /* whole px of the tolerance */
    double limit_sq; /* px^2 */
} image;

static bool is_void(const image *im, int x, int y)
{
    uint8_t label = im->truth[(size_t)y * (size_t)im->width + (size_t)x];
    return label == im->ignore_index || label >= im->classes;
}

/* marks[y][x] = label + 1 where the pixel lies on its class's boundary, else 0. A pixel is on the boundary of
 * its own class only, so one map holds all classes. */
static void mark_boundaries(uint8_t *marks, const uint8_t *labels, const image *im)
{
    static const int step[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    for (int y = 0; y < im->height; y++) {
        for (int x = 0; x < im->width; x++) {
            size_t at = (size_t)y * (size_t)im->width + (size_t)x;
            bool boundary = false;
            marks[at] = 0;
            if (is_void(im, x, y)) continue;
            assert(labels[at] < im->classes);
            for (int n = 0; n < 4; n++) {
                int nx = x + step[n][0], ny = y + step[n][1];
                if (nx < 0 || ny < 0 || nx >= im->width || ny >= im->height || is_void(im, nx, ny)) continue;
                boundary |= labels[(size_t)ny * (size_t)im->width + (size_t)nx] != labels[at];
            }
            if (boundary) marks[at] = (uint8_t)(labels[at] + 1);
        }
    }
}

static bool has_near(const uint8_t *marks, uint8_t mark, int x, int y, const image *im)
{
    for (int dy = -im->reach; dy <= im->reach; dy++) {
        for (int dx = -im->reach; dx <= im->reach; dx++) {
            int nx = x + dx, ny = y + dy;
            if (dx * dx + dy * dy > im->limit_sq || nx < 0 || ny < 0 || nx >= im->width || ny >= im->height)
                continue;
            if (marks[(size_t)ny * (size_t)im->width + (size_t)nx] == mark) return true;
        }
    }
    return false;
}

/* Boundary pixels of each class in `of`, and those with one of the class in `among` within the tolerance. */
static void count_matches(uint64_t *all, uint64_t *matched, const uint8_t *of, const uint8_t *among,
                          const image *im)
{
    for (int y = 0; y < im->height; y++) {
        for (int x = 0; x < im->width; x++) {
            uint8_t mark = of[(size_t)y * (size_t)im->width + (size_t)x];
            if (mark == 0) continue;
            all[mark - 1]++;
            matched[mark - 1] += has_near(among, mark, x, y, im);
        }
    }
}

sw_status sw_boundary_add(sw_boundary *boundary, const uint8_t *truth, const uint8_t *prediction, int width,
                          int height, int ignore_index)
{
    assert(width > 0 && height > 0);
    size_t pixels = (size_t)width * (size_t)height;
    uint8_t *marks = malloc(2 * pixels);
    if (!marks) return sw_fail_alloc("boundary maps", 2 * pixels);
    double tolerance = sw_boundary_tolerance_px(width, height);
    image im = {.truth = truth,
                .width = width,
                .height = height,
                .classes = boundary->classes,
                .ignore_index = ignore_index,
                .reach = (int)tolerance,
                .limit_sq = tolerance * tolerance};
    uint8_t *true_marks = marks, *predicted_marks = marks + pixels;
    mark_boundaries(true_marks, truth, &im);
    mark_boundaries(predicted_marks, prediction, &im);
    uint64_t true_all[SW_MAX_CLASSES] = {0}, true_found[SW_MAX_CLASSES] = {0};
    uint64_t predicted_all[SW_MAX_CLASSES] = {0}, predicted_right[SW_MAX_CLASSES] = {0};
    count_matches(true_all, true_found, true_marks, predicted_marks, &im);
    count_matches(predicted_all, predicted_right, predicted_marks, true_marks, &im);
    free(marks);

    double sum = 0;
    int counted = 0;
    for (int c = 0; c < boundary->classes; c++) {
        if (c == ignore_index || true_all[c] + predicted_all[c] == 0) continue;
        double precision = predicted_all[c] ? ratio(predicted_right[c], predicted_all[c]) : 0;
        double recall = true_all[c] ? ratio(true_found[c], true_all[c]) : 0;
        double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
        boundary->f1_sum[c] += f1;
        boundary->f1_images[c]++;
        sum += f1;
        counted++;
    }
    if (counted) {
        boundary->mean_sum += sum / counted;
        boundary->mean_images++;
    }
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
