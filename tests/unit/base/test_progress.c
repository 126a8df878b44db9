/* The progress display, with a clock and a terminal of the test's own. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/progress.h"
#include "fake_terminal.h"

/* 79 blanks: the terminals here have 80 columns */
#define BLANKS "                                       "
#define ERASE  "\r" BLANKS " " BLANKS "\r"

static sw_progress *create(bool bar, bool colour, const sw_progress_plan *plan)
{
    const sw_progress_output output = fake_output(bar, colour);
    sw_progress *progress;
    cr_assert_eq(sw_progress_create(&progress, &output, plan), SW_OK);
    return progress;
}

static const sw_progress_plan baseline = {
    .first_epoch = 1, .last_epoch = 20, .train_steps = 58, .val_steps = 10};

/* `from`..`to` are steps of the phase (1 = first), each taking `step_s`. */
static void steps(sw_progress *progress, int epoch, sw_progress_phase phase, int from, int to, double step_s)
{
    for (int done = from; done <= to; done++) {
        fake.now_s += step_s;
        sw_progress_steps(progress, epoch, phase, done, 1, 64, 0.61234);
    }
}

Test(progress, steps_told_together_count_as_if_told_one_by_one)
{
    sw_progress *one_by_one = create(false, false, &baseline);
    steps(one_by_one, 1, SW_PROGRESS_TRAIN, 1, 32, 2);
    double eta = sw_progress_eta_s(one_by_one);
    sw_progress_destroy(one_by_one);
    sw_progress *together = create(false, false, &baseline);
    for (int done = 8; done <= 32; done += 8) {
        fake.now_s += 16;
        sw_progress_steps(together, 1, SW_PROGRESS_TRAIN, done, 8, 8 * 64, 0.61234);
    }
    cr_expect_float_eq(sw_progress_eta_s(together), eta, 1e-6);
    sw_progress_destroy(together);
}

/* ---- the bar ---- */

Test(progress, the_bar_says_where_the_run_stands)
{
    sw_progress *progress = create(true, false, &baseline);
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 28, 32);
    fake_clear();
    steps(progress, 1, SW_PROGRESS_TRAIN, 29, 29, 32);
    /* 29 + 19 * 58 training steps of 32 s and 20 * 10 validation steps of a third of that */
    cr_assert_str_eq(fake.text,
                     ERASE "epoch 1/20 train [=======>       ] 29/58  2.00 img/s  loss 0.6123  ETA 10:38:46",
                     "%s", fake.text + 4);
    sw_progress_destroy(progress);
}

Test(progress, the_bar_grows_and_never_shrinks_and_ends_full)
{
    sw_progress *progress = create(true, false, &baseline);
    fake.columns = 120;
    int before = -1;
    for (int done = 1; done <= 58; done++) {
        fake_clear();
        steps(progress, 3, SW_PROGRESS_TRAIN, done, done, 1);
        int filled = 0;
        for (const char *c = fake.text; *c; c++) filled += *c == '=';
        cr_assert_geq(filled, before);
        before = filled;
    }
    cr_assert_not_null(strstr(fake.text, "=] 58/58"), "%s", fake.text + 4);
    sw_progress_destroy(progress);
}

/* The last column that is written, from 1: a carriage return begins at the first one again. */
static int visible(const char *text)
{
    int column = 0, most = 0;
    for (; *text; text++) {
        if (*text == '\033')
            text += strcspn(text, "Km");
        else if (*text == '\r')
            column = 0;
        else if (++column > most)
            most = column;
    }
    return most;
}

