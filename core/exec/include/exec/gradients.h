/* What happens to the gradients between the backward pass and the update. */
#ifndef EXEC_GRADIENTS_H
#define EXEC_GRADIENTS_H

#include "exec/executor.h"

typedef struct sw_gradients {
    sw_store *store; /* borrowed */
    float clip_norm; /* 0: not clipped */
    const void *scale, *squares, *norm, *clip;
    cl_mem partial, norms; /* sums of squares; the norm and the factor. NULL when nothing is clipped */
} sw_gradients;

/* clip_norm: the largest norm the gradients may have, all of them taken as one vector; 0: any. */
sw_status sw_gradients_init(sw_gradients *gradients, sw_store *store, float clip_norm) SW_NODISCARD;
void sw_gradients_deinit(sw_gradients *gradients); /* accepts a zeroed one */

/* Multiplies all gradients by `factor` (enqueued); nothing for 1. */
sw_status sw_gradients_scale(sw_gradients *gradients, double factor) SW_NODISCARD;

/* As torch.nn.utils.clip_grad_norm_: multiplies them by clip_norm / (norm + 1e-6) where that is below 1
 * (enqueued, the host waits for nothing); summed in the same order every time. Nothing without clip_norm. */
sw_status sw_gradients_clip(sw_gradients *gradients) SW_NODISCARD;

#endif
