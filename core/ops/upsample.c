/* upsample: nearest neighbour, twice the size. */
#include "ops/ops.h"
#include "window.h"

const sw_op sw_op_upsample = {
    .name = "upsample",
    .help = "twice the size, by the nearest neighbour",
    .family = SW_FAMILY_UPSAMPLE,
    .attr_bytes = sizeof(sw_doubled_attrs),
    .resize = sw_window_resize,
    .input_count = 1,
    .output_count = 1,
    .infer = sw_window_infer_double,
    .gives_gradient = SW_BIT(0),
    .takes_bfloat16 = true,
    .recomputes = SW_BIT(0),
    .prepare = sw_window_prepare,
    .forward = sw_window_forward,
    .recompute = sw_window_forward,
    .backward = sw_window_backward,
    .release = sw_call_free_prepared,
};