Test(progress, a_line_fits_every_width_and_the_figures_that_matter_least_go_first)
{
    for (int colour = 0; colour < 2; colour++) {
        sw_progress *progress = create(true, colour, &baseline);
        for (int columns = 1; columns <= 200; columns++) {
            fake.columns = columns;
            fake_clear();
            steps(progress, 7, SW_PROGRESS_TRAIN, 30, 30, 10);
            cr_assert_lt(visible(fake.text), columns > 1 ? columns : 2, "%d columns: %s", columns,
                         fake.text + 4);
            bool rate = strstr(fake.text, "img/s"), loss = strstr(fake.text, "loss"),
                 eta = strstr(fake.text, "ETA");
            cr_assert(eta || !loss, "%d columns", columns);
            cr_assert(loss || !rate, "%d columns", columns);
            if (columns >= 80) cr_assert(rate && strchr(fake.text, '='), "%d columns", columns);
        }
        sw_progress_destroy(progress);
    }
}

Test(progress, it_draws_ten_times_a_second_at_most_and_the_last_step_always)
{
    sw_progress *progress = create(true, false, &(sw_progress_plan){1, 1, 10000, 0, 0, 0});
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 9999, 0.001);
    cr_assert(fake.writes >= 95 && fake.writes <= 101, "%d draws in ten seconds", fake.writes);
    sw_progress_destroy(progress);
    progress = create(true, false, &(sw_progress_plan){1, 1, 3, 0, 0, 0});
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 2, 0.001);
    cr_assert_eq(fake.writes, 1);
    steps(progress, 1, SW_PROGRESS_TRAIN, 3, 3, 0.001);
    cr_assert_eq(fake.writes, 2);
    sw_progress_destroy(progress);
}

Test(progress, colour_is_only_written_where_it_is_wanted)
{
    for (int colour = 0; colour < 2; colour++) {
        sw_progress *progress = create(true, colour, &baseline);
        steps(progress, 1, SW_PROGRESS_TRAIN, 1, 1, 1);
        cr_assert_eq(strchr(fake.text, '\033') != NULL, colour == 1);
        cr_assert_eq(strstr(fake.text, "\033[32m") != NULL, colour == 1);
        cr_assert_eq(strstr(fake.text, "\033[0m") != NULL, colour == 1);
        sw_progress_destroy(progress);
    }
}

Test(progress, the_bar_is_taken_away_for_other_output_and_at_the_end)
{
    sw_progress *progress = create(true, false, &baseline);
    sw_progress_hide(progress);
    cr_assert_eq(fake.writes, 0, "nothing to take away");
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 1, 1);
    fake_clear();
    sw_progress_hide(progress);
    cr_assert_str_eq(fake.text, ERASE);
    sw_progress_hide(progress);
    cr_assert_eq(fake.writes, 1);
    steps(progress, 1, SW_PROGRESS_TRAIN, 2, 2, 0.001);
    cr_assert_eq(fake.writes, 2, "drawn again at once");
    fake_clear();
    sw_progress_destroy(progress);
    cr_assert_str_eq(fake.text, ERASE);
}

Test(progress, a_loss_that_is_no_number_is_not_shown)
{
    sw_progress *progress = create(true, false, &baseline);
    fake.now_s += 1;
    sw_progress_steps(progress, 1, SW_PROGRESS_TRAIN, 1, 1, 64, (double)NAN);
    cr_assert_null(strstr(fake.text, "loss"), "%s", fake.text + 4);
    sw_progress_destroy(progress);
}

/* ---- lines ---- */

Test(progress, without_a_terminal_there_is_a_line_an_epoch_and_nothing_else)
{
    sw_progress *progress = create(false, false, &(sw_progress_plan){1, 10, 4, 2, 0, 0});
    for (int epoch = 9; epoch <= 10; epoch++) {
        steps(progress, epoch, SW_PROGRESS_TRAIN, 1, 4, 10);
        steps(progress, epoch, SW_PROGRESS_VALIDATE, 1, 2, 5);
        sw_progress_epoch(progress, epoch, "loss 0.61");
    }
    sw_progress_destroy(progress);
    cr_assert_str_eq(fake.text, "epoch  9/10  loss 0.61  ETA 0:50\nepoch 10/10  loss 0.61\n");
}

