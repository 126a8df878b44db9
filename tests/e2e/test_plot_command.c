/* segwork plot: curves of runs that are finished, unfinished or none. */
#include <cairo.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "run_case.h"
#include "scratch.h"

TestSuite(plot_command, .init = scratch_create, .fini = scratch_remove);

static const double figures[] = {0.25, 0.5, 0.375};

static void write_runs(void)
{
    run_case_write(&(run_case){.folder = "a",
                               .config = "train: {epochs: 3}\n",
                               .outcome = "done",
                               .iou_border = figures,
                               .epochs = 3});
    run_case_write(&(run_case){.folder = "b <&>",
                               .config = "train: {epochs: 3}\n",
                               .outcome = "interrupted",
                               .iou_border = figures,
                               .epochs = 1});
}

Test(plot_command, two_runs_become_the_same_svg_and_png_each_time)
{
    write_runs();
    program_expect(0, "written  1.svg", "segwork plot a 'b <&>' --out 1.svg");
    program_expect(0, "written  2.svg", "segwork plot a 'b <&>' --out 2.svg");
    expect_same_file("1.svg", "2.svg");
    program_expect(0, NULL, "segwork plot a 'b <&>' --out 1.PNG --size 640x480 --metrics loss,lr,iou_pet");
    program_expect(0, NULL, "segwork plot a 'b <&>' --out 2.png --size 640x480 --metrics loss,lr,iou_pet");
    expect_same_file("1.PNG", "2.png");
    cairo_surface_t *s = cairo_image_surface_create_from_png(scratch_path("1.PNG"));
    cr_assert_eq(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
    cr_expect(cairo_image_surface_get_width(s) == 640 && cairo_image_surface_get_height(s) == 480);
    cairo_surface_destroy(s);
    char *svg = file_text("1.svg", NULL);
    cr_expect_not_null(strstr(svg, "</svg>"));
    free(svg);
}

Test(plot_command, axes_can_be_logarithmic_and_have_limits)
{
    write_runs();
    program_expect(0, NULL, "segwork plot a --out plain.svg");
    program_expect(0, NULL, "segwork plot a --out log.svg --log");
    program_expect(0, NULL, "segwork plot a --out cut.svg --ylim loss=0.1,0.5 --ylim pixel_accuracy=0,1");
    program_expect(0, NULL, "segwork plot a --out both.svg --log --metrics loss,lr --ylim 0.001,5");
    program_expect(1, NULL, "cmp -s plain.svg log.svg");
    program_expect(1, NULL, "cmp -s plain.svg cut.svg");
    program_expect(0, NULL,
                   "grep -q clip-path cut.svg && ! grep -q clip-path plain.svg"); /* cut at the limits */
}

Test(plot_command, a_run_that_has_only_steps_can_be_drawn_and_one_that_has_nothing_not)
{
    run_case_write(&(run_case){.folder = "new", .config = "train: {epochs: 3}\n", .epochs = 0});
    program_expect(1, "no epoch has been completed yet", "segwork plot new --out 1.svg");
    cr_expect_not(file_exists("1.svg"));
    scratch_write("new/steps.jsonl", "{\"step\":1,\"epoch\":1,\"loss\":1.5,\"lr\":0.01}\n{\"step\":2,");
    program_expect(0, NULL, "segwork plot new --out 1.svg");
}

Test(plot_command, why_there_is_nothing_to_draw_is_said_as_it_is)
{
    write_runs();
    program_expect(
        1,
        "a: nothing to draw, article_iou has no value in any epoch: the article's validation is made "
        "every train.article_every epochs (0: never)",
        "segwork plot a --metrics article_iou --out 1.svg");
    program_expect(1, "a and the others: nothing to draw, boundary_f1 has no value in any epoch\n",
                   "segwork plot a 'b <&>' --metrics boundary_f1 --out 1.svg");
    program_expect(1, "article_iou and what else is asked for has no value in any epoch\n",
                   "segwork plot a --metrics article_iou,boundary_f1 --out 1.svg");
    program_expect(0, NULL, "segwork plot a --metrics article_iou,iou_border --out 1.svg");
}

Test(plot_command, every_mistake_is_said_and_nothing_is_written)
{
    static const struct {
        int code;
        const char *words, *arguments;
    } cases[] = {{2, "needs the folder of at least one run", "--out 1.svg"},
                 {2, "needs --out", "a"},
                 {2, "must end in .svg or .png", "a --out 1.pdf"},
                 {2, "must end in .svg or .png", "a --out svg"},
                 {2, "there is no metric 'accuracy', did you mean pixel_accuracy; there are loss, lr,",
                  "a --out 1.svg --metrics loss,accuracy"},
                 {2, "a name is missing", "a --out 1.svg --metrics loss,,lr"},
                 {2, "a name is missing", "a --out 1.svg --metrics ''"},
                 {2, "'lr' stands there twice", "a --out 1.svg --metrics lr,loss,lr"},
                 {2, "expected WIDTHxHEIGHT", "a --out 1.svg --size 100"},
                 {2, "expected WIDTHxHEIGHT", "a --out 1.svg --size 800x600px"},
                 {2, "within 200..10000", "a --out 1.svg --size 800x10001"},
                 {2, "within 200..10000", "a --out 1.svg --size -800x600"},
                 {2, "expected LOW,HIGH", "a --out 1.svg --ylim 2"},
                 {2, "expected LOW,HIGH", "a --out 1.svg --ylim 0,2x"},
                 {2, "expected LOW,HIGH", "a --out 1.svg --ylim loss=2,0"},
                 {2, "expected LOW,HIGH", "a --out 1.svg --ylim loss=nan,1"},
                 {2, "expected LOW,HIGH", "a --out 1.svg --ylim -1e308,1e308"},
                 {2, "'lose' is none of the metrics", "a --out 1.svg --ylim lose=0,2"},
                 {2, "a logarithmic axis begins above 0", "a --out 1.svg --log --ylim loss=0,2"},
                 {2, "no such run folder", "nowhere --out 1.svg"},
                 {2, "is not the folder of a run", ". --out 1.svg"},
                 {2, "a/ is given twice", "a a/ --out 1.svg"},
                 {2, "9 runs: more than 8", "a b c d e f g h i --out 1.svg"},
                 {1, "no/such/1.svg", "a --out no/such/1.svg"},
                 {1, "metrics.jsonl:1:", "broken --out 1.svg"}};
    write_runs();
    run_case_write(&(run_case){.folder = "broken",
                               .config = "train: {epochs: 3}\n",
                               .outcome = "done",
                               .iou_border = figures,
                               .epochs = 1});
    scratch_write("broken/metrics.jsonl", "nonsense\n{\"epoch\":2}\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_expect(cases[i].code, cases[i].words, "segwork plot %s", cases[i].arguments);
        cr_expect_not(file_exists("1.svg"), "%s", cases[i].arguments);
    }
}
