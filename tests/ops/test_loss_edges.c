/* What random inputs do not reach: certain pixels, pixels that count for nothing, and gamma 0. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "cl/buffer.h"
#include "exec/executor.h"
#include "ops/ops.h"

enum { CLASSES = 3, PIXELS = 48, LOGITS = PIXELS * CLASSES };

typedef struct loss_result {
    float loss, gradient[LOGITS];
} loss_result;

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* One forward and backward pass over a 6x8 image. */
static loss_result run_loss(sw_cl *cl, const sw_op *op, const sw_loss_attrs *attrs, const float *logits,
                            const uint8_t *labels)
{
    loss_result result;
    sw_graph graph;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    int inputs[2], outputs[SW_MAX_OUTPUTS];
    sw_graph_init(&graph);
    must(sw_graph_input(&inputs[0], &graph, "logits", SW_F32, (sw_shape){1, 6, 8, CLASSES}));
    must(sw_graph_input(&inputs[1], &graph, "labels", SW_U8, (sw_shape){1, 6, 8, 1}));
    must(sw_graph_add(outputs, &graph, op, "loss", attrs, 2, inputs));
    must(sw_store_init(&store, cl, &graph, true));
    sw_slabs_init(&slabs, cl);
    const sw_executor_options options = {
        .training = true, .keep = outputs, .keep_count = 1, .wants = inputs, .want_count = 1};
    must(sw_executor_create(&executor, cl, &graph, &store, &slabs, &options));
    must(sw_executor_bind(executor));
    must(sw_buffer_write(cl, sw_executor_value(executor, inputs[0]), 0, logits, LOGITS * sizeof *logits));
    must(sw_buffer_write(cl, sw_executor_value(executor, inputs[1]), 0, labels, PIXELS));
    must(sw_executor_forward(executor, 1));
    must(sw_executor_backward(executor, 1));
    must(sw_buffer_read(cl, sw_executor_value(executor, outputs[0]), 0, &result.loss, sizeof result.loss));
    must(sw_buffer_read(cl, sw_executor_gradient(executor, inputs[0]), 0, result.gradient,
                        sizeof result.gradient));
    sw_executor_destroy(executor);
    sw_slabs_deinit(&slabs);
    sw_store_deinit(&store);
    sw_graph_deinit(&graph);
    return result;
}

static sw_cl *open_device(void)
{
    sw_device_info device;
    sw_cl *cl;
    must(sw_device_choose(&device, NULL));
    must(sw_cl_create(&cl, &device, &(sw_cl_options){.check = true}));
    return cl;
}

static void expect_zero_gradient(const loss_result *result, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        cr_assert_eq(result->gradient[i], 0.0f, "gradient %zu is %g", i, (double)result->gradient[i]);
}

/* What any of the losses takes. */
static const sw_loss_attrs any_loss = {.ignore_index = -1,
                                       .gamma = 2.0f,
                                       .label_smoothing = 0.1f,
                                       .alpha = 0.3f,
                                       .beta = 0.7f,
                                       .w0 = 10.0f,
                                       .sigma = 2.0f,
                                       .share = 0.25f};

Test(loss_edges, a_batch_of_ignored_pixels_gives_loss_0_and_gradient_0)
{
    sw_cl *cl = open_device();
    sw_loss_attrs attrs = any_loss;
    attrs.ignore_index = 1;
    float logits[LOGITS];
    uint8_t labels[PIXELS];
    for (size_t i = 0; i < LOGITS; i++) logits[i] = i % 5 ? (float)i : NAN;
    for (size_t i = 0; i < PIXELS; i++) labels[i] = i % 2 ? 1 : 200; /* ignored, and no class at all */
    for (int k = 0; k < SW_LOSS_KINDS; k++) {
        const loss_result result = run_loss(cl, sw_losses[k], &attrs, logits, labels);
        cr_assert_eq(result.loss, 0.0f, "%s: %g", sw_loss_kinds[k], (double)result.loss);
        expect_zero_gradient(&result, 0, LOGITS);
    }
    sw_cl_destroy(cl);
}

