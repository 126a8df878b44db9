/* Every network of configs/model against PyTorch: one training step from weights, images and labels that
 * follow from a rule which both sides know, and the evaluation after it.
 *
 * Of each tensor the file holds its norm and some values, in double precision, and by how much six runs of
 * PyTorch differ from it at most, as the norm of the difference and in any element: four with other orders of
 * sums, two with weights whose last two bits differ. These meet with pools and ReLUs that decide otherwise
 * between nearly equal values, as every rounding does. 6 times that is allowed, as in test_golden_segnet.c.
 */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cl/buffer.h"
#include "config/experiment.h"
#include "device_case.h"
#include "golden.h"
#include "golden_model.h"
#include "golden_step.h"
#include "ops/ops.h"

enum { NORM, NORM_ERROR, ERROR, VALUES }; /* places in a tensor of the file; values follow */

static golden g;

static void open_all(void)
{
    session_open();
    golden_open(&g, "models");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_models, .init = open_all, .fini = close_all);

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

typedef struct network {
    golden_step step;
    int batch, side;
} network;

/* --- the network ------------------------------------------------------------------------------- */

/* What dropout drops is a matter of its random numbers: it is to drop nothing. */
static void leave_out_dropout(sw_model *model)
{
    for (int i = 0; i < model->graph.node_count; i++)
        if (model->graph.nodes[i].op == &sw_op_dropout)
            ((sw_dropout_attrs *)model->graph.nodes[i].attrs)->rate = 0; /* the graph's own copy */
}

static void build(network *n, const char *name)
{
    char path[128], size[32];
    const char *sets[] = {size, NULL};
    sw_experiment *x;
    const sw_loss_config loss = golden_model_loss();
    *n = (network){.batch = golden_int(&g, "batch"), .side = golden_int(&g, "side")};
    snprintf(path, sizeof path, "configs/model/%s.yaml", name);
    snprintf(size, sizeof size, "data.size=%d", n->side);
    must(sw_experiment_load(&x, path, sets));
    const sw_model_options options = {.batch = n->batch,
                                      .size = {n->side, n->side},
                                      .conv_engine = SW_CONV_GEMM, /* plain sums, as PyTorch's */
                                      .workspace_cap_bytes = 1 << 22};
    must(sw_model_build(&n->step.model, &x->model, &loss, &options, NULL));
    leave_out_dropout(&n->step.model);
    sw_experiment_destroy(x);
}

static float *allocate(size_t count)
{
    float *values = malloc(count * sizeof *values);
    cr_assert_not_null(values);
    return values;
}

/* From (n,channels,pixels) to (n,pixels,channels), or the other way with the last two exchanged. */
static float *transposed(const float *from, size_t images, size_t rows, size_t columns)
{
    float *to = allocate(images * rows * columns);
    for (size_t n = 0; n < images; n++)
        for (size_t r = 0; r < rows; r++)
            for (size_t c = 0; c < columns; c++)
                to[(n * columns + c) * rows + r] = from[(n * rows + r) * columns + c];
    return to;
}

/* Images 0.5 + 0.5 r and labels (r + 1) classes / 2 of the rule's numbers r. */
static void feed(const network *n, const sw_executor *executor)
{
    const size_t pixels = (size_t)n->side * (size_t)n->side, images = (size_t)n->batch,
                 count = images * pixels;
    float *numbers = allocate(3 * count);
    uint8_t *labels = malloc(count);
    cr_assert_not_null(labels);
    golden_rule(numbers, "labels", count);
    for (size_t i = 0; i < count; i++) labels[i] = (uint8_t)((numbers[i] + 1.0f) * 1.5f);
    golden_rule(numbers, "images", 3 * count);
    for (size_t i = 0; i < 3 * count; i++) numbers[i] = 0.5f + 0.5f * numbers[i];
    float *on_device = transposed(numbers, images, 3, pixels);
    golden_step_feed(&n->step, executor, on_device, labels);
    free(on_device);
    free(numbers);
    free(labels);
}

/* --- what came out ----------------------------------------------------------------------------- */

