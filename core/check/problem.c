#include "problem.h"

#include <math.h>
#include <stdlib.h>

#include "bound.h"
#include "tensor_bytes.h"

double *sw_problem_doubles(sw_problem *p, size_t count)
{
    return sw_arena_alloc(&p->arena, (count ? count : 1) * sizeof(double));
}

sw_status sw_read_floats(double *to, sw_cl *cl, cl_mem buffer, size_t count)
{
    float *floats = malloc(count * sizeof *floats);
    if (!floats) return sw_fail_alloc("floats of the self-test", count * sizeof *floats);
    sw_status status = sw_buffer_read(cl, buffer, 0, floats, count * sizeof *floats);
    for (size_t i = 0; status == SW_OK && i < count; i++) to[i] = (double)floats[i];
    free(floats);
    return status;
}

sw_status sw_write_floats(sw_cl *cl, cl_mem buffer, const double *from, size_t count)
{
    float *floats = malloc(count * sizeof *floats);
    if (!floats) return sw_fail_alloc("floats of the self-test", count * sizeof *floats);
    for (size_t i = 0; i < count; i++) floats[i] = (float)from[i];
    sw_status status = sw_buffer_write(cl, buffer, 0, floats, count * sizeof *floats);
    free(floats);
    return status;
}

/* --- filling ----------------------------------------------------------------------------------- */

const char *sw_fill_name(sw_check_fill fill)
{
    static const char *const names[] = {"uniform", "integers", "ties", "shifted", "large", "NaN"};
    return names[fill];
}

static float odd_value(sw_rng *rng)
{
    switch (sw_rng_below(rng, 3)) {
    case 0:
        return NAN;
    case 1:
        return INFINITY;
    default:
        return -INFINITY;
    }
}

static float fill_one(sw_check_fill fill, sw_rng *rng)
{
    switch (fill) {
    case SW_FILL_INTEGERS:
        return (float)sw_rng_below(rng, 5) - 2;
    case SW_FILL_TIES:
        return 0.5f * (float)sw_rng_below(rng, 3);
    case SW_FILL_SHIFTED:
        return 1000 + sw_rng_uniform(rng, -1, 1);
    case SW_FILL_LARGE:
        return sw_rng_uniform(rng, -80, 80);
    case SW_FILL_NANS:
        if (sw_rng_below(rng, 8) == 0) return odd_value(rng);
        return sw_rng_uniform(rng, -1, 1);
    default:
        return sw_rng_uniform(rng, -1, 1);
    }
}

void sw_fill_run(double *values, size_t count, sw_check_fill fill, sw_rng *rng)
{
    for (size_t i = 0; i < count; i++) values[i] = fill_one(fill, rng);
}

/* --- tensors ----------------------------------------------------------------------------------- */

sw_status sw_tensor_init(sw_tensor *t, sw_problem *p, const char *name, sw_dtype dtype, int rank,
                         const int *dims, size_t capacity_elems)
{
    *t =
        (sw_tensor){.name = name, .dtype = dtype, .rank = rank, .elems = 1, .capacity_elems = capacity_elems};
    for (int i = 0; i < rank; i++) {
        t->dims[i] = dims[i];
        t->elems *= (size_t)dims[i];
    }
    double **arrays[] = {&t->given, &t->want, &t->bound, &t->found};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = sw_problem_doubles(p, t->elems);
        if (!*arrays[i]) return SW_E_MEMORY;
    }
    return SW_OK;
}

/* A value as it is when n images are run; one that has no batch (a loss) stays as it is. */
static sw_shape shape_as_run(const sw_problem *p, const sw_value *value)
{
    sw_shape s = value->shape;
    if (s.n == p->c->x.n + 1) s.n = p->c->x.n;
    return s;
}

static sw_status init_activation(sw_problem *p, sw_tensor *t, const char *name, const sw_value *value)
{
    sw_shape s = shape_as_run(p, value);
    const int dims[] = {s.n, s.h, s.w, s.c};
    return sw_tensor_init(t, p, name, value->dtype, 4, dims, sw_shape_elems(value->shape));
}

static sw_status init_activations(sw_problem *p)
{
    static const char *const in_names[SW_MAX_INPUTS] = {"x", "x2", "x3", "x4", "x5", "x6", "x7", "x8"};
    static const char *const din_names[SW_MAX_INPUTS] = {"dx",  "dx2", "dx3", "dx4",
                                                         "dx5", "dx6", "dx7", "dx8"};
    static const char *const out_names[] = {"y", "y2"}, *const dout_names[] = {"dy", "dy2"};
    const sw_node *node = p->node;
    for (int i = 0; i < node->input_count; i++) {
        const sw_value *value = &p->graph->values[node->inputs[i]];
        SW_ENSURE(init_activation(p, &p->in[i], in_names[i], value));
        if (!p->c->evaluate && (node->op->gives_gradient & SW_BIT(i)))
            SW_ENSURE(init_activation(p, &p->din[i], din_names[i], value));
    }
    for (int i = 0; i < node->output_count; i++) {
        const sw_value *value = &p->graph->values[node->outputs[i]];
        SW_ENSURE(init_activation(p, &p->out[i], out_names[i], value));
        if (!p->c->evaluate && !node->op->is_loss && sw_dtype_is_float(value->dtype))
            SW_ENSURE(init_activation(p, &p->dout[i], dout_names[i], value));
    }
    return SW_OK;
}

