/* Networks whose pools drop a row or a column, at any height and width: the logits have the images' size, and
 * they, the loss and all gradients are those of the double-precision references, run node after node. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "check/reference.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "nn/network.h"

TestSuite(odd_sizes, .init = session_open, .fini = session_close);

enum { BATCH = 2, CLASSES = 3 };

static const sw_model_config unpooling = {
    .name = "unpooling",
    .classes = CLASSES,
    .input_norm = true,
    .norm_eps = 1e-5f,
    .norm_momentum = 0.1f,
    .head = SW_HEAD_PLAIN,
    .encoder_count = 3,
    .decoder_count = 3,
    .encoder = {{.convs = 1, .width = 8, .kernel = 3},
                {.convs = 1, .width = 12, .kernel = 3},
                {.convs = 1, .width = 16, .kernel = 3}},
    .decoder = {{.unpool_from = 3, .convs = 1, .width = 12, .kernel = 3},
                {.unpool_from = 2, .convs = 1, .width = 8, .kernel = 3},
                {.unpool_from = 1, .convs = 1, .width = 0, .kernel = 3}},
};

static const sw_model_config nearest = {
    .name = "nearest",
    .classes = CLASSES,
    .norm_eps = 1e-5f,
    .norm_momentum = 0.1f,
    .head = SW_HEAD_NORM_RELU,
    .encoder_count = 2,
    .decoder_count = 2,
    .encoder = {{.convs = 1, .width = 8, .kernel = 3},
                {.convs = 1, .width = 12, .kernel = 3, .pool = SW_POOL_AVERAGE}},
    .decoder = {{.unpool_from = 2, .convs = 1, .width = 8, .kernel = 3, .up = SW_UP_NEAREST},
                {.unpool_from = 1, .convs = 1, .width = 0, .kernel = 3, .up = SW_UP_NEAREST}},
};

static const sw_loss_config loss_config = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* --- the graph in double precision ----------------------------------------------------------------- */

typedef struct replay {
    sw_arena arena;
    const sw_graph *graph;
    bool training;            /* norms take the batch's statistics, not the running ones */
    double **values, **grads; /* by value */
    uint8_t **offsets;        /* by value: of max pools, a byte each; else NULL */
    double **params, **param_grads, **states;
    double **means, **variances; /* by node: what a norm took */
    const uint8_t *labels;
    double loss;
} replay;

static double *numbers(replay *r, size_t count)
{
    double *made = sw_arena_alloc(&r->arena, (count + 1) * sizeof *made); /* zeroed */
    cr_assert(made);
    return made;
}

static double **lists(replay *r, int count)
{
    double **made = sw_arena_alloc(&r->arena, ((size_t)count + 1) * sizeof *made);
    cr_assert(made);
    return made;
}

static double *read_tensor(replay *r, const sw_store *store, cl_mem slab, const sw_param *p)
{
    float *floats = malloc(p->elems * sizeof *floats);
    double *wide = numbers(r, p->elems);
    must(sw_store_read(store, slab, p, floats));
    for (size_t i = 0; i < p->elems; i++) wide[i] = (double)floats[i];
    free(floats);
    return wide;
}

static void open_replay(replay *r, const sw_graph *g, const sw_store *store, bool training)
{
    *r = (replay){.graph = g, .training = training};
    r->values = lists(r, g->value_count);
    r->grads = lists(r, g->value_count);
    r->params = lists(r, g->param_count);
    r->param_grads = lists(r, g->param_count);
    r->states = lists(r, g->state_count);
    r->means = lists(r, g->node_count);
    r->variances = lists(r, g->node_count);
    r->offsets = sw_arena_alloc(&r->arena, (size_t)g->value_count * sizeof *r->offsets);
    cr_assert(r->offsets);
    for (int v = 0; v < g->value_count; v++) {
        r->values[v] = numbers(r, sw_shape_elems(g->values[v].shape));
        r->grads[v] = numbers(r, sw_shape_elems(g->values[v].shape));
    }
    for (int p = 0; p < g->param_count; p++) {
        r->params[p] = read_tensor(r, store, store->params, &g->params[p]);
        r->param_grads[p] = numbers(r, g->params[p].elems);
    }
    for (int s = 0; s < g->state_count; s++)
        r->states[s] = read_tensor(r, store, store->states, &g->states[s]);
}