static void expect_within(const char *name, const char *what, double found, double want, double error)
{
    const double allowed = 6 * error + (double)FLT_EPSILON * fabs(want);
    if (getenv("GOLDEN_SHOW"))
        fprintf(stderr, "%-44s %-8s %8.4f of the bound\n", name, what, fabs(found - want) / allowed);
    cr_expect(fabs(found - want) <= allowed,
              "%s, %s is %.9g, PyTorch has %.9g; at most %.3g apart is allowed", name, what, found, want,
              allowed);
}

static void expect(const char *name, const float *found, size_t elems)
{
    size_t count;
    double squares = 0;
    const float *file = golden_floats(&g, name, &count);
    cr_assert_gt(count, (size_t)VALUES);
    const size_t samples = count - VALUES;
    for (size_t i = 0; i < elems; i++) squares += (double)found[i] * (double)found[i];
    expect_within(name, "the norm", sqrt(squares), (double)file[NORM], (double)file[NORM_ERROR]);
    for (size_t k = 0; k < samples; k++) {
        const size_t at = elems * (2 * k + 1) / (2 * samples); /* sample() in golden_models.py */
        expect_within(name, "a value", (double)found[at], (double)file[VALUES + k], (double)file[ERROR]);
    }
}

static void expect_slab(const golden_step *s, const char *kind, cl_mem slab, const sw_param *params,
                        int count)
{
    for (int i = 0; i < count; i++) {
        char name[128];
        float *found = allocate(params[i].elems);
        must(sw_store_read(&s->store, slab, &params[i], found));
        snprintf(name, sizeof name, "%s.%s", kind, params[i].name);
        expect(name, found, params[i].elems);
        free(found);
    }
}

static void expect_logits(const network *n, const sw_executor *executor, const char *name)
{
    const sw_model *model = &n->step.model;
    const sw_shape shape = model->graph.values[model->logits].shape;
    const size_t elems = sw_shape_elems(shape), classes = (size_t)shape.c;
    float *device = allocate(elems);
    must(sw_buffer_read(session, sw_executor_value(executor, model->logits), 0, device,
                        elems * sizeof *device));
    float *file = transposed(device, (size_t)n->batch, sw_shape_pixels(shape) / (size_t)n->batch, classes);
    expect(name, file, elems);
    free(device);
    free(file);
}

static void check(const char *name)
{
    network n;
    const golden_step *s = &n.step;
    do cr_assert(golden_next(&g, "models"), "the file has no '%s'", name);
    while (strcmp(g.name + strlen("models."), name) != 0);
    build(&n, name);
    golden_step_open(&n.step);
    feed(&n, s->trainer);
    golden_step_train(s, n.batch);
    expect_logits(&n, s->trainer, "logits");
    const float loss = golden_step_loss(s);
    expect("loss", &loss, 1);
    expect_slab(s, "grad", s->store.grads, s->model.graph.params, s->model.graph.param_count);
    expect_slab(s, "state", s->store.states, s->model.graph.states, s->model.graph.state_count);
    feed(&n, s->evaluator);
    must(sw_executor_forward(s->evaluator, n.batch));
    expect_logits(&n, s->evaluator, "eval_logits");
    golden_step_close(&n.step);
}

Test(golden_models, a_step_of_unet_small_is_pytorchs)
{
    check("unet_small");
}

Test(golden_models, a_step_of_linknet_is_pytorchs)
{
    check("linknet");
}

Test(golden_models, a_step_of_deeplab_small_is_pytorchs)
{
    check("deeplab_small");
}

Test(golden_models, a_step_of_segnet_basic_is_pytorchs)
{
    check("segnet_basic");
}

Test(golden_models, a_step_of_unet_is_pytorchs)
{
    check("unet");
}

Test(golden_models, a_step_of_resunet_is_pytorchs)
{
    check("resunet");
}

Test(golden_models, a_step_of_fcn8_is_pytorchs)
{
    check("fcn8");
}

Test(golden_models, a_step_of_segnet_bayesian_is_pytorchs)
{
    check("segnet_bayesian");
}
