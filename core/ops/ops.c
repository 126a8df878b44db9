#include "ops/ops.h"

#include <stddef.h>

const sw_op *const sw_ops[] = {
    &sw_op_conv2d,
    &sw_op_depthwise_conv2d,
    &sw_op_conv_transpose2d,
    &sw_op_batchnorm,
    &sw_op_group_norm,
    &sw_op_local_response_norm,
    &sw_op_relu,
    &sw_op_leaky_relu,
    &sw_op_silu,
    &sw_op_sigmoid,
    &sw_op_dropout,
    &sw_op_max_pool,
    &sw_op_average_pool,
    &sw_op_global_average_pool,
    &sw_op_max_unpool,
    &sw_op_upsample,
    &sw_op_bilinear,
    &sw_op_broadcast,
    &sw_op_concat,
    &sw_op_add,
    &sw_op_scale,
    &sw_op_cross_entropy,
    &sw_op_focal,
    &sw_op_dice,
    &sw_op_tversky,
    &sw_op_lovasz,
    &sw_op_boundary,
    &sw_op_ohem,
    NULL,
};

const sw_op *const sw_losses[SW_LOSS_KINDS] = {
    [SW_LOSS_CROSS_ENTROPY] = &sw_op_cross_entropy,
    [SW_LOSS_FOCAL] = &sw_op_focal,
    [SW_LOSS_DICE] = &sw_op_dice,
    [SW_LOSS_TVERSKY] = &sw_op_tversky,
    [SW_LOSS_LOVASZ] = &sw_op_lovasz,
    [SW_LOSS_BOUNDARY] = &sw_op_boundary,
    [SW_LOSS_OHEM] = &sw_op_ohem,
};

const char *const sw_loss_kinds[SW_LOSS_KINDS + 1] = {
    [SW_LOSS_CROSS_ENTROPY] = "cross_entropy",
    [SW_LOSS_FOCAL] = "focal",
    [SW_LOSS_DICE] = "dice",
    [SW_LOSS_TVERSKY] = "tversky",
    [SW_LOSS_LOVASZ] = "lovasz",
    [SW_LOSS_BOUNDARY] = "boundary",
    [SW_LOSS_OHEM] = "ohem",
};
