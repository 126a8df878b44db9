/* Choosing a device, and the words for what goes wrong. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cl/device.h"

static const sw_device_info machine[] = {
    {.platform_index = 0,
     .device_index = 0,
     .name = "Kirsch 9",
     .platform_name = "Obst",
     .type = CL_DEVICE_TYPE_CPU},
    {.platform_index = 1,
     .device_index = 0,
     .name = "Ross 30",
     .platform_name = "Stall",
     .type = CL_DEVICE_TYPE_GPU,
     .compute_units = 8},
    {.platform_index = 1,
     .device_index = 1,
     .name = "Ross 30 Ti",
     .platform_name = "Stall",
     .type = CL_DEVICE_TYPE_GPU,
     .compute_units = 80},
    {.platform_index = 1,
     .device_index = 2,
     .name = "Zwilling",
     .platform_name = "Stall",
     .type = CL_DEVICE_TYPE_GPU,
     .compute_units = 80},
    {.platform_index = 2,
     .device_index = 0,
     .name = "Zwilling",
     .platform_name = "Hof",
     .type = CL_DEVICE_TYPE_GPU,
     .compute_units = 2},
};
enum { MACHINE = sizeof machine / sizeof machine[0] };

static void expect_pick(const char *spec, int platform, int device)
{
    sw_device_info got;
    sw_status status = sw_device_pick(&got, machine, MACHINE, spec, "a test");
    cr_assert_eq(status, SW_OK, "%s: %s", spec, sw_error_message());
    cr_expect(got.platform_index == platform && got.device_index == device, "%s: got %d:%d", spec,
              got.platform_index, got.device_index);
}

static void expect_refusal(const char *spec, const char *words)
{
    sw_device_info got;
    cr_expect_eq(sw_device_pick(&got, machine, MACHINE, spec, "a test"), SW_E_CONFIG, "%s", spec);
    const char *message = sw_error_message();
    cr_expect_not_null(strstr(message, words), "%s: expected '%s' in: %s", spec, words, message);
    cr_expect_not_null(strstr(message, "from a test"), "%s", message);
    for (size_t i = 0; i < MACHINE; i++) {
        char line[600];
        snprintf(line, sizeof line, "\n  %d:%d  %s (%s)", machine[i].platform_index, machine[i].device_index,
                 machine[i].name, machine[i].platform_name);
        cr_expect_not_null(strstr(message, line), "not listed: %s in: %s", line, message);
    }
}

Test(cl_device, a_spec_names_a_device_by_numbers_by_name_or_by_a_part_of_a_name_in_any_case)
{
    expect_pick("1:2", 1, 2);
    expect_pick("2:0", 2, 0);
    expect_pick("kirSCH", 0, 0);
    expect_pick("30 ti", 1, 1);
    expect_pick("obst", 0, 0); /* a platform's name with one device */
    expect_pick("hOF", 2, 0);
}

Test(cl_device, a_whole_name_is_not_ambiguous_beside_a_longer_one)
{
    expect_pick("Ross 30", 1, 0);
}

Test(cl_device, a_spec_that_fits_nothing_or_several_is_refused_with_the_list)
{
    expect_refusal("1:3", "no OpenCL device matches '1:3'");
    expect_refusal("0:0x", "no OpenCL device matches '0:0x'");
    expect_refusal(":0", "no OpenCL device matches ':0'");
    expect_refusal("-1:0", "no OpenCL device matches '-1:0'");
    expect_refusal("Birne", "no OpenCL device matches 'Birne'");
    expect_refusal("ross", "more than one OpenCL device matches 'ross'");
    expect_refusal("Zwilling", "more than one OpenCL device matches 'Zwilling'");
    expect_refusal("stall", "more than one OpenCL device matches 'stall'");
}

Test(cl_device, without_a_spec_the_largest_gpu_is_taken_else_the_first_cpu_else_the_first_device)
{
    expect_pick(NULL, 1, 1);
    expect_pick("", 1, 1);
    sw_device_info got;
    cr_expect_eq(sw_device_pick(&got, machine, 1, NULL, ""), SW_OK);
    cr_expect_str_eq(got.name, "Kirsch 9");
    cr_expect_str_eq(got.chosen_by, "the first CPU, for there is no GPU");
    const sw_device_info odd = {.name = "Sonderling", .type = CL_DEVICE_TYPE_ACCELERATOR};
    cr_expect_eq(sw_device_pick(&got, &odd, 1, NULL, ""), SW_OK);
    cr_expect_str_eq(got.name, "Sonderling");
}

