#include "nn/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"

/* Cells and both kinds of sums. */
static size_t confusion_bytes(int classes)
{
    return (size_t)classes * ((size_t)classes + 2) * sizeof(uint64_t);
}

sw_status sw_confusion_init(sw_confusion *out, int classes, int ignored)
{
    assert(classes > 0 && classes <= SW_MAX_CLASSES);
    *out = (sw_confusion){.classes = classes, .ignored = ignored < classes ? ignored : -1};
    out->counts = calloc(1, confusion_bytes(classes));
    if (!out->counts) return sw_fail_alloc("confusion counts", confusion_bytes(classes));
    out->truths = out->counts + (size_t)classes * (size_t)classes;
    out->predictions = out->truths + classes;
    return SW_OK;
}

void sw_confusion_deinit(sw_confusion *confusion)
{
    free(confusion->counts);
    *confusion = (sw_confusion){0};
}

void sw_confusion_clear(sw_confusion *confusion)
{
    memset(confusion->counts, 0, confusion_bytes(confusion->classes));
}

void sw_confusion_add(sw_confusion *confusion, int truth, int prediction, uint64_t pixels)
{
    assert(truth >= 0 && truth < confusion->classes && prediction >= 0 && prediction < confusion->classes);
    confusion->counts[(size_t)truth * (size_t)confusion->classes + (size_t)prediction] += pixels;
    confusion->truths[truth] += pixels;
    confusion->predictions[prediction] += pixels;
}

void sw_confusion_merge(sw_confusion *into, const sw_confusion *from)
{
    assert(into->classes == from->classes);
    const size_t count = confusion_bytes(into->classes) / sizeof *into->counts;
    for (size_t i = 0; i < count; i++) into->counts[i] += from->counts[i];
}

/* ---- quotients ---- */

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

uint64_t sw_confusion_pixels(const sw_confusion *confusion)
{
    uint64_t sum = 0;
    for (int t = 0; t < confusion->classes; t++) sum += confusion->truths[t];
    return sum;
}

double sw_confusion_accuracy(const sw_confusion *confusion)
{
    uint64_t correct = 0;
    for (int c = 0; c < confusion->classes; c++) correct += sw_confusion_at(confusion, c, c);
    return ratio(correct, sw_confusion_pixels(confusion));
}

double sw_confusion_micro_iou(const sw_confusion *confusion, int dropped)
{
    uint64_t common = 0, either = 0;
    for (int c = 0; c < confusion->classes; c++) {
        if (c == dropped || c == confusion->ignored) continue;
        uint64_t predicted = confusion->predictions[c];
        /* pixels whose truth is the dropped class are left out, whatever was predicted there */
        if (dropped >= 0 && dropped < confusion->classes) predicted -= sw_confusion_at(confusion, dropped, c);
        common += sw_confusion_at(confusion, c, c);
        either += confusion->truths[c] + predicted - sw_confusion_at(confusion, c, c);
    }
    return ratio(common, either);
}

/* The figure of class c, which an ignored one does not have. */
static double of_class(const sw_confusion *confusion, int c, uint64_t part, uint64_t whole)
{
    return c == confusion->ignored ? (double)NAN : ratio(part, whole);
}

double sw_confusion_iou(const sw_confusion *confusion, int c)
{
    const uint64_t common = sw_confusion_at(confusion, c, c);
    return of_class(confusion, c, common, confusion->truths[c] + confusion->predictions[c] - common);
}

double sw_confusion_precision(const sw_confusion *confusion, int c)
{
    return of_class(confusion, c, sw_confusion_at(confusion, c, c), confusion->predictions[c]);
}

double sw_confusion_recall(const sw_confusion *confusion, int c)
{
    return of_class(confusion, c, sw_confusion_at(confusion, c, c), confusion->truths[c]);
}

double sw_confusion_dice(const sw_confusion *confusion, int c)
{
    return of_class(confusion, c, 2 * sw_confusion_at(confusion, c, c),
                    confusion->truths[c] + confusion->predictions[c]);
}

/* The mean of a figure over the classes in which it is defined. */
static double mean_over_classes(const sw_confusion *confusion, double (*figure)(const sw_confusion *, int))
{
    double sum = 0;
    int defined = 0;
    for (int c = 0; c < confusion->classes; c++) {
        const double value = figure(confusion, c);
        if (isnan(value)) continue;
        sum += value;
        defined++;
    }
    return defined ? sum / defined : (double)NAN;
}

double sw_confusion_mean_iou(const sw_confusion *confusion)
{
    return mean_over_classes(confusion, sw_confusion_iou);
}

double sw_confusion_class_accuracy(const sw_confusion *confusion)
{
    return mean_over_classes(confusion, sw_confusion_recall);
}

double sw_confusion_weighted_iou(const sw_confusion *confusion)
{
    double sum = 0;
    const uint64_t all = sw_confusion_pixels(confusion);
    for (int c = 0; c < confusion->classes; c++)
        if (confusion->truths[c] > 0) sum += sw_confusion_iou(confusion, c) * (double)confusion->truths[c];
    return all ? sum / (double)all : (double)NAN;
}

/* ---- what is taken for what ---- */

/* Puts a mistake in its place among the `count` ones that are in order; what is then too many is dropped. */
static int insert(sw_mistake *out, int count, int limit, sw_mistake mistake)
{
    int at = count;
    while (at > 0 && out[at - 1].pixels < mistake.pixels) at--;
    if (at == limit) return count;
    const int kept = count < limit ? count : limit - 1;
    memmove(out + at + 1, out + at, (size_t)(kept - at) * sizeof *out);
    out[at] = mistake;
    return kept + 1;
}

int sw_confusion_mistakes(sw_mistake *out, int limit, const sw_confusion *confusion)
{
    int count = 0;
    for (int t = 0; t < confusion->classes; t++)
        for (int p = 0; p < confusion->classes; p++) {
            const sw_mistake mistake = {t, p, sw_confusion_at(confusion, t, p)};
            if (t != p && mistake.pixels > 0) count = insert(out, count, limit, mistake);
        }
    return count;
}

int sw_confusion_taken_for(const sw_confusion *confusion, int truth)
{
    int most = -1;
    for (int p = 0; p < confusion->classes; p++) {
        const uint64_t pixels = sw_confusion_at(confusion, truth, p);
        const uint64_t before = most >= 0 ? sw_confusion_at(confusion, truth, most) : 0;
        if (p != truth && pixels > before) most = p;
    }
    return most;
}

/* ---- one pass over a validation set ---- */

sw_status sw_evaluation_init(sw_evaluation *out, int classes, int ignored)
{
    sw_status status = SW_OK;
    *out = (sw_evaluation){0};
    SW_TRY(sw_confusion_init(&out->confusion, classes, ignored));
    SW_TRY(sw_boundary_init(&out->boundary, classes, ignored));
done:
    if (status != SW_OK) sw_evaluation_deinit(out);
    return status;
}

void sw_evaluation_deinit(sw_evaluation *evaluation)
{
    sw_confusion_deinit(&evaluation->confusion);
    sw_boundary_deinit(&evaluation->boundary);
    *evaluation = (sw_evaluation){0};
}

void sw_evaluation_clear(sw_evaluation *evaluation)
{
    sw_confusion_clear(&evaluation->confusion);
    sw_boundary_clear(&evaluation->boundary);
    *evaluation = (sw_evaluation){.confusion = evaluation->confusion, .boundary = evaluation->boundary};
}
