/* A training step of one or several batches.
 *
 * A loss is a mean over what a batch holds, by weights that follow from its labels, and so is its gradient g.
 * With W the weight of a batch, the mean over several is sum of W g / sum of W.
 *
 * With one loss, the backward pass adds g to the gradients with the factor 1, so the sum is kept in units of
 * the latest batch's weight, rescaled when that changes, and divided at the end: for batches of equal weight
 * that is one multiplication by 1 / their number.
 *
 * With several losses, each has its own weights, and a batch's backward pass adds all their gradients at
 * once. Each must then have its factor W / sum of W already, which is why the sums have to be known
 * beforehand; for a step of one batch the factor is 1.
 *
 * Several processes that share a batch out are as several batches: each computes gradients with the factors W
 * / sum of W, for one loss too, and the gradients are summed over the processes before the update. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "cl/buffer.h"
#include "nn/losses.h"
#include "nn/network.h"
#include "ops/call.h"

/* Waits for the upload before, not for this one. The queue is in order: once the labels are there, so are the
 * images. */
sw_status sw_network_upload(sw_network *network, const float *images, const uint8_t *labels, int n)
{
    sw_status status = SW_OK;
    const sw_executor *executor = network->trainer;
    const sw_model *model = &network->train_model;
    const size_t pixels = sw_network_pixels(network, n);
    cl_event images_up = NULL, labels_up = NULL;
    sw_profile_pass(network->cl, SW_PASS_UPLOAD);
    SW_TRY(sw_buffer_write_begin(&images_up, network->cl, sw_executor_value(executor, model->images), 0,
                                 images, pixels * 3 * sizeof(float)));
    SW_TRY(sw_buffer_write_begin(&labels_up, network->cl, sw_executor_value(executor, model->labels), 0,
                                 labels, pixels));
    SW_TRY(sw_buffer_wait(&network->uploaded));
done:
    if (status != SW_OK) sw_buffer_settle(&images_up);
    sw_buffer_forget(&images_up);
    sw_buffer_settle(&network->uploaded);
    network->uploaded = labels_up;
    return status;
}

void sw_network_weigh(double weights[SW_MAX_LOSSES], const sw_network *network, const uint8_t *labels, int n)
{
    const sw_network_options *o = &network->options;
    memset(weights, 0, SW_MAX_LOSSES * sizeof *weights);
    sw_losses_weigh(weights, o->loss, o->model->classes, labels, n, sw_size_pixels(o->size));
}

void sw_network_set_place(sw_network *network, int first_image, bool counts)
{
    network->spare = !counts;
    sw_executor_set_place(network->trainer, first_image, counts);
}

void sw_network_begin_step(sw_network *network, const double totals[SW_MAX_LOSSES])
{
    assert(network->step.count == 0);
    network->step.known = true;
    memcpy(network->step.totals, totals, sizeof network->step.totals);
}

/* With one loss: makes the gradients such that the batch's, added to them, gives the right sum. */
static sw_status change_unit(sw_network *network, double weight)
{
    sw_step_batches *step = &network->step;
    if (weight <= 0.0 || weight == step->unit) return SW_OK; /* a batch of weight 0 has no gradient to add */
    if (step->unit > 0.0) SW_ENSURE(sw_gradients_scale(&network->gradients, step->unit / weight));
    step->unit = weight;
    return SW_OK;
}

static double share_of(double weight, double total)
{
    return total > 0.0 ? weight / total : 0.0;
}

/* Before a batch's backward pass adds to the gradients: makes them zero, or such that the sum is right. */
static sw_status begin_batch(sw_network *network, const double weights[SW_MAX_LOSSES], bool last)
{
    sw_step_batches *step = &network->step;
    const sw_loss_config *loss = network->options.loss;
    if (step->count == 0) {
        SW_ENSURE(sw_store_zero_gradients(&network->store));
        memset(step->weights, 0, sizeof step->weights);
        step->unit = weights[0];
        if (!step->known) memcpy(step->totals, weights, sizeof step->totals);
        assert(step->known || last || loss->count == 1);
        (void)last;
    } else if (!step->known) {
        SW_ENSURE(change_unit(network, weights[0]));
    }
    for (int i = 0; i < loss->count; i++) {
        const bool alone = loss->count == 1 && !step->known;
        const double share = alone ? 1.0 : share_of(weights[i], step->totals[i]);
        sw_executor_scale_gradient(network->trainer, network->train_model.losses[i],
                                   share * (double)loss->items[i].weight);
    }
    return SW_OK;
}

