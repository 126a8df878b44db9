/* Building and launching kernels: the common macros, and the mistakes that must be caught with words. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "cl/buffer.h"
#include "cl/launch.h"
#include "device_case.h"
#include "scratch.h"

/* Kernels come from a scratch folder that also has the real common.clh. */
static void setup(void)
{
    const char *sources = getenv("SEGWORK_SOURCE_DIR");
    char *text, *path;
    size_t length;
    cr_assert_not_null(sources, "run the tests through ctest");
    scratch_create();
    path = sw_strf("%s/cl_kernels/common.clh", sources);
    cr_assert_eq(sw_fs_read(&text, &length, path, 1 << 20), SW_OK, "%s", sw_error_message());
    char *folder = sw_fs_dirname(scratch_write("common.clh", text));
    setenv("SEGWORK_KERNEL_DIR", folder, 1);
    free(folder);
    free(text);
    free(path);
    session_open();
}

static void teardown(void)
{
    session_close();
    unsetenv("SEGWORK_KERNEL_DIR");
    scratch_remove();
}

TestSuite(cl_launch, .init = setup, .fini = teardown);

#define OK(call) cr_assert_eq(call, SW_OK, "%s", sw_error_message())

static void expect_failure(sw_status got, const char *words)
{
    cr_expect_eq(got, SW_E_DEVICE, "status %d", got);
    cr_expect_not_null(strstr(sw_error_message(), words), "expected '%s' in: %s", words, sw_error_message());
}

static const char SCALE[] =
    "__kernel void scale(__global float *x, const float by, const uint n, const int add,\n"
    "                    __local float *scratch)\n"
    "{\n"
    "    const size_t i = get_global_id(0);\n"
    "    scratch[get_local_id(0)] = x[i];\n"
    "    if (i < n) x[i] = by * scratch[get_local_id(0)] + (float)add;\n"
    "}\n";

Test(cl_launch, a_kernel_gets_its_arguments_and_its_grid)
{
    const sw_kernel *kernel;
    cl_mem x;
    float host[12];
    scratch_write("scale.cl", SCALE);
    OK(sw_kernel_get(&kernel, session, "scale", "scale", ""));
    for (int i = 0; i < 12; i++) host[i] = (float)i;
    OK(sw_buffer_create(&x, session, sizeof host, "x"));
    OK(sw_buffer_write(session, x, 0, host, sizeof host));
    sw_ndrange grid = {.global = {12}, .local = {4}};
    OK(SW_LAUNCH(session, kernel, "here", grid, sw_arg_buffer(x), sw_arg_f32(2.0f), sw_arg_u32(11),
                 sw_arg_i32(-1), sw_arg_local(4 * sizeof(float))));
    OK(sw_buffer_read(session, x, 0, host, sizeof host));
    for (int i = 0; i < 12; i++) cr_expect_eq(host[i], i < 11 ? 2.0f * (float)i - 1.0f : 11.0f, "x[%d]", i);
    sw_buffer_release(&x);
}

Test(cl_launch, wrong_arguments_and_wrong_grids_are_refused_before_anything_runs)
{
    const sw_kernel *kernel;
    cl_mem x;
    scratch_write("scale.cl", SCALE);
    OK(sw_kernel_get(&kernel, session, "scale", "scale", ""));
    OK(sw_buffer_create(&x, session, 48, "x"));
    sw_ndrange grid = {.global = {12}, .local = {4}};
    sw_arg good[5] = {sw_arg_buffer(x), sw_arg_f32(2.0f), sw_arg_u32(11), sw_arg_i32(-1), sw_arg_local(16)},
           bad[5];
    expect_failure(sw_launch(session, kernel, "dc1.0", grid, 4, good),
                   "dc1.0: kernel scale takes 5 arguments, it was given 4");

    memcpy(bad, good, sizeof bad);
    bad[1] = sw_arg_i32(2);
    expect_failure(sw_launch(session, kernel, "dc1.0", grid, 5, bad),
                   "dc1.0: kernel scale: argument 1 (by) is a float, it was given an int or uint");
    bad[1] = good[1];
    bad[0] = sw_arg_u32(7);
    expect_failure(sw_launch(session, kernel, NULL, grid, 5, bad), "argument 0 (x) is a buffer");
    bad[0] = good[0];
    bad[2] = sw_arg_buffer(x);
    expect_failure(sw_launch(session, kernel, NULL, grid, 5, bad),
                   "argument 2 (n) is an int or uint, it was given a buffer");
    bad[2] = good[2];
    bad[4] = sw_arg_buffer(x);
    expect_failure(sw_launch(session, kernel, NULL, grid, 5, bad), "argument 4 (scratch) is local memory");

    grid.local[0] = 5;
    expect_failure(sw_launch(session, kernel, "dc1.0", grid, 5, good),
                   "dimension 0 of the work-group, 5, does not divide the range's 12");
    size_t many = 2 * sw_cl_device(session)->max_work_group;
    grid = (sw_ndrange){.global = {many}, .local = {many}};
    expect_failure(sw_launch(session, kernel, "dc1.0", grid, 5, good),
                   "dc1.0: kernel scale: a work-group of ");
    sw_buffer_release(&x);
}

