/* One op, one case: runs it in three surroundings and compares. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "cl/buffer.h"
#include "rig.h"

/* Elements up to which the two further surroundings are tried: they prove what does not depend on size. */
enum { MOST_ELEMS_SURROUNDED = 1 << 18 };

const sw_expectation *sw_expectation_find(const char *op_name)
{
    static const sw_expectation *const all[] = {
        &sw_expect_conv2d,
        &sw_expect_depthwise_conv2d,
        &sw_expect_batchnorm,
        &sw_expect_max_pool,
        &sw_expect_max_unpool,
        &sw_expect_average_pool,
        &sw_expect_upsample,
        &sw_expect_cross_entropy,
        &sw_expect_focal,
        &sw_expect_concat,
        &sw_expect_add,
        &sw_expect_global_average_pool,
        &sw_expect_broadcast,
        &sw_expect_scale,
        &sw_expect_relu,
        &sw_expect_leaky_relu,
        &sw_expect_silu,
        &sw_expect_sigmoid,
        &sw_expect_dropout,
        &sw_expect_group_norm,
        &sw_expect_local_response_norm,
        &sw_expect_bilinear,
        &sw_expect_conv_transpose2d,
        &sw_expect_dice,
        &sw_expect_tversky,
        &sw_expect_boundary,
        &sw_expect_ohem,
        &sw_expect_lovasz,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->op_name, op_name) == 0) return all[i];
    return NULL;
}

static void describe(sw_check_result *result, const sw_op_case *c, const sw_expectation *expectation)
{
    char attrs[64] = "";
    if (expectation->describe) expectation->describe(attrs, sizeof attrs, c);
    sw_result_begin(result, "%dx%dx%dx%d %s%s%s%s", c->x.n, c->x.h, c->x.w, c->x.c, attrs,
                    attrs[0] ? " " : "", sw_fill_name(c->fill), c->bfloat16 ? " bf16" : "");
}

/* --- alone ------------------------------------------------------------------------------------- */

static sw_status read_forward(sw_rig *rig, sw_problem *p)
{
    for (int i = 0; i < rig->node->output_count; i++)
        SW_ENSURE(
            sw_rig_read_value(rig, &p->out[i], sw_executor_value(rig->executor, rig->node->outputs[i])));
    for (int i = 0; i < rig->node->state_count; i++)
        SW_ENSURE(sw_rig_read_param(rig, &p->state[i], rig->store.states,
                                    &rig->graph.states[rig->node->states[i]]));
    return SW_OK;
}

static sw_status read_backward(sw_rig *rig, sw_problem *p)
{
    for (int i = 0; i < rig->node->input_count; i++)
        if (p->din[i].elems)
            SW_ENSURE(
                sw_rig_read_value(rig, &p->din[i], sw_executor_gradient(rig->executor, rig->inputs[i])));
    for (int i = 0; i < rig->node->param_count; i++)
        SW_ENSURE(sw_rig_read_param(rig, &p->dparam[i], rig->store.grads,
                                    &rig->graph.params[rig->node->params[i]]));
    return SW_OK;
}

/* Gradients of parameters are added to what was there, in a few portions: so many more roundings. */
static void add_start(sw_tensor *t)
{
    for (size_t i = 0; i < t->elems; i++) {
        if (t->bound[i] > 0) t->bound[i] += bound_eps * (4 * fabs(t->given[i]) + fabs(t->want[i]));
        t->want[i] += t->given[i];
    }
}

/* Half the distance to the next bfloat16 is 2^-8 of a value at most, or half the least there is. */
static void expect_rounded(sw_tensor *t)
{
    if (t->dtype != SW_BF16) return;
    for (size_t i = 0; i < t->elems; i++)
        if (t->bound[i] >= 0 && isfinite(t->want[i]))
            t->bound[i] += 0x1p-8 * (fabs(t->want[i]) + t->bound[i]) + 0x1p-134;
}

