#include "ops/ops.h"

#include <stddef.h>

const sw_op *const sw_ops[] = {
    &sw_op_conv2d,
    &sw_op_depthwise_conv2d,
    &sw_op_batchnorm,
    &sw_op_max_pool,
    &sw_op_max_unpool,
    &sw_op_average_pool,
    &sw_op_upsample,
    &sw_op_bilinear,
    &sw_op_conv_transpose2d,
    &sw_op_cross_entropy,
    &sw_op_focal,
    NULL,
};
