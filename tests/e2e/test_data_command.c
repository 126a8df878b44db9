/* segwork data: synth, stats and fetch as a user meets them. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "http_server.h"
#include "program.h"
#include "scratch.h"

TestSuite(data_command, .init = scratch_create, .fini = scratch_remove);

Test(data_command, help_explains_the_layout_the_actions_and_every_option)
{
    static const char *const words[] = {"annotations/trimaps/NAME.png",
                                        "segwork data init",
                                        "segwork data synth",
                                        "segwork data fetch",
                                        "segwork data stats",
                                        "segwork data browse",
                                        "Options of synth:",
                                        "Options of fetch:",
                                        "--train",
                                        "--val",
                                        "--size",
                                        "--seed",
                                        "--base-url"};
    program_expect(0, "Usage: segwork data", "segwork data --help");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        cr_expect_not_null(strstr(program_output, words[i]), "no '%s' in\n%s", words[i], program_output);
    program_expect_narrow();
}

Test(data_command, a_wrong_command_line_ends_with_2_and_says_what_is_right)
{
    program_expect(2, "segwork data init|synth|fetch|stats DIR", "segwork data");
    program_expect(2, "there is no action 'make'", "segwork data make here");
    program_expect(2, "segwork data stats DIR", "segwork data stats");
    program_expect(2, "segwork data synth DIR", "segwork data synth one two");
    program_expect(2, "an option of 'data synth' was given to 'data stats'",
                   "segwork data stats here --seed 3");
    program_expect(2, "takes no --size", "segwork data fetch here --size 3");
    program_expect(2, "invalid numeric value", "segwork data synth here --train many");
    program_expect(2, "--seed -2", "segwork data synth here --seed -2");
    program_expect(2, "--seed -1", "segwork data synth here --seed -1");
    program_expect(2, "each must be 1 to", "segwork data synth here --train 0");
    program_expect(2, "each must be 1 to", "segwork data synth here --train -1");
    program_expect(2, "each must be 1 to", "segwork data synth here --val -1");
    program_expect(2, "size must be 16 to 1024", "segwork data synth here --size -1");
    program_expect(2, "--size -1", "segwork data stats here --size -1");
    program_expect(2, "takes no --size", "segwork data fetch here --size -1");
    program_expect(2, "an option of 'data synth' was given", "segwork data stats here --train -1");
    program_expect(2, "must be 1 byte or more", "segwork data fetch here --expect-images -1");
    program_expect(2, "must be 1 byte or more", "segwork data fetch here --expect-annotations -1");
    program_expect(2, "size must be 16 to 1024", "segwork data synth here --size 4");
    program_expect(2, "--size 0", "segwork data stats here --size 0");
    program_expect(2, "must be 1 byte or more", "segwork data fetch here --expect-images 0");
    program_expect(2, "segwork data synth nowhere", "segwork data stats nowhere");
    cr_expect_not(file_exists("here"));
}

Test(data_command, synth_makes_a_set_once_and_stats_describes_it_in_80_columns)
{
    program_expect(0, "pets: 6 training and 2 validation pictures of 32 x 32 pixels, seed 9",
                   "segwork data synth pets --train 6 --val 2 --size 32 --seed 9");
    struct stat first, again;
    cr_assert_eq(stat(scratch_path("pets/images/pet_000001.jpg"), &first), 0);
    program_expect(0, NULL, "segwork data synth pets --train 6 --val 2 --size 32 --seed 9");
    cr_assert_eq(stat(scratch_path("pets/images/pet_000001.jpg"), &again), 0);
    cr_expect_eq(first.st_ino, again.st_ino);
    program_expect(2, "made with other options",
                   "segwork data synth pets --train 7 --val 2 --size 32 --seed 9");

    program_expect(0, "8 picture files", "segwork data stats pets --size 32");
    cr_expect_not_null(strstr(program_output, "no odd file"), "%s", program_output);
    program_expect_narrow();
}

Test(data_command, stats_lists_what_is_odd_with_the_reason)
{
    program_expect(0, NULL, "segwork data synth pets --train 40 --val 2 --size 16");
    program_expect(0, NULL,
                   "cd pets/images && printf GIF89a > pet_000001.jpg && rm pet_000002.jpg && printf x > "
                   "\"$(printf 'odd\\033name')\""
                   " && for i in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32; do"
                   " printf x > pet_0000$i.jpg; done");
    program_expect(0, "images/pet_000001.jpg: a GIF", "segwork data stats pets");
    cr_expect_not_null(strstr(program_output, "images/pet_000002.jpg: No such file"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "listed, but not usable: 25\n"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "and 20 more like these (--all lists them)"), "%s",
                       program_output);
    cr_expect_not_null(strstr(program_output, "odd?name"), "a control character reached the terminal:\n%s",
                       program_output);
    program_expect_narrow();
    program_expect(0, "pet_000032.jpg", "segwork data stats pets --all");
    cr_expect_null(strstr(program_output, "--all lists them"));
}

/* Two archives of a small synthetic set in site/, and the options that tell their sizes. */
static void make_site(char options[200], const char *url)
{
    program_expect(0, NULL,
                   "segwork data synth source --train 5 --val 2 --size 64 && mkdir -p site && for f in "
                   "images annotations;"
                   " do tar czf site/$f.tar.gz -C source $f; done");
    struct stat images, annotations;
    cr_assert_eq(stat(scratch_path("site/images.tar.gz"), &images), 0);
    cr_assert_eq(stat(scratch_path("site/annotations.tar.gz"), &annotations), 0);
    snprintf(options, 200, "--base-url %s --expect-images %lld --expect-annotations %lld", url,
             (long long)images.st_size, (long long)annotations.st_size);
}

Test(data_command, fetch_downloads_a_set_goes_on_after_a_break_and_is_content_when_it_is_there,
     .timeout = 120)
{
    char options[200];
    make_site(options, http_server_start(scratch_path("site")));
    http_server_behave((http_behaviour){.cut_after = 5000});
    int code, calls = 0;
    while ((code = program_run("segwork data fetch got %s", options)) != 0 && calls++ < 100) {
        cr_assert_eq(code, 1, "%s", program_output);
        cr_assert_not_null(strstr(program_output, "the same command goes on from there"), "%s",
                           program_output);
    }
    cr_expect_geq(calls, 2, "it took %d calls", calls);
    program_expect(0, NULL, "diff -r source/images got/images && diff -r source/annotations got/annotations");
    http_server_stop();
    program_expect(0, "images and annotations are complete", "segwork data fetch got %s", options);
    program_expect(0, "no odd file", "segwork data stats got");
}

Test(data_command, ctrl_c_stops_a_fetch_with_130_and_keeps_what_came, .timeout = 120)
{
    char options[200];
    make_site(options, http_server_start(scratch_path("site")));
    http_server_behave((http_behaviour){.cut_after = 700, .stalls = true});
    pid_t pid = program_start("data fetch got %s", options);
    for (int waited = 0; waited < 1000 && !http_server_body_bytes(); waited++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    cr_assert_eq(kill(pid, SIGINT), 0);
    cr_expect_eq(program_wait(pid), 130, "%s", program_output);
    http_server_behave((http_behaviour){0});
    program_expect(0, "images and annotations are complete", "segwork data fetch got %s", options);
    http_server_stop();
}
