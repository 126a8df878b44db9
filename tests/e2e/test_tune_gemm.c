/* tools/tune_gemm with stand-ins for the tuner and the programs: what it makes of their output. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/str.h"
#include "cl/gemm.h"
#include "scratch.h"

TestSuite(tune_gemm, .init = scratch_create, .fini = scratch_remove);

static char output[65536]; /* both streams of the last command */

static int tune_gemm(const char *arguments)
{
    const char *sources = getenv("SEGWORK_SOURCE_DIR");
    cr_assert_not_null(sources, "run the tests through ctest");
    char *command =
        sw_strf("PATH='%s':\"$PATH\" '%s/tools/tune_gemm' %s 2>&1", scratch_path("bin"), sources, arguments);
    cr_assert_not_null(command);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    int status = pclose(pipe);
    free(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void script(const char *name, const char *body)
{
    char *text = sw_strf("#!/bin/sh\n%s", body);
    cr_assert_eq(chmod(scratch_write(name, text), 0755), 0);
    free(text);
}

#define RESULT(time, gemmk, mwg, nwg)                                                                        \
    "{\n\"kernel\": \"Xgemm\",\n\"time\": " time ",\n\"parameters\": {\"GEMMK\": " gemmk                     \
    ",\"KREG\": 1,\"KWG\": 16,\"KWI\": 2,\"MDIMA\": 8,\"MDIMC\": 8,\"MWG\": " mwg                            \
    ",\"NDIMB\": 8,\"NDIMC\": 8,\"NWG\": " nwg                                                               \
    ",\"PRECISION\": 32,\"SA\": 0,\"SB\": 0,\"STRM\": 0,\"STRN\": 0,\"VWM\": 1,\"VWN\": 1}\n}"

/* A device of the given type; the tuner finds four variants, the last of them not allowed; a speed that only
 * the second one's MWG of 48 reaches; a wrong result for MWG 80. */
static void stand_ins(const char *type)
{
    char *listing =
        sw_strf("cat <<'END'\n0:0  Some device\n     type       gpu\n\n1:0  Other \\ \"one\" (chosen)\n"
                "     type       %s, 2 compute units\n\nA run takes 1:0\nEND\n",
                type);
    script("build/segwork", listing);
    free(listing);
    script("build/bench_gemm", "file=$SEGWORK_GEMM_PARAMS\n"
                               "while [ $# -gt 0 ]; do [ $1 = --params ] && file=$2; shift; done\n"
                               "speed=5.0\n"
                               "grep -q '\"MWG\": 48' \"${file:-/dev/null}\" && speed=77.5\n"
                               "grep -q '\"MWG\": 80' \"${file:-/dev/null}\" && exit 1\n"
                               "echo \"all together 12.0 $speed\"\n");
    script("bin/clblast_tuner_xgemm",
           "case \"$*\" in *\"-platform 1 -device 0 -precision 32\"*) ;; *) exit 1 ;; esac\n"
           "cat >clblast_xgemm_2_32.json <<'END'\n{\n\"results\": [\n" RESULT(
               "9.0", "0", "32",
               "32") ",\n" RESULT("3.0", "0", "48",
                                  "16") ",\n" RESULT("2.0", "0", "80",
                                                     "16") ",\n" RESULT("1.0", "1", "96",
                                                                        "16") "]\n}\nEND\nexit 139\n");
}

Test(tune_gemm, the_fastest_variant_that_works_is_written_in_a_form_that_loads)
{
    stand_ins("gpu");
    char *arguments =
        sw_strf("--quick --build '%s' --out '%s'", scratch_path("build"), scratch_path("out.json"));
    cr_assert_eq(tune_gemm(arguments), 0, "%s", output);
    free(arguments);
    cr_expect_not_null(strstr(output, "tuning 1:0: Other \\ \"one\"\n"), "%s", output);
    cr_expect_not_null(strstr(output, "0 1 16 2 8 8 32 8 8 32 0 0 0 0 1 1 "), "%s", output);
    cr_expect_null(strstr(output, " 96 "), "tiles that are not square with GEMMK 1:\n%s", output);
    cr_expect_null(strstr(output, "\n  1 1 1 1 "), "a CPU's tiles on a GPU:\n%s", output);
    cr_expect_not_null(strstr(output, "77.5 GFLOP/s; without the file: 5.0 GFLOP/s"), "%s", output);

    char *text;
    size_t length;
    cr_assert_eq(sw_fs_read(&text, &length, scratch_path("out.json"), 1 << 20), SW_OK, "%s",
                 sw_error_message());
    cr_expect_not_null(strstr(text, "\"MWG\": 48"), "%s", text);
    cr_expect_null(strstr(text, "PRECISION"), "%s", text);
    free(text);
    sw_device_info device;
    sw_cl *cl;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    sw_cl_options options = {.gemm_params_file = scratch_path("out.json")};
    cr_expect_eq(sw_cl_create(&cl, &device, &options), SW_OK, "%s", sw_error_message());
    sw_cl_destroy(cl);
}

Test(tune_gemm, on_a_cpu_register_tiles_outside_the_tuners_space_are_tried_too)
{
    stand_ins("cpu");
    char *arguments =
        sw_strf("--quick --build '%s' --out '%s'", scratch_path("build"), scratch_path("out.json"));
    cr_assert_eq(tune_gemm(arguments), 0, "%s", output);
    free(arguments);
    cr_expect_not_null(strstr(output, "\n  1 1 1 1 1 1 16 1 1 16 0 0 0 0 16 1 "), "%s", output);
}

Test(tune_gemm, wrong_usage_and_missing_programs_are_said)
{
    cr_expect_eq(tune_gemm("--help"), 0);
    cr_expect_eq(strncmp(output, "Usage: tools/tune_gemm ", 23), 0, "%s", output);
    cr_expect_eq(tune_gemm("--fast"), 2);
    cr_expect_not_null(strstr(output, "Usage: tools/tune_gemm "), "%s", output);
    cr_expect_eq(tune_gemm("--build /nonexistent"), 1);
    cr_expect_not_null(strstr(output, "/nonexistent/segwork is not there: build first"), "%s", output);
}
