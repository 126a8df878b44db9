/* segwork devices as a user meets it: output, messages, exit codes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/str.h"

static char output[65536]; /* both streams of the last command */

static int devices(const char *environment, const char *arguments)
{
    const char *binary = getenv("SEGWORK_BINARY");
    cr_assert_not_null(binary, "run the tests through ctest");
    char *command = sw_strf("%s '%s' devices %s 2>&1", environment, binary, arguments);
    cr_assert_not_null(command);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    int status = pclose(pipe);
    free(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(const char *environment, const char *arguments, int code, const char *words)
{
    int got = devices(environment, arguments);
    cr_expect_eq(got, code, "%s devices %s: exit code %d\n%s", environment, arguments, got, output);
    cr_expect_not_null(strstr(output, words), "%s devices %s: expected '%s' in\n%s", environment, arguments,
                       words, output);
}

Test(devices_command, every_device_is_listed_within_80_columns_and_the_chosen_one_marked)
{
    expect("SEGWORK_DEVICE=", "", 0, " (chosen)\n");
    cr_expect_not_null(strstr(output, "\nA run takes "), "%s", output);
    cr_expect_not_null(strstr(output, "because"), "%s", output);
    for (const char *line = output; *line; line = strchr(line, '\n') + 1)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.90s", line);
}

Test(devices_command, a_spec_from_the_option_or_the_environment_is_tried_and_explained)
{
    expect("SEGWORK_DEVICE=", "--device 0:0", 0, "'0:0' from the device option");
    expect("SEGWORK_DEVICE=0:0", "", 0, "'0:0' from the environment variable SEGWORK_DEVICE");
    expect("SEGWORK_DEVICE=", "--device 'no such thing'", 2, "no OpenCL device matches 'no such thing'");
    expect("SEGWORK_DEVICE=77:0", "", 2, "SEGWORK_DEVICE");
    expect("", "surplus", 2, "devices takes no arguments");
}

Test(devices_command, without_any_opencl_platform_the_message_names_packages_and_the_exit_code_is_1)
{
    expect("OCL_ICD_VENDORS=/nonexistent", "", 1, "no OpenCL platform found: install");
    cr_expect_not_null(strstr(output, "pocl-opencl-icd"), "%s", output);
}

static double measured_gflops(const char *environment)
{
    expect(environment, "--peak", 0, " GFLOP/s fused multiply-add");
    const char *line = strstr(output, "measured");
    cr_assert_not_null(line, "%s", output);
    return strtod(line + strlen("measured"), NULL);
}

/* Other work on the machine makes a difference of two, the time to build a kernel one of a hundred. */
Test(devices_command, the_peak_is_the_same_when_its_kernel_must_be_built_first)
{
    char folder[] = "/tmp/segwork-cold-XXXXXX", environment[80];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(environment, sizeof environment, "POCL_CACHE_DIR=%s", folder);
    double cold = measured_gflops(environment), warm = measured_gflops(environment);
    cr_expect(cold > warm / 4.0 && cold < warm * 4.0, "%g GFLOP/s with a cold cache, then %g", cold, warm);
    char *clean = sw_strf("rm -rf %s", folder);
    cr_expect_eq(system(clean), 0);
    free(clean);
}
