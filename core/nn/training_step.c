/* A training step of one or several batches.
 *
 * A batch's loss is a mean over its pixels, and so is its gradient g. With W the weight of a batch, the mean
 * over the pixels of several is sum of W g / sum of W. The backward pass adds g to the gradients with the
 * factor 1, so the sum is kept in units of the latest batch's weight, rescaled when that changes, and divided
 * at the end: for batches of equal weight that is one multiplication by 1 / their number. */
#include <assert.h>
#include <math.h>

#include "cl/buffer.h"
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

double sw_network_weigh(const sw_network *network, const uint8_t *labels, int n)
{
    const sw_loss_attrs *loss = &network->options.loss->attrs;
    const size_t pixels = sw_network_pixels(network, n);
    enum { SIDE_BY_SIDE = 4 }; /* equal neighbours would wait for each other's count */
    uint32_t counts[256][SIDE_BY_SIDE] = {0};
    double weight = 0.0;
    for (size_t i = 0; i < pixels; i++) counts[labels[i]][i % SIDE_BY_SIDE]++;
    for (int c = 0; c < network->options.model->classes; c++) {
        const double count = (double)counts[c][0] + counts[c][1] + counts[c][2] + counts[c][3];
        if (c != loss->ignore_index)
            weight += count * (loss->class_weight_count ? (double)loss->class_weights[c] : 1.0);
    }
    return weight;
}

/* Before a batch's backward pass adds to the gradients: makes them zero, or such that the sum is right. */
static sw_status begin_batch(sw_network *network, double weight)
{
    sw_step_batches *step = &network->step;
    if (step->count == 0) {
        *step = (sw_step_batches){.unit = weight};
        SW_ENSURE(sw_store_zero_gradients(&network->store));
    } else if (weight > 0.0 && weight != step->unit) { /* a batch of weight 0 has no gradient to add */
        if (step->unit > 0.0) SW_ENSURE(sw_gradients_scale(&network->gradients, step->unit / weight));
        step->unit = weight;
    }
    return SW_OK;
}

/* Counts a batch and notes its loss on the device. */
static sw_status note_loss(sw_network *network, double weight)
{
    sw_step_batches *step = &network->step;
    step->count++;
    step->weight += weight;
    return sw_loss_log_add(&network->losses, sw_executor_value(network->trainer, network->train_model.loss),
                           step->count == 1, step->weight > 0.0 ? weight / step->weight : 0.0,
                           &network->optimizer);
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
    SW_ENSURE(forget_frozen(network));
    if (step->weight > 0.0) SW_ENSURE(sw_gradients_scale(&network->gradients, step->unit / step->weight));
    SW_ENSURE(sw_gradients_clip(&network->gradients));
    SW_ENSURE(sw_optimizer_step(&network->optimizer, lr));
    if (network->averages.params) SW_ENSURE(sw_averages_update(&network->averages, &network->optimizer));
    network->step.count = 0;
    return SW_OK;
}

sw_status sw_network_enqueue_batch(sw_network *network, const uint8_t *labels, int n, bool last, double lr)
{
    const double weight = sw_network_weigh(network, labels, n);
    sw_profile_pass(network->cl, SW_PASS_UPDATE);
    SW_ENSURE(begin_batch(network, weight));
    sw_network_begin_random(network);
    SW_ENSURE(sw_executor_forward(network->trainer, n));
    SW_ENSURE(sw_executor_backward(network->trainer, n));
    sw_profile_pass(network->cl, SW_PASS_UPDATE);
    SW_ENSURE(note_loss(network, weight));
    if (last && network->losses.count == network->losses.capacity) {
        /* before the update, so that the device is still busy when the host has the losses */
        sw_profile_pass(network->cl, SW_PASS_READ);
        SW_ENSURE(sw_loss_log_begin_read(&network->losses));
        sw_profile_pass(network->cl, SW_PASS_UPDATE);
    }
    if (last) SW_ENSURE(update(network, lr));
    return sw_cl_flush(network->cl); /* the host may now wait for the loader */
}

sw_status sw_network_losses(sw_network *network, const float **losses, int *count)
{
    assert(network->step.count == 0);
    sw_profile_pass(network->cl, SW_PASS_READ);
    sw_status status = sw_loss_log_read(&network->losses, losses, count);
    int good = 0;
    while (good < *count && isfinite((*losses)[good])) good++;
    /* the updates from there on changed nothing */
    network->optimizer.steps -= (uint64_t)(*count - good);
    return status;
}

sw_status sw_network_train_step(sw_network *network, const float *images, const uint8_t *labels, int n,
                                double lr, double *loss)
{
    const float *losses;
    int count;
    SW_ENSURE(sw_network_upload(network, images, labels, n));
    SW_ENSURE(sw_network_enqueue_batch(network, labels, n, true, lr));
    SW_ENSURE(sw_network_losses(network, &losses, &count));
    *loss = (double)losses[count - 1];
    return isfinite(*loss) ? SW_OK : sw_network_explain_loss(network, images, labels, n, true, *loss);
}