Test(cl_launch, a_work_group_that_is_a_wish_shrinks_to_what_the_driver_can_run)
{
    scratch_write("mark.cl",
                  "__kernel void mark(__global int *x)\n"
                  "{\n"
                  "    const size_t i = get_global_id(0) + get_global_size(0) * get_global_id(1);\n"
                  "    x[i] += (int)(get_local_size(0) * get_local_size(1));\n"
                  "}\n");
    const sw_kernel *kernel;
    cl_mem x;
    OK(sw_kernel_get(&kernel, session, "mark", "mark", ""));
    /* one group of all items, of which the driver can run half, and one whose sides are odd */
    const size_t most = sw_kernel_max_work_group(kernel);
    const sw_ndrange grids[] = {{.global = {most, 2}, .local = {most, 2}, .any_local = true},
                                {.global = {2 * most, 1}, .local = {2 * most, 1}, .any_local = true},
                                {.global = {3, most + 1}, .local = {3, most + 1}, .any_local = true}};
    const int groups[] = {(int)most, (int)most, 3};
    for (int g = 0; g < 3; g++) {
        const size_t items = grids[g].global[0] * grids[g].global[1];
        int *host = calloc(items, sizeof *host);
        cr_assert_not_null(host);
        OK(sw_buffer_create(&x, session, items * sizeof *host, "x"));
        OK(sw_buffer_write(session, x, 0, host, items * sizeof *host));
        OK(SW_LAUNCH(session, kernel, NULL, grids[g], sw_arg_buffer(x)));
        OK(sw_buffer_read(session, x, 0, host, items * sizeof *host));
        for (size_t i = 0; i < items; i++)
            cr_assert_eq(host[i], groups[g], "range %d, item %zu: %d in its group", g, i, host[i]);
        sw_buffer_release(&x);
        free(host);
    }
}

Test(cl_launch, a_build_failure_carries_file_line_options_and_the_compilers_words)
{
    const sw_kernel *kernel;
    const char *path =
        scratch_write("broken.cl", "__kernel void broken(__global float *x)\n{\n    x[0] = nonsense;\n}\n");
    char where[300];
    expect_failure(sw_kernel_get(&kernel, session, "broken", "broken", "-DVEC=4"),
                   "broken.cl does not build for ");
    snprintf(where, sizeof where, "%s:3:", path);
    cr_expect_not_null(strstr(sw_error_message(), where), "expected '%s' in: %s", where, sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "nonsense"), "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "-DVEC=4"), "%s", sw_error_message());
    cr_expect_null(kernel);
}

Test(cl_launch, a_build_failure_of_an_embedded_file_names_it_in_the_repository)
{
    const sw_kernel *kernel;
    unsetenv("SEGWORK_KERNEL_DIR");
    expect_failure(sw_kernel_get(&kernel, session, "peak", "peak_copy", "-DVEC=3"), "cl_kernels/common.clh:");
    cr_expect_not_null(strstr(sw_error_message(), "VEC must be 1, 2, 4, 8 or 16"), "%s", sw_error_message());
}

Test(cl_launch, a_missing_kernel_or_kernel_file_is_named)
{
    const sw_kernel *kernel;
    scratch_write("scale.cl", SCALE);
    expect_failure(sw_kernel_get(&kernel, session, "scale", "scael", ""), "scale.cl has no kernel 'scael'");
    cr_expect_eq(sw_kernel_get(&kernel, session, "absent", "absent", ""), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "absent.cl: No such file"), "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "SEGWORK_KERNEL_DIR"), "%s", sw_error_message());
    unsetenv("SEGWORK_KERNEL_DIR");
    expect_failure(sw_kernel_get(&kernel, session, "absent", "absent", ""),
                   "no embedded kernel file absent.cl");
}

