/* The trace is a whole document at any time. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "measure/trace.h"
#include "scratch.h"

TestSuite(trace, .init = scratch_create, .fini = scratch_remove);

static sw_trace *create(void)
{
    sw_trace *trace;
    cr_assert_eq(sw_trace_create(&trace, scratch_path("trace.json"), "a \"fast\" device\\", 100.0), SW_OK,
                 "%s", sw_error_message());
    return trace;
}

/* Of kind "X" ("M" are names). */
static int count_events(const cJSON *root, const char *kind)
{
    int count = 0;
    const cJSON *event;
    cJSON_ArrayForEach(event, cJSON_GetObjectItemCaseSensitive(root, "traceEvents")) count +=
        strcmp(cJSON_GetObjectItemCaseSensitive(event, "ph")->valuestring, kind) == 0;
    return count;
}

static cJSON *parse(void)
{
    char *text;
    size_t length;
    cr_assert_eq(sw_fs_read(&text, &length, scratch_path("trace.json"), 1 << 30), SW_OK, "%s",
                 sw_error_message());
    const char *end;
    cJSON *root = cJSON_ParseWithOpts(text, &end, 0);
    cr_assert_not_null(root, "%s", text);
    cr_expect_eq(strspn(end, "\n"), strlen(end), "nothing behind the document");
    free(text);
    return root;
}

static void expect_events(int count)
{
    cJSON *root = parse();
    cr_expect_eq(count_events(root, "X"), count);
    cr_expect_eq(count_events(root, "M"), 4);
    cJSON_Delete(root);
}

Test(trace, it_can_be_read_before_and_after_every_write)
{
    sw_trace *trace = create();
    expect_events(0);
    for (int i = 1; i <= 3; i++) {
        sw_trace_add(trace,
                     &(sw_trace_span){.track = SW_TRACK_HOST, .name = "x", .start_s = 100, .end_s = 101});
        expect_events(i - 1);
        cr_assert_eq(sw_trace_flush(trace), SW_OK);
        expect_events(i);
    }
    sw_trace_destroy(trace);
    expect_events(3);
}

Test(trace, many_spans_reach_the_file_without_being_asked_to)
{
    enum { MANY = 20000 };
    sw_trace *trace = create();
    for (int i = 0; i < MANY; i++)
        sw_trace_add(trace, &(sw_trace_span){.track = SW_TRACK_DEVICE,
                                             .name = "kernel",
                                             .layer = "layer",
                                             .pass = "forward",
                                             .step = i,
                                             .start_s = 100 + i,
                                             .end_s = 101 + i});
    cJSON *root = parse();
    cr_expect_gt(count_events(root, "X"), 1000);
    cJSON_Delete(root);
    sw_trace_destroy(trace);
}

Test(trace, names_are_quoted_and_times_are_microseconds_from_the_zero)
{
    sw_trace *trace = create();
    sw_trace_add(trace, &(sw_trace_span){.track = SW_TRACK_DEVICE,
                                         .name = "a \"b\"\\\n",
                                         .layer = "dc1.seq.0",
                                         .pass = "backward-data",
                                         .step = 7,
                                         .start_s = 100.000002,
                                         .end_s = 100.0000055});
    cr_assert_eq(sw_trace_flush(trace), SW_OK);
    cJSON *root = parse();
    const cJSON *event = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "traceEvents"), 4);
    const cJSON *args = cJSON_GetObjectItemCaseSensitive(event, "args");
    cr_expect_str_eq(cJSON_GetObjectItemCaseSensitive(event, "name")->valuestring, "a \"b\"\\\n");
    cr_expect_float_eq(cJSON_GetObjectItemCaseSensitive(event, "ts")->valuedouble, 2.0, 2e-3);
    cr_expect_float_eq(cJSON_GetObjectItemCaseSensitive(event, "dur")->valuedouble, 3.5, 2e-3);
    cr_expect_eq(cJSON_GetObjectItemCaseSensitive(event, "pid")->valueint, SW_TRACK_DEVICE);
    cr_expect_str_eq(cJSON_GetObjectItemCaseSensitive(args, "layer")->valuestring, "dc1.seq.0");
    cr_expect_str_eq(cJSON_GetObjectItemCaseSensitive(args, "pass")->valuestring, "backward-data");
    cr_expect_eq(cJSON_GetObjectItemCaseSensitive(args, "step")->valueint, 7);
    cJSON_Delete(root);
    sw_trace_destroy(trace);
}

Test(trace, a_place_that_cannot_be_written_is_named)
{
    sw_trace *trace;
    cr_expect_eq(sw_trace_create(&trace, scratch_path("no/trace.json"), "device", 0), SW_E_IO);
    cr_expect_null(trace);
    cr_expect_not_null(strstr(sw_error_message(), "no/trace.json"), "%s", sw_error_message());
}
