/* A batch's loss is a mean over its pixels, and so is its gradient g. With W the weight of a batch, the mean
 * over the pixels of several is sum of W g / sum of W. The backward pass adds g to the gradients with the
 * factor 1, so the sum is kept in units of the latest batch's weight, rescaled when that changes, and divided
 * at the end: for batches alike that is one multiplication by 1 / their number. */
#include "step_group.h"

/* Pixels of each class, counted once, times what a pixel of it weighs in the loss. */
double sw_step_group_weigh(const sw_network *network, const uint8_t *labels, int n, bool last)
{
    const sw_loss_attrs *loss = &network->options.loss->attrs;
    const size_t pixels = (size_t)n * (size_t)network->options.size_px * (size_t)network->options.size_px;
    uint64_t counts[256] = {0};
    double weight = 0.0;
    if (last && network->group.batches == 0) return 1.0;
    for (size_t i = 0; i < pixels; i++) counts[labels[i]]++;
    for (int c = 0; c < network->options.model->classes; c++)
        if (c != loss->ignore_index)
            weight += (double)counts[c] * (loss->class_weight_count ? (double)loss->class_weights[c] : 1.0);
    return weight;
}

sw_status sw_step_group_begin(sw_network *network, double weight)
{
    sw_status status = SW_OK;
    sw_step_group *group = &network->group;
    if (group->batches == 0) {
        *group = (sw_step_group){.unit = weight};
        SW_TRY(sw_store_zero_gradients(&network->store));
    } else if (weight > 0.0 && weight != group->unit) { /* a batch of weight 0 has no gradient to add */
        if (group->unit > 0.0) SW_TRY(sw_gradients_scale(&network->gradients, group->unit / weight));
        group->unit = weight;
    }
done:
    return status;
}

double sw_step_group_add(sw_network *network, double weight, double loss)
{
    sw_step_group *group = &network->group;
    group->batches++;
    group->weight += weight;
    group->loss_sum += weight * loss;
    if (group->batches == 1) return loss; /* as it is: W loss / W may differ in the last bit */
    return group->weight > 0.0 ? group->loss_sum / group->weight : 0.0;
}

sw_status sw_step_group_update(sw_network *network, double lr)
{
    sw_status status = SW_OK;
    const sw_step_group *group = &network->group;
    if (group->weight > 0.0) SW_TRY(sw_gradients_scale(&network->gradients, group->unit / group->weight));
    SW_TRY(sw_gradients_clip(&network->gradients));
    SW_TRY(sw_optimizer_step(&network->optimizer, lr));
    if (network->averages.params) SW_TRY(sw_averages_update(&network->averages, &network->optimizer));
    network->group.batches = 0;
done:
    return status;
}