Test(cl_launch, a_program_is_built_once_for_each_file_and_options)
{
    const sw_kernel *first, *again, *other;
    const char *path = scratch_write("scale.cl", SCALE);
    OK(sw_kernel_get(&first, session, "scale", "scale", ""));
    cr_assert_eq(remove(path), 0);
    OK(sw_kernel_get(&again, session, "scale", "scale", ""));
    cr_expect_eq(first, again);
    cr_expect_eq(sw_kernel_get(&other, session, "scale", "scale", "-DOTHER"), SW_E_IO, "the file is gone");
}

Test(cl_launch, vectors_of_every_width_load_store_add_and_compare_lane_by_lane)
{
    enum { N = 64 };
    static const int widths[] = {1, 2, 4, 8, 16};
    scratch_write("lanes.cl",
                  "__kernel void lanes(__global const float *x, __global float *y, __global float *sums,\n"
                  "                    __global float *maxima)\n"
                  "{\n"
                  "    const size_t i = get_global_id(0);\n"
                  "    const floatV v = LOADV(x, i);\n"
                  "    const intV negative = v < SPLATV(0.0f);\n"
                  "    STOREV(select(v, SPLATV(0.5f), negative), y, i);\n"
                  "    sums[i] = SUMV(v);\n"
                  "    maxima[i] = MAXV(v);\n"
                  "}\n");
    float x[N], y[N], sums[N], maxima[N];
    cl_mem buffers[4];
    for (int i = 0; i < N; i++) x[i] = (float)((i * 37) % 41 - 20);
    for (int i = 0; i < 4; i++) OK(sw_buffer_create(&buffers[i], session, sizeof x, "a test"));
    OK(sw_buffer_write(session, buffers[0], 0, x, sizeof x));
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        const sw_kernel *kernel;
        char options[16];
        int width = widths[w];
        snprintf(options, sizeof options, "-DVEC=%d", width);
        OK(sw_kernel_get(&kernel, session, "lanes", "lanes", options));
        sw_ndrange grid = {.global = {(size_t)(N / width)}};
        OK(SW_LAUNCH(session, kernel, NULL, grid, sw_arg_buffer(buffers[0]), sw_arg_buffer(buffers[1]),
                     sw_arg_buffer(buffers[2]), sw_arg_buffer(buffers[3])));
        OK(sw_buffer_read(session, buffers[1], 0, y, sizeof y));
        OK(sw_buffer_read(session, buffers[2], 0, sums, sizeof sums));
        OK(sw_buffer_read(session, buffers[3], 0, maxima, sizeof maxima));
        for (int i = 0; i < N; i++) cr_expect_eq(y[i], x[i] < 0.0f ? 0.5f : x[i], "VEC %d, y[%d]", width, i);
        for (int i = 0; i < N / width; i++) {
            float sum = 0.0f, maximum = x[i * width];
            for (int lane = 0; lane < width; lane++) {
                float v = x[i * width + lane];
                sum += v; /* small whole numbers: exact in any order */
                if (v > maximum) maximum = v;
            }
            cr_expect_eq(sums[i], sum, "VEC %d, sum %d", width, i);
            cr_expect_eq(maxima[i], maximum, "VEC %d, maximum %d", width, i);
        }
    }
    for (int i = 0; i < 4; i++) sw_buffer_release(&buffers[i]);
}

Test(cl_launch, three_dimensions_run_every_item_once)
{
    enum { X = 5, Y = 3, Z = 2 };
    scratch_write("count.cl",
                  "__kernel void count(__global int *x)\n"
                  "{\n"
                  "    const size_t i = get_global_id(0) + get_global_size(0) *\n"
                  "                     (get_global_id(1) + get_global_size(1) * get_global_id(2));\n"
                  "    x[i] += (int)(1 + i);\n"
                  "}\n");
    static const sw_ndrange grids[] = {{.global = {X, Y, Z}},
                                       {.global = {X, Y, Z}, .local = {5, 1, 2}},
                                       {.global = {X, 1, Y * Z}},
                                       {.global = {X * Y, Z, 0}},
                                       {.global = {X * Y * Z}}};
    const sw_kernel *kernel;
    cl_mem x;
    int host[X * Y * Z];
    OK(sw_kernel_get(&kernel, session, "count", "count", ""));
    OK(sw_buffer_create(&x, session, sizeof host, "x"));
    int runs = (int)(sizeof grids / sizeof grids[0]);
    for (int i = 0; i < runs; i++) OK(SW_LAUNCH(session, kernel, NULL, grids[i], sw_arg_buffer(x)));
    OK(sw_buffer_read(session, x, 0, host, sizeof host));
    for (int i = 0; i < X * Y * Z; i++) cr_expect_eq(host[i], runs * (1 + i), "item %d", i);
    sw_buffer_release(&x);
}
