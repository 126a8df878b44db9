/* What the layers of a network take from the network as a whole (sw_op.adopt). */
#ifndef OPS_SETTING_H
#define OPS_SETTING_H

#include "ops/conv_choice.h"

typedef struct sw_op_setting {
    sw_conv_choice conv_engine;
    const sw_conv_pins *conv_pins; /* with SW_CONV_AUTO, layer by layer; NULL: none */
    bool exact_places;             /* sw_conv2d_attrs.exact_places */
    size_t workspace_cap_bytes;    /* of a convolution: sw_conv2d_attrs */
    float norm_eps, norm_momentum; /* of norms that have none of their own */
    int classes;                   /* output channels of a convolution of width 0 */
} sw_op_setting;

#endif
