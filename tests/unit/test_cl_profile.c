/* Launch times by node and kernel, and the device's peak. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "cl/buffer.h"
#include "cl/gemm.h"
#include "cl/launch.h"
#include "cl/profile.h"

static sw_cl *cl;

static void open_profiled(void)
{
    sw_device_info device;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_cl_create(&cl, &device, &(sw_cl_options){.profile = true}), SW_OK, "%s",
                 sw_error_message());
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
    sw_grid grid = {.global = {16}};
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

Test(cl_profile, the_peak_is_at_least_an_operation_a_cycle_and_the_bandwidth_is_plausible)
{
    double gflops, gbytes_per_s;
    const sw_device_info *d = sw_cl_device(cl);
    OK(sw_profile_peak(&gflops, &gbytes_per_s, cl));
    double cycles = 1e-3 * d->clock_mhz; /* giga-cycles a second of one unit */
    cr_expect(gflops > cycles && gflops < 1e6, "%g GFLOP/s", gflops);
    cr_expect(gbytes_per_s > 0.5 && gbytes_per_s < 1e5, "%g GB/s", gbytes_per_s);
}
