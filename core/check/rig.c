#include "rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cl/buffer.h"
#include "ops/ops.h"
#include "ops/storage.h"
#include "tensor_bytes.h"

/* What the executor puts into separate buffers before a run, twice: as a float it is two of these. */
enum { POISON = 0x7fc0 };

/* --- graph ------------------------------------------------------------------------------------- */

static sw_status add_pointwise(int *out, sw_graph *graph, const char *name, int in, int channels)
{
    const sw_conv2d_attrs attrs = {.out_channels = channels, .kernel = 1, .workspace_cap_bytes = 1 << 16};
    return sw_graph_add(out, graph, &sw_op_conv2d, name, &attrs, 1, &in);
}

static sw_status add_norm(int *out, sw_graph *graph, int in)
{
    const sw_batchnorm_attrs attrs = {.eps = 1e-3f, .momentum = 0.1f};
    return sw_graph_add(out, graph, &sw_op_batchnorm, "norm", &attrs, 1, &in);
}

/* Whether the op's output is worth recomputing only from an input that is itself recomputed: its own backward
 * pass does not need the input. */
static bool recomputed_behind_norm(const sw_op_case *c)
{
    return !c->evaluate && c->op->recomputes && !(c->op->backward_reads_inputs & SW_BIT(0));
}

static int count_inputs(const sw_op_case *c)
{
    return c->input_count ? c->input_count : c->op->input_count;
}

/* Shape and type of input i beside a first one of shape x. */
static sw_shape input_shape(sw_dtype *dtype, const sw_op_case *c, const sw_expectation *expectation,
                            sw_shape x, int i)
{
    *dtype = SW_F32;
    if (i > 0 && expectation->input_shape) return expectation->input_shape(dtype, x, i);
    if (i > 0 && i < SW_MAX_INPUTS && c->channels[i]) x.c = c->channels[i];
    return x;
}

bool sw_rig_suits_same(const sw_op_case *c, const sw_expectation *expectation)
{
    int gradients = 0;
    for (int i = 0; i < count_inputs(c); i++) {
        sw_dtype dtype;
        if (!sw_shape_equal(input_shape(&dtype, c, expectation, c->x, i), c->x) || dtype != SW_F32)
            return false;
        gradients += (c->op->gives_gradient & SW_BIT(i)) != 0;
    }
    return gradients > 1;
}

static bool is_same(sw_rig_kind kind)
{
    return kind == SW_RIG_SAME || kind == SW_RIG_SAME_FOLLOWED;
}

static bool is_followed(sw_rig_kind kind)
{
    return kind == SW_RIG_FOLLOWED || kind == SW_RIG_SAME_FOLLOWED;
}

static sw_status declare_inputs(sw_rig *rig, sw_rig_kind kind, const sw_op_case *c,
                                const sw_expectation *expectation)
{
    static const char *const names[SW_MAX_INPUTS] = {"x", "x2", "x3", "x4", "x5", "x6", "x7", "x8"};
    sw_shape x = c->x;
    x.n++; /* one image that is not run */
    rig->input_count = count_inputs(c);
    for (int i = 0; i < rig->input_count; i++) {
        sw_dtype dtype;
        sw_shape shape = input_shape(&dtype, c, expectation, x, i);
        bool again = i > 0 && is_same(kind);
        if (again)
            rig->inputs[i] = rig->inputs[0];
        else
            SW_ENSURE(sw_graph_input(&rig->inputs[i], &rig->graph, names[i], dtype, shape));
        if (!again && (c->op->gives_gradient & SW_BIT(i))) rig->wants[rig->want_count++] = rig->inputs[i];
    }
    return SW_OK;
}

/* What is thin, or gets a bias, stays float32, as sw_storage_narrow has it. */
static void narrow(sw_graph *graph, const sw_op_case *c, const int *inputs, int input_count, int output)
{
    const int alike = c->op->most_inputs ? input_count : 1;
    for (int i = 0; i < alike; i++)
        if (graph->values[inputs[i]].shape.c >= SW_STORAGE_LEAST_CHANNELS) sw_graph_narrow(graph, inputs[i]);
    const bool biased = c->op == &sw_op_conv2d && ((const sw_conv2d_attrs *)c->attrs)->bias;
    if (graph->values[output].shape.c >= SW_STORAGE_LEAST_CHANNELS && !biased) sw_graph_narrow(graph, output);
}

