/* Engines against each other on the device: a wrong one is never taken, the fastest right one is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "conv_engine.h"
#include "device_case.h"
#include "ops/conv_tune.h"

TestSuite(conv_tune, .init = session_open, .fini = session_close);

static sw_str caught;

static void catch_line(void *user, sw_log_level level, const char *line)
{
    (void)user;
    if (level >= SW_LOG_WARNING) sw_str_printf(&caught, "%s\n", line);
}

static const char *caught_lines(void)
{
    return caught.text ? caught.text : "";
}

static const sw_conv_layer some_layer = {
    .kernel = 3, .in_channels = 16, .out_channels = 32, .height = 24, .width = 20};

/* The row of one layer tuned among the given engines (NULL: all there are). */
static sw_conv_row tune(const sw_conv_layer *layer, const sw_conv_engine *const *engines)
{
    sw_conv_table table = {0};
    sw_conv_row *row;
    const sw_conv_tune_options options = {.seconds = 1, .engines = engines};
    sw_log_add_sink(catch_line, NULL);
    cr_assert_eq(sw_conv_table_add(&row, &table, layer), SW_OK);
    cr_assert_eq(sw_conv_tune(&table, session, &options), SW_OK, "%s", sw_error_message());
    sw_log_remove_sink(catch_line, NULL);
    cr_assert_eq(table.count, 1);
    sw_conv_row tuned = table.rows[0];
    sw_conv_table_deinit(&table);
    return tuned;
}

/* --- engines made for the tests: clblast in a disguise -------------------------------------------------- */

/* All right but one element. */
static sw_status data_but_one(const void *plan, sw_call *call, const sw_conv_product *product)
{
    sw_status status = sw_conv_engine_clblast.convolve(plan, call, product);
    return status == SW_OK ? sw_buffer_fill(call->cl, product->to, 40, 4, 0) : status;
}

static sw_status convolve_hastily(const void *plan, sw_call *call, const sw_conv_product *product)
{
    return product->pass == SW_CONV_FORWARD ? SW_OK : data_but_one(plan, call, product);
}

/* Right, had the gradient been zero before. */
static sw_status weights_not_added(const void *plan, sw_call *call)
{
    const sw_param *param = &call->graph->params[call->node->params[0]];
    sw_status status = sw_buffer_fill(call->cl, call->dparam[0], 0, param->elems * sizeof(float), 0);
    return status == SW_OK ? sw_conv_engine_clblast.backward_weights(plan, call) : status;
}

static sw_status convolve_slowly(const void *plan, sw_call *call, const sw_conv_product *product)
{
    sw_status status = SW_OK;
    if (product->pass != SW_CONV_FORWARD) return data_but_one(plan, call, product);
    for (int i = 0; i < 6 && status == SW_OK; i++)
        status = sw_conv_engine_clblast.convolve(plan, call, product);
    return status;
}

static sw_status refuse_to_prepare(void *plan, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                                   size_t cap_bytes, unsigned passes)
{
    (void)plan;
    (void)workspace_bytes;
    (void)call;
    (void)shape;
    (void)cap_bytes;
    (void)passes;
    return sw_fail(SW_E_DEVICE, "this compiler knows no such vector");
}

static sw_conv_engine disguise(const char *name)
{
    sw_conv_engine engine = sw_conv_engine_clblast;
    engine.name = name;
    engine.choice = SW_CONV_GEMM;
    return engine;
}

/* --- tests
 * -------------------------------------------------------------------------------------------------- */

Test(conv_tune, a_wrong_engine_is_refused_with_a_message_however_fast_it_is)
{
    sw_conv_engine hasty = disguise("hasty");
    hasty.convolve = convolve_hastily;
    hasty.backward_weights = weights_not_added;
    const sw_conv_engine *const engines[] = {&hasty, &sw_conv_engine_clblast, NULL};
    sw_conv_row row = tune(&some_layer, engines);
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        cr_expect_eq(row.pass[p].choice, SW_CONV_CLBLAST, "pass %d", p);
        cr_expect_eq(row.pass[p].trial_count, 2);
        cr_expect_lt(row.pass[p].trials[0].ms, 0);
        cr_expect_gt(row.pass[p].trials[1].ms, 0);
        char line[100];
        snprintf(line, sizeof line,
                 "engine hasty is not used for %s of a convolution 3x3 16 > 32, 24x20: element",
                 sw_conv_pass_name((sw_conv_pass)p));
        cr_expect_not_null(strstr(caught_lines(), line), "%s", caught_lines());
    }
    cr_expect_not_null(strstr(caught_lines(), "element 10 is 0 where clblast has"), "%s", caught_lines());
    sw_str_deinit(&caught);
}

