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
    &sw_op_cross_entropy,
    &sw_op_focal,
    &sw_op_concat,
    &sw_op_add,
    &sw_op_global_average_pool,
    &sw_op_broadcast,
    &sw_op_scale,
    &sw_op_relu,
    &sw_op_leaky_relu,
    &sw_op_silu,
    &sw_op_sigmoid,
    &sw_op_dropout,
    &sw_op_group_norm,
    &sw_op_local_response_norm,
    &sw_op_bilinear,
    &sw_op_conv_transpose2d,
    NULL,
};
