/* Parameters with a learning rate and a decay of their own, against the double-precision step of each.
 *
 * Each step of the reference starts from the device's own values before it. Bounds are those of
 * core/check/check_optimizer.c, with three roundings more in a move and one more in the parameter: the rate's
 * and the decay's factors and their product. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "check/reference.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "nn/param_rules.h"
#include "ops/ops.h"

TestSuite(optimizer_groups, .init = session_open, .fini = session_close);

enum { CHANNELS = 200, MAX_ELEMS = 4096, STEPS = 6 };

static const double eps = 0x1p-24;

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* Two norms and a convolution: five tensors with gaps between them. */
static void make_graph(sw_graph *graph)
{
    const sw_batchnorm_attrs norm = {.eps = 1e-5f, .momentum = 0.1f};
    const sw_conv2d_attrs conv = {
        .out_channels = 3, .kernel = 1, .engine = SW_CONV_CLBLAST, .workspace_cap_bytes = 1 << 20};
    int value;
    sw_graph_init(graph);
    must(sw_graph_input(&value, graph, "x", SW_F32, (sw_shape){1, 1, 1, CHANNELS}));
    must(sw_graph_add(&value, graph, &sw_op_batchnorm, "first", &norm, 1, &value));
    must(sw_graph_add(&value, graph, &sw_op_conv2d, "conv", &conv, 1, &value));
    must(sw_graph_add(&value, graph, &sw_op_batchnorm, "last", &norm, 1, &value));
}

typedef struct trained {
    sw_graph graph;
    sw_store store;
    sw_optimizer optimizer;
    sw_param_rules rules;
} trained;

static void make(trained *t, const sw_optimizer_config *config, const char *const *freeze, int freeze_count)
{
    float params[MAX_ELEMS];
    make_graph(&t->graph);
    must(sw_store_init(&t->store, session, &t->graph, true));
    must(sw_optimizer_init(&t->optimizer, &t->store, config));
    must(sw_param_rules_init(&t->rules, &t->graph, config, freeze, freeze_count));
    if (t->rules.factors) must(sw_optimizer_set_factors(&t->optimizer, &t->graph, t->rules.factors));
    cr_assert_leq(t->store.param_elems, (size_t)MAX_ELEMS);
    for (size_t i = 0; i < t->store.param_elems; i++) params[i] = cosf((float)i);
    must(sw_buffer_write(session, t->store.params, 0, params, t->store.param_elems * sizeof(float)));
}

static void unmake(trained *t)
{
    sw_optimizer_deinit(&t->optimizer);
    sw_param_rules_deinit(&t->rules);
    sw_store_deinit(&t->store);
    sw_graph_deinit(&t->graph);
}

static void read_slab(double *out, cl_mem slab, size_t elems)
{
    float values[MAX_ELEMS];
    memset(values, 0, sizeof values);
    if (slab) must(sw_buffer_read(session, slab, 0, values, elems * sizeof(float)));
    for (size_t i = 0; i < elems; i++) out[i] = (double)values[i];
}

static void take_step(trained *t, int step, double lr)
{
    float gradients[MAX_ELEMS];
    const size_t elems = t->store.param_elems;
    for (size_t i = 0; i < elems; i++) gradients[i] = sinf((float)(i * (size_t)(step + 1)));
    must(sw_buffer_write(session, t->store.grads, 0, gradients, elems * sizeof(float)));
    must(sw_optimizer_step(&t->optimizer, lr));
}

static double p[MAX_ELEMS], m[MAX_ELEMS], v[MAX_ELEMS], g[MAX_ELEMS], moved[MAX_ELEMS], found[MAX_ELEMS];

/* What a step should make of one tensor, and what it made of it. */
static void expect_tensor(const trained *t, int param, int step, double lr)
{
    const sw_optimizer_config *c = &t->optimizer.config;
    const sw_param *tensor = &t->graph.params[param];
    const sw_param_factor factor = t->rules.factors[param];
    const sw_reference_update config = {.kind = c->kind,
                                        .beta1 = 0.9,
                                        .beta2 = 0.999,
                                        .eps = (double)c->eps,
                                        .weight_decay = (double)c->weight_decay * (double)factor.decay,
                                        .momentum = (double)c->momentum,
                                        .nesterov = c->nesterov};
    const size_t at = tensor->offset_elems;
    double before[MAX_ELEMS];
    memcpy(before, p + at, tensor->elems * sizeof *before);
    if (factor.lr > 0)
        sw_reference_update_run(p + at, m + at, v + at, g + at, tensor->elems, &config,
                                lr * (double)factor.lr, (uint64_t)step + 1, moved + at);
    for (size_t i = 0; i < tensor->elems; i++) {
        const double bound = factor.lr > 0 ? eps * (3 * fabs(before[i]) + 15 * moved[at + i]) : 0.0;
        cr_assert_leq(fabs(found[at + i] - p[at + i]), bound, "step %d, %s[%zu]: %.9g instead of %.9g", step,
                      tensor->name, i, found[at + i], p[at + i]);
    }
}

