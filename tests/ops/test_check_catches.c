/* The harness itself: ops broken on purpose, one way each, must be found out. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "check/check.h"
#include "device_case.h"
#include "ops/call.h"
#include "ops/ops.h"

TestSuite(check, .init = session_open, .fini = session_close);

/* Changes float i of a buffer to the next one. */
static sw_status nudge(sw_call *call, cl_mem buffer, size_t i)
{
    sw_status status = SW_OK;
    float value;
    SW_TRY(sw_buffer_read(call->cl, buffer, i * sizeof value, &value, sizeof value));
    value = nextafterf(value, INFINITY);
    SW_TRY(sw_buffer_write(call->cl, buffer, i * sizeof value, &value, sizeof value));
done:
    return status;
}

static sw_status put(sw_call *call, cl_mem buffer, size_t i, float value)
{
    return sw_buffer_write(call->cl, buffer, i * sizeof value, &value, sizeof value);
}

static const sw_doubled_attrs doubled = {6, 8};
static const sw_batchnorm_attrs norm = {.eps = 1e-5f, .momentum = 0.1f, .relu = true};
static const sw_conv2d_attrs conv = {
    .engine = SW_CONV_CLBLAST, .out_channels = 5, .kernel = 3, .bias = true, .workspace_cap_bytes = 1 << 20};
static const sw_doubled_attrs unpooled = {6, 8};
static const sw_shape small = {2, 3, 4, 3};

static void expect_caught(const sw_op *op, const void *attrs, sw_check_fill fill, const char *where)
{
    sw_check_result result;
    const sw_op_case c = {.op = op, .attrs = attrs, .x = small, .fill = fill};
    cr_assert_eq(sw_check_op(&result, session, &c), SW_OK, "%s", sw_error_message());
    cr_assert_not(result.passed, "the harness noticed nothing; it should have said '%s'", where);
    cr_assert_not_null(strstr(result.where, where), "the harness said '%s' instead of '%s'", result.where,
                       where);
}

static void expect_sound(const sw_op *op, const void *attrs, sw_check_fill fill)
{
    sw_check_result result;
    const sw_op_case c = {.op = op, .attrs = attrs, .x = small, .fill = fill};
    cr_assert_eq(sw_check_op(&result, session, &c), SW_OK, "%s", sw_error_message());
    cr_assert(result.passed, "%s: %s", op->name, result.where);
}

Test(check, sound_ops_pass)
{
    expect_sound(&sw_op_upsample, &doubled, SW_FILL_UNIFORM);
    expect_sound(&sw_op_batchnorm, &norm, SW_FILL_UNIFORM);
    expect_sound(&sw_op_conv2d, &conv, SW_FILL_INTEGERS);
    expect_sound(&sw_op_max_unpool, &unpooled, SW_FILL_UNIFORM);
    expect_sound(&sw_op_concat, NULL, SW_FILL_UNIFORM);
    expect_sound(&sw_op_scale, NULL, SW_FILL_UNIFORM);
}

/* --- values ------------------------------------------------------------------------------------ */

static sw_status last_bit_wrong(sw_call *call)
{
    sw_status status = SW_OK;
    SW_TRY(sw_op_upsample.forward(call));
    SW_TRY(nudge(call, call->out[0], (1 * 6 * 8 + 5 * 8 + 7) * 3 + 2)); /* the last element of image 1 */
done:
    return status;
}

Test(check, one_wrong_bit_of_an_exact_result_is_found_with_its_place)
{
    sw_op broken = sw_op_upsample;
    broken.forward = last_bit_wrong;
    expect_caught(&broken, &doubled, SW_FILL_UNIFORM, "y[1,5,7,2] is");
}

/* The weights' gradient without the last pixel of the last image. */
static sw_status pixel_left_out(sw_call *call)
{
    sw_status status = SW_OK;
    float dy[5], saved[5];
    size_t offset = (2 * 3 * 4 - 1) * sizeof dy;
    SW_TRY(sw_buffer_read(call->cl, call->dout[0], offset, saved, sizeof saved));
    memset(dy, 0, sizeof dy);
    SW_TRY(sw_buffer_write(call->cl, call->dout[0], offset, dy, sizeof dy));
    SW_TRY(sw_op_conv2d.backward(call));
    SW_TRY(sw_buffer_write(call->cl, call->dout[0], offset, saved, sizeof saved));
done:
    return status;
}

Test(check, one_term_missing_in_a_sum_exceeds_its_bound)
{
    sw_op broken = sw_op_conv2d;
    broken.backward = pixel_left_out;
    expect_caught(&broken, &conv, SW_FILL_UNIFORM, "dweight[");
    expect_caught(&broken, &conv, SW_FILL_INTEGERS, "dx[");
}

static sw_status does_nothing(sw_call *call)
{
    (void)call;
    return SW_OK;
}

Test(check, what_is_never_written_shows_as_nan)
{
    sw_op broken = sw_op_upsample;
    broken.forward = does_nothing;
    expect_caught(&broken, &doubled, SW_FILL_UNIFORM, "y[0,0,0,0] is nan");
}