/* Counts a batch and notes its losses on the device. */
static sw_status note_losses(sw_network *network, const double weights[SW_MAX_LOSSES])
{
    sw_step_batches *step = &network->step;
    const sw_model *model = &network->train_model;
    cl_mem losses[SW_MAX_LOSSES];
    double shares[SW_MAX_LOSSES];
    step->count++;
    for (int i = 0; i < model->loss_count; i++) {
        step->weights[i] += weights[i];
        shares[i] = share_of(weights[i], step->weights[i]);
        losses[i] = sw_executor_value(network->trainer, model->losses[i]);
    }
    return sw_loss_log_add(&network->losses, losses, step->count == 1, shares, &network->optimizer);
}

/* Gradients of frozen parameters are no part of the norm that optimizer.clip_norm limits. */
static sw_status forget_frozen(sw_network *network)
{
    const sw_graph *graph = sw_network_graph(network);
    const bool *frozen = network->rules.frozen;
    for (int i = 0; i < graph->param_count && frozen && network->gradients.clip_norm > 0.0f; i++) {
        if (!frozen[i]) continue;
        const sw_param *param = &graph->params[i];
        SW_ENSURE(sw_buffer_fill(network->cl, network->store.grads, param->offset_elems * sizeof(float),
                                 param->elems * sizeof(float), 0));
    }
    return SW_OK;
}

/* The update with the mean of the batches' gradients, clipped; then the averages. Ends the step. */
static sw_status update(sw_network *network, double lr)
{
    const sw_step_batches *step = &network->step;
    SW_ENSURE(sw_buckets_sum(&network->buckets));
    SW_ENSURE(forget_frozen(network));
    if (network->options.loss->count == 1 && !step->known && step->weights[0] > 0.0)
        SW_ENSURE(sw_gradients_scale(&network->gradients, step->unit / step->weights[0]));
    SW_ENSURE(sw_gradients_clip(&network->gradients));
    SW_ENSURE(sw_optimizer_step(&network->optimizer, lr));
    if (network->averages.params) SW_ENSURE(sw_averages_update(&network->averages, &network->optimizer));
    network->step.count = 0;
    network->step.known = false;
    return SW_OK;
}

sw_status sw_network_enqueue_batch(sw_network *network, const uint8_t *labels, int n, bool last, double lr)
{
    double weights[SW_MAX_LOSSES];
    sw_network_weigh(weights, network, labels, n);
    if (network->spare) memset(weights, 0, sizeof weights);
    sw_profile_pass(network->cl, SW_PASS_UPDATE);
    SW_ENSURE(begin_batch(network, weights, last));
    sw_network_begin_random(network);
    SW_ENSURE(sw_executor_forward(network->trainer, n));
    SW_ENSURE(last && network->buckets.count ? sw_buckets_backward(&network->buckets, n)
                                             : sw_executor_backward(network->trainer, n));
    sw_profile_pass(network->cl, SW_PASS_UPDATE);
    SW_ENSURE(note_losses(network, weights));
    if (last && network->losses.count == network->losses.capacity) {
        /* before the update, so that the device is still busy when the host has the losses */
        sw_profile_pass(network->cl, SW_PASS_READ);
        SW_ENSURE(sw_loss_log_begin_read(&network->losses));
        sw_profile_pass(network->cl, SW_PASS_UPDATE);
    }
    if (last) SW_ENSURE(update(network, lr));
    return sw_cl_flush(network->cl); /* the host may now wait for the loader */
}

sw_status sw_network_losses(sw_network *network, const sw_loss_values **losses, int *count)
{
    const sw_loss_config *config = network->options.loss;
    const float *read;
    assert(network->step.count == 0);
    *losses = network->read_losses;
    sw_profile_pass(network->cl, SW_PASS_READ);
    sw_status status = sw_loss_log_read(&network->losses, &read, count);
    int good = 0;
    for (int i = 0; i < *count; i++) {
        sw_loss_values *values = &network->read_losses[i];
        for (int l = 0; l < config->count; l++) values->of[l] = (double)read[i * config->count + l];
        values->total = sw_losses_total(config, values->of);
        if (good == i && isfinite(values->total)) good++;
    }
    /* the updates from there on changed nothing */
    network->optimizer.steps -= (uint64_t)(*count - good);
    return status;
}

sw_status sw_network_train_step(sw_network *network, const float *images, const uint8_t *labels, int n,
                                double lr, double *loss)
{
    const sw_loss_values *losses;
    int count;
    SW_ENSURE(sw_network_upload(network, images, labels, n));
    SW_ENSURE(sw_network_enqueue_batch(network, labels, n, true, lr));
    SW_ENSURE(sw_network_losses(network, &losses, &count));
    *loss = losses[count - 1].total;
    return isfinite(*loss) ? SW_OK : sw_network_explain_loss(network, images, labels, n, true, *loss);
}
