/* What a run leaves behind. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(run_outputs, .init = scratch_create, .fini = scratch_remove);

static void run(const char *sets)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=2 %s",
                   sets);
}

Test(run_outputs, the_folder_has_every_file_and_nothing_else)
{
    run("");
    program_expect(0, NULL, "cd run && find . -type f | sed 's/tfevents.*/tfevents/' | LC_ALL=C sort");
    cr_expect_str_eq(program_output, "./checkpoints/best.safetensors\n"
                                     "./checkpoints/last.safetensors\n"
                                     "./checkpoints/resume.safetensors\n"
                                     "./config.yaml\n"
                                     "./events.out.tfevents\n"
                                     "./gallery/epoch_02.csv\n"
                                     "./gallery/epoch_02.json\n"
                                     "./gallery/epoch_02.png\n"
                                     "./grids/epoch_00.png\n"
                                     "./grids/epoch_01.png\n"
                                     "./grids/epoch_02.png\n"
                                     "./log.txt\n"
                                     "./manifest.json\n"
                                     "./masks/epoch_00.png\n"
                                     "./masks/epoch_00_confidence.png\n"
                                     "./masks/epoch_01.png\n"
                                     "./masks/epoch_01_confidence.png\n"
                                     "./masks/epoch_02.png\n"
                                     "./masks/epoch_02_confidence.png\n"
                                     "./masks/images.json\n"
                                     "./masks/inputs.png\n"
                                     "./masks/truth.png\n"
                                     "./metrics.csv\n"
                                     "./metrics.jsonl\n"
                                     "./steps.jsonl\n");
}

static const char *text_at(const cJSON *json, const char *object, const char *key)
{
    const cJSON *item = object ? cJSON_GetObjectItemCaseSensitive(json, object) : json;
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));
    cr_expect(text && *text, "%s.%s is missing or empty", object ? object : "", key);
    return text ? text : "";
}

Test(run_outputs, the_manifest_names_device_versions_revision_seed_data_and_times)
{
    run("");
    char *text = file_text("run/manifest.json", NULL);
    cJSON *m = cJSON_Parse(text);
    cr_assert_not_null(m, "%s", text);
    text_at(m, "device", "name");
    text_at(m, "device", "driver");
    text_at(m, "segwork", "version");
    text_at(m, "segwork", "revision");
    for (const char *const *library =
             (const char *const[]){"clblast", "libyaml", "libpng", "libjpeg-turbo", "cairo", NULL};
         *library; library++)
        text_at(m, "libraries", *library);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(m, "data");
    cr_expect_str_neq(text_at(data, "train", "fingerprint"), text_at(data, "val", "fingerprint"));
    cr_expect_eq(cJSON_GetObjectItemCaseSensitive(m, "seed")->valueint, 7);
    cr_expect_str_eq(text_at(m, "origins", "train.epochs"), "--set train.epochs=2");
    cr_expect_not_null(strstr(text_at(m, "origins", "optimizer.lr"), "tests/support/tiny.yaml:"));
    cr_expect_null(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(m, "origins"), "loss.kind"),
        "a default has no origin");
    cr_expect_gt(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(m, "device_memory_bytes")), 100e3);
    const cJSON *session = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(m, "sessions"), 0);
    text_at(session, NULL, "started");
    text_at(session, NULL, "ended");
    cr_expect_str_eq(text_at(session, NULL, "outcome"), "done");
    cJSON_Delete(m);
    free(text);
}

Test(run_outputs, the_log_holds_what_was_shown_from_the_first_line)
{
    run("");
    char *log = file_text("run/log.txt", NULL);
    for (const char *const *words =
             (const char *const[]){"info: device ", "info: data pets/trainval: 8 images",
                                   "info: device memory", "run folder run", "epoch 1/2  loss",
                                   "epoch 2/2  loss", NULL};
         *words; words++)
        cr_expect_not_null(strstr(log, *words), "no '%s' in\n%s", *words, log);
    free(log);
}

Test(run_outputs, metrics_have_the_promised_columns_in_their_order_a_row_an_epoch)
{
    static const char columns[] =
        "epoch,lr,train_loss,val_loss,pixel_accuracy,iou,custom_iou,miou,iou_pet,iou_background,iou_border,"
        "border_recall,article_pixel_accuracy,images_per_second,seconds,";
    run("");
    char *csv = file_text("run/metrics.csv", NULL);
    cr_expect_eq(strncmp(csv, columns, sizeof columns - 1), 0, "%s", csv);
    int rows = 0;
    for (const char *at = csv; (at = strchr(at, '\n')); at++) rows++;
    cr_expect_eq(rows, 3, "%s", csv);
    free(csv);
    char *steps = file_text("run/steps.jsonl", NULL);
    cr_expect_eq(strncmp(steps, "{\"step\":1,\"epoch\":1,\"loss\":", 27), 0, "%s", steps);
    cr_expect_not_null(strstr(steps, "{\"step\":4,\"epoch\":2,\"loss\":"), "%s", steps);
    free(steps);
}

Test(run_outputs, the_article_s_figures_come_every_so_many_epochs_and_after_the_last)
{
    run("--set train.epochs=5 --set train.article_every=2");
    char *metrics = file_text("run/metrics.jsonl", NULL), *row = metrics;
    for (int epoch = 1; epoch <= 5; epoch++) {
        char *end = strchr(row, '\n');
        cr_assert_not_null(end, "epoch %d", epoch);
        *end = 0;
        bool expected = epoch % 2 == 0 || epoch == 5;
        cr_expect_eq(strstr(row, "\"article_pixel_accuracy\":null") == NULL, expected, "%s", row);
        row = end + 1;
    }
    free(metrics);
}

