/* Launch times by node and kernel, and the device's peak. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cl/buffer.h"
#include "cl/gemm.h"
#include "cl/launch.h"
#include "cl/profile.h"

static sw_cl *cl;

static void open_profiled(void)
{
    sw_device_info device;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_cl_create(&cl, &device, NULL), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_profile_start(cl), SW_OK, "%s", sw_error_message());
}

static void close_profiled(void)
{
    sw_cl_destroy(cl);
}

TestSuite(cl_profile, .init = open_profiled, .fini = close_profiled);

#define OK(call) cr_assert_eq(call, SW_OK, "%s", sw_error_message())

static cl_mem buffer;

static void copy(const char *node, int times)
{
    const sw_kernel *kernel;
    sw_ndrange grid = {.global = {16}};
    OK(sw_kernel_get(&kernel, cl, "peak", "peak_copy", ""));
    for (int i = 0; i < times; i++)
        OK(SW_LAUNCH(cl, kernel, node, grid, sw_arg_buffer(buffer), sw_arg_buffer(buffer), sw_arg_i32(4)));
}

static void multiply(const char *node)
{
    sw_gemm g = {.m = 16,
                 .n = 16,
                 .k = 16,
                 .lda = 16,
                 .ldb = 16,
                 .ldc = 16,
                 .a = buffer,
                 .b = buffer,
                 .c = buffer,
                 .node = node};
    cl_mem workspace = NULL;
    size_t bytes;
    OK(sw_gemm_workspace(&bytes, cl, &g));
    if (bytes) OK(sw_buffer_create(&workspace, cl, bytes, "workspace"));
    OK(sw_gemm_run(cl, &g, workspace));
    sw_buffer_release(&workspace);
}

static void expect_row(const sw_profile_row *row, const char *node, const char *kernel, unsigned launches)
{
    cr_expect_str_eq(row->node, node);
    cr_expect_str_eq(row->kernel, kernel);
    cr_expect_eq(row->launches, launches, "%s %s: %u launches", node, kernel, (unsigned)row->launches);
    cr_expect(row->total_ms > 0.0 && row->total_ms < 60e3, "%s %s: %g ms", node, kernel, row->total_ms);
}

Test(cl_profile, launches_are_counted_and_timed_by_node_and_kernel_in_order_of_first_launch)
{
    sw_profile_row *rows;
    size_t count;
    OK(sw_buffer_create(&buffer, cl, 4096, "a test"));
    for (int step = 0; step < 3; step++) {
        copy("b", 1);
        copy("a", 2);
        multiply("b");
    }
    OK(sw_profile_rows(&rows, &count, cl));
    cr_assert_eq(count, 3);
    expect_row(&rows[0], "b", "peak_copy", 3);
    expect_row(&rows[1], "a", "peak_copy", 6);
    expect_row(&rows[2], "b", "gemm", 3);
    free(rows);

    sw_profile_reset(cl);
    copy(NULL, 1);
    OK(sw_profile_rows(&rows, &count, cl));
    cr_assert_eq(count, 1);
    expect_row(&rows[0], "", "peak_copy", 1);
    free(rows);
    sw_buffer_release(&buffer);
}

Test(cl_profile, more_launches_than_events_are_kept_are_all_counted)
{
    sw_profile_row *rows;
    size_t count;
    OK(sw_buffer_create(&buffer, cl, 4096, "a test"));
    copy("many", 3000);
    OK(sw_profile_rows(&rows, &count, cl));
    cr_assert_eq(count, 1);
    expect_row(&rows[0], "many", "peak_copy", 3000);
    free(rows);
    sw_buffer_release(&buffer);
}

Test(cl_profile, passes_of_a_node_have_rows_of_their_own_and_transfers_count_their_bytes)
{
    static char host[4096];
    sw_profile_row *rows;
    size_t count;
    OK(sw_buffer_create(&buffer, cl, sizeof host, "a test"));
    sw_profile_pass(cl, "upload");
    OK(sw_buffer_write(cl, buffer, 0, host, 1000));
    for (int step = 0; step < 2; step++) {
        sw_profile_pass(cl, "backward-data");
        copy("a", 1);
        sw_profile_pass(cl, "backward-weights");
        copy("a", 2);
    }
    sw_profile_pass(cl, NULL);
    cl_event done;
    OK(sw_buffer_read_begin(&done, cl, buffer, 0, host, 24));
    OK(sw_buffer_wait(&done));
    OK(sw_buffer_fill(cl, buffer, 0, 64, 0));
    OK(sw_profile_rows(&rows, &count, cl));
    cr_assert_eq(count, 5);
    static const struct {
        const char *node, *pass, *kernel;
        unsigned launches;
        double bytes;
    } want[] = {{"", "upload", "write", 1, 1000},
                {"a", "backward-data", "peak_copy", 2, 0},
                {"a", "backward-weights", "peak_copy", 4, 0},
                {"", "", "read", 1, 24},
                {"", "", "fill", 1, 64}};
    for (size_t i = 0; i < count; i++) {
        cr_expect_str_eq(rows[i].pass, want[i].pass);
        expect_row(&rows[i], want[i].node, want[i].kernel, want[i].launches);
        cr_expect_eq(rows[i].bytes, want[i].bytes, "row %zu", i);
    }
    free(rows);
    sw_buffer_release(&buffer);
}

typedef struct seen {
    int count;
    double last_end_s, first_start_s;
} seen;

static void see(void *user, const sw_profile_span *span)
{
    seen *s = user;
    cr_expect_str_eq(span->node, "here");
    cr_expect_str_eq(span->kernel, "peak_copy");
    cr_expect_geq(span->end_s, span->start_s);
    cr_expect_geq(span->start_s, s->last_end_s - 1e-9, "the queue is in order");
    if (s->count++ == 0) s->first_start_s = span->start_s;
    s->last_end_s = span->end_s;
}

Test(cl_profile, spans_are_told_once_each_in_their_order_and_on_the_hosts_clock)
{
    enum { TIMES = 1500 }; /* more than events are kept */
    seen s = {.last_end_s = 0};
    OK(sw_buffer_create(&buffer, cl, 4096, "a test"));
    copy("warm", 1);
    OK(sw_profile_stop(cl));
    OK(sw_profile_start(cl));
    sw_profile_set_sink(cl, see, &s);
    double before = sw_clock_s();
    copy("here", TIMES);
    OK(sw_profile_stop(cl));
    double after = sw_clock_s();
    cr_expect_eq(s.count, TIMES);
    /* the clocks are compared to some microseconds; a millisecond allows for a busy machine */
    cr_expect(s.first_start_s > before - 1e-3 && s.last_end_s < after + 1e-3,
              "%.6f to %.6f, seen %.6f to %.6f", before, after, s.first_start_s, s.last_end_s);
    sw_profile_set_sink(cl, NULL, NULL);
    sw_buffer_release(&buffer);
}

