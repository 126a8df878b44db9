#include "cost.h"

#include "ops/call.h"

/* Convolutions: their backward pass is two products. */
static bool is_product(const sw_node *node)
{
    return node->macs > 0 && node->param_count > 0;
}

int sw_step_passes(sw_step_pass out[SW_STEP_PASSES], const sw_graph *graph, const sw_plan *plan,
                   const sw_step *step)
{
    int count = 0;
    if (!plan->training) {
        out[count++] = (sw_step_pass){.name = SW_PASS_INFER, .reads_inputs = true};
    } else if (step->kind != SW_STEP_BACKWARD) {
        const char *name = step->kind == SW_STEP_FORWARD ? SW_PASS_FORWARD : SW_PASS_RECOMPUTE;
        out[count++] = (sw_step_pass){.name = name, .reads_inputs = true};
    } else if (is_product(&graph->nodes[step->node])) {
        if (step->din[0] >= 0)
            out[count++] = (sw_step_pass){
                .name = SW_PASS_BACKWARD_DATA, .way = SW_WAY_BACKWARD_DATA, .data_gradient = true};
        if (step->in[0] >= 0)
            out[count++] = (sw_step_pass){.name = SW_PASS_BACKWARD_WEIGHTS,
                                          .way = SW_WAY_BACKWARD_WEIGHTS,
                                          .reads_inputs = true,
                                          .weight_gradient = true};
    } else {
        out[count++] = (sw_step_pass){.name = SW_PASS_BACKWARD,
                                      .way = SW_WAY_ALL,
                                      .reads_inputs = true,
                                      .data_gradient = true,
                                      .weight_gradient = true};
    }
    return count;
}

static double tenant_bytes(const sw_plan *plan, int tenant)
{
    return tenant < 0 ? 0.0 : (double)plan->tenants[tenant].bytes;
}

/* The first parameter is the weight, which a convolution's data gradient needs; the others are biases. */
static double parameter_bytes(const sw_graph *graph, const sw_step *step, const sw_step_pass *pass)
{
    const sw_node *node = &graph->nodes[step->node];
    double all = 0.0, read = 0.0;
    for (int i = 0; i < node->param_count; i++) {
        double bytes = (double)graph->params[node->params[i]].elems * sizeof(float);
        all += bytes;
        if (i == 0 || !is_product(node) || !pass->data_gradient) read += bytes;
    }
    if (is_product(node) && pass->weight_gradient) read = 0.0;
    return read + (pass->weight_gradient ? 2.0 * all : 0.0);
}

double sw_pass_bytes(const sw_graph *graph, const sw_plan *plan, const sw_step *step,
                     const sw_step_pass *pass, double share)
{
    double bytes = 0.0;
    for (int i = 0; i < SW_MAX_INPUTS; i++) {
        if (pass->reads_inputs) bytes += tenant_bytes(plan, step->in[i]);
        if (pass->data_gradient)
            bytes += tenant_bytes(plan, step->din[i]) * (step->accumulate[i] ? 2.0 : 1.0);
    }
    for (int i = 0; i < SW_MAX_OUTPUTS; i++)
        bytes += tenant_bytes(plan, step->out[i]) + tenant_bytes(plan, step->dout[i]);
    return bytes * share + parameter_bytes(graph, step, pass);
}

double sw_merged_bytes(const sw_graph *graph, int node)
{
    const sw_node *n = &graph->nodes[node];
    double elems = 0.0;
    for (int i = 0; i < n->state_count; i++) elems += (double)graph->states[n->states[i]].elems;
    return 2.0 * elems * sizeof(float);
}

double sw_plan_flop(const sw_graph *graph, const sw_plan *plan)
{
    double flop = 0.0;
    sw_step_pass passes[SW_STEP_PASSES];
    for (int s = 0; s < plan->step_count; s++)
        flop += sw_pass_flop(graph, &plan->steps[s]) * sw_step_passes(passes, graph, plan, &plan->steps[s]);
    return flop;
}
