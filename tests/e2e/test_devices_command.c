/* segwork devices as a user meets it: output, messages, exit codes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
    char *tries = sw_strf("ls %s | grep ^segwork-", folder);
    cr_expect_neq(system(tries), 0, "what was written to try the folder is still there");
    free(tries);
    char *clean = sw_strf("rm -rf %s", folder);
    cr_expect_eq(system(clean), 0);
    free(clean);
}

/* A temporary folder of the test's own, in which nothing is left. */
static void expect_without_cache(const char *environment, const char *variable)
{
    char folder[] = "/tmp/segwork-no-cache-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    char *all = sw_strf("TMPDIR=%s %s", folder, environment);
    char *words = sw_strf("compiled kernels (by %s) is of no use: ", variable);
    expect(all, "--peak", 0, " GFLOP/s fused multiply-add"); /* a kernel is compiled */
    cr_expect_not_null(strstr(output, words), "%s", output);
    cr_expect_eq(rmdir(folder), 0, "%s holds something: %s", folder, strerror(errno));
    free(words);
    free(all);
}

Test(devices_command, where_pocl_cannot_write_its_cache_it_gets_a_temporary_one_and_the_variable_is_named)
{
    expect_without_cache("POCL_CACHE_DIR=/proc/nope", "POCL_CACHE_DIR");
    expect_without_cache("POCL_CACHE_DIR=", "POCL_CACHE_DIR");
    expect_without_cache("POCL_CACHE_DIR=/dev/null", "POCL_CACHE_DIR");
    unsetenv("POCL_CACHE_DIR");
    expect_without_cache("XDG_CACHE_HOME=/proc/nope", "XDG_CACHE_HOME");
    expect_without_cache("XDG_CACHE_HOME= HOME=/proc/nope", "HOME");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    expect_without_cache("", "HOME"); /* and not /tmp/pocl, where others can put kernels */
}

Test(devices_command, without_any_folder_for_pocls_cache_the_message_names_the_cause_and_both_variables)
{
    expect("POCL_CACHE_DIR=/proc/nope TMPDIR=/proc/neither", "", 1, "(POCL_CACHE_DIR=DIR names another)");
    cr_expect_not_null(strstr(output, "(by POCL_CACHE_DIR) is of no use: cannot create folder /proc/nope"),
                       "%s", output);
    cr_expect_not_null(strstr(output, "in /proc/neither (TMPDIR)"), "%s", output);
    cr_expect_null(strstr(output, "install"), "%s", output);
}
