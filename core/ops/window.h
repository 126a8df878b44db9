/* What the ops on 2x2 windows share: two kernels each, vectors of channels, and a small and a large image
 * whose sides are half and whole (an odd whole side has one row or column more, which belongs to no window).
 */
#ifndef OPS_WINDOW_H
#define OPS_WINDOW_H

#include "ops/call.h"

typedef struct sw_window {
    const sw_kernel *forward, *backward;
    int vec;
} sw_window;

/* Builds both kernels for the channels of input 0 and leaves a sw_window in call->prepared. The files need
 * not be the same: spreading by offsets is max_unpool's forward pass and max_pool's backward pass. */
sw_status sw_window_prepare(sw_call *call, const char *forward_file, const char *forward_name,
                            const char *backward_file, const char *backward_name) SW_NODISCARD;
void sw_window_release(sw_call *call);

/* Launches max_unpool_fwd: `values` and `offsets` of shape small (with the words of small.c channels) are
 * spread over `spread` of shape large. */
sw_status sw_window_spread(sw_call *call, const sw_kernel *kernel, cl_mem values, cl_mem offsets,
                           cl_mem spread, sw_shape small, sw_shape large, bool accumulate) SW_NODISCARD;

/* Words of 16 offsets that a pixel of so many channels has. */
int sw_window_words(int channels);

/* Fails for an output size that is not twice the input's, or one more. */
sw_status sw_window_check_double(const sw_node *node, sw_shape small, int height, int width) SW_NODISCARD;

#endif
