/* average_pool: mean of 2x2 pixels with stride 2. */
#include "base/field_macros.h"
#include "ops/ops.h"
#include "window.h"

static bool is_ceil(const sw_node *node)
{
    return ((const sw_average_pool_attrs *)node->attrs)->ceil;
}

static sw_status average_pool_infer(sw_graph *graph, sw_node *node)
{
    return sw_window_infer_pool(graph, node,
                                (sw_pool_window){.kernel = 2, .stride = 2, .ceil = is_ceil(node)});
}

static sw_status average_pool_prepare(sw_call *call)
{
    return sw_window_prepare_kernels(call,
                                     (sw_window_kernel){.file = "average_pool", .name = "average_pool_fwd"},
                                     (sw_window_kernel){.file = "average_pool", .name = "average_pool_bwd"},
                                     is_ceil(call->node) ? " -DCEIL=1" : "", 16);
}

#define HERE sw_average_pool_attrs
static const sw_field average_pool_fields[] = {
    BOOL(ceil, "false", "Keeps a last row or column that fills no window, as a window of what is there"),
};
static const sw_field_table average_pool_table = TABLE(average_pool_fields);
#undef HERE

const sw_op sw_op_average_pool = {
    .name = "average_pool",
    .help = "mean of 2x2 pixels with stride 2",
    .family = SW_FAMILY_POOL,
    .attr_bytes = sizeof(sw_average_pool_attrs),
    .fields = &average_pool_table,
    .input_count = 1,
    .output_count = 1,
    .infer = average_pool_infer,
    .gives_gradient = SW_BIT(0),
    .takes_bfloat16 = true,
    .prepare = average_pool_prepare,
    .forward = sw_window_forward,
    .backward = sw_window_backward,
    .release = sw_call_free_prepared,
};
