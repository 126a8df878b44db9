/* What the losses share: their inputs, class weights, weights of images, and the options that all have. */
#ifndef OPS_LOSS_BASE_H
#define OPS_LOSS_BASE_H

#include "base/field_macros.h"
#include "ops/call.h"
#include "ops/ops.h"

/* Checks logits, labels and class weights, and declares the output: one float. */
sw_status sw_loss_infer(sw_graph *graph, sw_node *node) SW_NODISCARD;

/* Makes a buffer (K) of the class weights, 0 for the ignored class. */
sw_status sw_loss_upload_weights(cl_mem *out, const sw_call *call) SW_NODISCARD;

/* The weight of an image (sw_op.weigh): the sum of w[t] over its pixels that count, or over the classes that
 * are true in it. */
double sw_loss_weigh_pixels(const void *attrs, int classes, const uint32_t counts[256]);
double sw_loss_weigh_classes(const void *attrs, int classes, const uint32_t counts[256]);

/* Takes pairs (items,2) of a sum of values and a sum of weights to the loss and 1 / the sum of weights,
 * always in the same order. */
sw_status sw_loss_get_sum(const sw_kernel **out, sw_cl *cl) SW_NODISCARD;
sw_status sw_loss_sum(const sw_call *call, const sw_kernel *sum, cl_mem pairs, int items,
                      cl_mem inverse) SW_NODISCARD;

/* The rows of the options that all losses have, last in the table of each (HERE is sw_loss_attrs). */
extern const sw_field_custom sw_loss_class_weights;
/* clang-format off */
#define LOSS_FIELDS                                                                                          \
    CUSTOM(class_weights, sw_loss_class_weights, "none",                                                     \
           "Weight of each class in the loss; median_frequency computes them from the training masks, "      \
           "higher for rare classes"),                                                                       \
    {FIELD(ignore_index, SW_FIELD_INT, "-1",                                                                 \
           "Label of pixels that loss and metrics ignore; -1: none. The same for all losses of a list: it "  \
           "is given in the first"),                                                                         \
     .min = -1, .max = 255}
/* clang-format on */

/* The members of every loss's descriptor. */
#define LOSS_OP_MEMBERS                                                                                      \
    .attr_bytes = sizeof(sw_loss_attrs), .input_count = 2, .output_count = 1,                                \
    .backward_reads_inputs = SW_BIT(0) | SW_BIT(1), .gives_gradient = SW_BIT(0), .is_loss = true

#endif
