/* What the layers of a network draw their random numbers from. */
#include "nn/network.h"

/* The numbers of a batch follow from the steps taken before and its number in the step, both of which a
 * resumed run knows. */
void sw_network_begin_random(sw_network *network)
{
    const uint64_t batch = (uint64_t)network->step.count;
    sw_executor_set_random(network->trainer, network->seed, network->optimizer.steps << 16 | batch, false);
}

void sw_network_set_sampling(sw_network *network, bool sampling, uint64_t sample)
{
    sw_executor_set_random(network->evaluator, network->seed, sample, sampling);
}