sw_status sw_rig_init(sw_rig *rig, sw_rig_kind kind, const sw_op_case *c, const sw_expectation *expectation)
{
    sw_status status = SW_OK;
    *rig = (sw_rig){.training = !c->evaluate};
    sw_graph_init(&rig->graph);
    SW_TRY(declare_inputs(rig, kind, c, expectation));
    int inputs[SW_MAX_INPUTS], outputs[SW_MAX_OUTPUTS], node = 0;
    memcpy(inputs, rig->inputs, sizeof inputs);
    if (is_followed(kind)) {
        SW_TRY(add_pointwise(&inputs[0], &rig->graph, "before", inputs[0], c->x.c));
        if (recomputed_behind_norm(c)) SW_TRY(add_norm(&inputs[0], &rig->graph, inputs[0]));
        node = rig->graph.node_count;
    }
    for (int i = 1; i < rig->input_count && is_same(kind); i++) inputs[i] = inputs[0];
    SW_TRY(sw_graph_add(outputs, &rig->graph, c->op, c->op->name, c->attrs, rig->input_count, inputs));
    rig->last = outputs[0];
    if (c->bfloat16) narrow(&rig->graph, c, rig->inputs, rig->input_count, outputs[0]);
    if (kind == SW_RIG_TWIN)
        SW_TRY(sw_graph_add(NULL, &rig->graph, c->op, "twin", c->attrs, rig->input_count, inputs));
    if (kind == SW_RIG_ABSORBING) {
        int absorbed[SW_MAX_OUTPUTS];
        SW_TRY(sw_graph_add(absorbed, &rig->graph, c->op->absorbs, "after", NULL, 1, outputs));
        rig->last = absorbed[0];
    }
    if (is_followed(kind)) {
        SW_TRY(add_pointwise(&rig->last, &rig->graph, "after", outputs[0], 2));
        SW_TRY(add_pointwise(&rig->last, &rig->graph, "last", rig->last, 1));
    }
    rig->node = &rig->graph.nodes[node];
    if (kind == SW_RIG_TWIN) rig->twin = &rig->graph.nodes[1];
done:
    if (status != SW_OK) sw_rig_deinit(rig);
    return status;
}

sw_status sw_rig_bind(sw_rig *rig, sw_cl *cl, bool apart)
{
    rig->cl = cl;
    int keep[SW_MAX_OUTPUTS + 1], seeds[2], keep_count = 0, seed_count = 0;
    bool alone = rig->last == rig->node->outputs[0];
    for (int i = 0; alone && i < rig->node->output_count; i++) keep[keep_count++] = rig->node->outputs[i];
    if (!alone) keep[keep_count++] = rig->last;
    if (!rig->node->op->is_loss) {
        seeds[seed_count++] = rig->last;
        if (rig->twin) seeds[seed_count++] = rig->twin->outputs[0];
    }
    const sw_executor_options options = {.training = rig->training,
                                         .debug_buffers = apart,
                                         .keep = keep,
                                         .keep_count = keep_count,
                                         .seeds = seeds,
                                         .seed_count = rig->training ? seed_count : 0,
                                         .wants = rig->wants,
                                         .want_count = rig->training ? rig->want_count : 0};
    sw_slabs_init(&rig->slabs, cl);
    SW_ENSURE(sw_store_init(&rig->store, cl, &rig->graph, rig->training));
    SW_ENSURE(sw_executor_create(&rig->executor, cl, &rig->graph, &rig->store, &rig->slabs, &options));
    sw_executor_set_random(rig->executor, SW_CHECK_SEED, SW_CHECK_STEP, false);
    return sw_executor_bind(rig->executor);
}

void sw_rig_deinit(sw_rig *rig)
{
    sw_executor_destroy(rig->executor);
    sw_slabs_deinit(&rig->slabs);
    sw_store_deinit(&rig->store);
    sw_graph_deinit(&rig->graph);
    *rig = (sw_rig){0};
}

