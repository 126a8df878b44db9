/* average_pool: mean of 2x2 pixels with stride 2. */
#include "ops/ops.h"
#include "window.h"

const sw_op sw_op_average_pool = {
    .name = "average_pool",
    .help = "mean of 2x2 pixels with stride 2",
    .input_count = 1,
    .output_count = 1,
    .infer = sw_window_infer_half,
    .gives_gradient = SW_BIT(0),
    .prepare = sw_window_prepare,
    .forward = sw_window_forward,
    .backward = sw_window_backward,
    .release = sw_call_free_prepared,
};
