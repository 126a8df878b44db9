#include "train/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/run_profile.h"
#include "nn/flip.h"
#include "nn/losses.h"

typedef struct evaluator {
    sw_network *network;
    const sw_evaluate_options *options;
    sw_evaluation *out, image; /* of all; of one image at a time */
    sw_confusion batch_counts; /* of one batch at a time */
    int classes;
    sw_size size;
    sw_batch batch; /* the one that `results` are of; count 0: none yet */
    sw_loss_values loss;
    sw_flip flip; /* with options.flip */
    sw_batch_results results;
    double soft, soft_counted; /* of one batch, sums of the soft IoU: of all images, of those that count */
    double loss_weights[SW_MAX_LOSSES]; /* of all batches */
    uint64_t images_counted;            /* that have a pixel that counts */
    uint64_t batches_counted;           /* so far */
    int batches_read;                   /* whose results were read */
} evaluator;

static double soft_iou(const float *soft)
{
    return ((double)soft[0] + 0.001) / ((double)soft[1] + 0.001);
}

static void take_counts(sw_confusion *out, const uint32_t *counts)
{
    for (int t = 0; t < out->classes; t++)
        for (int p = 0; p < out->classes; p++) sw_confusion_add(out, t, p, *counts++);
}

/* The means are sums until the end. */
static void add_batch(evaluator *e)
{
    const int count = e->batch.count;
    const sw_confusion *total = &e->batch_counts;
    double weights[SW_MAX_LOSSES];
    sw_network_weigh(weights, e->network, e->batch.labels, count);
    for (int i = 0; i < e->network->options.loss->count; i++) {
        /* in images, so that it is a whole number where all pixels weigh 1 */
        const double weight = weights[i] / (double)sw_network_pixels(e->network, 1);
        e->out->losses[i] += e->loss.of[i] * weight;
        e->loss_weights[i] += weight;
    }
    sw_confusion_merge(&e->out->confusion, total);
    e->out->images += (uint64_t)count;
    e->out->soft_iou += e->soft_counted;

    double accuracy = sw_confusion_accuracy(total),
           iou = sw_confusion_micro_iou(total, e->options->classes->background);
    e->out->batch_accuracy += isnan(accuracy) ? 0.0 : accuracy;
    e->out->batch_iou += isnan(iou) ? 0.0 : iou; /* torchmetrics calls 0/0 zero */
    e->out->batch_soft_iou += e->soft / count;
    e->batches_counted++;
}

/* Computes the figures of image i of the batch and adds them to the others'. */
static sw_status measure_image(evaluator *e, int i)
{
    const size_t pixels = sw_size_pixels(e->size);
    const size_t k2 = (size_t)e->classes * (size_t)e->classes;
    sw_evaluation *figures = &e->image;
    sw_evaluation_clear(figures);
    figures->images = 1;
    take_counts(&figures->confusion, e->results.confusion + (size_t)i * k2);
    if (e->options->boundary)
        SW_ENSURE(sw_boundary_add(&figures->boundary, e->batch.labels + (size_t)i * pixels,
                                  e->results.predictions + (size_t)i * pixels, e->size.width,
                                  e->size.height));
    const bool counts = sw_confusion_pixels(&figures->confusion) > 0;
    const double soft = soft_iou(e->results.soft + 2 * i);
    figures->soft_iou = counts ? soft : (double)NAN;
    sw_confusion_merge(&e->batch_counts, &figures->confusion);
    sw_boundary_merge(&e->out->boundary, &figures->boundary);
    e->soft += soft;
    e->soft_counted += counts ? soft : 0.0;
    e->images_counted += counts;
    return SW_OK;
}

/* Figures and pictures of each image of the batch. */
static sw_status add_images(evaluator *e)
{
    const sw_evaluate_options *o = e->options;
    const sw_batch *batch = &e->batch;
    const sw_batch_results *r = &e->results;
    size_t pixels = sw_size_pixels(e->size);
    sw_confusion_clear(&e->batch_counts);
    e->soft = e->soft_counted = 0.0;
    for (int i = 0; i < batch->count; i++) {
        const uint8_t *prediction = r->predictions + (size_t)i * pixels;
        sw_image_evaluation image = {.image = (int)batch->indices[i],
                                     .figures = &e->image,
                                     .truth = batch->labels + (size_t)i * pixels,
                                     .prediction = prediction};
        SW_ENSURE(measure_image(e, i));
        if (r->confidence) image.confidence = r->confidence + (size_t)i * pixels;
        int slot = o->slot_of_image ? o->slot_of_image[image.image] : -1;
        if (slot >= 0) memcpy(o->captured[slot], prediction, pixels);
        if (slot >= 0 && o->captured_confidence)
            memcpy(o->captured_confidence[slot], image.confidence, pixels);
        if (o->on_image) o->on_image(o->on_image_user, &image);
    }
    add_batch(e);
    return SW_OK;
}