Test(loss_edges, a_class_of_weight_0_counts_for_nothing_even_with_nan_logits)
{
    sw_cl *cl = open_device();
    const sw_loss_attrs attrs = {
        .ignore_index = -1, .class_weight_count = 3, .class_weights = {1.0f, 0.0f, 3.0f}};
    float logits[LOGITS] = {0};
    uint8_t labels[PIXELS] = {0};
    for (size_t i = PIXELS / 2; i < PIXELS; i++) {
        labels[i] = 1;
        logits[i * CLASSES] = NAN;
    }
    const loss_result result = run_loss(cl, &sw_op_cross_entropy, &attrs, logits, labels);
    cr_assert_float_eq(result.loss, logf(3.0f), 1e-6f, "%g", (double)result.loss);
    expect_zero_gradient(&result, LOGITS / 2, LOGITS / 2);
    sw_cl_destroy(cl);
}

Test(loss_edges, the_focal_gradient_exists_where_a_pixel_is_certain)
{
    sw_cl *cl = open_device();
    const float gammas[] = {0.0f, 0.1f, 0.5f, 1.0f, 2.0f}, margins[] = {8.0f, 20.0f, 90.0f, 1000.0f};
    for (size_t g = 0; g < sizeof gammas / sizeof *gammas; g++) {
        const sw_loss_attrs attrs = {.gamma = gammas[g], .ignore_index = -1};
        float logits[LOGITS] = {0};
        uint8_t labels[PIXELS] = {0};
        /* the target ahead of the others by a margin, so that 1 - p goes from 7e-4 to 0 */
        for (size_t i = 0; i < PIXELS; i++) logits[i * CLASSES] = margins[i % 4];
        const loss_result result = run_loss(cl, &sw_op_focal, &attrs, logits, labels);
        cr_assert(isfinite(result.loss), "gamma %g: loss %g", (double)gammas[g], (double)result.loss);
        for (size_t i = 0; i < PIXELS; i++) {
            const double others = 2.0 * exp(-(double)margins[i % 4]), q = others / (1.0 + others);
            const double power = gammas[g] > 0.0f ? pow(q, (double)gammas[g]) : 1.0;
            const double want =
                -power * (q + (double)gammas[g] / (1.0 + others) * log1p(others)) / (double)PIXELS;
            const double got = (double)result.gradient[i * CLASSES];
            cr_assert(fabs(got - want) <= 1e-5 * fabs(want) + 1e-37, "gamma %g, margin %g: %.9g, want %.9g",
                      (double)gammas[g], (double)margins[i % 4], got, want);
        }
    }
    sw_cl_destroy(cl);
}

Test(loss_edges, focal_with_gamma_0_has_the_bits_of_cross_entropy)
{
    sw_cl *cl = open_device();
    const sw_loss_attrs attrs = {
        .gamma = 0.0f, .ignore_index = 2, .class_weight_count = 3, .class_weights = {0.3f, 1.7f, 1.0f}};
    float logits[LOGITS];
    uint8_t labels[PIXELS];
    for (size_t i = 0; i < LOGITS; i++) logits[i] = sinf((float)i) * 4.0f;
    for (size_t i = 0; i < PIXELS; i++) labels[i] = (uint8_t)(i * 7 % CLASSES);
    const loss_result focal = run_loss(cl, &sw_op_focal, &attrs, logits, labels);
    const loss_result entropy = run_loss(cl, &sw_op_cross_entropy, &attrs, logits, labels);
    cr_assert(memcmp(&focal, &entropy, sizeof focal) == 0, "loss %.9g and %.9g", (double)focal.loss,
              (double)entropy.loss);
    cr_assert(focal.loss > 0.1f, "%g", (double)focal.loss);
    sw_cl_destroy(cl);
}

static void draw(float *logits, uint8_t *labels)
{
    for (size_t i = 0; i < LOGITS; i++) logits[i] = sinf((float)i) * 4.0f;
    for (size_t i = 0; i < PIXELS; i++) labels[i] = (uint8_t)(i * 7 / 5 % CLASSES);
}

Test(loss_edges, a_logit_that_is_no_number_makes_every_loss_so)
{
    sw_cl *cl = open_device();
    float logits[LOGITS];
    uint8_t labels[PIXELS];
    for (int k = 0; k < SW_LOSS_KINDS; k++) {
        draw(logits, labels);
        logits[50] = NAN;
        const loss_result result = run_loss(cl, sw_losses[k], &any_loss, logits, labels);
        cr_expect(isnan(result.loss), "%s: %g", sw_loss_kinds[k], (double)result.loss);
    }
    sw_cl_destroy(cl);
}

