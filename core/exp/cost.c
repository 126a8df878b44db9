#include "cost.h"

double sw_step_flop(const sw_graph *graph, const sw_step *step)
{
    const sw_node *node = &graph->nodes[step->node];
    double pass = 2.0 * (double)node->macs;
    if (step->kind != SW_STEP_BACKWARD) return pass;
    int products = node->param_count > 0;
    for (int i = 0; i < node->input_count; i++) products += step->din[i] >= 0;
    return pass * products;
}

static double tenant_bytes(const sw_plan *plan, int tenant)
{
    return tenant < 0 ? 0.0 : (double)plan->tenants[tenant].bytes;
}

/* Parameters are read; backward also adds to their gradients. */
static double parameter_bytes(const sw_graph *graph, const sw_step *step)
{
    const sw_node *node = &graph->nodes[step->node];
    double bytes = 0.0;
    for (int i = 0; i < node->param_count; i++)
        bytes += (double)graph->params[node->params[i]].elems * sizeof(float);
    return step->kind == SW_STEP_BACKWARD ? 3.0 * bytes : bytes;
}

double sw_step_bytes(const sw_graph *graph, const sw_plan *plan, const sw_step *step)
{
    double bytes = parameter_bytes(graph, step);
    for (int i = 0; i < SW_MAX_INPUTS; i++) {
        bytes += tenant_bytes(plan, step->in[i]);
        bytes += tenant_bytes(plan, step->din[i]) * (step->accumulate[i] ? 2.0 : 1.0);
    }
    for (int i = 0; i < SW_MAX_OUTPUTS; i++)
        bytes += tenant_bytes(plan, step->out[i]) + tenant_bytes(plan, step->dout[i]);
    return bytes;
}

double sw_plan_flop(const sw_graph *graph, const sw_plan *plan)
{
    double flop = 0.0;
    for (int s = 0; s < plan->step_count; s++) flop += sw_step_flop(graph, &plan->steps[s]);
    return flop;
}