Test(cl_profile, nothing_is_timed_between_stop_and_start_and_rows_stay)
{
    sw_profile_row *rows;
    size_t count;
    OK(sw_buffer_create(&buffer, cl, 4096, "a test"));
    copy("a", 1);
    OK(sw_profile_stop(cl));
    OK(sw_profile_stop(cl));
    copy("a", 7);
    multiply("b");
    OK(sw_profile_start(cl));
    OK(sw_profile_start(cl));
    copy("a", 2);
    OK(sw_profile_stop(cl));
    OK(sw_profile_rows(&rows, &count, cl));
    cr_assert_eq(count, 1);
    expect_row(&rows[0], "a", "peak_copy", 3);
    free(rows);
    sw_buffer_release(&buffer);
}

Test(cl_profile, the_peak_is_at_least_an_operation_a_cycle_and_the_bandwidth_is_plausible)
{
    double gflops, gbytes_per_s;
    const sw_device_info *d = sw_cl_device(cl);
    OK(sw_profile_peak(&gflops, &gbytes_per_s, cl));
    double cycles = 1e-3 * d->clock_mhz; /* giga-cycles a second of one unit */
    cr_expect(gflops > cycles && gflops < 1e6, "%g GFLOP/s", gflops);
    cr_expect(gbytes_per_s > 0.5 && gbytes_per_s < 1e5, "%g GB/s", gbytes_per_s);
}
