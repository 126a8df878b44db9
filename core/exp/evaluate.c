#include "exp/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "run_profile.h"

/* Results of one batch as they come off the device. */
typedef struct batch_results {
    uint32_t *confusion;  /* (n,K,K) */
    float *soft;          /* (n,2) */
    uint8_t *predictions; /* (n,S,S) */
    uint8_t *confidence;  /* (S,S) of one image */
    double loss;
} batch_results;

typedef struct evaluator {
    sw_network *network;
    const sw_evaluate_options *options;
    sw_evaluation *out;
    int classes, size_px, ignore_index;
    double pixel_accuracy_sum, iou_sum, custom_iou_sum; /* over batches */
    int batches;
} evaluator;

static double soft_iou(const float *soft)
{
    return ((double)soft[0] + 0.001) / ((double)soft[1] + 0.001);
}

static sw_confusion confusion_of(const evaluator *e, const uint32_t *counts)
{
    sw_confusion confusion = sw_confusion_empty(e->classes);
    for (int t = 0; t < e->classes; t++)
        for (int p = 0; p < e->classes; p++) confusion.counts[t][p] = counts[t * e->classes + p];
    return confusion;
}

static void add_batch(evaluator *e, const sw_confusion *total, double custom, const batch_results *r,
                      int count)
{
    sw_confusion_merge(&e->out->confusion, total);
    e->out->images += (uint64_t)count;
    e->out->loss += r->loss * count;
    e->out->custom_iou += custom;

    double accuracy = sw_confusion_pixel_accuracy(total),
           iou = sw_confusion_micro_iou(total, SW_CLASS_BACKGROUND);
    e->pixel_accuracy_sum += isnan(accuracy) ? 0.0 : accuracy;
    e->iou_sum += isnan(iou) ? 0.0 : iou; /* torchmetrics calls 0/0 zero */
    e->custom_iou_sum += custom / count;
    e->batches++;
}

/* Figures and pictures of each image of a batch. */
static sw_status add_images(evaluator *e, const sw_batch *batch, const batch_results *r)
{
    sw_status status = SW_OK;
    const sw_evaluate_options *o = e->options;
    size_t pixels = (size_t)e->size_px * (size_t)e->size_px;
    size_t k2 = (size_t)e->classes * (size_t)e->classes;
    sw_confusion total = sw_confusion_empty(e->classes);
    double custom = 0.0;
    for (int i = 0; i < batch->count; i++) {
        const uint8_t *prediction = r->predictions + (size_t)i * pixels;
        sw_image_evaluation image = {.image = (int)batch->indices[i],
                                     .confusion = confusion_of(e, r->confusion + (size_t)i * k2),
                                     .boundary = sw_boundary_empty(e->classes),
                                     .custom_iou = soft_iou(r->soft + 2 * i)};
        if (o->boundary)
            SW_TRY(sw_boundary_add(&image.boundary, batch->labels + (size_t)i * pixels, prediction,
                                   e->size_px, e->size_px, e->ignore_index));
        sw_confusion_merge(&total, &image.confusion);
        sw_boundary_merge(&e->out->boundary, &image.boundary);
        custom += image.custom_iou;
        image.prediction = prediction;
        int slot = o->slot_of_image ? o->slot_of_image[image.image] : -1;
        bool captures_confidence = slot >= 0 && o->captured_confidence;
        if (o->confidence || captures_confidence) {
            SW_TRY(sw_network_confidence(e->network, i, r->confidence));
            image.confidence = r->confidence;
        }
        if (slot >= 0) memcpy(o->captured[slot], prediction, pixels);
        if (captures_confidence) memcpy(o->captured_confidence[slot], r->confidence, pixels);
        if (o->on_image) o->on_image(o->on_image_user, &image);
    }
    add_batch(e, &total, custom, r, batch->count);
done:
    return status;
}

static void finish(evaluator *e)
{
    if (e->out->images == 0) return;
    e->out->loss /= (double)e->out->images;
    e->out->custom_iou /= (double)e->out->images;
    e->out->batch_pixel_accuracy = e->pixel_accuracy_sum / e->batches;
    e->out->batch_iou = e->iou_sum / e->batches;
    e->out->batch_custom_iou = e->custom_iou_sum / e->batches;
}

/* One batch, from the loader to the figures; *last: there was none. */
static sw_status evaluate_next(bool *last, evaluator *e, sw_loader *loader, batch_results *r)
{
    sw_status status = SW_OK;
    const sw_evaluate_options *o = e->options;
    sw_batch batch;
    SW_TRY(sw_run_profile_step_begin(o->profile, SW_STEPS_VALIDATE));
    double loading = sw_run_profile_begin(o->profile);
    sw_loader_next(loader, &batch);
    *last = batch.count == 0;
    if (*last) goto done;
    sw_run_profile_end(o->profile, SW_SPAN_VALIDATION_LOAD, loading);
    double evaluating = sw_run_profile_begin(o->profile);
    status = sw_network_evaluate(e->network, batch.images, batch.labels, batch.count, &r->loss, r->confusion,
                                 r->soft, r->predictions);
    if (status != SW_OK) {
        sw_fail_in(status, "validation of epoch %d, batch %d", o->epoch, e->batches + 1);
        goto done;
    }
    sw_run_profile_end(o->profile, SW_SPAN_EVALUATE, evaluating);
    double measuring = sw_run_profile_begin(o->profile);
    SW_TRY(add_images(e, &batch, r));
    sw_run_profile_end(o->profile, SW_SPAN_METRICS, measuring);
    SW_TRY(sw_run_profile_step_end(o->profile, SW_STEPS_VALIDATE, batch.count));
    if (o->progress)
        sw_progress_step(o->progress, o->epoch, SW_PROGRESS_VALIDATE, o->progress_done + e->batches,
                         batch.count, r->loss);
done:
    return status;
}

sw_status sw_evaluate(sw_evaluation *out, sw_network *network, sw_loader *loader,
                      const sw_evaluate_options *options)
{
    sw_status status = SW_OK;
    const sw_network_options *o = &network->options;
    evaluator e = {.network = network,
                   .options = options,
                   .out = out,
                   .classes = o->model->classes,
                   .size_px = o->size_px,
                   .ignore_index = o->loss->ignore_index};
    *out =
        (sw_evaluation){.confusion = sw_confusion_empty(e.classes), .boundary = sw_boundary_empty(e.classes)};
    size_t n = (size_t)o->eval_batch, pixels = (size_t)e.size_px * (size_t)e.size_px;
    size_t k2 = (size_t)e.classes * (size_t)e.classes;
    batch_results r = {.confusion = malloc(n * k2 * sizeof(uint32_t)),
                       .soft = malloc(n * 2 * sizeof(float)),
                       .predictions = malloc(n * pixels),
                       .confidence = malloc(pixels)};
    if (!r.confusion || !r.soft || !r.predictions || !r.confidence) {
        status = sw_fail_alloc("the results of a validation batch", n * pixels);
        goto done;
    }
    sw_loader_start(loader, (uint32_t)options->epoch, 0);
    for (bool last = false; !last;) {
        SW_TRY(evaluate_next(&last, &e, loader, &r));
        if (options->stop && *options->stop) {
            status = sw_fail(SW_E_INTERRUPTED, "interrupted while validating");
            goto done;
        }
    }
    finish(&e);
done:
    free(r.confusion);
    free(r.soft);
    free(r.predictions);
    free(r.confidence);
    return status;
}
