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