static const char *const convolutions[] = {"conv.*"}, *const vectors[] = {"1d"}, *const biases[] = {"*.bias"};
#define GROUPS                                                                                               \
    .group_count = 3,                                                                                        \
    .groups = {{convolutions, 1, 0.25f, 2.0f}, {vectors, 1, 1.0f, 0.0f}, {biases, 1, 3.0f, 1.0f}}
static const char *const frozen[] = {"first.weight"};

static const sw_optimizer_config configs[] = {
    {.kind = SW_OPT_ADAM, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weight_decay = 0.25f, GROUPS},
    {.kind = SW_OPT_ADAMW, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weight_decay = 0.25f, GROUPS},
    {.kind = SW_OPT_SGD, .weight_decay = 0.25f, GROUPS},
    {.kind = SW_OPT_SGD, .weight_decay = 0.25f, .momentum = 0.875f, GROUPS},
    {.kind = SW_OPT_SGD, .weight_decay = 0.25f, .momentum = 0.875f, .nesterov = true, GROUPS},
};

Test(optimizer_groups, each_parameter_learns_and_decays_at_its_own_rate_and_a_frozen_one_stays)
{
    for (size_t c = 0; c < sizeof configs / sizeof *configs; c++) {
        trained t;
        make(&t, &configs[c], frozen, 1);
        const size_t elems = t.store.param_elems;
        for (int step = 0; step < STEPS; step++) {
            const double lr = 0.01 / (step + 1);
            read_slab(p, t.store.params, elems);
            read_slab(m, t.optimizer.moment_count > 0 ? t.optimizer.moments[0] : NULL, elems);
            read_slab(v, t.optimizer.moment_count > 1 ? t.optimizer.moments[1] : NULL, elems);
            take_step(&t, step, lr);
            read_slab(g, t.store.grads, elems);
            read_slab(found, t.store.params, elems);
            for (int i = 0; i < t.graph.param_count; i++) expect_tensor(&t, i, step, lr);
        }
        unmake(&t);
    }
}

Test(optimizer_groups, factors_of_one_change_no_bit_and_neither_do_those_of_other_parameters)
{
    static const char *const conv[] = {"conv.*"};
    for (size_t c = 0; c < sizeof configs / sizeof *configs; c++) {
        sw_optimizer_config plain = configs[c], grouped = configs[c];
        plain.group_count = 0;
        grouped.group_count = 1;
        grouped.groups[0] = (sw_param_group){conv, 1, 0.5f, 0.5f};
        trained a, b;
        float of_a[MAX_ELEMS], of_b[MAX_ELEMS];
        make(&a, &plain, NULL, 0);
        make(&b, &grouped, NULL, 0);
        cr_assert_null(a.rules.factors);
        for (int step = 0; step < STEPS; step++) {
            take_step(&a, step, 0.013);
            take_step(&b, step, 0.013);
        }
        must(sw_buffer_read(session, a.store.params, 0, of_a, a.store.param_elems * sizeof(float)));
        must(sw_buffer_read(session, b.store.params, 0, of_b, b.store.param_elems * sizeof(float)));
        for (int i = 0; i < a.graph.param_count; i++) {
            const sw_param *tensor = &a.graph.params[i];
            const int difference = memcmp(of_a + tensor->offset_elems, of_b + tensor->offset_elems,
                                          tensor->elems * sizeof(float));
            cr_expect_eq(difference != 0, strncmp(tensor->name, "conv.", 5) == 0, "%s", tensor->name);
        }
        unmake(&a);
        unmake(&b);
    }
}

static void expect_refused(const sw_optimizer_config *config, const char *freeze, const char *words)
{
    sw_graph graph;
    sw_param_rules rules;
    make_graph(&graph);
    cr_expect_eq(sw_param_rules_init(&rules, &graph, config, &freeze, freeze != NULL), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), words), "%s", sw_error_message());
    sw_param_rules_deinit(&rules);
    sw_graph_deinit(&graph);
}

Test(optimizer_groups, a_pattern_without_a_parameter_is_refused_with_the_nearest_names)
{
    static const char *const wrong[] = {"last.*", "frist.weight"}, *const all[] = {"*"};
    const sw_optimizer_config one = {.group_count = 2,
                                     .groups = {{all, 1, 1.0f, 1.0f}, {wrong, 2, 1.0f, 0.0f}}},
                              none = {0}, still = {.group_count = 1, .groups = {{all, 1, 0.0f, 1.0f}}};
    expect_refused(&one, NULL,
                   "optimizer.groups.1.match: 'frist.weight' is the name of no parameter of the network; the "
                   "nearest are first.weight, ");
    expect_refused(&none, "conv1.*",
                   "init.freeze: 'conv1.*' is the name of no parameter of the network; "
                   "the nearest are conv.weight, ");
    expect_refused(&none, "*.biases", "the nearest are first.bias, last.bias, ");
    expect_refused(&none, "*", "init.freeze: nothing is left to be trained");
    expect_refused(&still, NULL, "optimizer.groups: nothing is left to be trained");
}