static sw_status biased_running_variance(sw_call *call)
{
    sw_status status = SW_OK;
    float before[3], after[3];
    SW_TRY(sw_buffer_read(call->cl, call->state[1], 0, before, sizeof before));
    SW_TRY(sw_op_batchnorm.forward(call));
    SW_TRY(sw_buffer_read(call->cl, call->state[1], 0, after, sizeof after));
    for (int c = 0; c < 3; c++) {
        float batch = (after[c] - 0.9f * before[c]) / 0.1f;
        after[c] = 0.9f * before[c] + 0.1f * batch * 23 / 24; /* 24 pixels */
    }
    SW_TRY(sw_buffer_write(call->cl, call->state[1], 0, after, sizeof after));
done:
    return status;
}

Test(check, a_biased_running_variance_is_found)
{
    sw_op broken = sw_op_batchnorm;
    broken.forward = biased_running_variance;
    expect_caught(&broken, &norm, SW_FILL_UNIFORM, "running_var[");
}

/* --- accumulation ------------------------------------------------------------------------------ */

static sw_status overwrites_weight_gradient(sw_call *call)
{
    sw_status status = SW_OK;
    SW_TRY(sw_buffer_fill(call->cl, call->dparam[0], 0, 3 * sizeof(float), 0));
    SW_TRY(sw_op_batchnorm.backward(call));
done:
    return status;
}

Test(check, a_parameter_gradient_that_is_not_added_to_is_found)
{
    sw_op broken = sw_op_batchnorm;
    broken.backward = overwrites_weight_gradient;
    expect_caught(&broken, &norm, SW_FILL_UNIFORM, "dweight[");
}

static sw_status never_accumulates(sw_call *call)
{
    call->accumulate[0] = false;
    return sw_op_upsample.backward(call);
}

Test(check, an_input_gradient_that_is_not_added_to_is_found)
{
    sw_op broken = sw_op_upsample;
    broken.backward = never_accumulates;
    expect_caught(&broken, &doubled, SW_FILL_UNIFORM, "dx added to dx[");
}

static sw_status never_accumulates_the_second(sw_call *call)
{
    call->accumulate[1] = false;
    return sw_op_scale.backward(call);
}

Test(check, the_gradient_of_a_second_input_that_is_not_added_to_is_found)
{
    sw_op broken = sw_op_scale;
    broken.backward = never_accumulates_the_second;
    expect_caught(&broken, NULL, SW_FILL_UNIFORM, "dx2 added to dx2[");
}

/* As if no input were another one's value. */
static sw_status forgets_that_inputs_are_the_same(sw_call *call)
{
    if (call->din[1] == call->din[0]) call->accumulate[1] = false;
    return sw_op_concat.backward(call);
}

Test(check, one_value_for_two_inputs_whose_gradients_are_not_added_up_is_found)
{
    sw_op broken = sw_op_concat;
    broken.backward = forgets_that_inputs_are_the_same;
    expect_caught(&broken, NULL, SW_FILL_UNIFORM, "dx of one value for all inputs[");
}

/* The sum's gradient is read anew for each input, when the first one's has taken its place already. */
static sw_status reads_what_it_has_overwritten(sw_call *call)
{
    sw_status status = SW_OK;
    cl_mem din[SW_MAX_INPUTS];
    memcpy(din, call->din, sizeof din);
    for (int i = 0; i < call->node->input_count; i++) {
        memset(call->din, 0, sizeof call->din);
        call->din[i] = din[i];
        SW_TRY(sw_op_add.backward(call));
    }
done:
    memcpy(call->din, din, sizeof din);
    return status;
}

Test(check, a_gradient_in_place_that_is_read_after_it_was_added_to_is_found)
{
    sw_check_result result;
    sw_op broken = sw_op_add;
    broken.backward = reads_what_it_has_overwritten;
    const sw_op_case c = {.op = &broken, .attrs = &(sw_add_attrs){false}, .x = small, .input_count = 3};
    cr_assert_eq(sw_check_op(&result, session, &c), SW_OK, "%s", sw_error_message());
    cr_assert_not(result.passed, "the harness noticed nothing");
    cr_assert_str_eq(result.where, "working in place with one value for all inputs gives other bits");
}

/* --- trespass ---------------------------------------------------------------------------------- */

static sw_status writes_behind(sw_call *call)
{
    sw_status status = SW_OK;
    SW_TRY(sw_op_upsample.forward(call));
    SW_TRY(put(call, call->out[0], 2 * 6 * 8 * 3 + 4, 1));
done:
    return status;
}

Test(check, a_write_behind_the_last_image_is_found)
{
    sw_op broken = sw_op_upsample;
    broken.forward = writes_behind;
    expect_caught(&broken, &doubled, SW_FILL_UNIFORM,
                  "y: element 4 behind the last image that is run was written");
}