Test(cl_device, a_device_with_an_obstacle_is_taken_only_by_name_and_then_refused_with_it)
{
    sw_device_info old[MACHINE], got;
    sw_cl *cl;
    memcpy(old, machine, sizeof old);
    for (int i = 1; i < 3; i++) snprintf(old[i].obstacle, sizeof old[i].obstacle, "it is from the year 2010");
    cr_expect_eq(sw_device_pick(&got, old, MACHINE, NULL, ""), SW_OK);
    cr_expect(got.platform_index == 1 && got.device_index == 2, "%s", got.name);
    for (int i = 0; i < MACHINE; i++)
        snprintf(old[i].obstacle, sizeof old[i].obstacle, "it is from the year 2010");
    cr_expect_eq(sw_device_pick(&got, old, MACHINE, NULL, ""), SW_OK, "there is no other");
    cr_expect_eq(sw_device_pick(&got, old, MACHINE, "ross 30 ti", "a test"), SW_OK);
    cr_expect_eq(sw_cl_create(&cl, &got, NULL), SW_E_DEVICE);
    cr_expect_not_null(strstr(sw_error_message(), "Ross 30 Ti cannot be used: it is from the year 2010"),
                       "%s", sw_error_message());
}

Test(cl_device, the_listed_devices_can_be_chosen_by_number_and_by_the_environment)
{
    sw_device_info *devices, got;
    size_t count;
    char spec[32];
    cr_assert_eq(sw_device_list(&devices, &count), SW_OK, "%s", sw_error_message());
    cr_assert_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        snprintf(spec, sizeof spec, "%d:%d", devices[i].platform_index, devices[i].device_index);
        cr_expect_eq(sw_device_choose(&got, spec), SW_OK, "%s", sw_error_message());
        cr_expect_eq(got.device, devices[i].device);
        cr_expect_gt(got.compute_units, 0);
        cr_expect_gt(got.global_bytes, 0);
        cr_expect_gt(got.base_align_bytes, 0);
        setenv("SEGWORK_DEVICE", spec, 1);
        cr_expect_eq(sw_device_choose(&got, NULL), SW_OK, "%s", sw_error_message());
        cr_expect_eq(got.device, devices[i].device);
        cr_expect_not_null(strstr(got.chosen_by, "SEGWORK_DEVICE"), "%s", got.chosen_by);
        unsetenv("SEGWORK_DEVICE");
    }
    free(devices);
}

Test(cl_device, a_wrong_device_in_the_environment_is_an_error_that_names_the_variable)
{
    sw_device_info got;
    setenv("SEGWORK_DEVICE", "no such device", 1);
    cr_expect_eq(sw_device_choose(&got, NULL), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "SEGWORK_DEVICE"), "%s", sw_error_message());
    cr_expect_eq(sw_device_choose(&got, "0:0"), SW_OK, "a spec beats the environment: %s",
                 sw_error_message());
    unsetenv("SEGWORK_DEVICE");
}

Test(cl_device, errors_carry_the_symbolic_name_the_number_the_call_and_the_context)
{
    cr_expect_str_eq(sw_cl_error_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
    cr_expect_str_eq(sw_cl_error_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
    cr_expect_str_eq(sw_cl_error_name(-9999), "an OpenCL error without a name");
    cr_expect_eq(sw_cl_status(CL_SUCCESS, "clFinish", "x"), SW_OK);
    cr_expect_eq(sw_cl_status(CL_INVALID_KERNEL_ARGS, "clEnqueueNDRangeKernel", "node dc1"), SW_E_DEVICE);
    cr_expect_str_eq(sw_error_message(),
                     "node dc1: clEnqueueNDRangeKernel failed: CL_INVALID_KERNEL_ARGS (-52)");
    cr_expect_eq(sw_cl_status(CL_MEM_OBJECT_ALLOCATION_FAILURE, "clCreateBuffer", NULL), SW_E_MEMORY);
    cr_expect_str_eq(sw_error_message(), "clCreateBuffer failed: CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)");
}
