/* segwork report: pages of real and of made-up runs, read back. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "run_case.h"
#include "scratch.h"

TestSuite(report_command, .init = scratch_create, .fini = scratch_remove);

static const double figures[] = {0.25, 0.5, 0.375};

static void train(const char *name, const char *sets)
{
    if (!file_exists("pets")) program_draw_pets(8, 14);
    program_expect(
        0, NULL,
        "segwork run $SRC/tests/support/tiny.yaml --out '%s' --set train.epochs=2 --set grid.count=6 "
        "--set grid.columns=4 %s",
        name, sets);
}

/* The page is whole, refers to nothing outside, and has all the words (ended by NULL), in this order. */
static void expect_page(const char *page, const char *const *words)
{
    program_expect(0, NULL, "! command -v python3 >/dev/null || python3 $SRC/tests/e2e/check_page.py '%s'",
                   page);
    char *text = file_text(page, NULL);
    cr_expect_null(strstr(text, "http:"));
    cr_expect_null(strstr(text, "https:"));
    cr_expect_eq(strncmp(text, "<!DOCTYPE html>", 15), 0);
    const char *at = text;
    for (; *words; words++) {
        const char *found = strstr(at, *words);
        cr_expect_not_null(found, "no '%s' where it should be", *words);
        if (found) at = found + strlen(*words);
    }
    free(text);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int occurrences(const char *page, const char *what)
{
    char *text = file_text(page, NULL);
    int count = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) count++;
    free(text);
    return count;
}

/* Photographs, confidences and galleries stay where they are; the class maps are inside. */
static void expect_links(void)
{
    program_expect(0, "photographs are links",
                   "mkdir pages && segwork report runs/first runs/second --link --out pages/page.html");
    program_expect(0, NULL,
                   "! command -v python3 >/dev/null || python3 $SRC/tests/e2e/check_page.py pages/page.html "
                   "--links");
    cr_expect_eq(occurrences("pages/page.html", "url(../runs/first/masks/inputs.png)"), 1);
    cr_expect_eq(
        occurrences("pages/page.html", "\"confidence\":\"../runs/second/masks/epoch_02_confidence.png\""), 1);
    cr_expect_eq(occurrences("pages/page.html", "\"prediction\":\"data:image/png"), 2 * 3);
    cr_expect_eq(occurrences("page.html", "../runs"), 0);
    program_expect(0, NULL, "segwork report runs/first runs/second --embed --out embedded.html");
    expect_same_file("page.html", "embedded.html");
}

/* One image is changed so that no other one is as far apart. */
static void expect_differing_images(void)
{
    program_expect(0, NULL,
                   "sed -i 's/^\\(pet_[0-9]*6\\),[0-9.]*,/\\1,0.001,/' runs/first/gallery/epoch_*.csv && "
                   "sed -i 's/^\\(pet_[0-9]*6\\),[0-9.]*,/\\1,0.999,/' runs/second/gallery/epoch_*.csv && "
                   "grep -q 6,0.999 runs/second/gallery/*.csv && segwork report runs/first runs/second");
    expect_page("report.html", WORDS("id=\"differ\"", "<figcaption><b>pet_", "6</b><br>", "A 0.1\xC2\xA0%, ",
                                     "B <b>99.9\xC2\xA0%</b>: 99.8 points apart"));
}

Test(report_command, two_runs_make_a_page_with_every_part_and_the_same_one_again)
{
    train("runs/first", "");
    train("runs/second", "--set optimizer.lr=0.003");
    program_expect(0, "written  page.html", "segwork report runs/first runs/second --out page.html");
    expect_page("page.html",
                WORDS("<h1>first, second</h1>", "Overview", ">finished<", "2 of 2", "Learning curves",
                      "Runs shown", "<b>Loss</b>", "<b>Border IoU</b>", "<b>Learning rate</b>",
                      "type=\"range\"", "pet_1000", "Images where the runs differ most", " points apart",
                      "Run by run", "role=\"tablist\"", "Confusion matrix", "Figures by class", "Worst",
                      "surely wrong", "Doubtful truth", "What the truth has of border beyond the usual",
                      "Figures of every epoch", "<h2 id=\"architecture-title\">Architecture</h2>",
                      "<h3>first, second</h3>", "<svg class=", "Keys whose values differ", "optimizer.lr",
                      "0.01", "0.003", "Every value of first", "tests/support/tiny.yaml:", "Environment",
                      "device", "fingerprint", ": done"));
    const int differ = occurrences("page.html", " points apart</figcaption>");
    cr_expect(differ > 0 && differ <= 12, "%d", differ);
    cr_expect_eq(occurrences("page.html", "<figure class=\"tile\">"), 6 + differ + 2 * 3 * 12);
    cr_expect_eq(occurrences("page.html", "{\"text\":\"epoch "), 2 * 3);
    program_expect(0, NULL, "segwork report runs/first runs/second --out again.html");
    expect_same_file("page.html", "again.html");
    /* both show the same images: one sheet of photographs, under one slider */
    cr_expect_eq(occurrences("page.html", "type=\"range\""), 1);
    cr_expect_eq(occurrences("page.html", "-input{background-image"), 1);
    cr_expect_eq(occurrences("page.html", "<i class=\"m0-run1\">"), 6);
    expect_page("page.html",
                WORDS("<strong>What differs:</strong> <code>optimizer.lr</code> 0.01 (A), 0.003 (B)",
                      "<strong>B against A</strong>: mean IoU ", "one run each", "class=\"best\""));
    expect_links();
    expect_differing_images();
}