static sw_status takes_an_image_too_many(sw_call *call)
{
    call->n++;
    return sw_op_batchnorm.forward(call);
}

Test(check, reading_an_image_that_is_not_run_is_found)
{
    sw_op broken = sw_op_batchnorm;
    broken.forward = takes_an_image_too_many;
    expect_caught(&broken, &norm, SW_FILL_UNIFORM, "y[0,0,0,0] is nan");
}

static sw_status writes_to_its_input(sw_call *call)
{
    sw_status status = SW_OK;
    SW_TRY(sw_op_upsample.forward(call));
    SW_TRY(nudge(call, call->in[0], 3));
done:
    return status;
}

Test(check, a_write_to_an_input_is_found)
{
    sw_op broken = sw_op_upsample;
    broken.forward = writes_to_its_input;
    expect_caught(&broken, &doubled, SW_FILL_UNIFORM, "x was written to");
}

/* Three floats of bias gradient, in a slab where the next tensor starts 128 further on. */
static sw_status writes_between_parameters(sw_call *call)
{
    sw_status status = SW_OK;
    cl_mem slab = NULL;
    size_t offset = 0;
    SW_TRY(sw_op_batchnorm.backward(call));
    SW_TRY(sw_cl_status(
        clGetMemObjectInfo(call->dparam[0], CL_MEM_ASSOCIATED_MEMOBJECT, sizeof slab, &slab, NULL),
        "clGetMemObjectInfo", NULL));
    SW_TRY(sw_cl_status(clGetMemObjectInfo(call->dparam[0], CL_MEM_OFFSET, sizeof offset, &offset, NULL),
                        "clGetMemObjectInfo", NULL));
    SW_TRY(put(call, slab, offset / sizeof(float) + 3, 1));
done:
    return status;
}

Test(check, a_write_between_parameters_is_found)
{
    sw_op broken = sw_op_batchnorm;
    broken.backward = writes_between_parameters;
    expect_caught(&broken, &norm, SW_FILL_UNIFORM, "gradients: written behind the end of 'batchnorm.weight'");
}

/* --- the same bits ----------------------------------------------------------------------------- */

static sw_status differs_every_other_time(sw_call *call)
{
    static int calls;
    sw_status status = SW_OK;
    SW_TRY(sw_op_conv2d.forward(call));
    if (calls++ % 2) SW_TRY(nudge(call, call->out[0], 7));
done:
    return status;
}

Test(check, a_second_run_with_other_bits_is_found)
{
    sw_op broken = sw_op_conv2d;
    broken.forward = differs_every_other_time;
    expect_caught(&broken, &conv, SW_FILL_UNIFORM, "a second run on the same inputs gives other bits");
}

static sw_status recomputes_otherwise(sw_call *call)
{
    sw_status status = SW_OK;
    SW_TRY(sw_op_max_unpool.recompute(call));
    SW_TRY(nudge(call, call->out[0], 7));
done:
    return status;
}

Test(check, recomputing_to_other_bits_is_found)
{
    sw_op broken = sw_op_max_unpool;
    broken.recompute = recomputes_otherwise;
    expect_caught(&broken, &unpooled, SW_FILL_UNIFORM, "recomputing gives other bits than the forward pass");
}

static sw_status suffers_in_place(sw_call *call)
{
    sw_status status = SW_OK;
    bool in_place = call->din[0] == call->dout[0];
    SW_TRY(sw_op_batchnorm.backward(call));
    if (in_place) SW_TRY(put(call, call->din[0], 0, 1));
done:
    return status;
}

Test(check, a_backward_pass_that_suffers_from_working_in_place_is_found)
{
    sw_op broken = sw_op_batchnorm;
    broken.backward = suffers_in_place;
    expect_caught(&broken, &norm, SW_FILL_UNIFORM, "working in place gives other bits than working apart");
}

/* --- the table --------------------------------------------------------------------------------- */

Test(check, an_op_without_a_reference_is_an_error_that_says_so)
{
    sw_check_result result;
    sw_op unknown = sw_op_upsample;
    unknown.name = "transmogrify";
    const sw_op_case c = {.op = &unknown, .attrs = &doubled, .x = small};
    cr_assert_eq(sw_check_op(&result, session, &c), SW_E_CONFIG);
    cr_assert_not_null(strstr(sw_error_message(), "transmogrify"), "%s", sw_error_message());
}

Test(check, every_op_is_in_the_table_with_tiny_and_quick_cases)
{
    for (const sw_op *const *op = sw_ops; *op; op++) {
        int tiny = 0, quick = 0;
        const sw_check_case *c;
        for (size_t i = 0; (c = sw_check_case_at(i)) != NULL; i++) {
            if (strcmp(c->subject, (*op)->name) != 0) continue;
            cr_expect_eq(c->op->op, *op);
            tiny += c->size == SW_CHECK_TINY;
            quick += c->size == SW_CHECK_QUICK;
        }
        cr_expect(tiny > 0 && quick > 0, "%s has %d tiny and %d quick cases", (*op)->name, tiny, quick);
    }
}
