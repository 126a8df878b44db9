/* What is expected of several processes, against counting by hand. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config_case.h"
#include "measure/scaling.h"
#include "scratch.h"

TestSuite(scaling, .init = scratch_create, .fini = scratch_remove);

static const sw_scaling_link link = {.images_per_second = 10, .gbit_per_second = 8, .latency_us = 100};

static sw_experiment *experiment;
static sw_description description;

/* `width`: of the first two layers. */
static void describe_wide(int width, const char *train)
{
    char text[400];
    snprintf(text, sizeof text,
             "data: {size: 16}\nmodel:\n  layers:\n    - {op: conv2d, width: %d}\n    - {op: batchnorm}\n"
             "    - {op: conv2d, width: %d}\n    - {op: conv2d, width: 0, bias: true}\ntrain: %s\n",
             width, width, train);
    experiment = LOADED(text);
    cr_assert_not_null(experiment, "%s", sw_error_message());
    cr_assert_eq(sw_description_init(&description, experiment), SW_OK, "%s", sw_error_message());
}

static void describe(const char *train)
{
    describe_wide(16, train);
}

static void forget(void)
{
    sw_description_deinit(&description);
    sw_experiment_destroy(experiment);
}

#define EXPECT_NEAR(value, expected) cr_expect_float_eq(value, expected, 1e-9 + 1e-9 * (expected))

Test(scaling, one_process_exchanges_nothing)
{
    describe("{batch_size: 20}");
    const sw_scaling s = sw_scaling_expect(&description, &link, 1);
    cr_expect_eq(s.images, 20);
    EXPECT_NEAR(s.step_s, 2.0);
    EXPECT_NEAR(s.sent_bytes, 0.0);
    EXPECT_NEAR(s.images_per_second, 10.0);
    EXPECT_NEAR(s.efficiency, 1.0);
    forget();
}

Test(scaling, gradients_go_round_once_a_step_and_the_largest_slice_decides)
{
    describe("{batch_size: 10, accumulate: 2}");
    const double bytes = 4.0 * (double)description.train_model.graph.param_elems;
    const sw_scaling s = sw_scaling_expect(&description, &link, 4);
    cr_expect_eq(s.images, 6, "three of ten, twice");
    EXPECT_NEAR(s.compute_s, 0.6);
    EXPECT_NEAR(s.sent_bytes, 1.5 * bytes);
    EXPECT_NEAR(s.gradients_s, 6 * 100e-6 + 1.5 * bytes / 1e9);
    EXPECT_NEAR(s.agreement_s, 3 * 2 * 100e-6);
    EXPECT_NEAR(s.norms_s, 0.0);
    EXPECT_NEAR(s.exposed_s, s.gradients_s); /* one bucket, finished last */
    EXPECT_NEAR(s.step_s, s.compute_s + s.gradients_s + s.agreement_s);
    EXPECT_NEAR(s.images_per_second, 20 / s.step_s);
    EXPECT_NEAR(s.efficiency, s.images_per_second / 40);
    forget();
}

/* Two buckets: the last two layers' gradients, of 9.5 MB, travel while the device computes the first layer's.
 */
Test(scaling, gradients_travel_while_the_device_computes_those_of_earlier_layers)
{
    enum { WIDTH = 512, TAPS = 9 };
    describe_wide(WIDTH, "{batch_size: 8, accumulate: 3}");
    const sw_graph *graph = &description.train_model.graph;
    const int last = graph->param_count - 3; /* the second layer's weights, the third's and its bias */
    cr_assert_eq(graph->params[last].elems, WIDTH * WIDTH * TAPS);
    const double late_bytes = 4.0 * (double)(graph->param_elems - graph->params[last].offset_elems);
    const double early_bytes = 4.0 * (double)graph->params[last].offset_elems;
    const double late_s = 6 * 100e-6 + 1.5 * late_bytes / 1e9, early_s = 6 * 100e-6 + 1.5 * early_bytes / 1e9;
    const double first = 3 * WIDTH,
                 all = first + WIDTH * WIDTH + WIDTH * 3; /* multiply-adds, in proportion */
    const double window_s = 0.2 * 2 / 3 * first / all;
    sw_scaling s = sw_scaling_expect(&description, &link, 4);
    EXPECT_NEAR(s.compute_s, 0.6);
    EXPECT_NEAR(s.gradients_s, late_s + early_s);
    cr_assert_gt(late_s, window_s);
    EXPECT_NEAR(s.exposed_s, late_s - window_s + early_s);
    const sw_scaling_link faster = {.images_per_second = 10, .gbit_per_second = 8e6, .latency_us = 0.001};
    s = sw_scaling_expect(&description, &faster, 4);
    cr_expect_lt(s.exposed_s, s.gradients_s / 2, "all but the first layer's is hidden");
    EXPECT_NEAR(s.exposed_s, 6e-9 + 1.5 * early_bytes / 1e15);
    forget();
    describe_wide(WIDTH, "{batch_size: 8, sync_norm: true}");
    s = sw_scaling_expect(&description, &link, 4);
    EXPECT_NEAR(s.exposed_s, s.gradients_s);
    forget();
}

Test(scaling, norms_that_see_the_whole_batch_exchange_twice_a_norm_and_batch)
{
    describe("{batch_size: 8, accumulate: 3, sync_norm: true}");
    const sw_scaling s = sw_scaling_expect(&description, &link, 8);
    /* the input's norm of 3 channels and one of 16: 7 and 33 doubles to each of 7 others */
    const double bytes = 2 * 3 * 7 * (7 + 33) * 8.0;
    EXPECT_NEAR(s.norms_s, 2 * 3 * 2 * 3 * 100e-6 + bytes / 1e9);
    forget();
}

Test(scaling, the_table_and_the_list_have_the_powers_of_two_and_the_number_asked_for)
{
    describe("{batch_size: 64}");
    sw_str text = {0};
    sw_scaling_print(&text, &description, &link, 12);
    static const int expected[] = {1, 2, 4, 8, 12};
    cJSON *list = sw_scaling_json(&description, &link, 12);
    cr_assert_eq(cJSON_GetArraySize(list), 5);
    for (int i = 0; i < 5; i++) {
        const cJSON *row = cJSON_GetArrayItem(list, i);
        cr_expect_eq(cJSON_GetObjectItem(row, "ranks")->valueint, expected[i]);
        const sw_scaling s = sw_scaling_expect(&description, &link, expected[i]);
        EXPECT_NEAR(cJSON_GetObjectItem(row, "step_s")->valuedouble, s.step_s);
    }
    for (const char *line = text.text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.*s", (int)strcspn(line, "\n"), line);
    cJSON_Delete(list);
    sw_str_deinit(&text);
    forget();
}