/* --- up ---------------------------------------------------------------------------------------- */

static sw_status upload_value(sw_rig *rig, const sw_tensor *t, double scale, cl_mem buffer)
{
    void *bytes = sw_tensor_encode(t, scale);
    if (!bytes) return SW_E_MEMORY;
    sw_status status =
        sw_buffer_write(rig->cl, buffer, 0, bytes, t->capacity_elems * sw_dtype_bytes(t->dtype));
    free(bytes);
    return status;
}

static sw_status upload_param(sw_rig *rig, const sw_tensor *t, cl_mem slab, const sw_param *param)
{
    float *floats = sw_tensor_encode(t, 1);
    if (!floats) return SW_E_MEMORY;
    sw_status status = sw_store_write(&rig->store, slab, param, floats);
    free(floats);
    return status;
}

/* Parameters, gradients to be added to, and statistics of the op under test or its twin. */
static sw_status upload_node(sw_rig *rig, const sw_problem *p, const sw_node *node)
{
    for (int i = 0; i < node->param_count; i++) {
        const sw_param *param = &rig->graph.params[node->params[i]];
        SW_ENSURE(upload_param(rig, &p->param[i], rig->store.params, param));
        if (rig->training) SW_ENSURE(upload_param(rig, &p->dparam[i], rig->store.grads, param));
    }
    for (int i = 0; i < node->state_count; i++)
        SW_ENSURE(upload_param(rig, &p->state[i], rig->store.states, &rig->graph.states[node->states[i]]));
    return SW_OK;
}

/* The convolutions around the op, if there are any, with weights from the problem's seed, gradients from
 * zero. */
static sw_status upload_surroundings(sw_rig *rig)
{
    sw_status status = SW_OK;
    float *floats = NULL;
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 0);
    for (int n = 0; n < rig->graph.node_count; n++) {
        const sw_node *node = &rig->graph.nodes[n];
        if (node == rig->node || node == rig->twin || !node->param_count) continue;
        const sw_param *weight = &rig->graph.params[node->params[0]];
        floats = calloc(weight->elems, sizeof *floats);
        if (!floats) return sw_fail_alloc(weight->name, weight->elems * sizeof *floats);
        if (rig->training) SW_TRY(sw_store_write(&rig->store, rig->store.grads, weight, floats));
        for (size_t i = 0; i < weight->elems; i++) floats[i] = sw_rng_uniform(&rng, -1, 1);
        SW_TRY(sw_store_write(&rig->store, rig->store.params, weight, floats));
        free(floats);
        floats = NULL;
    }
done:
    free(floats);
    return status;
}

/* The gradient the host writes: the op's own output's, or some numbers for the last value's. */
static sw_status upload_seeds(sw_rig *rig, const sw_problem *p)
{
    if (!rig->training || rig->node->op->is_loss) return SW_OK;
    if (rig->last == rig->node->outputs[0]) {
        SW_ENSURE(upload_value(rig, &p->dout[0], 1, sw_executor_gradient(rig->executor, rig->last)));
        if (rig->twin)
            SW_ENSURE(upload_value(rig, &p->dout[0], SW_TWIN_SCALE,
                                   sw_executor_gradient(rig->executor, rig->twin->outputs[0])));
    } else { /* a smaller value: the first elements of the op's own seed will do */
        sw_tensor seed = p->dout[0];
        seed.capacity_elems = sw_shape_elems(rig->graph.values[rig->last].shape);
        seed.elems = seed.capacity_elems < seed.elems ? seed.capacity_elems : seed.elems;
        SW_ENSURE(upload_value(rig, &seed, 1, sw_executor_gradient(rig->executor, rig->last)));
    }
    return SW_OK;
}

static sw_status upload(sw_rig *rig, const sw_problem *p)
{
    for (int i = 0; i < rig->node->input_count; i++)
        SW_ENSURE(upload_value(rig, &p->in[i], 1, sw_executor_value(rig->executor, rig->inputs[i])));
    SW_ENSURE(upload_node(rig, p, rig->node));
    if (rig->twin) SW_ENSURE(upload_node(rig, p, rig->twin));
    SW_ENSURE(upload_surroundings(rig));
    SW_ENSURE(upload_seeds(rig, p));
    if (rig->slabs.workspace)
        SW_ENSURE(sw_buffer_fill(rig->cl, rig->slabs.workspace, 0, rig->slabs.workspace_bytes / 4 * 4,
                                 POISON << 16 | POISON));
    return sw_cl_finish(rig->cl);
}