Test(progress, on_a_terminal_the_epoch_s_line_takes_the_place_of_the_bar)
{
    sw_progress *progress = create(true, false, &(sw_progress_plan){1, 1, 4, 0, 0, 0});
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 4, 10);
    fake_clear();
    sw_progress_epoch(progress, 1, "loss 0.61");
    cr_assert_str_eq(fake.text, ERASE "epoch 1/1  loss 0.61\n");
    sw_progress_destroy(progress);
    cr_assert_str_eq(fake.text, ERASE "epoch 1/1  loss 0.61\n");
}

Test(progress, an_epoch_s_line_is_broken_between_figures_where_the_terminal_ends)
{
    static const char summary[] = "loss 0.4321  val 0.3988  accuracy 0.9021 (article's 0.8990)  IoU 0.7123  "
                                  "border 0.4012  14.02 img/s  262 s  best";
    for (int bar = 0; bar < 2; bar++) {
        sw_progress *progress = create(bar, false, &baseline);
        sw_progress_epoch(progress, 20, summary);
        cr_assert_str_eq(fake.text,
                         bar ? "epoch 20/20  loss 0.4321  val 0.3988  accuracy 0.9021 (article's 0.8990)\n"
                               "             IoU 0.7123  border 0.4012  14.02 img/s  262 s  best\n"
                             : "epoch 20/20  loss 0.4321  val 0.3988  accuracy 0.9021 (article's 0.8990)  "
                               "IoU 0.7123  border 0.4012  14.02 img/s  262 s  best\n");
        sw_progress_destroy(progress);
    }
}

/* ---- time ---- */

static void assert_eta(const sw_progress *progress, double want_s)
{
    cr_assert_float_eq(sw_progress_eta_s(progress), want_s, 1e-6 * want_s + 1e-9, "%.3f s instead of %.3f s",
                       sw_progress_eta_s(progress), want_s);
}

Test(progress, the_eta_counts_training_and_validation_at_their_own_pace)
{
    sw_progress *progress = create(false, false, &(sw_progress_plan){1, 3, 10, 4, 0, 0});
    cr_assert(isnan(sw_progress_eta_s(progress)), "nothing is known yet");
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 5, 6);
    assert_eta(progress, 25 * 6 + 12 * 2);
    steps(progress, 1, SW_PROGRESS_TRAIN, 6, 10, 6);
    steps(progress, 1, SW_PROGRESS_VALIDATE, 1, 2, 5);
    assert_eta(progress, 20 * 6 + 10 * 5);
    steps(progress, 1, SW_PROGRESS_VALIDATE, 3, 4, 5);
    sw_progress_epoch(progress, 1, "");
    assert_eta(progress, 20 * 6 + 8 * 5);
    steps(progress, 2, SW_PROGRESS_TRAIN, 1, 1, 6);
    assert_eta(progress, 19 * 6 + 8 * 5);
    sw_progress_destroy(progress);
}

Test(progress, the_eta_counts_the_further_validation_of_some_epochs)
{
    sw_progress *progress = create(false, false, &(sw_progress_plan){1, 5, 10, 4, 2, 3}); /* epochs 2, 4, 5 */
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 10, 6);
    steps(progress, 1, SW_PROGRESS_VALIDATE, 1, 4, 5);
    sw_progress_epoch(progress, 1, "");
    assert_eta(progress, 40 * 6 + (16 + 3 * 3) * 5);
    steps(progress, 2, SW_PROGRESS_TRAIN, 1, 10, 6);
    steps(progress, 2, SW_PROGRESS_VALIDATE, 1, 5, 5);
    assert_eta(progress, 30 * 6 + (2 + 12 + 2 * 3) * 5);
    sw_progress_destroy(progress);
}