static sw_reference_conv conv_of(const sw_node *n, sw_shape x)
{
    const sw_conv2d_attrs *attrs = n->attrs;
    return (sw_reference_conv){.x = x, .out_channels = attrs->out_channels, .kernel = attrs->kernel};
}

static void conv_forward(replay *r, const sw_node *n, sw_shape xs, sw_shape ys)
{
    const sw_reference_conv conv = conv_of(n, xs);
    const double *bias = n->param_count == 2 ? r->params[n->params[1]] : NULL;
    double *y = r->values[n->outputs[0]];
    for (int i = 0; i < ys.n; i++)
        for (int h = 0; h < ys.h; h++)
            for (int w = 0; w < ys.w; w++)
                for (int o = 0; o < ys.c; o++)
                    *y++ = sw_reference_conv2d_y(&conv, r->values[n->inputs[0]], r->params[n->params[0]],
                                                 bias, i, h, w, o)
                               .value;
}

static void conv_backward(replay *r, const sw_node *n, sw_shape xs)
{
    const sw_reference_conv conv = conv_of(n, xs);
    const double *dy = r->grads[n->outputs[0]], *x = r->values[n->inputs[0]];
    double *dx = r->grads[n->inputs[0]], *dw = r->param_grads[n->params[0]];
    for (int i = 0; i < xs.n; i++)
        for (int h = 0; h < xs.h; h++)
            for (int w = 0; w < xs.w; w++)
                for (int c = 0; c < xs.c; c++)
                    *dx++ = sw_reference_conv2d_dx(&conv, dy, r->params[n->params[0]], i, h, w, c).value;
    for (int o = 0; o < conv.out_channels; o++)
        for (int i = 0; i < xs.c; i++)
            for (int ky = 0; ky < conv.kernel; ky++)
                for (int kx = 0; kx < conv.kernel; kx++)
                    *dw++ = sw_reference_conv2d_dw(&conv, x, dy, o, i, ky, kx).value;
    for (int o = 0; n->param_count == 2 && o < conv.out_channels; o++)
        r->param_grads[n->params[1]][o] = sw_reference_conv2d_db(&conv, dy, o).value;
}

static void norm_forward(replay *r, int node, sw_shape xs)
{
    const sw_node *n = &r->graph->nodes[node];
    const sw_batchnorm_attrs *attrs = n->attrs;
    const double *x = r->values[n->inputs[0]];
    r->means[node] = r->states[n->states[0]];
    r->variances[node] = r->states[n->states[1]];
    if (r->training) {
        r->means[node] = numbers(r, (size_t)xs.c);
        r->variances[node] = numbers(r, (size_t)xs.c);
        sw_reference_batchnorm_statistics(r->means[node], r->variances[node], x, xs);
    }
    sw_reference_batchnorm_y(r->values[n->outputs[0]], x, xs, r->means[node], r->variances[node],
                             r->params[n->params[0]], r->params[n->params[1]], (double)attrs->eps,
                             attrs->relu);
}

static void norm_backward(replay *r, int node, sw_shape xs)
{
    const sw_node *n = &r->graph->nodes[node];
    const sw_batchnorm_attrs *attrs = n->attrs;
    const size_t elems = sw_shape_elems(xs);
    uint8_t *passed = malloc(elems);
    for (size_t i = 0; i < elems; i++) passed[i] = r->values[n->outputs[0]][i] > 0;
    sw_reference_batchnorm_backward(r->grads[n->inputs[0]], r->param_grads[n->params[0]],
                                    r->param_grads[n->params[1]], r->values[n->inputs[0]],
                                    r->grads[n->outputs[0]], xs, r->means[node], r->variances[node],
                                    r->params[n->params[0]], (double)attrs->eps, attrs->relu ? passed : NULL);
    free(passed);
}