/* Nothing is as much better as is asked for: the run ends after the second epoch. */
Test(run_outputs, the_article_s_figures_come_after_an_epoch_that_ends_the_run_early)
{
    run("--set train.epochs=50 --set train.article_every=40 --set train.early_stop.patience=1 "
        "--set train.early_stop.min_delta=1000");
    char *metrics = file_text("run/metrics.jsonl", NULL), *second = strchr(metrics, '\n') + 1;
    cr_expect_not_null(strstr(program_output, "stopped early after epoch 2"), "%s", program_output);
    cr_expect_null(strstr(second, "\"article_pixel_accuracy\":null"), "%s", metrics);
    *second = 0;
    cr_expect_not_null(strstr(metrics, "\"article_pixel_accuracy\":null"), "%s", metrics);
    free(metrics);
}

static void expect_tensor(const sw_safetensors_reader *reader, const char *name, int rank,
                          const int64_t *shape)
{
    const sw_safetensors_tensor *t = sw_safetensors_reader_find(reader, name);
    cr_assert_not_null(t, "%s is missing", name);
    cr_expect_eq(t->rank, rank, "%s", name);
    for (int i = 0; i < rank && i < t->rank; i++) cr_expect_eq(t->shape[i], shape[i], "%s", name);
}

Test(run_outputs, checkpoints_have_the_names_and_shapes_of_pytorch)
{
    run("");
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, scratch_path("run/checkpoints/last.safetensors")), SW_OK,
                 "%s", sw_error_message());
    expect_tensor(reader, "bn_input.weight", 1, (int64_t[]){3});
    expect_tensor(reader, "dc1.seq.0.weight", 4, (int64_t[]){8, 3, 3, 3});
    expect_tensor(reader, "dc1.seq.1.running_var", 1, (int64_t[]){8});
    expect_tensor(reader, "dc1.seq.1.num_batches_tracked", 0, NULL);
    expect_tensor(reader, "uc1.seq.3.weight", 4, (int64_t[]){3, 8, 3, 3});
    cr_expect_eq(sw_safetensors_reader_count(reader), 5 + 5 * 6);
    int64_t batches = 0;
    cr_expect_eq(
        sw_safetensors_reader_read(reader, sw_safetensors_reader_find(reader, "bn_input.num_batches_tracked"),
                                   &batches, sizeof batches),
        SW_OK);
    cr_expect_eq(batches, 4);
    sw_safetensors_reader_destroy(reader);
}

static unsigned big_endian(const char *bytes)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) value = value << 8 | (unsigned char)bytes[i];
    return value;
}

/* Width and height from a PNG's header. */
static void png_size(const char *name, unsigned *width, unsigned *height)
{
    size_t length;
    char *bytes = file_text(name, &length);
    cr_assert(length > 24 && memcmp(bytes, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) == 0, "%s is no PNG", name);
    *width = big_endian(bytes + 16);
    *height = big_endian(bytes + 20);
    free(bytes);
}

/* Six images of the untrained network, in two batches of at most four and in one of seven. */
Test(run_outputs, the_grid_is_the_same_whatever_the_batches_it_is_predicted_in)
{
    program_draw_pets(8, 7);
    for (int batch = 4; batch <= 7; batch += 3)
        program_expect(0, NULL,
                       "segwork run $SRC/tests/support/tiny.yaml --out by%d --set train.val_batch_size=%d "
                       "--set train.epochs=1 --set grid.count=6 --set grid.columns=6",
                       batch, batch);
    for (const char *const *name =
             (const char *const[]){"masks/epoch_00.png", "masks/epoch_00_confidence.png",
                                   "masks/epoch_01.png", "masks/epoch_01_confidence.png", NULL};
         *name; name++) {
        char by_four[64], by_seven[64];
        snprintf(by_four, sizeof by_four, "by4/%s", *name);
        snprintf(by_seven, sizeof by_seven, "by7/%s", *name);
        expect_same_file(by_four, by_seven);
    }
}

Test(run_outputs, every_epoch_has_a_grid_of_the_same_size_with_the_pictures_asked_for)
{
    unsigned width, height, first_width, first_height;
    run("--set grid.count=4 --set grid.columns=2");
    png_size("run/grids/epoch_00.png", &first_width, &first_height);
    /* three panels of 2 x 2 pictures, each enlarged to at least 128 pixels */
    cr_expect((uint64_t)first_width * first_height >= 3 * 4 * 128 * 128, "%ux%u", first_width, first_height);
    png_size("run/grids/epoch_02.png", &width, &height);
    cr_expect(width == first_width && height == first_height, "%ux%u", width, height);
    program_expect(0, NULL,
                   "segwork run $SRC/tests/support/tiny.yaml --out named --set train.epochs=1 "
                   "--set grid.names='[pet_100002]' --set grid.count=1");
    png_size("named/grids/epoch_01.png", &width, &height);
    cr_expect((uint64_t)width * height < (uint64_t)first_width * first_height, "%ux%u", width, height);
    program_expect(2, "'pet_000001' is not among the 4 validation images",
                   "segwork run $SRC/tests/support/tiny.yaml --out other --set grid.names='[pet_000001]' "
                   "--set grid.count=1");
    program_expect(2, "'made_up' is not among the 4 validation images",
                   "segwork run $SRC/tests/support/tiny.yaml --out other --set grid.count=5 "
                   "--set grid.names='[pet_100001, pet_100002, pet_100003, pet_100004, made_up]'");
    program_expect(2, "'pet_100002' stands there twice",
                   "segwork run $SRC/tests/support/tiny.yaml --out other --set grid.count=2 "
                   "--set grid.names='[pet_100002, pet_100002]'");
    cr_expect_not(file_exists("other"));
}
