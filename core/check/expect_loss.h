/* What the expectations of the losses share. */
#ifndef CHECK_EXPECT_LOSS_H
#define CHECK_EXPECT_LOSS_H

#include "base/classes.h"
#include "problem.h"

/* The loss as the reference takes it, and its inputs. */
typedef struct loss_problem {
    sw_reference_loss loss;
    double weights[SW_MAX_CLASSES];
    uint8_t *labels;
    const double *logits;
    size_t images, image_pixels, pixels; /* pixels: of all images */
} loss_problem;

sw_status loss_problem_init(loss_problem *l, sw_problem *p) SW_NODISCARD;

/* Members of a sw_expectation. */
sw_shape loss_labels_shape(sw_dtype *dtype, sw_shape x, int i);
sw_status loss_prepare(sw_problem *p) SW_NODISCARD;
void loss_describe(char *text, size_t bytes, const sw_op_case *c);

/* Cross-entropy of one pixel and how far the device's may be off (expect_loss.c says why). */
typedef struct loss_pixel_error {
    double ce, ce_error, largest, sum, sum_error;
} loss_pixel_error;

loss_pixel_error loss_pixel_error_of(const double *logits, int classes, int label);

/* The softmax of one pixel, and how far the device's p_k may be off. */
void loss_softmax(double *p, double *error, const double *logits, int classes);

#endif
