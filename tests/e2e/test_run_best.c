/* What a run remembers of earlier epochs over its stops: the best one, and the time that training took. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "program.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(run_best, .init = scratch_create, .fini = scratch_remove);

#define TINY "$SRC/tests/support/tiny.yaml "

static double figure(const char *run, int epoch, const char *key)
{
    char path[64];
    snprintf(path, sizeof path, "%s/metrics.jsonl", run);
    char *text = file_text(path, NULL), *line = strtok(text, "\n");
    for (int e = 1; line && e < epoch; e++) line = strtok(NULL, "\n");
    cJSON *row = cJSON_Parse(line ? line : "");
    cr_assert_not_null(row, "%s has no epoch %d", path, epoch);
    double value = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(row, key));
    cJSON_Delete(row);
    free(text);
    return value;
}

/* What the metadata of a checkpoint say, in a buffer that the next call overwrites. */
static const char *note_of(const char *path, const char *key)
{
    static char value[64];
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, scratch_path(path)), SW_OK, "%s", sw_error_message());
    const char *text = sw_safetensors_reader_metadata(reader, key);
    cr_assert_not_null(text, "%s has no %s", path, key);
    snprintf(value, sizeof value, "%s", text);
    sw_safetensors_reader_destroy(reader);
    return value;
}

/* One step an epoch: the first changes nothing, and from the second on they are far too large. */
#define FALLING                                                                                              \
    TINY                                                                                                     \
        "--set train.epochs=5 --set train.batch_size=8 --set train.save_best=val_loss --set optimizer.lr=1 " \
        "--set schedule.warmup_epochs=1 --set schedule.warmup_start=0 "

Test(run_best, the_best_epoch_stays_the_best_however_often_a_run_is_resumed)
{
    enum { EPOCHS = 5, MOST = 30 };
    int stops = 0, code;
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run " FALLING "--out whole");
    for (int e = 2; e <= EPOCHS; e++)
        cr_assert_gt(figure("whole", e, "val_loss"), figure("whole", 1, "val_loss"),
                     "the data do not suit this test: epoch %d is better", e);
    /* a process for each step, and one for each validation */
    code = program_run("segwork run " FALLING "--set train.max_minutes=1e-6 --out parts");
    for (; code == 130 && stops < MOST; stops++) {
        if (file_exists("parts/checkpoints/best.safetensors"))
            expect_same_file("whole/checkpoints/best.safetensors", "parts/checkpoints/best.safetensors");
        code = program_run("segwork run --resume parts");
    }
    cr_expect_eq(code, 0, "exit code %d\n%s", code, program_output);
    cr_expect_geq(stops, EPOCHS - 1);
    expect_same_file("whole/checkpoints/best.safetensors", "parts/checkpoints/best.safetensors");
    cr_expect_str_eq(note_of("parts/checkpoints/resume.safetensors", "best_epoch"), "1");
    program_expect(0, "epoch_01", "ls parts/gallery");
    cr_expect_null(strstr(program_output, "epoch_05"), "%s", program_output);
}

/* Replaces a number in a file's metadata by one of the same length. The checksums, which are then wrong, get
 * a name under which nobody looks for them. */
static void replace_note(const char *path, const char *key, const char *value)
{
    char pattern[64];
    size_t length;
    char *text = file_text(path, &length);
    snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
    cr_assert_gt(length, 8);
    char *at = strstr(text + 8, pattern); /* behind the length of the header, which is text */
    cr_assert_not_null(at, "%s has no %s", path, key);
    at += strlen(pattern);
    char *end = strchr(at, '"'), *digit = at + strlen(value);
    cr_assert(end && end > digit, "%s has no room for %s", pattern, value);
    memcpy(at, value, strlen(value));
    while (digit < end) *digit++ = '0';
    char *checksums = strstr(text + 8, "segwork.xxh64");
    if (checksums) *checksums = 'x';
    cr_assert_eq(sw_fs_write(scratch_path(path), text, length), SW_OK, "%s", sw_error_message());
    free(text);
}

/* A run that is said to have trained for 1000 s of the 3000 s before it was stopped within its first epoch.
 */
Test(run_best, the_time_before_a_stop_counts_in_the_figures_of_the_epoch)
{
    enum { IMAGES = 24, REST_S = 300 };
    static const char saved[] = "run/checkpoints/resume.safetensors";
    program_draw_pets(IMAGES, 4);
    program_expect(130, NULL,
                   "segwork run " TINY "--set train.epochs=2 --set train.max_minutes=1e-6 --out run");
    replace_note(saved, "train_seconds", "1000.");
    replace_note(saved, "seconds", "3000.");
    program_expect(0, NULL, "segwork run --resume run --set train.max_minutes=1000");
    const double seconds = figure("run", 1, "seconds"), rate = figure("run", 1, "images_per_second");
    cr_expect(seconds >= 3000 && seconds < 3000 + REST_S, "%g s", seconds);
    cr_expect(rate <= IMAGES / 1000.0 && rate > IMAGES / (1000.0 + REST_S), "%g images/s", rate);
    cr_expect_gt(figure("run", 2, "images_per_second"), 0.1, "the second epoch has a time of its own");
}
