#include "inspect/occlusion.h"

#include <stdlib.h>
#include <string.h>

#include "data/normalize.h"
#include "nn/probabilities.h"

/* Work memory of a search. */
typedef struct search {
    sw_probe *probe;
    const sw_occlusion_rule *rule;
    const float *image;
    sw_size size;
    int classes;
    float gray[3];
    float *images, *scores; /* of a batch: (n,H,W,3), (n,H,W,classes) */
} search;

static sw_status init(search *s)
{
    const size_t pixels = sw_size_pixels(s->size) * (size_t)s->probe->batch;
    for (int c = 0; c < 3; c++) s->gray[c] = 0.5f;
    sw_normalize_apply(&s->rule->normalize, s->gray, 1);
    s->images = malloc(pixels * 3 * sizeof *s->images);
    s->scores = malloc(pixels * (size_t)s->classes * sizeof *s->scores);
    return s->images && s->scores
               ? SW_OK
               : sw_fail_alloc("covered images", pixels * (size_t)(3 + s->classes) * sizeof(float));
}

/* The first and the last + 1 px of the patch along a side. */
static void span_of(int *first, int *end, const sw_occlusion_rule *rule, int place, int length)
{
    const int from = place * rule->step_px + rule->step_px / 2 - rule->patch_px / 2,
              to = from + rule->patch_px;
    *first = from < 0 ? 0 : from;
    *end = to > length ? length : to;
}

static void cover(search *s, float *image, int row, int column)
{
    int top, bottom, left, right;
    memcpy(image, s->image, sw_size_pixels(s->size) * 3 * sizeof *image);
    span_of(&top, &bottom, s->rule, row, s->size.height);
    span_of(&left, &right, s->rule, column, s->size.width);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            memcpy(image + ((size_t)y * (size_t)s->size.width + (size_t)x) * 3, s->gray, sizeof s->gray);
}

static sw_status compute(search *s, int n)
{
    SW_ENSURE(sw_probe_forward(s->probe, s->images, n));
    SW_ENSURE(sw_probe_read(s->probe, s->probe->model.logits, s->scores, n));
    return sw_softmax(s->scores, sw_size_pixels(s->size) * (size_t)n, s->classes);
}

static double score_at_pixel(const search *s, const float *scores)
{
    const size_t at = (size_t)s->rule->y * (size_t)s->size.width + (size_t)s->rule->x;
    return (double)scores[at * (size_t)s->classes + (size_t)s->rule->class_number];
}

/* 0 for an empty region. */
static double score_in_region(const search *s, const float *scores)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < sw_size_pixels(s->size); i++) {
        if (!s->rule->region[i]) continue;
        sum += (double)scores[i * (size_t)s->classes + (size_t)s->rule->class_number];
        count++;
    }
    return count > 0 ? sum / count : 0;
}

static sw_status find_without(search *s, sw_occlusion *out)
{
    memcpy(s->images, s->image, sw_size_pixels(s->size) * 3 * sizeof *s->images);
    SW_ENSURE(compute(s, 1));
    out->at_pixel = score_at_pixel(s, s->scores);
    out->in_region = score_in_region(s, s->scores);
    return SW_OK;
}

/* Covers n places from `first` on. */
static sw_status find_batch(search *s, sw_occlusion *out, int first, int n)
{
    const size_t pixels = sw_size_pixels(s->size);
    for (int i = 0; i < n; i++)
        cover(s, s->images + (size_t)i * pixels * 3, (first + i) / out->columns, (first + i) % out->columns);
    SW_ENSURE(compute(s, n));
    for (int i = 0; i < n; i++) {
        const float *scores = s->scores + (size_t)i * pixels * (size_t)s->classes;
        out->pixel_loss[first + i] = (float)(out->at_pixel - score_at_pixel(s, scores));
        out->region_loss[first + i] = (float)(out->in_region - score_in_region(s, scores));
    }
    return SW_OK;
}

sw_status sw_occlusion_find(sw_occlusion *out, sw_probe *probe, const float *image,
                            const sw_occlusion_rule *rule)
{
    sw_status status = SW_OK;
    const sw_shape logits = probe->model.graph.values[probe->model.logits].shape;
    search s = {
        .probe = probe, .rule = rule, .image = image, .size = {logits.h, logits.w}, .classes = logits.c};
    *out = (sw_occlusion){.rows = (logits.h + rule->step_px - 1) / rule->step_px,
                          .columns = (logits.w + rule->step_px - 1) / rule->step_px};
    const int places = out->rows * out->columns;
    SW_TRY(init(&s));
    out->pixel_loss = calloc((size_t)places, sizeof *out->pixel_loss);
    out->region_loss = calloc((size_t)places, sizeof *out->region_loss);
    if (!out->pixel_loss || !out->region_loss)
        SW_TRY(sw_fail_alloc("a map of covered places", (size_t)places * 2 * sizeof(float)));
    SW_TRY(find_without(&s, out));
    for (int first = 0; first < places; first += probe->batch)
        SW_TRY(find_batch(&s, out, first, places - first < probe->batch ? places - first : probe->batch));
done:
    free(s.images);
    free(s.scores);
    return status;
}

void sw_occlusion_deinit(sw_occlusion *occlusion)
{
    free(occlusion->pixel_loss);
    free(occlusion->region_loss);
    *occlusion = (sw_occlusion){0};
}
