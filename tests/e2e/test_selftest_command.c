/* segwork selftest as a user meets it: lines, exit codes, and a kernel that is really wrong. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(selftest_command, .init = scratch_create, .fini = scratch_remove);

/* The count of cases at the end: all of them passed, or only those whose results bfloat16 rounds. */
static void expect_passed(bool all)
{
    int passed = -1, cases = -1, rounded = 0;
    for (const char *at = program_output; (at = strstr(at, " bf16 ")); at++) rounded++;
    const char *of = strstr(program_output, " cases passed");
    while (of && of > program_output && of[-1] != '\n') of--;
    cr_assert_not_null(of, "%s", program_output);
    cr_assert_eq(sscanf(of, "%d of %d cases passed", &passed, &cases), 2, "%s", program_output);
    cr_expect_geq(cases, 5, "%s", program_output);
    cr_expect_eq(passed, all ? cases : rounded, "%s", program_output);
}

Test(selftest_command, a_sound_op_is_one_line_a_case_within_80_columns_and_exit_code_0)
{
    program_expect(0, NULL, "segwork selftest --quick --op upsample");
    expect_passed(true);
    cr_expect_not_null(strstr(program_output, "\nupsample         3x15x16x16 to 31x33 uniform"), "%s",
                       program_output);
    cr_expect_not_null(strstr(program_output, " exact "), "%s", program_output);
    for (const char *line = program_output; *line; line = strchr(line, '\n') + 1)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.90s", line);
}

Test(selftest_command, the_tiny_cases_of_everything_pass_within_80_columns)
{
    program_expect(0, " cases passed; largest error ", "segwork selftest --tiny");
    for (const char *line = program_output; *line; line = strchr(line, '\n') + 1)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.90s", line);
}

Test(selftest_command, a_wrong_kernel_fails_with_its_place_and_the_rest_is_still_tried)
{
    program_expect(0, NULL,
                   "mkdir broken && cp $SRC/cl_kernels/*.cl $SRC/cl_kernels/*.clh broken/ && "
                   "sed -i 's/(upper + lower) . SPLATV(/(upper + lower) * SPLATV(1.0000005f */' "
                   "broken/average_pool.cl");
    program_expect(1, "failed: y[",
                   "export SEGWORK_KERNEL_DIR=$PWD/broken; segwork selftest --quick --op average_pool");
    expect_passed(false);
    cr_expect_not_null(strstr(program_output, "do not trust what it trains"), "%s", program_output);
}

Test(selftest_command, a_kernel_that_does_not_build_fails_its_cases_with_the_compilers_words)
{
    program_expect(0, NULL,
                   "mkdir broken && cp $SRC/cl_kernels/*.cl $SRC/cl_kernels/*.clh broken/ && "
                   "echo 'no kernel at all' >> broken/upsample.cl");
    program_expect(1, "could not be run: ",
                   "export SEGWORK_KERNEL_DIR=$PWD/broken; segwork selftest --tiny --op upsample");
    cr_expect_not_null(strstr(program_output, "upsample.cl"), "%s", program_output);
}

Test(selftest_command, what_is_unknown_is_refused_with_what_there_is)
{
    program_expect(2, "there are: gemm, conv2d, ", "segwork selftest --op convolve");
    program_expect(2, "takes no arguments", "segwork selftest upsample");
    program_expect(2, "no OpenCL device matches 'abacus'", "segwork selftest --device abacus");
    program_expect(2, "--fast", "segwork selftest --fast");
}

Test(selftest_command, help_says_what_the_columns_mean_within_80_columns)
{
    program_expect(0, "up to 1 is right", "segwork selftest --help");
    for (const char *line = program_output; *line; line = strchr(line, '\n') + 1)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.90s", line);
}
