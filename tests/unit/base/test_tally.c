/* Counted work on a terminal and in a pipe, with a clock of the test's own. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/tally.h"
#include "fake_terminal.h"

static sw_tally *create(bool bar, const sw_tally_plan *plan)
{
    const sw_progress_output output = fake_output(bar, false);
    sw_tally *tally;
    cr_assert_eq(sw_tally_create(&tally, &output, plan), SW_OK);
    return tally;
}

static const sw_tally_plan images = {.what = "predict", .unit = "img", .total = 200};

/* What stands on the line: what was written after the last carriage return. */
static const char *shown(void)
{
    const char *last = strrchr(fake.text, '\r');
    return last ? last + 1 : fake.text;
}

Test(tally, the_line_has_what_is_done_of_all_the_rate_and_the_time_left)
{
    sw_tally *tally = create(true, &images);
    for (int i = 0; i < 50; i++) {
        fake.now_s += 0.5;
        sw_tally_add(tally, 1);
    }
    cr_expect_str_eq(shown(),
                     "predict [=========>                             ]  50/200  2.00 img/s  ETA 1:15");
    sw_tally_destroy(tally);
    cr_expect_str_eq(shown(), "", "the line is cleared");
}

Test(tally, bytes_are_shown_in_megabytes_and_what_was_there_before_makes_no_rate)
{
    sw_tally *tally = create(true, &(sw_tally_plan){.what = "a.tar.gz", .total = 90000000, .done = 30000000});
    sw_tally_set(tally, 30000000);
    fake.now_s += 10;
    sw_tally_set(tally, 50000000);
    cr_expect_not_null(strstr(shown(), "] 50.0/90.0 MB  2.00 MB/s  ETA 0:20"), "%s", shown());
    sw_tally_destroy(tally);
}

Test(tally, the_rate_follows_a_lasting_change_and_not_the_bursts)
{
    sw_tally *tally = create(true, &(sw_tally_plan){.what = "eval", .unit = "img", .total = 100000});
    for (int batch = 0; batch < 100; batch++) { /* 16 images at once every 2 s */
        fake.now_s += 2;
        for (int i = 0; i < 16; i++) sw_tally_add(tally, 1);
    }
    double rate = 0;
    cr_assert_eq(sscanf(strstr(shown(), "100000"), "100000 %lf img/s", &rate), 1, "%s", shown());
    cr_expect_float_eq(rate, 8, 1, "%s", shown());
    for (int i = 0; i < 100; i++) {
        fake.now_s += 1;
        sw_tally_add(tally, 1);
    }
    cr_assert_eq(sscanf(strstr(shown(), "100000"), "100000 %lf img/s", &rate), 1, "%s", shown());
    cr_expect_float_eq(rate, 1, 0.1, "%s", shown());
    sw_tally_destroy(tally);
}

Test(tally, the_first_burst_makes_no_rate_for_it_took_the_time_of_starting_up)
{
    sw_tally *tally = create(true, &images);
    fake.now_s += 8;
    for (int i = 0; i < 16; i++) sw_tally_add(tally, 1);
    cr_expect_null(strstr(fake.text, "img/s"), "%s", fake.text);
    cr_expect_null(strstr(fake.text, "ETA"), "%s", fake.text);
    fake.now_s += 2;
    sw_tally_add(tally, 16);
    cr_expect_not_null(strstr(shown(), " 32/200  8.00 img/s  ETA 0:21"), "%s", shown());
    sw_tally_destroy(tally);
}

Test(tally, it_draws_ten_times_a_second_at_most_and_the_end_once)
{
    sw_tally *tally = create(true, &(sw_tally_plan){.what = "reading", .unit = "img", .total = 1000});
    for (int i = 0; i < 1000; i++) {
        fake.now_s += 0.001;
        sw_tally_add(tally, 1);
    }
    cr_expect(fake.writes >= 9 && fake.writes <= 12, "%d draws in a second", fake.writes);
    cr_expect_not_null(strstr(shown(), "1000/1000"), "%s", shown());
    fake_clear();
    sw_tally_set(tally, 1000);
    cr_expect_eq(fake.writes, 0, "%s", fake.text);
    sw_tally_destroy(tally);
}

Test(tally, without_a_terminal_there_is_a_line_every_half_minute)
{
    sw_tally *tally = create(false, &images);
    for (int i = 0; i < 70; i++) {
        fake.now_s += 1;
        sw_tally_add(tally, 1);
    }
    sw_tally_destroy(tally);
    cr_expect_str_eq(fake.text,
                     "predict  30/200  1.00 img/s  ETA 2:50\npredict  60/200  1.00 img/s  ETA 2:20\n");
    tally = create(false, &images);
    sw_tally_add(tally, 200);
    sw_tally_destroy(tally);
    cr_expect_str_eq(fake.text, "", "short work says nothing");
}

Test(tally, work_that_begins_anew_is_counted_anew)
{
    sw_tally *tally = create(true, &images);
    fake.now_s += 100;
    sw_tally_set(tally, 100);
    fake.now_s += 1;
    sw_tally_set(tally, 0);
    fake.now_s += 1;
    sw_tally_set(tally, 10);
    cr_expect_not_null(strstr(shown(), " 10/200  10.0 img/s"), "%s", shown());
    for (int time = 0; time < 2; time++) { /* the second time sooner than it draws otherwise */
        fake_clear();
        fake.now_s += 0.01;
        sw_tally_set(tally, 0);
        fake.now_s += 0.01;
        sw_tally_set(tally, 200);
        cr_expect_not_null(strstr(shown(), "200/200"), "the end is always drawn: %s", shown());
    }
    sw_tally_destroy(tally);
}

static void *add_many(void *tally)
{
    for (int i = 0; i < 10000; i++) sw_tally_add(tally, 1);
    return NULL;
}

Test(tally, threads_may_count_together)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    sw_tally *tally =
        create(true, &(sw_tally_plan){.what = "drawing", .unit = "img", .total = THREADS * 10000});
    for (int t = 0; t < THREADS; t++) cr_assert_eq(pthread_create(&threads[t], NULL, add_many, tally), 0);
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    cr_expect_not_null(strstr(shown(), "40000/40000"), "%s", shown());
    sw_tally_destroy(tally);
}

Test(tally, where_nothing_is_to_be_shown_nothing_is_made)
{
    sw_tally *tally;
    cr_assert_eq(sw_tally_create(&tally, NULL, &images), SW_OK);
    cr_assert_null(tally);
    sw_tally_add(tally, 1);
    sw_tally_set(tally, 2);
    sw_tally_destroy(tally);
}