sw_status sw_rig_run(double *ms, sw_rig *rig, const sw_problem *p)
{
    SW_ENSURE(upload(rig, p));
    double start = sw_clock_ms();
    SW_ENSURE(sw_executor_forward(rig->executor, p->c->x.n));
    if (rig->training) SW_ENSURE(sw_executor_backward(rig->executor, p->c->x.n));
    SW_ENSURE(sw_cl_finish(rig->cl));
    *ms = sw_clock_ms() - start;
    return SW_OK;
}

/* --- down -------------------------------------------------------------------------------------- */

sw_status sw_rig_read_value(sw_rig *rig, sw_tensor *t, cl_mem buffer)
{
    size_t size = sw_dtype_bytes(t->dtype);
    unsigned char *bytes = malloc(t->elems * size);
    if (!bytes) return sw_fail_alloc("a tensor of the self-test", t->elems * size);
    sw_status status = sw_buffer_read(rig->cl, buffer, 0, bytes, t->elems * size);
    if (status == SW_OK) sw_tensor_decode(t, bytes);
    free(bytes);
    return status;
}

sw_status sw_rig_read_param(sw_rig *rig, sw_tensor *t, cl_mem slab, const sw_param *param)
{
    float *floats = malloc(t->elems * sizeof *floats);
    if (!floats) return sw_fail_alloc(param->name, t->elems * sizeof *floats);
    sw_status status = sw_store_read(&rig->store, slab, param, floats);
    for (size_t i = 0; status == SW_OK && i < t->elems; i++) t->found[i] = floats[i];
    free(floats);
    return status;
}

static sw_status append_buffer(sw_str *s, sw_rig *rig, cl_mem buffer, size_t bytes)
{
    sw_status status = SW_OK;
    if (!buffer || !bytes) return SW_OK;
    void *host = malloc(bytes);
    if (!host) return sw_fail_alloc("a snapshot", bytes);
    SW_TRY(sw_buffer_read(rig->cl, buffer, 0, host, bytes));
    sw_str_append_bytes(s, host, bytes);
    status = sw_str_status(s);
done:
    free(host);
    return status;
}

/* Bytes of a value's images that are run. */
static size_t run_bytes(const sw_rig *rig, int value)
{
    const sw_value *v = &rig->graph.values[value];
    return v->shape.n == 1 ? v->bytes : v->bytes / (size_t)v->shape.n * (size_t)(v->shape.n - 1);
}

sw_status sw_rig_snapshot(sw_str *bytes, sw_rig *rig, bool all)
{
    sw_executor *e = rig->executor;
    SW_ENSURE(append_buffer(bytes, rig, sw_executor_value(e, rig->last), run_bytes(rig, rig->last)));
    for (int i = 0; all && i < rig->node->output_count; i++)
        SW_ENSURE(append_buffer(bytes, rig, sw_executor_value(e, rig->node->outputs[i]),
                                run_bytes(rig, rig->node->outputs[i])));
    for (int i = 0; i < rig->want_count; i++)
        SW_ENSURE(
            append_buffer(bytes, rig, sw_executor_gradient(e, rig->wants[i]), run_bytes(rig, rig->wants[i])));
    SW_ENSURE(append_buffer(bytes, rig, rig->store.grads, rig->store.param_elems * sizeof(float)));
    return append_buffer(bytes, rig, rig->store.states, rig->store.state_elems * sizeof(float));
}

/* --- trespass ---------------------------------------------------------------------------------- */