static void compare(sw_check_result *result, sw_tensor *tensors, int count)
{
    for (int i = 0; i < count; i++) {
        if (!tensors[i].expected) continue;
        expect_rounded(&tensors[i]);
        sw_result_compare(result, &tensors[i]);
    }
}

static sw_status check_values(sw_check_result *result, sw_rig *rig, sw_problem *p,
                              const sw_expectation *expectation)
{
    SW_ENSURE(read_forward(rig, p));
    SW_ENSURE(expectation->forward(p));
    compare(result, p->out, SW_MAX_OUTPUTS);
    compare(result, p->state, SW_MAX_STATES);
    if (!rig->training) return SW_OK;
    SW_ENSURE(read_backward(rig, p));
    SW_ENSURE(expectation->backward(p));
    for (int i = 0; i < rig->node->param_count; i++) add_start(&p->dparam[i]);
    compare(result, p->din, SW_MAX_INPUTS);
    compare(result, p->dparam, SW_MAX_PARAMS);
    return SW_OK;
}

/* Two runs that must leave the same bits. */
static void compare_bits(sw_check_result *result, const sw_str *a, const sw_str *b, const char *flaw)
{
    if (a->length != b->length || memcmp(a->text, b->text, a->length) != 0)
        sw_result_flaw(result, "%s", flaw);
}

static sw_status run_alone(sw_check_result *result, sw_rig *rig, sw_cl *cl, sw_problem *p,
                           const sw_expectation *expectation)
{
    sw_status status = SW_OK;
    sw_str first = {0}, second = {0};
    SW_TRY(sw_rig_bind(rig, cl, true));
    SW_TRY(sw_rig_run(&result->ms, rig, p));
    SW_TRY(check_values(result, rig, p, expectation));
    SW_TRY(sw_rig_find_trespass(result, rig, p));
    SW_TRY(sw_rig_snapshot(&first, rig, true));
    SW_TRY(sw_rig_run(&result->ms, rig, p));
    SW_TRY(sw_rig_snapshot(&second, rig, true));
    compare_bits(result, &first, &second, "a second run on the same inputs gives other bits");
done:
    sw_str_deinit(&first);
    sw_str_deinit(&second);
    return status;
}

/* --- twin -------------------------------------------------------------------------------------- */

/* What a gradient has to be when it was added to, from what it is alone; and how it is then called. `twin`:
 * the op has said itself what the second node gives. */
static sw_status expect_added(sw_tensor *dx, sw_problem *p, double factor, bool twin)
{
    for (size_t i = 0; i < dx->elems; i++) {
        if (!twin) dx->want[i] *= factor;
        if (dx->bound[i] < 0) continue;
        if (!twin) dx->bound[i] *= factor;
        if (p->c->fill != SW_FILL_INTEGERS) dx->bound[i] += bound_eps * fabs(dx->want[i]); /* the addition */
    }
    dx->name = sw_arena_printf(&p->arena, "%s added to %s", dx->name, dx->name);
    return dx->name ? SW_OK : SW_E_MEMORY;
}

/* The gradients of inputs that two nodes read, from what one alone has to give. */
static sw_status run_twin(sw_check_result *result, sw_cl *cl, sw_problem *p,
                          const sw_expectation *expectation)
{
    sw_status status = SW_OK;
    sw_rig rig;
    double ms;
    SW_TRY(sw_rig_init(&rig, SW_RIG_TWIN, p->c, expectation));
    SW_TRY(sw_rig_bind(&rig, cl, true));
    SW_TRY(sw_rig_run(&ms, &rig, p));
    SW_TRY(read_backward(&rig, p));
    const double scale = p->c->op->is_loss ? 1 : SW_TWIN_SCALE;
    if (expectation->twin) SW_TRY(expectation->twin(p, scale));
    for (int i = 0; i < rig.input_count; i++)
        if (p->din[i].elems) SW_TRY(expect_added(&p->din[i], p, 1 + scale, expectation->twin != NULL));
    compare(result, p->din, SW_MAX_INPUTS);
done:
    sw_rig_deinit(&rig);
    return status;
}