Test(progress, a_resumed_run_counts_only_what_is_left)
{
    sw_progress *progress = create(false, false, &(sw_progress_plan){18, 20, 10, 0, 0, 0});
    steps(progress, 18, SW_PROGRESS_TRAIN, 1, 2, 3);
    assert_eta(progress, 28 * 3);
    sw_progress_destroy(progress);
}

Test(progress, a_validation_before_training_already_gives_an_eta)
{
    sw_progress *progress = create(false, false, &(sw_progress_plan){1, 2, 10, 4, 0, 0});
    steps(progress, 0, SW_PROGRESS_VALIDATE, 1, 4, 2);
    assert_eta(progress, 20 * 6 + 8 * 2);
    sw_progress_epoch(progress, 0, "");
    assert_eta(progress, 20 * 6 + 8 * 2);
    sw_progress_destroy(progress);
}

Test(progress, a_slow_first_step_is_forgotten_and_later_ones_are_smoothed)
{
    sw_progress *progress = create(false, false, &(sw_progress_plan){1, 1, 1000, 0, 0, 0});
    steps(progress, 1, SW_PROGRESS_TRAIN, 1, 1, 60); /* compiles the kernels */
    steps(progress, 1, SW_PROGRESS_TRAIN, 2, 100, 1);
    assert_eta(progress, 900);
    steps(progress, 1, SW_PROGRESS_TRAIN, 101, 101, 11);
    assert_eta(progress, 899 * 2); /* one odd step weighs a tenth */
    steps(progress, 1, SW_PROGRESS_TRAIN, 102, 200, 3);
    cr_assert_float_eq(sw_progress_eta_s(progress), 800 * 3, 5, "a lasting change is followed");
    sw_progress_destroy(progress);
}

/* ---- the stream ---- */

Test(progress, a_file_is_no_terminal)
{
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    sw_progress_output output = sw_progress_output_to(file);
    cr_assert_not(output.bar || output.colour);
    output.write(output.user, "abc", 3);
    char text[4] = "";
    cr_assert_eq(pread(fileno(file), text, 3, 0), 3, "flushed at once");
    cr_assert_str_eq(text, "abc");
    fclose(file);
}

Test(progress, a_terminal_tells_its_width_and_the_environment_decides_on_colour)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) cr_skip_test("no pseudo-terminals here");
    FILE *terminal = fdopen(open(ptsname(master), O_RDWR | O_NOCTTY), "r+");
    cr_assert_not_null(terminal);
    const struct winsize size = {.ws_row = 24, .ws_col = 113};
    cr_assert_eq(ioctl(master, TIOCSWINSZ, &size), 0);
    static const struct {
        const char *term, *no_color;
        bool bar, colour;
    } cases[] = {{"xterm", NULL, true, true},
                 {"xterm", "", true, true},
                 {"xterm", "1", true, false},
                 {"dumb", NULL, false, false},
                 {NULL, NULL, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsetenv("TERM");
        unsetenv("NO_COLOR");
        if (cases[i].term) setenv("TERM", cases[i].term, 1);
        if (cases[i].no_color) setenv("NO_COLOR", cases[i].no_color, 1);
        sw_progress_output output = sw_progress_output_to(terminal);
        cr_assert_eq(output.bar, cases[i].bar, "case %zu", i);
        cr_assert_eq(output.colour, cases[i].colour, "case %zu", i);
        cr_assert_eq(output.columns(output.user), 113);
    }
    fclose(terminal);
    close(master);
}

Test(progress, the_system_s_clock_serves_where_none_is_given)
{
    sw_progress_output output = fake_output(false, false);
    output.columns = NULL;
    output.now_s = NULL;
    sw_progress *progress;
    cr_assert_eq(sw_progress_create(&progress, &output, &baseline), SW_OK);
    sw_progress_steps(progress, 1, SW_PROGRESS_TRAIN, 1, 1, 64, 1);
    double eta = sw_progress_eta_s(progress);
    cr_assert(eta >= 0 && eta < 600, "%g", eta);
    sw_progress_destroy(progress);
}
