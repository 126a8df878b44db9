/* Sums over the pixels of each image, and one pixel spread over an image (cl_kernels/image_sum.cl): what
 * global_average_pool and broadcast are made of, and a part of scale. */
#ifndef OPS_IMAGE_SUM_H
#define OPS_IMAGE_SUM_H

#include "ops/call.h"

typedef struct sw_image_sum {
    const sw_kernel *partial, *combine, *spread;
    int vec;
} sw_image_sum;

/* How the pixels of an image are cut into chunks. It depends on the size of the image alone, so that the
 * batch and the device change no bit. */
typedef struct sw_image_chunks {
    int pixels, chunk_pixels, chunks;
} sw_image_chunks;

sw_image_chunks sw_image_chunks_of(sw_shape x);

/* Of the chunks' sums of all images of x. */
size_t sw_image_sum_workspace_bytes(sw_shape x);

/* `type`: of the tensor that has all pixels; the other one is SW_F32. */
sw_status sw_image_sum_init(sw_image_sum *sum, const sw_call *call, int channels, sw_dtype type) SW_NODISCARD;

/* The prepare of an op that needs a sw_image_sum and nothing else; leaves it in call->prepared. */
sw_status sw_image_sum_prepare(sw_call *call) SW_NODISCARD;

/* y (n,1,1,C) = factor sum over the pixels of x, of that shape; the second adds up chunks that are in the
 * workspace already. */
sw_status sw_image_sum_run(sw_call *call, const sw_image_sum *sum, cl_mem x, sw_shape x_shape, cl_mem y,
                           float factor, bool accumulate) SW_NODISCARD;
sw_status sw_image_sum_combine(sw_call *call, const sw_image_sum *sum, sw_shape x_shape, cl_mem y,
                               float factor, bool accumulate) SW_NODISCARD;

/* y, of that shape, = factor x (n,1,1,C) at every pixel. */
sw_status sw_image_sum_spread(sw_call *call, const sw_image_sum *sum, cl_mem x, cl_mem y, sw_shape y_shape,
                              float factor, bool accumulate) SW_NODISCARD;

#endif