/* --- one value for all inputs ------------------------------------------------------------------ */

/* Adds up what the gradients of all inputs have to be, in the first one's. */
static void expect_sum_of_gradients(sw_problem *p)
{
    sw_tensor *dx = &p->din[0];
    for (int i = 1; i < SW_MAX_INPUTS; i++) {
        const sw_tensor *more = &p->din[i];
        for (size_t k = 0; k < more->elems; k++) {
            dx->want[k] += more->want[k];
            if (p->c->fill == SW_FILL_INTEGERS && dx->bound[k] == 0 && more->bound[k] == 0) continue;
            dx->bound[k] += more->bound[k] + bound_eps * fabs(dx->want[k]);
        }
    }
    dx->name = "dx of one value for all inputs";
}

/* Leaves the problem with the first input for all. */
static sw_status run_same(sw_check_result *result, sw_cl *cl, sw_problem *p,
                          const sw_expectation *expectation)
{
    sw_status status = SW_OK;
    sw_rig rig;
    double ms;
    SW_TRY(sw_rig_init(&rig, SW_RIG_SAME, p->c, expectation));
    SW_TRY(sw_rig_bind(&rig, cl, true));
    for (int i = 1; i < rig.input_count; i++) p->in[i].given = p->in[0].given;
    SW_TRY(sw_rig_run(&ms, &rig, p));
    SW_TRY(read_forward(&rig, p));
    SW_TRY(expectation->forward(p));
    compare(result, p->out, SW_MAX_OUTPUTS);
    SW_TRY(sw_rig_read_value(&rig, &p->din[0], sw_executor_gradient(rig.executor, rig.inputs[0])));
    SW_TRY(expectation->backward(p));
    expect_sum_of_gradients(p);
    sw_result_compare(result, &p->din[0]);
done:
    sw_rig_deinit(&rig);
    return status;
}

/* --- followed, absorbing ----------------------------------------------------------------------- */

/* Tenant that holds what a recompute step makes of the value; -1 if there is none. */
static int recomputed_tenant(const sw_plan *plan, int value)
{
    for (int t = 0; t < plan->tenant_count; t++)
        if (plan->tenants[t].value == value && !plan->tenants[t].is_gradient &&
            t != plan->forward_tenant[value])
            return t;
    return -1;
}

/* Whether the planner has reason to recompute the op's output: inputs that would be kept for that alone,
 * which are those of the graph, take less memory. */
static bool worth_recomputing(const sw_rig *rig)
{
    size_t kept = 0;
    for (int i = 0; i < rig->node->input_count; i++) {
        const sw_value *input = sw_node_input(&rig->graph, rig->node, i);
        if (input->producer < 0 && !(rig->node->reads_inputs & SW_BIT(i))) kept += input->bytes;
    }
    return kept < rig->graph.values[rig->node->outputs[0]].bytes;
}

static sw_status check_recomputed(sw_check_result *result, sw_rig *rig, const sw_problem *p)
{
    sw_status status = SW_OK;
    const sw_plan *plan = sw_executor_plan(rig->executor);
    int value = rig->node->outputs[0], tenant = recomputed_tenant(plan, value);
    size_t bytes = p->out[0].elems * sizeof(float);
    void *forward = malloc(bytes), *again = malloc(bytes);
    if (!forward || !again) SW_TRY(sw_fail_alloc("a recomputed value", 2 * bytes));
    if (tenant < 0) {
        sw_result_flaw(result, "the planner recomputes nothing where it should");
        goto done;
    }
    SW_TRY(sw_buffer_read(rig->cl, sw_executor_value(rig->executor, value), 0, forward, bytes));
    SW_TRY(sw_buffer_read(rig->cl, rig->slabs.buffers[plan->tenants[tenant].slab],
                          plan->tenants[tenant].offset_bytes, again, bytes));
    if (memcmp(forward, again, bytes) != 0)
        sw_result_flaw(result, "recomputing gives other bits than the forward pass");
done:
    free(forward);
    free(again);
    return status;
}

