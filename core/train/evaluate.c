#include "train/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/run_profile.h"

typedef struct evaluator {
    sw_network *network;
    const sw_evaluate_options *options;
    sw_evaluation *out;
    int classes, ignore_index;
    sw_size size;
    sw_batch batch; /* the one that `results` are of; count 0: none yet */
    double loss;
    sw_batch_results results;
    int batches, batches_read; /* that count so far; whose results were read */
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

/* The means are sums until the end. */
static void add_batch(evaluator *e, const sw_confusion *total, double soft)
{
    const int count = e->batch.count;
    sw_confusion_merge(&e->out->confusion, total);
    e->out->images += (uint64_t)count;
    e->out->loss += e->loss * count;
    e->out->soft_iou += soft;

    double accuracy = sw_confusion_accuracy(total),
           iou = sw_confusion_micro_iou(total, e->options->classes->background);
    e->out->batch_accuracy += isnan(accuracy) ? 0.0 : accuracy;
    e->out->batch_iou += isnan(iou) ? 0.0 : iou; /* torchmetrics calls 0/0 zero */
    e->out->batch_soft_iou += soft / count;
    e->batches++;
}

/* Figures and pictures of each image of the batch. */
static sw_status add_images(evaluator *e)
{
    const sw_evaluate_options *o = e->options;
    const sw_batch *batch = &e->batch;
    const sw_batch_results *r = &e->results;
    size_t pixels = sw_size_pixels(e->size);
    size_t k2 = (size_t)e->classes * (size_t)e->classes;
    sw_confusion total = sw_confusion_empty(e->classes);
    double soft = 0.0;
    for (int i = 0; i < batch->count; i++) {
        const uint8_t *prediction = r->predictions + (size_t)i * pixels;
        sw_image_evaluation image = {.image = (int)batch->indices[i],
                                     .figures = {.confusion = confusion_of(e, r->confusion + (size_t)i * k2),
                                                 .boundary = sw_boundary_empty(e->classes),
                                                 .ignore_index = e->ignore_index,
                                                 .images = 1,
                                                 .soft_iou = soft_iou(r->soft + 2 * i)}};
        sw_evaluation *figures = &image.figures;
        if (o->boundary)
            SW_ENSURE(sw_boundary_add(&figures->boundary, batch->labels + (size_t)i * pixels, prediction,
                                      e->size.width, e->size.height, e->ignore_index));
        sw_confusion_merge(&total, &figures->confusion);
        sw_boundary_merge(&e->out->boundary, &figures->boundary);
        soft += figures->soft_iou;
        image.truth = batch->labels + (size_t)i * pixels;
        image.prediction = prediction;
        if (r->confidence) image.confidence = r->confidence + (size_t)i * pixels;
        int slot = o->slot_of_image ? o->slot_of_image[image.image] : -1;
        if (slot >= 0) memcpy(o->captured[slot], prediction, pixels);
        if (slot >= 0 && o->captured_confidence)
            memcpy(o->captured_confidence[slot], image.confidence, pixels);
        if (o->on_image) o->on_image(o->on_image_user, &image);
    }
    add_batch(e, &total, soft);
    return SW_OK;
}

static void finish(evaluator *e)
{
    if (e->out->images == 0) return;
    e->out->loss /= (double)e->out->images;
    e->out->soft_iou /= (double)e->out->images;
    e->out->batch_accuracy /= e->batches;
    e->out->batch_iou /= e->batches;
    e->out->batch_soft_iou /= e->batches;
}

/* Computes the metrics of the batch whose results were read. */
static sw_status measure(evaluator *e)
{
    const sw_evaluate_options *o = e->options;
    if (e->batch.count == 0) return SW_OK;
    double measuring = sw_run_profile_begin(o->profile);
    SW_ENSURE(add_images(e));
    sw_run_profile_end(o->profile, SW_SPAN_METRICS, measuring);
    if (o->progress)
        sw_progress_steps(o->progress, o->epoch, SW_PROGRESS_VALIDATE, o->progress_done + e->batches, 1,
                          e->batch.count, e->loss);
    return SW_OK;
}

/* One batch, from the loader to its results; while the device has it, the host measures the one before.
 * *last: there was none. */
static sw_status evaluate_next(bool *last, evaluator *e, sw_loader *loader)
{
    sw_status status = SW_OK;
    const sw_evaluate_options *o = e->options;
    sw_batch batch;
    SW_TRY(sw_run_profile_step_begin(o->profile, SW_STEPS_VALIDATE));
    double begun = sw_run_profile_begin(o->profile);
    SW_TRY(sw_loader_next(loader, &batch));
    *last = batch.count == 0;
    if (*last) return measure(e);
    begun = sw_run_profile_end(o->profile, SW_SPAN_VALIDATION_LOAD, begun);
    SW_TRY(sw_network_enqueue_evaluation(e->network, batch.images, batch.labels, batch.count));
    sw_run_profile_end(o->profile, SW_SPAN_EVALUATE, begun);
    SW_TRY(measure(e));
    begun = sw_run_profile_begin(o->profile);
    SW_TRY(sw_network_read_evaluation(e->network, batch.images, batch.labels, batch.count, &e->results));
    sw_run_profile_end(o->profile, SW_SPAN_EVALUATE, begun);
    e->batch = batch;
    e->batches_read++;
    SW_TRY(sw_run_profile_step_end(o->profile, SW_STEPS_VALIDATE, batch.count));
done:
    return sw_fail_in(status, "validation of epoch %d, batch %d", o->epoch, e->batches_read + 1);
}

static sw_status allocate(evaluator *e)
{
    const sw_evaluate_options *o = e->options;
    size_t n = (size_t)e->network->options.eval_batch, pixels = sw_size_pixels(e->size);
    size_t k2 = (size_t)e->classes * (size_t)e->classes;
    bool confidence = o->confidence || (o->slot_of_image && o->captured_confidence);
    e->results = (sw_batch_results){.loss = &e->loss,
                                    .confusion = malloc(n * k2 * sizeof(uint32_t)),
                                    .soft = malloc(n * 2 * sizeof(float)),
                                    .predictions = malloc(n * pixels),
                                    .confidence = confidence ? malloc(n * pixels) : NULL};
    const sw_batch_results *r = &e->results;
    if (!r->confusion || !r->soft || !r->predictions || (confidence && !r->confidence))
        return sw_fail_alloc("the results of a validation batch", n * pixels);
    return SW_OK;
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
                   .size = o->size,
                   .ignore_index = o->loss->attrs.ignore_index};
    *out = (sw_evaluation){.confusion = sw_confusion_empty(e.classes),
                           .boundary = sw_boundary_empty(e.classes),
                           .ignore_index = e.ignore_index};
    SW_TRY(allocate(&e));
    sw_loader_start(loader, (uint32_t)options->epoch, 0);
    for (bool last = false; !last;) {
        SW_TRY(evaluate_next(&last, &e, loader));
        if (options->stop && *options->stop)
            SW_TRY(sw_fail(SW_E_INTERRUPTED, "interrupted while validating"));
    }
    finish(&e);
done:
    free(e.results.confusion);
    free(e.results.soft);
    free(e.results.predictions);
    free(e.results.confidence);
    return status;
}
