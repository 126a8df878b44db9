/* segwork check as a user meets it: output, messages, exit codes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "config_case.h"
#include "scratch.h"

TestSuite(config_command, .init = scratch_create, .fini = scratch_remove);

static char output[200000]; /* both streams of the last command */

static int check(const char *arguments)
{
    const char *binary = getenv("SEGWORK_BINARY");
    cr_assert_not_null(binary, "run the tests through ctest");
    sw_str command = {0};
    sw_str_printf(&command, "%s check %s 2>&1", binary, arguments);
    FILE *pipe = popen(command.text, "r");
    cr_assert_not_null(pipe);
    size_t length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = '\0';
    int status = pclose(pipe);
    sw_str_deinit(&command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(const char *arguments, int code, const char *words)
{
    int got = check(arguments);
    cr_expect_eq(got, code, "check %s: exit code %d\n%s", arguments, got, output);
    cr_expect_not_null(strstr(output, words), "check %s: expected '%s' in\n%s", arguments, words, output);
}

Test(config_command, a_valid_experiment_is_summed_up_in_one_line)
{
    expect(
        "experiments/segnet_baseline.yaml", 0,
        "experiments/segnet_baseline.yaml: valid. Experiment 'segnet_baseline': segnet with 20 convolutions");
    cr_expect_eq(strchr(output, '\n'), output + strlen(output) - 1);
}

Test(config_command, resolve_prints_every_value_with_its_origin)
{
    expect("experiments/segnet_focal.yaml --resolve --set loss.gamma=3", 0, "# --set loss.gamma=3\n");
    expect("experiments/segnet_focal.yaml --resolve -s loss.gamma=3", 0, "# --set loss.gamma=3\n");
    cr_expect_not_null(strstr(output, "# configs/model/segnet.yaml:"), "%s", output);
    cr_expect_not_null(strstr(output, "# experiments/segnet_baseline.yaml:"), "%s", output);
    for (const char *line = output; *line; line = strchr(line, '\n') + 1) {
        const char *colon = strchr(line, ':');
        bool opens_mapping = colon && colon[1] == '\n';
        const char *mark = strstr(line, "  # ");
        cr_expect(opens_mapping || (mark && mark < strchr(line, '\n')), "without origin: %.60s", line);
    }
    sw_experiment *e = LOADED(output); /* what is printed is an experiment again */
    cr_expect_eq(e->loss.items[0].attrs.gamma, 3);
    sw_experiment_destroy(e);
}

Test(config_command, wrong_experiments_and_wrong_usage_end_with_exit_code_2)
{
    sw_str arguments = {0};
    sw_str_printf(&arguments, "%s", scratch_write("exp.yaml", SMALL_MODEL "train: {epoch: 3}\n"));
    expect(arguments.text, 2,
           "exp.yaml:4:9: unknown key 'train.epoch'; the nearest known key is 'train.epochs'");
    expect("nowhere.yaml", 2, "experiment 'nowhere.yaml' not found");
    expect("experiments/segnet_baseline.yaml --set train.epochs=x", 2,
           "--set train.epochs=x: train.epochs: expected");
    expect("", 2, "expected one experiment, found 0");
    expect("a.yaml b.yaml", 2, "expected one experiment, found 2");
    expect("--keys --schema-json", 2, "exclude each other");
    expect("--keys experiments/segnet_baseline.yaml", 2, "give none with them");
    expect("--nonsense", 2, "--nonsense");
    sw_str_deinit(&arguments);
}

Test(config_command, keys_and_schemas_are_printed_without_an_experiment)
{
    expect("--keys", 0, "optimizer.lr");
    expect("--schema-markdown", 0, "# Experiments and their fragments");
    expect("--schema-json", 0, "\"additionalProperties\": false");
}
