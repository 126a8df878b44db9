/* Two ways to compute a transposed convolution, behind one interface; conv_transpose2d.c owns the op. */
#ifndef OPS_CONV_TRANSPOSE_H
#define OPS_CONV_TRANSPOSE_H

#include "conv_engine.h"

typedef struct sw_transposed_shape {
    int n, h, w, in_channels, out_channels, kernel, stride, padding;
    int oh, ow; /* of the output */
    sw_dtype x_type, y_type;
} sw_transposed_shape;

typedef struct sw_transposed_engine {
    const char *name;
    sw_conv_choice choice;
    size_t plan_bytes;
    /* Builds programs into the plan, plan_bytes of zeros that free() releases, and says how much of the
     * workspace its passes use. `shape` has the graph's batch size; a run's may be smaller. */
    sw_status (*prepare)(void *plan, size_t *workspace_bytes, sw_call *call, sw_transposed_shape shape,
                         size_t cap_bytes);
    /* y, with the bias. Enqueue only. */
    sw_status (*forward)(const void *plan, sw_call *call);
    /* dw += ..., and dx where there is call->din[0]. */
    sw_status (*backward)(const void *plan, sw_call *call);
} sw_transposed_engine;

extern const sw_transposed_engine sw_transposed_gemm, /* every device; made for CPUs */
    sw_transposed_tile;                               /* devices that sw_tile_supports; made for GPUs */

/* Floats of all weights. */
static inline size_t sw_transposed_weights(sw_transposed_shape s)
{
    return (size_t)s.in_channels * (size_t)s.out_channels * (size_t)s.kernel * (size_t)s.kernel;
}

/* The call's bias, or NULL. */
static inline cl_mem sw_transposed_bias(const sw_call *call)
{
    return call->node->param_count > 1 ? call->param[1] : NULL;
}

#endif
