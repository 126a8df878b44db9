/* What a run shows while it goes on. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_progress, .init = scratch_create, .fini = scratch_remove);

static int count(const char *words)
{
    int found = 0;
    for (const char *at = program_output; (at = strstr(at, words)); at++) found++;
    return found;
}

Test(run_progress, without_a_terminal_there_is_one_plain_line_an_epoch)
{
    program_draw_pets(8, 4);
    program_expect(0, "\nepoch 1/3  loss ", "segwork run $SRC/tests/support/tiny.yaml --out run");
    cr_expect_eq(count("\nepoch "), 3, "%s", program_output);
    cr_expect_eq(count("\r"), 0, "%s", program_output);
    cr_expect_eq(count("\033"), 0, "%s", program_output);
    cr_expect_eq(count(" img/s"), 3, "%s", program_output);
}

Test(run_progress, on_a_terminal_a_bar_moves_with_rate_loss_and_time_left)
{
    program_draw_pets(8, 4);
    int code = program_run_on_terminal("segwork run $SRC/tests/support/tiny.yaml --out run");
    cr_expect_eq(code, 0, "%s", program_output);
    cr_expect(count("\r\033[K") >= 6, "%s", program_output); /* the end of each phase is always drawn */
    char line[256] = "";
    for (const char *bar = program_output; (bar = strstr(bar, "epoch 2/3 train")); bar++)
        snprintf(line, sizeof line, "%.*s", (int)strcspn(bar, "\r"), bar);
    for (const char *const *part = (const char *const[]){"===", " 2/2 ", "img/s", "loss ", "ETA ", NULL};
         *part; part++)
        cr_expect_not_null(strstr(line, *part), "no '%s' in '%s'", *part, line);
    cr_expect_eq(count("epoch 1/3  loss"), 1, "%s", program_output);
}

Test(run_progress, the_run_folder_and_the_grid_are_the_only_results_on_standard_output)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml 2>messages");
    cr_expect_str_eq(program_output, "run folder       runs/tiny/001\n"
                                     "prediction grid  runs/tiny/001/grids/epoch_03.png\n");
    program_expect(0, "runs/tiny/002", "segwork run $SRC/tests/support/tiny.yaml 2>messages");
}

Test(run_progress, a_run_ends_with_commands_that_look_at_it_and_can_be_pasted)
{
    program_draw_pets(8, 4);
    program_expect(0, "\nLook at it:\n", "segwork run $SRC/tests/support/tiny.yaml 2>&1 >results");
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out 'my run' 2>messages");
    program_expect(0, NULL, "sed '1,/^Look at it:/d' messages | tee commands");
    cr_expect_eq(count("\n"), 3, "%s", program_output);
    cr_expect_not_null(strstr(program_output, " report 'my run'\n"), "%s", program_output);
    program_expect(0, "4 epochs", "sh -e commands && test -s report.html && test -s 'my run/epochs.gif'");
    /* the next run of the same experiment is compared with the one before */
    program_expect(0, " compare runs/tiny\n", "segwork run $SRC/tests/support/tiny.yaml");
    program_expect(0, "runs/tiny/002", "segwork compare runs/tiny");
}

static void expect_bar(const char *words, const char *command)
{
    int code = program_run_on_terminal("%s", command);
    cr_expect_eq(code, 0, "%s", program_output);
    cr_expect_not_null(strstr(program_output, words), "no '%s' of %s in:\n%s", words, command,
                       program_output);
}

Test(run_progress, on_a_terminal_other_long_commands_have_a_bar_too)
{
    expect_bar("drawing", "export NO_COLOR=1; segwork data synth pets --train 8 --val 4 --size 32");
    cr_expect_not_null(strstr(program_output, " 12/12"), "%s", program_output);
    expect_bar(" 12/12", "segwork data stats pets");
    expect_bar("run 2/2 epoch 1/1 train", "export NO_COLOR=1; segwork sweep $SRC/tests/support/tiny.yaml "
                                          "--set seed=1,2 --set train.epochs=1 --out sweep");
    expect_bar(" 8/8", "segwork eval --checkpoint sweep/seed=1"); /* clean and as the article */
    expect_bar(" 12/12", "segwork predict --checkpoint sweep/seed=1 pets/images --out masks");
    program_expect(0, NULL, "segwork data stats pets 2>messages && test ! -s messages");
}