/* Everything behind the tensor's own elements must be the executor's poison. */
static sw_status check_beyond(sw_check_result *result, sw_rig *rig, const sw_tensor *t, cl_mem buffer)
{
    sw_status status = SW_OK;
    const size_t size = sw_dtype_bytes(t->dtype), bytes = (t->capacity_elems - t->elems) * size;
    if (!bytes || !buffer) return SW_OK;
    uint16_t *halves = malloc(bytes);
    if (!halves) return sw_fail_alloc("a canary", bytes);
    SW_TRY(sw_buffer_read(rig->cl, buffer, t->elems * size, halves, bytes));
    for (size_t i = 0; i < bytes / sizeof *halves; i++)
        if (halves[i] != POISON) {
            sw_result_flaw(result, "%s: element %zu behind the last image that is run was written", t->name,
                           i * sizeof *halves / size);
            break;
        }
done:
    free(halves);
    return status;
}

static sw_status check_unchanged(sw_check_result *result, sw_rig *rig, const sw_tensor *t, cl_mem buffer)
{
    sw_status status = SW_OK;
    size_t bytes = t->capacity_elems * sw_dtype_bytes(t->dtype);
    void *before = sw_tensor_encode(t, 1), *after = malloc(bytes);
    if (!before || !after) SW_TRY(sw_fail_alloc("a canary", bytes));
    SW_TRY(sw_buffer_read(rig->cl, buffer, 0, after, bytes));
    if (memcmp(before, after, bytes) != 0)
        sw_result_flaw(result, "%s was written to, but is only to be read", t->name);
done:
    free(before);
    free(after);
    return status;
}

static sw_status check_parameter(sw_check_result *result, sw_rig *rig, const sw_problem *p, int i)
{
    sw_tensor t = p->param[i];
    sw_status status =
        sw_rig_read_param(rig, &t, rig->store.params, &rig->graph.params[rig->node->params[i]]);
    if (status == SW_OK && memcmp(t.found, t.given, t.elems * sizeof *t.given) != 0)
        sw_result_flaw(result, "%s was written to, but is only to be read", t.name);
    return status;
}

/* Checks that the gaps between a slab's tensors are still zero. */
static sw_status check_gaps(sw_check_result *result, sw_rig *rig, cl_mem slab, size_t elems, const char *what,
                            const sw_param *tensors, int count)
{
    sw_status status = SW_OK;
    if (!slab || !elems) return SW_OK;
    float *floats = malloc(elems * sizeof *floats);
    if (!floats) return sw_fail_alloc("a canary", elems * sizeof *floats);
    SW_TRY(sw_buffer_read(rig->cl, slab, 0, floats, elems * sizeof *floats));
    for (int i = 0; i < count; i++) {
        size_t end = i + 1 < count ? tensors[i + 1].offset_elems : elems;
        for (size_t k = tensors[i].offset_elems + tensors[i].elems; k < end; k++)
            if (floats[k] != 0) {
                sw_result_flaw(result, "%s: written behind the end of '%s'", what, tensors[i].name);
                break;
            }
    }
done:
    free(floats);
    return status;
}

sw_status sw_rig_find_trespass(sw_check_result *result, sw_rig *rig, const sw_problem *p)
{
    sw_executor *e = rig->executor;
    const sw_node *node = rig->node;
    for (int i = 0; i < node->output_count; i++)
        SW_ENSURE(check_beyond(result, rig, &p->out[i], sw_executor_value(e, node->outputs[i])));
    for (int i = 0; i < node->input_count; i++) {
        SW_ENSURE(check_unchanged(result, rig, &p->in[i], sw_executor_value(e, rig->inputs[i])));
        if (p->din[i].elems)
            SW_ENSURE(check_beyond(result, rig, &p->din[i], sw_executor_gradient(e, rig->inputs[i])));
    }
    if (p->dout[0].elems)
        SW_ENSURE(check_unchanged(result, rig, &p->dout[0], sw_executor_gradient(e, rig->last)));
    for (int i = 0; i < node->param_count; i++) SW_ENSURE(check_parameter(result, rig, p, i));
    const sw_store *store = &rig->store;
    const sw_graph *graph = &rig->graph;
    SW_ENSURE(check_gaps(result, rig, store->params, store->param_elems, "parameters", graph->params,
                         graph->param_count));
    SW_ENSURE(check_gaps(result, rig, store->grads, store->param_elems, "gradients", graph->params,
                         graph->param_count));
    return check_gaps(result, rig, store->states, store->state_elems, "running statistics", graph->states,
                      graph->state_count);
}
