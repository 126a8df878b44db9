/* segwork inspect: the figures of a small run, and what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "program.h"
#include "scratch.h"

TestSuite(inspect_command, .init = scratch_create, .fini = scratch_remove);

static void train(const char *sets)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=2 %s",
                   sets);
}

static void expect_in_file(const char *name, const char *words, bool there)
{
    char *text = file_text(name, NULL);
    cr_expect_eq(strstr(text, words) != NULL, there, "%s: '%s' is %s", name, words,
                 there ? "missing" : "there");
    free(text);
}

/* Each figure that the index names is a picture of the size of one. */
static int count_figures(const char *folder)
{
    int count = 0;
    char name[96], line[200];
    snprintf(name, sizeof name, "%s/index.txt", folder);
    FILE *index = fopen(scratch_path(name), "r");
    cr_assert_not_null(index);
    while (fgets(line, sizeof line, index)) {
        char file[64];
        sw_image image;
        if (line[0] < '0' || line[0] > '9' || sscanf(line, "%63s", file) != 1) continue;
        snprintf(name, sizeof name, "%s/%s", folder, file);
        cr_expect_eq(sw_image_read_rgb(&image, scratch_path(name)), SW_OK, "%s", sw_error_message());
        cr_expect(image.width > 400 && image.height > 100, "%s: %d x %d", file, image.width, image.height);
        sw_image_deinit(&image);
        count++;
    }
    fclose(index);
    return count;
}

/* tiny.yaml halves its images twice and enlarges them again: five levels. */
static void expect_figures(void)
{
    program_expect(0, "written  figures: 11 figures", "segwork inspect run --out figures");
    cr_expect_not_null(strstr(program_output, "no map of uncertainty"), "%s", program_output);
    cr_expect_eq(count_figures("figures"), 11);
    expect_in_file("figures/index.txt", "What excites dc1.seq.1", true);
    expect_in_file("figures/index.txt", "Pooling in dc1.mp, unpooling in uc1.mup", true);
    expect_in_file("figures/index.txt", "where in 4 validation pictures", true);
    program_expect(0, NULL, "segwork inspect run --out again && diff -r figures again");
    program_expect(0, NULL,
                   "segwork inspect run --out again --pixel 3,4 --class border && ! diff -q figures again");
    expect_in_file("again/index.txt", "at pixel 3,4 and the class border", true);
}

static void expect_page(void)
{
    program_expect(
        0, "written  page.html: 11 figures",
        "cp pets/images/pet_100002.jpg a.jpg && mv pets away && "
        "segwork inspect run --image a.jpg --pictures 0 --which last --out page.html && "
        "segwork inspect run --image a.jpg --pictures 0 --which last --out page.html && mv away pets");
    expect_in_file("page.html", "a.jpg (32 x 32 px)", true);
    expect_in_file("page.html", "<h2>The strongest channels of dc1.seq.1</h2>", true);
    expect_in_file("page.html", "src=\"data:image/", true);
    expect_in_file("page.html", "http", false);
}

static void expect_refusals(void)
{
    program_expect(2, "needs --out", "segwork inspect run");
    program_expect(2, "takes one run or checkpoint, got 0", "segwork inspect --out x");
    program_expect(2, "--pixel 32,0: the network sees pictures of 32 x 32 px, so that X is 0 to 31",
                   "segwork inspect run --out x --pixel 32,0");
    program_expect(2, "--pixel 3: column and row are meant", "segwork inspect run --out x --pixel 3");
    program_expect(2, "--class cat: the classes are pet, background, border",
                   "segwork inspect run --out x --class cat");
    program_expect(2, "--which first: expected best or last", "segwork inspect run --out x --which first");
    program_expect(2, "--pictures -1: a number of 0 or more", "segwork inspect run --out x --pictures=-1");
    program_expect(1, "none.jpg", "segwork inspect run --out x --image none.jpg");
    program_expect(1, "log.txt", "segwork inspect run --out x --image run/log.txt");
    program_expect(2, "--image FILE --pictures 0",
                   "mv pets away; segwork inspect run --out x; e=$?; mv away pets; exit $e");
    program_expect(2, "would overwrite",
                   "mkdir mine && cp pets/images/pet_100002.jpg mine/01-filters.png && "
                   "segwork inspect run --image mine/01-filters.png --pictures 0 --out mine");
    program_expect(0, NULL, "ls mine | wc -l | grep -x 1");
    program_expect(1, "a file of that name is in the way", "segwork inspect run --out a.jpg");
    program_expect(2, "has not finished an epoch",
                   "mkdir empty && cp run/config.yaml empty && segwork inspect empty --out x");
}

Test(inspect_command, a_run_s_network_is_drawn_and_what_cannot_be_is_refused)
{
    train("");
    expect_figures();
    expect_page();
    expect_refusals();
}

Test(inspect_command, dropout_has_its_map_and_without_unpooling_there_is_no_figure_of_it)
{
    train("--set model.encoder='[{convs: 1, width: 8, dropout: 0.5}]' "
          "--set model.decoder='[{unpool_from: 1, up: nearest, convs: 2, width: 0}]'");
    program_expect(0, "no figure of pooling: this network has no max_unpool",
                   "segwork inspect run/checkpoints/best.safetensors --out figures --pictures 2");
    expect_in_file("figures/index.txt", "over 20 predictions with dropout", true);
    expect_in_file("figures/index.txt", "Pooling in", false);
}