Test(conv_tune, the_fastest_engine_is_taken_of_those_that_are_right)
{
    sw_conv_engine slow = disguise("slow");
    slow.convolve = convolve_slowly;
    const sw_conv_engine *const engines[] = {&slow, &sw_conv_engine_clblast, NULL};
    /* large enough for the work to outweigh what a launch takes */
    const sw_conv_layer layer = {
        .kernel = 3, .in_channels = 32, .out_channels = 32, .height = 64, .width = 64};
    sw_conv_row row = tune(&layer, engines);
    cr_expect_eq(row.pass[SW_CONV_FORWARD].choice, SW_CONV_CLBLAST);
    cr_expect_gt(row.pass[SW_CONV_FORWARD].trials[0].ms, row.pass[SW_CONV_FORWARD].trials[1].ms);
    cr_expect_eq(row.pass[SW_CONV_BACKWARD_DATA].choice, SW_CONV_CLBLAST);
    sw_str_deinit(&caught);
}

Test(conv_tune, an_engine_that_cannot_be_prepared_is_left_out)
{
    sw_conv_engine broken = disguise("broken");
    broken.prepare = refuse_to_prepare;
    const sw_conv_engine *const engines[] = {&broken, &sw_conv_engine_clblast, NULL};
    sw_conv_row row = tune(&some_layer, engines);
    for (int p = 0; p < SW_CONV_PASSES; p++) cr_expect_eq(row.pass[p].choice, SW_CONV_CLBLAST);
    cr_expect_not_null(strstr(caught_lines(), "broken is not used for any pass"), "%s", caught_lines());
    cr_expect_not_null(strstr(caught_lines(), "no such vector"), "%s", caught_lines());
    sw_str_deinit(&caught);
}

Test(conv_tune, the_engines_there_are_are_all_right)
{
    static const sw_conv_layer layers[] = {
        {3, 3, 16, 33, 31, 1, 1},  {3, 16, 3, 31, 33, 1, 1},  {3, 16, 16, 7, 9, 1, 1},
        {3, 64, 64, 16, 16, 1, 1}, {3, 48, 80, 12, 12, 1, 1}, {3, 128, 128, 4, 4, 1, 1},
        {1, 64, 32, 16, 16, 1, 1}, {1, 16, 3, 32, 32, 1, 1},  {5, 16, 32, 9, 9, 1, 1},
        {3, 256, 64, 1, 1, 1, 1},  {3, 17, 17, 9, 9, 1, 1},   {7, 3, 64, 33, 32, 2, 1},
        {3, 32, 64, 16, 17, 2, 1}, {1, 32, 64, 16, 17, 2, 1}, {3, 64, 32, 12, 9, 1, 6},
        {3, 16, 17, 9, 9, 3, 2}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        sw_conv_row row = tune(&layers[i], NULL);
        cr_expect(sw_conv_row_decided(&row), "layer %zu", i);
        for (int p = 0; p < SW_CONV_PASSES; p++) {
            sw_conv_pass pass = (sw_conv_pass)p;
            cr_expect(sw_conv_can(session, row.pass[p].choice, &layers[i], pass), "layer %zu, pass %d", i, p);
            cr_expect_neq(row.pass[p].trial_count, 1);
        }
    }
    cr_expect_str_eq(caught_lines(), "");
    sw_str_deinit(&caught);
}

Test(conv_tune, where_one_engine_only_can_it_is_taken_untimed)
{
    const sw_conv_engine *const engines[] = {&sw_conv_engine_clblast, NULL};
    sw_conv_row row = tune(&some_layer, engines);
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        cr_expect_eq(row.pass[p].choice, SW_CONV_CLBLAST);
        cr_expect_eq(row.pass[p].trial_count, 0);
    }
}

Test(conv_tune, stops_when_asked_to)
{
    sw_conv_table table = {0};
    sw_conv_row *row;
    const volatile sig_atomic_t stop = 1;
    const sw_conv_tune_options options = {.seconds = 1, .stop = &stop};
    cr_assert_eq(sw_conv_table_add(&row, &table, &some_layer), SW_OK);
    cr_expect_eq(sw_conv_tune(&table, session, &options), SW_E_INTERRUPTED);
    cr_expect(!sw_conv_row_decided(&table.rows[0]));
    sw_conv_table_deinit(&table);
}