Test(report_command, a_run_copied_elsewhere_needs_neither_its_data_nor_its_weights)
{
    train("run", "");
    program_expect(0, NULL, "mkdir 'far' && mv run 'far/<b> & \"q\"' && rm -r pets far/*/checkpoints");
    program_expect(0, "written  report.html", "segwork report 'far/<b> & \"q\"'");
    expect_page("report.html",
                WORDS("<h1>far/&lt;b&gt; &amp; &quot;q&quot;</h1>", "Results", "Confusion matrix"));
    cr_expect_eq(occurrences("report.html", "role=\"tablist\" aria-label=\"Runs\""), 0);
    program_expect(0, NULL, "segwork report 'far/<b> & \"q\"' --link --out far/page.html");
    cr_expect_eq(occurrences("far/page.html", "url(%3Cb%3E%20%26%20%22q%22/masks/inputs.png)"), 1);
}

/* Rows are truths: of the 100 pixels of the pet 70 were found, of the 400 of the background 320, of the 50 of
 * the border 10. Precision and recall of the pet are told apart by 0.625 and 0.875. */
Test(report_command, every_cell_of_the_confusion_matrix_stands_in_its_row_and_column)
{
    train("run", "--set train.epochs=1");
    program_expect(0, NULL,
                   "sed -i 's/\"precision_pet\":[^,]*/\"precision_pet\":0.625/; "
                   "s/\"recall_pet\":[^,]*/\"recall_pet\":0.875/' run/metrics.jsonl && "
                   "grep -q 0.625.*0.875 run/metrics.jsonl || grep -q 0.875.*0.625 run/metrics.jsonl");
    char *text = file_text("run/gallery/epoch_01.json", NULL);
    cJSON *gallery = cJSON_Parse(text);
    cr_assert(gallery && cJSON_ReplaceItemInObject(gallery, "confusion",
                                                   cJSON_Parse("[[70,25,5],[60,320,20],[30,10,10]]")));
    free(text);
    text = cJSON_Print(gallery);
    scratch_write("run/gallery/epoch_01.json", text);
    cJSON_free(text);
    cJSON_Delete(gallery);
    program_expect(0, NULL, "segwork report run --out page.html");
    expect_page("page.html",
                WORDS("value=\"shares\" checked", "value=\"pixels\"", "Rows: truth, columns: prediction",
                      ">pet<", "70.0", ">70<", "25.0", ">25<", "5.0", ">5<", ">background<", "15.0", ">60<",
                      "80.0", ">320<", "5.0", ">20<", ">border<", "60.0", ">30<", "20.0", ">10<", "20.0",
                      ">10<", "Figures by class", "pet</b>", "<span>precision</span>", "<span>0.6250</span>",
                      "<span>recall</span>", "<span>0.8750</span>"));
}

Test(report_command, each_network_is_drawn_once_and_none_that_may_be_another)
{
    run_case_write(&(run_case){.folder = "a"});
    run_case_write(&(run_case){.folder = "b", .config = "data: {size: 64}\n"});
    program_expect(0, NULL,
                   "cp -r a again && cp -r a newer && sed -i '/^model:/a\\  wings: 2' newer/config.yaml");
    program_expect(0, "keys: model.wings", "segwork report a b again newer --out page.html");
    expect_page("page.html", WORDS("Architecture</h2>", "<h3>a, again</h3>", "<svg class=\"segwork-net\"",
                                   "<h3>b</h3>", "<svg class=\"segwork-net\"",
                                   "The network of newer is not drawn", "Configuration</h2>"));
    cr_expect_eq(occurrences("page.html", "<svg class=\"segwork-net\""), 2);
}

Test(report_command, an_earlier_versions_run_shows_its_pictures)
{
    train("run", "");
    program_expect(0, NULL, "rm -r run/masks run/gallery && segwork report run");
    expect_page("report.html",
                WORDS("type=\"range\"",
                      "{\"text\":\"epoch 0: before training\",\"whole\":\"data:image/png;base64,",
                      "{\"text\":\"epoch 2: pixel accuracy", "<img class=\"whole\"",
                      "no confusion matrix: it was made by an earlier version"));
    cr_expect_eq(occurrences("report.html", "Images worth a look"), 0);
}