static sw_status run_with_others(sw_str *bytes, sw_check_result *result, sw_cl *cl, const sw_problem *p,
                                 const sw_expectation *expectation, sw_rig_kind kind, bool apart)
{
    sw_status status = SW_OK;
    sw_rig rig;
    double ms;
    SW_TRY(sw_rig_init(&rig, kind, p->c, expectation));
    SW_TRY(sw_rig_bind(&rig, cl, apart));
    SW_TRY(sw_rig_run(&ms, &rig, p));
    SW_TRY(sw_rig_snapshot(bytes, &rig, false));
    if (kind == SW_RIG_FOLLOWED && apart && rig.training && p->c->op->recomputes && worth_recomputing(&rig))
        SW_TRY(check_recomputed(result, &rig, p));
    if (kind == SW_RIG_ABSORBING && !apart && !sw_executor_is_merged(rig.executor, 1))
        sw_result_flaw(result, "the op after it is not done with it");
done:
    sw_rig_deinit(&rig);
    return status;
}

/* With everything in a buffer of its own, and as it is done otherwise. */
static sw_status compare_with_others(sw_check_result *result, sw_cl *cl, const sw_problem *p,
                                     const sw_expectation *expectation, sw_rig_kind kind, const char *flaw)
{
    sw_status status = SW_OK;
    sw_str apart = {0}, shared = {0};
    SW_TRY(run_with_others(&apart, result, cl, p, expectation, kind, true));
    SW_TRY(run_with_others(&shared, result, cl, p, expectation, kind, false));
    compare_bits(result, &apart, &shared, flaw);
done:
    sw_str_deinit(&apart);
    sw_str_deinit(&shared);
    return status;
}

/* --- all --------------------------------------------------------------------------------------- */

static sw_status check_op(sw_check_result *out, sw_cl *cl, const sw_op_case *c,
                          const sw_expectation *expectation)
{
    sw_status status = SW_OK;
    sw_rig rig;
    sw_problem problem = {0};
    SW_TRY(sw_rig_init(&rig, SW_RIG_ALONE, c, expectation));
    SW_TRY(sw_problem_init(&problem, c, expectation, &rig.graph, rig.node));
    SW_TRY(run_alone(out, &rig, cl, &problem, expectation));
    if (c->bfloat16 || problem.in[0].elems + problem.out[0].elems > MOST_ELEMS_SURROUNDED) goto done;
    if (out->passed && !c->evaluate) SW_TRY(run_twin(out, cl, &problem, expectation));
    if (out->passed && (c->op->recomputes || c->op->gradient_in_place || c->op->forward_in_place))
        SW_TRY(compare_with_others(out, cl, &problem, expectation, SW_RIG_FOLLOWED,
                                   "working in place gives other bits than working apart"));
    if (out->passed && c->op->absorbs && !c->evaluate && c->x.h > 1 && c->x.w > 1) /* large enough to pool */
        SW_TRY(compare_with_others(out, cl, &problem, expectation, SW_RIG_ABSORBING,
                                   "working in one step gives other bits than working apart"));
    if (out->passed && sw_rig_suits_same(c, expectation)) {
        if (!c->evaluate) SW_TRY(run_same(out, cl, &problem, expectation));
        SW_TRY(compare_with_others(out, cl, &problem, expectation, SW_RIG_SAME_FOLLOWED,
                                   "working in place with one value for all inputs gives other bits"));
    }
done:
    sw_problem_deinit(&problem);
    sw_rig_deinit(&rig);
    return status;
}

sw_status sw_check_op(sw_check_result *out, sw_cl *cl, const sw_op_case *c)
{
    const sw_expectation *expectation = sw_expectation_find(c->op->name);
    if (!expectation) {
        sw_result_begin(out, "%s", c->op->name);
        return sw_fail(SW_E_CONFIG, "there is no reference for the op '%s' in core/check", c->op->name);
    }
    describe(out, c, expectation);
    return check_op(out, cl, c, expectation);
}