static void forward_node(replay *r, int node)
{
    const sw_node *n = &r->graph->nodes[node];
    const sw_shape xs = r->graph->values[n->inputs[0]].shape, ys = r->graph->values[n->outputs[0]].shape;
    const double *x = r->values[n->inputs[0]];
    double *y = r->values[n->outputs[0]];
    if (n->op == &sw_op_conv2d) {
        conv_forward(r, n, xs, ys);
    } else if (n->op == &sw_op_batchnorm) {
        norm_forward(r, node, xs);
    } else if (n->op == &sw_op_max_pool) {
        uint8_t *offsets = r->offsets[n->outputs[1]] = sw_arena_alloc(&r->arena, sw_shape_elems(ys));
        sw_reference_max_pool(y, offsets, x, xs);
    } else if (n->op == &sw_op_max_unpool) {
        sw_reference_max_unpool(y, x, r->offsets[n->inputs[1]], xs, ys.h, ys.w);
    } else if (n->op == &sw_op_average_pool) {
        sw_reference_average_pool(y, x, xs);
    } else if (n->op == &sw_op_upsample) {
        sw_reference_upsample(y, x, xs, ys.h, ys.w);
    } else {
        cr_assert(n->op == &sw_op_cross_entropy, "%s", n->name);
        const sw_reference_loss loss = {.classes = CLASSES, .ignore_index = -1};
        r->loss = sw_reference_loss_run(r->grads[n->inputs[0]], &loss, x, r->labels, sw_shape_pixels(xs));
    }
}

/* Every value of these networks is read by one node, so that gradients are written and not added up. */
static void backward_node(replay *r, int node)
{
    const sw_node *n = &r->graph->nodes[node];
    const sw_shape xs = r->graph->values[n->inputs[0]].shape, ys = r->graph->values[n->outputs[0]].shape;
    const double *dy = r->grads[n->outputs[0]];
    double *dx = r->grads[n->inputs[0]];
    if (n->op == &sw_op_conv2d)
        conv_backward(r, n, xs);
    else if (n->op == &sw_op_batchnorm)
        norm_backward(r, node, xs);
    else if (n->op == &sw_op_max_pool)
        sw_reference_max_pool_backward(dx, dy, r->offsets[n->outputs[1]], xs);
    else if (n->op == &sw_op_max_unpool)
        sw_reference_max_unpool_backward(dx, dy, r->offsets[n->inputs[1]], xs, ys.h, ys.w);
    else if (n->op == &sw_op_average_pool)
        sw_reference_average_pool_backward(dx, dy, xs);
    else if (n->op == &sw_op_upsample)
        sw_reference_upsample_backward(dx, dy, xs, ys.h, ys.w);
}

static void run_replay(replay *r, const sw_model *model, const float *images, const uint8_t *labels)
{
    const size_t elems = sw_shape_elems(r->graph->values[model->images].shape);
    for (size_t i = 0; i < elems; i++) r->values[model->images][i] = (double)images[i];
    r->labels = labels;
    for (int n = 0; n < r->graph->node_count; n++) forward_node(r, n);
    for (int n = r->graph->node_count - 1; r->training && n >= 0; n--) backward_node(r, n);
}

/* --- both ------------------------------------------------------------------------------------------ */

/* Single precision over some ten layers of sums of some hundred terms. What a row in the wrong place changes
 * is of the values' own size. */
