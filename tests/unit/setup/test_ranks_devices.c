/* What the processes of one machine take of it. */
#include <criterion/criterion.h>
#include <string.h>

#include "setup/ranks_devices.h"

Test(ranks_devices, cores_are_shared_out_in_stretches_without_a_gap)
{
    for (int cores = 1; cores <= 9; cores++)
        for (int ranks = 1; ranks <= cores; ranks++) {
            int next = 0;
            for (int r = 0; r < ranks; r++) {
                int first;
                const int count = sw_share_of_cores(&first, cores, r, ranks);
                cr_expect_eq(first, next, "%d of %d processes on %d cores", r, ranks, cores);
                cr_expect(count == cores / ranks || count == cores / ranks + 1);
                next = first + count;
            }
            cr_expect_eq(next, cores);
        }
}

Test(ranks_devices, more_processes_than_cores_share_them_evenly)
{
    int users[3] = {0};
    for (int r = 0; r < 7; r++) {
        int first;
        cr_assert_eq(sw_share_of_cores(&first, 3, r, 7), 1);
        cr_assert(first >= 0 && first < 3);
        users[first]++;
    }
    for (int c = 0; c < 3; c++) cr_expect(users[c] == 2 || users[c] == 3);
}

/* A machine with a CPU, three GPUs of one platform, and one of another. */
static const sw_device_info devices[] = {
    {.platform_index = 0, .device_index = 0, .type = CL_DEVICE_TYPE_CPU, .name = "cpu"},
    {.platform_index = 1, .device_index = 0, .type = CL_DEVICE_TYPE_GPU, .name = "a"},
    {.platform_index = 1, .device_index = 1, .type = CL_DEVICE_TYPE_GPU, .name = "b"},
    {.platform_index = 1, .device_index = 2, .type = CL_DEVICE_TYPE_GPU, .name = "c"},
    {.platform_index = 2, .device_index = 0, .type = CL_DEVICE_TYPE_GPU, .name = "other"},
};
enum { DEVICES = sizeof devices / sizeof *devices };

static void expect_device(const char *name, int first, int rank, int ranks, bool share)
{
    sw_device_info out;
    cr_assert_eq(sw_device_of_rank(&out, &devices[first], devices, DEVICES, rank, ranks, share), SW_OK, "%s",
                 sw_error_message());
    cr_expect_str_eq(out.name, name, "process %d of %d from '%s' on", rank, ranks, devices[first].name);
}

Test(ranks_devices, each_process_of_a_machine_gets_a_device_of_its_own)
{
    expect_device("a", 1, 0, 3, false);
    expect_device("b", 1, 1, 3, false);
    expect_device("c", 1, 2, 3, false);
    expect_device("c", 2, 1, 2, false);
    expect_device("a", 2, 2, 3, false); /* counted from the chosen one on, and round */
    expect_device("other", 4, 0, 1, false);
}

Test(ranks_devices, a_device_is_shared_only_where_that_is_asked_for)
{
    sw_device_info out;
    cr_assert_eq(sw_device_of_rank(&out, &devices[1], devices, DEVICES, 3, 4, false), SW_E_CONFIG);
    cr_expect(strstr(sw_error_message(), "4 processes on a machine with 3 devices like a"), "%s",
              sw_error_message());
    cr_expect(strstr(sw_error_message(), "runtime.share_device"));
    expect_device("a", 1, 3, 4, true);
    cr_assert_eq(sw_device_of_rank(&out, &devices[4], devices, DEVICES, 0, 2, false), SW_E_CONFIG,
                 "the other platform's devices are not these");
}

Test(ranks_devices, a_cpu_is_every_processs_device)
{
    for (int r = 0; r < 5; r++) expect_device("cpu", 0, r, 5, false);
}