static sw_status init_parameters(sw_problem *p)
{
    static const char *const names[] = {"weight", "bias"}, *const gradients[] = {"dweight", "dbias"};
    static const char *const states[] = {"running_mean", "running_var"};
    for (int i = 0; i < p->node->param_count; i++) {
        const sw_param *param = &p->graph->params[p->node->params[i]];
        SW_ENSURE(sw_tensor_init(&p->param[i], p, names[i], SW_F32, param->rank, param->dims, param->elems));
        if (!p->c->evaluate)
            SW_ENSURE(sw_tensor_init(&p->dparam[i], p, gradients[i], SW_F32, param->rank, param->dims,
                                     param->elems));
    }
    for (int i = 0; i < p->node->state_count; i++) {
        const sw_param *state = &p->graph->states[p->node->states[i]];
        SW_ENSURE(sw_tensor_init(&p->state[i], p, states[i], SW_F32, state->rank, state->dims, state->elems));
    }
    return SW_OK;
}

static void fill_tensors(sw_problem *p, sw_tensor *tensors, int count, sw_check_fill fill)
{
    for (int i = 0; i < count; i++) sw_fill_run(tensors[i].given, tensors[i].elems, fill, &p->rng);
}

/* The reference starts from what the device can have; all of it where the case says so. */
static void round_given(sw_tensor *tensors, int count, bool all)
{
    for (int t = 0; t < count; t++)
        for (size_t i = 0; i < tensors[t].elems && (all || tensors[t].dtype == SW_BF16); i++)
            tensors[t].given[i] = sw_check_bfloat16(tensors[t].given[i]);
}

sw_status sw_problem_init(sw_problem *p, const sw_op_case *c, const sw_expectation *expectation,
                          const sw_graph *graph, const sw_node *node)
{
    *p = (sw_problem){
        .c = c, .graph = graph, .node = node, .rng = sw_rng_at(0, SW_RNG_TEST, sw_shape_elems(c->x))};
    p->x = c->x;
    p->y = shape_as_run(p, &graph->values[node->outputs[0]]);
    SW_ENSURE(init_activations(p));
    SW_ENSURE(init_parameters(p));
    /* what is special about the inputs would only blur the rest */
    sw_check_fill rest = c->fill == SW_FILL_INTEGERS ? SW_FILL_INTEGERS : SW_FILL_UNIFORM;
    fill_tensors(p, p->in, SW_MAX_INPUTS, c->fill);
    fill_tensors(p, p->dout, SW_MAX_OUTPUTS, rest);
    fill_tensors(p, p->param, SW_MAX_PARAMS, rest);
    fill_tensors(p, p->dparam, SW_MAX_PARAMS, rest);
    fill_tensors(p, p->state, SW_MAX_STATES, rest);
    if (expectation->prepare) SW_ENSURE(expectation->prepare(p));
    round_given(p->in, SW_MAX_INPUTS, c->rounded);
    round_given(p->dout, SW_MAX_OUTPUTS, c->rounded);
    round_given(p->param, SW_MAX_PARAMS, c->rounded);
    return SW_OK;
}

void sw_problem_deinit(sw_problem *p)
{
    sw_arena_deinit(&p->arena);
}

/* --- elements one by one ----------------------------------------------------------------------- */

/* Terms of the reference a tensor may cost: some hundredths of a second. */
enum { TERM_BUDGET = 1 << 23, FEWEST_SAMPLES = 256 };

void sw_tensor_place(int at[4], const sw_tensor *t, size_t i)
{
    for (int d = t->rank - 1; d >= 0; d--) {
        at[d] = (int)(i % (size_t)t->dims[d]);
        i /= (size_t)t->dims[d];
    }
}

static void expect_element(sw_problem *p, sw_tensor *t, size_t i, bool exact, sw_element element)
{
    int at[4] = {0};
    sw_tensor_place(at, t, i);
    sw_sum sum = element(p, at);
    t->want[i] = sum.value;
    t->bound[i] = exact ? 0 : FLT_MIN;
    if (!exact) t->bound[i] += sw_bound_of_sum(sum.terms, sum.magnitude);
}

void sw_expect_elements(sw_problem *p, sw_tensor *t, size_t terms, bool exact, sw_element element)
{
    t->expected = true;
    size_t samples = TERM_BUDGET / (terms ? terms : 1);
    if (samples < FEWEST_SAMPLES) samples = FEWEST_SAMPLES;
    if (samples >= t->elems) {
        for (size_t i = 0; i < t->elems; i++) expect_element(p, t, i, exact, element);
        return;
    }
    for (size_t i = 0; i < t->elems; i++) t->bound[i] = -1;
    expect_element(p, t, 0, exact, element); /* corners of the first and the last image */
    expect_element(p, t, t->elems - 1, exact, element);
    for (size_t i = 2; i < samples; i++)
        expect_element(p, t, sw_rng_below(&p->rng, (uint32_t)t->elems), exact, element);
}