static void expect_near(const char *what, const double *expected, const float *found, size_t count)
{
    double largest = 0, worst = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(expected[i]));
        worst = fmax(worst, fabs((double)found[i] - expected[i]));
    }
    cr_expect(worst <= 2e-4 * largest + 1e-7, "%s: up to %g apart, the largest is %g", what, worst, largest);
}

static void expect_gradients(const sw_network *network, const replay *r, float *const *before)
{
    for (int p = 0; p < r->graph->param_count; p++) {
        const sw_param *param = &r->graph->params[p];
        float *after = malloc(param->elems * sizeof *after);
        must(sw_store_read(&network->store, network->store.params, param, after));
        for (size_t i = 0; i < param->elems; i++) after[i] = before[p][i] - after[i];
        expect_near(param->name, r->param_grads[p], after, param->elems);
        free(after);
    }
}

static void check_network(const sw_model_config *config, sw_size size)
{
    /* at rate 1 without momentum the parameters' changes are the gradients */
    const sw_optimizer_config sgd = {.kind = SW_OPT_SGD};
    const sw_network_options options = {.model = config,
                                        .loss = &loss_config,
                                        .optimizer = &sgd,
                                        .size = size,
                                        .train_batch = BATCH,
                                        .eval_batch = BATCH,
                                        .workspace_cap_bytes = 1 << 20};
    const size_t pixels = BATCH * sw_size_pixels(size);
    float *images = malloc(pixels * 3 * sizeof *images), *logits = malloc(pixels * CLASSES * sizeof *logits);
    uint8_t *labels = malloc(pixels);
    sw_rng rng = sw_rng_at(5, SW_RNG_TEST, (uint64_t)size.width);
    for (size_t i = 0; i < pixels * 3; i++) images[i] = sw_rng_uniform(&rng, 0, 1);
    for (size_t i = 0; i < pixels; i++) labels[i] = (uint8_t)sw_rng_below(&rng, CLASSES);

    sw_network network;
    replay eval, train;
    double loss = 0;
    must(sw_network_plan(&network, session, &options));
    must(sw_network_allocate(&network, 3));
    const sw_graph *g = &network.train_model.graph;
    const sw_shape out = g->values[network.train_model.logits].shape;
    cr_expect(out.h == size.height && out.w == size.width && out.c == CLASSES);
    float **before = malloc((size_t)g->param_count * sizeof *before);
    for (int p = 0; p < g->param_count; p++) {
        before[p] = malloc(g->params[p].elems * sizeof **before);
        must(sw_store_read(&network.store, network.store.params, &g->params[p], before[p]));
    }
    open_replay(&eval, &network.eval_model.graph, &network.store, false);
    open_replay(&train, g, &network.store, true);

    must(sw_network_enqueue_prediction(&network, images, BATCH));
    must(sw_network_read_prediction(&network, logits, BATCH));
    run_replay(&eval, &network.eval_model, images, labels);
    expect_near("logits", eval.values[network.eval_model.logits], logits, pixels * CLASSES);

    must(sw_network_train_step(&network, images, labels, BATCH, 1.0, &loss));
    run_replay(&train, &network.train_model, images, labels);
    cr_expect_float_eq(loss, train.loss, 1e-5);
    expect_gradients(&network, &train, before);

    for (int p = 0; p < g->param_count; p++) free(before[p]);
    free(before);
    sw_arena_deinit(&eval.arena);
    sw_arena_deinit(&train.arena);
    sw_network_deinit(&network);
    free(images);
    free(logits);
    free(labels);
}

Test(odd_sizes, pools_that_drop_a_row_or_a_column_are_undone_by_unpooling)
{
    check_network(&unpooling, (sw_size){45, 60});
    check_network(&unpooling, (sw_size){23, 31});
    check_network(&unpooling, (sw_size){8, 15});
}

Test(odd_sizes, and_by_nearest_neighbours)
{
    check_network(&nearest, (sw_size){45, 60});
    check_network(&nearest, (sw_size){23, 31});
    check_network(&nearest, (sw_size){4, 7});
}