enum { MAX_FIGURES = 2 * SW_MAX_LOSSES + 5 + SW_MAX_CLASSES, MAX_COUNTS = 4 + SW_MAX_CLASSES };

/* The sums of an evaluation, one after the other. */
typedef struct sums {
    double *figures[MAX_FIGURES];
    uint64_t *counts[MAX_COUNTS];
    size_t figure_count, count_count;
} sums;

static void list_sums(sums *s, evaluator *e)
{
    sw_evaluation *out = e->out;
    *s = (sums){.figures = {&out->soft_iou, &out->batch_accuracy, &out->batch_iou, &out->batch_soft_iou,
                            &out->boundary.mean_sum},
                .counts = {&out->images, &e->images_counted, &e->batches_counted, &out->boundary.mean_images},
                .figure_count = 5,
                .count_count = 4};
    for (int l = 0; l < e->network->options.loss->count; l++) {
        s->figures[s->figure_count++] = &out->losses[l];
        s->figures[s->figure_count++] = &e->loss_weights[l];
    }
    for (int c = 0; c < e->classes; c++) {
        s->figures[s->figure_count++] = &out->boundary.f1_sum[c];
        s->counts[s->count_count++] = &out->boundary.f1_images[c];
    }
}

/* Adds what the other processes have measured. */
static sw_status unite(evaluator *e)
{
    sw_comm *comm = e->options->comm;
    if (!comm) return SW_OK;
    sums s;
    double figures[MAX_FIGURES];
    uint64_t counts[MAX_COUNTS];
    list_sums(&s, e);
    for (size_t i = 0; i < s.figure_count; i++) figures[i] = *s.figures[i];
    for (size_t i = 0; i < s.count_count; i++) counts[i] = *s.counts[i];
    SW_ENSURE(sw_comm_sum(comm, figures, s.figure_count));
    SW_ENSURE(sw_comm_sum_counts(comm, counts, s.count_count));
    for (size_t i = 0; i < s.figure_count; i++) *s.figures[i] = figures[i];
    for (size_t i = 0; i < s.count_count; i++) *s.counts[i] = counts[i];
    sw_confusion *confusion = &e->out->confusion;
    const size_t k = (size_t)e->classes;
    SW_ENSURE(sw_comm_sum_counts(comm, confusion->counts, k * k));
    SW_ENSURE(sw_comm_sum_counts(comm, confusion->truths, k));
    return sw_comm_sum_counts(comm, confusion->predictions, k);
}

static void finish(evaluator *e)
{
    if (e->out->images == 0) return;
    for (int i = 0; i < e->network->options.loss->count; i++)
        e->out->losses[i] = e->loss_weights[i] > 0 ? e->out->losses[i] / e->loss_weights[i] : (double)NAN;
    e->out->loss = sw_losses_total(e->network->options.loss, e->out->losses);
    e->out->soft_iou = e->images_counted ? e->out->soft_iou / (double)e->images_counted : (double)NAN;
    const double batches = (double)e->batches_counted;
    e->out->batch_accuracy /= batches;
    e->out->batch_iou /= batches;
    e->out->batch_soft_iou /= batches;
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
        sw_progress_steps(o->progress, o->epoch, SW_PROGRESS_VALIDATE,
                          o->progress_done + (int)e->batches_counted, 1, e->batch.count, e->loss.total);
    return SW_OK;
}

static sw_status enqueue(evaluator *e, const sw_batch *b)
{
    return e->options->flip ? sw_flip_enqueue_evaluation(&e->flip, e->network, b->images, b->labels, b->count)
                            : sw_network_enqueue_evaluation(e->network, b->images, b->labels, b->count);
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
    SW_TRY(enqueue(e, &batch));
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
    evaluator e = {
        .network = network, .options = options, .out = out, .classes = o->model->classes, .size = o->size};
    const int ignored = sw_losses_ignored(o->loss);
    SW_ENSURE(sw_evaluation_init(out, e.classes, ignored));
    SW_TRY(sw_evaluation_init(&e.image, e.classes, ignored));
    SW_TRY(sw_confusion_init(&e.batch_counts, e.classes, ignored));
    SW_TRY(allocate(&e));
    if (options->flip) SW_TRY(sw_flip_init(&e.flip, network));
    sw_loader_start(loader, (uint32_t)options->epoch, 0);
    for (bool last = false; !last;) {
        SW_TRY(evaluate_next(&last, &e, loader));
        if (options->stop && *options->stop)
            SW_TRY(sw_fail(SW_E_INTERRUPTED, "interrupted while validating"));
    }
    SW_TRY(unite(&e));
    finish(&e);
done:
    sw_evaluation_deinit(&e.image);
    sw_confusion_deinit(&e.batch_counts);
    sw_flip_deinit(&e.flip);
    if (status != SW_OK) sw_evaluation_deinit(out);
    free(e.results.confusion);
    free(e.results.soft);
    free(e.results.predictions);
    free(e.results.confidence);
    return status;
}