/* The label that is ignored, or none at all, makes no difference to a loss that has no such pixel. */
Test(loss_edges, classes_that_are_not_there_change_no_bit)
{
    sw_cl *cl = open_device();
    float logits[LOGITS];
    uint8_t labels[PIXELS];
    draw(logits, labels);
    for (int k = 0; k < SW_LOSS_KINDS; k++) {
        sw_loss_attrs attrs = any_loss;
        const loss_result none = run_loss(cl, sw_losses[k], &attrs, logits, labels);
        attrs.ignore_index = 255;
        const loss_result other = run_loss(cl, sw_losses[k], &attrs, logits, labels);
        cr_expect_eq(memcmp(&none, &other, sizeof none), 0, "%s", sw_loss_kinds[k]);
        cr_expect_gt(none.loss, 0.05f, "%s: %g", sw_loss_kinds[k], (double)none.loss);
    }
    sw_cl_destroy(cl);
}

/* Within rounding: they sum image by image. */
Test(loss_edges, boundary_without_w0_and_ohem_of_all_pixels_are_cross_entropy)
{
    sw_cl *cl = open_device();
    float logits[LOGITS];
    uint8_t labels[PIXELS];
    draw(logits, labels);
    sw_loss_attrs attrs = {.ignore_index = 1,
                           .class_weight_count = 3,
                           .class_weights = {0.3f, 1.7f, 1.0f},
                           .sigma = 2.0f,
                           .share = 1.0f};
    const loss_result entropy = run_loss(cl, &sw_op_cross_entropy, &attrs, logits, labels);
    const sw_op *const ops[] = {&sw_op_boundary, &sw_op_ohem};
    for (size_t k = 0; k < 2; k++) {
        const loss_result result = run_loss(cl, ops[k], &attrs, logits, labels);
        cr_expect_float_eq(result.loss, entropy.loss, 4e-7f * entropy.loss, "%s", ops[k]->name);
        for (size_t i = 0; i < LOGITS; i++)
            cr_expect_float_eq(result.gradient[i], entropy.gradient[i],
                               4e-7f * fabsf(entropy.gradient[i]) + 1e-9f, "%s: %zu", ops[k]->name, i);
    }
    sw_cl_destroy(cl);
}

Test(loss_edges, pixels_as_hard_as_the_last_that_ohem_keeps_are_kept_too)
{
    sw_cl *cl = open_device();
    sw_loss_attrs attrs = {.ignore_index = -1, .share = 0.01f};
    float logits[LOGITS] = {0}; /* all alike, but for a few that are easier */
    uint8_t labels[PIXELS] = {0};
    for (size_t i = 0; i < 6; i++) logits[i * CLASSES] = 2.0f;
    const loss_result result = run_loss(cl, &sw_op_ohem, &attrs, logits, labels);
    cr_expect_float_eq(result.loss, logf(3.0f), 1e-6f, "%g", (double)result.loss);
    expect_zero_gradient(&result, 0, 6 * CLASSES);
    for (size_t i = 6; i < PIXELS; i++)
        cr_expect_float_eq(result.gradient[i * CLASSES], -2.0f / 3.0f / 42.0f, 1e-8f);
    sw_cl_destroy(cl);
}

Test(loss_edges, equal_errors_of_lovasz_are_taken_in_the_order_of_their_pixels)
{
    sw_cl *cl = open_device();
    sw_loss_attrs attrs = {.ignore_index = -1};
    float logits[LOGITS] = {0};
    uint8_t labels[PIXELS]; /* the first half of class 0, then class 1; class 2 is not there */
    for (size_t i = 0; i < PIXELS; i++) labels[i] = i < PIXELS / 2 ? 0 : 1;
    const loss_result result = run_loss(cl, &sw_op_lovasz, &attrs, logits, labels);
    /* of class 0, errors 2/3 come first, 24 of them, which all weigh 1/24; then those of 1/3 weigh nothing.
     * Of class 1 too. So slopes by p are -1/24 for the pixel's own class and 0 for all others. */
    cr_expect_float_eq(result.loss, 2.0f / 3.0f, 1e-6f, "%g", (double)result.loss);
    for (size_t i = 0; i < PIXELS; i++)
        for (size_t k = 0; k < CLASSES; k++) {
            const float own = k == labels[i] ? 1.0f : 0.0f;
            /* p (s - sum of p s) / 2 classes, s = -own / 24 */
            const float want = (1.0f / 3.0f) * (-own / 24.0f + 1.0f / 72.0f) / 2.0f;
            cr_expect_float_eq(result.gradient[i * CLASSES + k], want, 1e-8f, "%zu %zu: %g", i, k,
                               (double)result.gradient[i * CLASSES + k]);
        }
    sw_cl_destroy(cl);
}
