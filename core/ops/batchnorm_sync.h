/* A batch norm's statistics over the images of all processes (train.sync_norm). Both functions wait for the
 * device and exchange a few numbers a channel. */
#ifndef OPS_BATCHNORM_SYNC_H
#define OPS_BATCHNORM_SYNC_H

#include "ops/call.h"

/* Forward. saved[0] has the mean and 1/std (eps 0) of this process's pixels; writes the mean and the sum of
 * squares about it of all processes' pixels to the front of the workspace, (2,C), and how many these are.
 * Pixels of images that do not count are left out. */
sw_status batchnorm_sync_moments(size_t *all_pixels, sw_call *call, size_t pixels,
                                 size_t channels) SW_NODISCARD;

/* Backward. saved[1] has the means of g and of g xh over this process's pixels, (2,C); makes them those over
 * all processes' pixels, or 0 where this process's images do not count. */
sw_status batchnorm_sync_means(sw_call *call, size_t pixels, size_t channels) SW_NODISCARD;

#endif