Test(report_command, unfinished_runs_show_what_there_is)
{
    run_case_write(&(run_case){.folder = "new", .config = "train: {epochs: 3}\n", .epochs = 0});
    run_case_write(&(run_case){.folder = "stopped",
                               .config = "train: {epochs: 3}\n",
                               .outcome = "interrupted",
                               .iou_border = figures,
                               .epochs = 1});
    run_case_write(&(run_case){.folder = "bad",
                               .config = "train: {epochs: 3}\n",
                               .outcome = "failed: <b>no</b> disk",
                               .val_data = "other",
                               .iou_border = figures,
                               .epochs = 2});
    program_expect(0, NULL, "segwork report new --out new.html");
    expect_page("new.html", WORDS(">cut off<", "0 of 3", "No training step is recorded yet",
                                  "no pictures yet", "No epoch has been completed yet", "Every value,"));
    program_expect(0, NULL, "segwork report stopped new bad --out three.html");
    expect_page(
        "three.html",
        WORDS(">interrupted<", "1 of 3", ">cut off<", ">failed<", "failed: &lt;b&gt;no&lt;/b&gt; disk",
              "<strong>bad</strong>: validated on other images than stopped: metrics are not comparable",
              "<strong>new, bad</strong>: another number of epochs than stopped</p>", "<b>Loss</b>",
              "The runs have the same configuration", "no word of its end"));
}

Test(report_command, what_compares_with_the_first_run_is_judged_as_compare_does)
{
    static const run_case others[] = {{.folder = "resized",
                                       .config = "train: {epochs: 3}\ndata: {resize: bilinear}\n",
                                       .outcome = "done",
                                       .train_data = "resized t",
                                       .val_data = "resized v",
                                       .iou_border = figures,
                                       .epochs = 3},
                                      {.folder = "no border",
                                       .config = "train: {epochs: 3}\nloss: {ignore_index: 2}\n",
                                       .outcome = "done",
                                       .iou_border = figures,
                                       .epochs = 3},
                                      {.folder = "larger",
                                       .config = "train: {epochs: 3}\ndata: {size: 64}\n",
                                       .outcome = "done",
                                       .val_data = "large v",
                                       .iou_border = figures,
                                       .epochs = 3}};
    run_case_write(&(run_case){.folder = "a",
                               .config = "train: {epochs: 3}\n",
                               .outcome = "done",
                               .iou_border = figures,
                               .epochs = 3});
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) run_case_write(&others[i]);
    program_expect(0, NULL, "segwork report a resized --out resized.html");
    expect_page("resized.html",
                WORDS("<strong>resized</strong>: images were resized another way than a's (data.resize)"));
    cr_expect_eq(occurrences("resized.html", "not comparable"), 0);
    program_expect(0, NULL, "segwork report a 'no border' larger --out three.html");
    expect_page("three.html",
                WORDS("<strong>larger</strong>: images of another size than a's: metrics are not comparable",
                      "<strong>no border</strong>: other classes or pixels count than in a: metrics are not",
                      "<strong>no border</strong>: another loss than a's: train_loss and val_loss are not"));
    cr_expect_eq(occurrences("three.html", "validated on other images"), 0);
}

Test(report_command, a_run_killed_and_resumed_has_one_curve_and_the_gallery_of_one_never_stopped)
{
    train("whole", "");
    program_stop_run("cut", "metrics.jsonl", 1, SIGKILL,
                     "$SRC/tests/support/tiny.yaml --set train.epochs=2 --set grid.count=6 "
                     "--set grid.columns=4");
    program_expect(0, NULL, "segwork report cut --out cut.html");
    expect_page("cut.html", WORDS("Overview", "Learning curves"));
    program_expect(0, NULL, "segwork run --resume cut");
    expect_same_run("whole", "cut", 2);
    program_expect(0, NULL, "segwork report cut --out cut.html");
    expect_page("cut.html", WORDS(">finished<", "2 of 2", "no word of its end; ", ": done"));
    cr_expect_eq(occurrences("cut.html", "\"x\":[1,2]"), occurrences("cut.html", "\"what\":") - 2);
}

Test(report_command, every_mistake_is_said_and_nothing_is_written)
{
    static const struct {
        int code;
        const char *words, *arguments;
    } cases[] = {{2, "needs the folder of at least one run", ""},
                 {2, "no such run folder", "nowhere"},
                 {2, "is not the folder of a run", "."},
                 {2, "is a file; expected the folder of a run", "run/log.txt"},
                 {2, "run/. is given twice", "run run/."},
                 {2, "--embed and --link exclude each other", "run --embed --link"},
                 {2, "9 runs: more than 8", "a b c d e f g h i"},
                 {1, "gallery/epoch_01.json: its", "half"},
                 {1, "masks/images.json", "torn"},
                 {1, "no/such/page.html", "run --out no/such/page.html"}};
    static const char *const names[] = {"run", "half", "torn"};
    for (int i = 0; i < 3; i++)
        run_case_write(&(run_case){.folder = names[i],
                                   .config = "train: {epochs: 3}\n",
                                   .outcome = "done",
                                   .iou_border = figures,
                                   .epochs = 3});
    scratch_write("half/gallery/epoch_01.json", "{\"format\": 1");
    scratch_write("torn/masks/images.json", "{\"format\": 1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_expect(cases[i].code, cases[i].words, "segwork report %s", cases[i].arguments);
        cr_expect_not(file_exists("report.html"), "%s", cases[i].arguments);
    }
}
