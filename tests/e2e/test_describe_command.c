/* segwork describe as a user meets it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(describe_command, .init = scratch_create, .fini = scratch_remove);

Test(describe_command, prints_the_baselines_totals_without_a_device)
{
    /* no OpenCL platform is to be found, and none is missed */
    program_expect(
        0, "15,274,892 parameters, 9.12 GMAC an image",
        "export OCL_ICD_VENDORS=/nonexistent; segwork describe $SRC/experiments/segnet_baseline.yaml");
    cr_expect_not_null(strstr(program_output, "device memory"), "%s", program_output);
}

Test(describe_command, applies_changes_and_prints_json)
{
    program_expect(0, "\"batch\":\t8",
                   "segwork describe $SRC/experiments/segnet_baseline.yaml --set train.batch_size=8 --json");
    cr_expect_eq(program_output[0], '{');
}

Test(describe_command, writes_the_graph_as_dot)
{
    program_expect(
        0, "graph.dot",
        "segwork describe $SRC/experiments/segnet_small.yaml --dot graph.dot && grep -c digraph graph.dot");
    char *dot = file_text("graph.dot", NULL);
    cr_expect_not_null(strstr(dot, "uc1.mup\\nmax_unpool"), "%s", dot);
    free(dot);
    program_expect(1, "/no/such/folder",
                   "segwork describe $SRC/experiments/segnet_small.yaml --dot /no/such/folder/g");
}

Test(describe_command, draws_the_network_as_svg)
{
    program_expect(0, "drawing written to net.svg",
                   "export OCL_ICD_VENDORS=/nonexistent; segwork describe $SRC/experiments/segnet_small.yaml "
                   "--svg net.svg && { ! command -v xmllint >/dev/null || xmllint --noout net.svg; }");
    char *svg = file_text("net.svg", NULL);
    cr_expect_eq(strncmp(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 39), 0);
    cr_expect_not_null(strstr(svg, ">128\xC3\x97"
                                   "128</text>"),
                       "%s", svg);
    cr_expect_not_null(strstr(svg, "dc1.seq.0: conv2d 3x3"), "%s", svg);
    cr_expect_not_null(strstr(svg, "prefers-color-scheme:dark"), "%s", svg);
    free(svg);
    program_expect(1, "/no/such/folder",
                   "segwork describe $SRC/experiments/segnet_small.yaml --svg /no/such/folder/net.svg");
}

Test(describe_command, tells_what_is_wrong)
{
    program_expect(2, "takes one experiment file, got 0", "segwork describe");
    program_expect(2, "takes one experiment file, got 2", "segwork describe a.yaml b.yaml");
    program_expect(2, "nowhere.yaml", "segwork describe nowhere.yaml");
    program_expect(2, "train.batch_sise",
                   "segwork describe $SRC/experiments/segnet_small.yaml --set train.batch_sise=1");
    program_expect(1, "exceeds the device's largest allocation",
                   "segwork describe $SRC/experiments/segnet_baseline.yaml --set train.batch_size=1000");
}
