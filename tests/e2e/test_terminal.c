/* What the program writes fits a terminal of 80 columns, and has colours only where they are wanted. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "program.h"
#include "scratch.h"

TestSuite(terminal, .init = scratch_create, .fini = scratch_remove);

/* Standard output of a command that succeeds; messages are not tables. */
static void expect_table(const char *command)
{
    program_expect(0, NULL, "segwork %s 2>messages", command);
    program_expect_narrow();
}

Test(terminal, the_help_of_every_command_fits)
{
    program_expect(0, NULL, "segwork --help");
    program_expect_narrow();
    program_expect(0, NULL, "segwork --help | sed -n '/^Commands:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p'");
    char *names = sw_strf("%s", program_output);
    int count = 0;
    for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n"), count++) {
        program_expect(0, NULL, "segwork %s --help", name);
        program_expect_narrow();
    }
    cr_expect_gt(count, 15);
    free(names);
}

Test(terminal, tables_fit)
{
    program_draw_pets(8, 4);
    expect_table("check --keys");
    expect_table("describe $SRC/experiments/segnet_baseline.yaml");
    program_expect(0, NULL,
                   "printf 'include: [%%s, %%s]\\n' \"$SRC/experiments/segnet_baseline.yaml\" "
                   "\"$SRC/configs/model/segnet_vgg16.yaml\" > deep.yaml; echo written");
    expect_table("describe deep.yaml");
    expect_table("describe deep.yaml --set data.size=512 --set train.batch_size=2 "
                 "--set model.encoder.0.conv=separable --set model.encoder.4.width=2048");
    expect_table("devices");
    expect_table("devices --peak");
    expect_table("selftest --tiny");
    expect_table("data stats pets");
    program_expect(0, NULL, "printf 'no picture' > pets/images/$(ls pets/images | head -1); echo broken");
    expect_table("data stats pets");
    expect_table("run $SRC/tests/support/tiny.yaml --out trained");
    expect_table("eval --checkpoint trained");
    expect_table("bench $SRC/tests/support/tiny.yaml --steps 1");
}

static void expect_escapes(bool wanted, const char *environment)
{
    int code = program_run_on_terminal("%s segwork run $SRC/tests/support/tiny.yaml", environment);
    cr_expect_eq(code, 0, "%s", program_output);
    cr_expect_eq(strchr(program_output, '\033') != NULL, wanted, "%s: %s", environment, program_output);
}

Test(terminal, escape_sequences_are_for_terminals_that_want_them)
{
    program_draw_pets(8, 4);
    expect_escapes(true, "export NO_COLOR=;");
    cr_expect_not_null(strstr(program_output, "\033[32m"), "%s", program_output);
    expect_escapes(false, "export NO_COLOR=1;");
    cr_expect_not_null(strstr(program_output, "epoch 2/3 train ["), "the bar is there: %s", program_output);
    expect_escapes(false, "export TERM=dumb;");
    cr_expect_null(strstr(program_output, "epoch 2/3 train ["), "%s", program_output);
    program_expect(0, "epoch 3/3", "segwork run $SRC/tests/support/tiny.yaml");
    cr_expect_null(strchr(program_output, '\033'), "%s", program_output);
    cr_expect_null(strstr(program_output, "epoch 2/3 train ["), "%s", program_output);
}

Test(terminal, the_lines_of_a_run_fit_a_terminal)
{
    program_draw_pets(8, 4);
    int code = program_run_on_terminal("segwork run $SRC/tests/support/tiny.yaml");
    cr_expect_eq(code, 0, "%s", program_output);
    const char *line = strstr(program_output, "epoch 3/3  loss");
    cr_assert_not_null(line, "%s", program_output);
    cr_expect_leq(strcspn(line, "\r\n"), 80, "%s", line);
    cr_expect_not_null(strstr(line, "\n           mIoU "), "%s", line); /* the rest, under the figures */
}
