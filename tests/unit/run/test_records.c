/* The numbers of a run: exact lines, and files that survive a killed process. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "data/pets.h"
#include "epoch_row.h"
#include "run/records.h"
#include "scratch.h"

static int warnings;
static char last_warning[512];

static void count_warnings(void *user, sw_log_level level, const char *line)
{
    (void)user;
    if (level != SW_LOG_WARNING) return;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", line);
}

static void set_up(void)
{
    scratch_create();
    sw_log_add_sink(count_warnings, NULL);
}

TestSuite(records, .init = set_up, .fini = scratch_remove);

static sw_records *open_records(void)
{
    sw_records *records;
    cr_assert_eq(sw_records_open(&records, scratch_path("."), &sw_pets_class_list.classes, NULL), SW_OK, "%s",
                 sw_error_message());
    return records;
}

static void assert_file(const char *name, const char *want)
{
    char *text;
    size_t length;
    cr_assert_eq(sw_fs_read(&text, &length, scratch_path(name), 1 << 20), SW_OK, "%s", sw_error_message());
    cr_assert_str_eq(text, want, "%s is\n%s", name, text);
    free(text);
}

static sw_epoch_record example(int epoch)
{
    sw_epoch_record r = epoch_row_empty(epoch);
    *epoch_row_figure(&r, "lr") = (double)0.001f;
    *epoch_row_figure(&r, "train_loss") = 0.977;
    *epoch_row_figure(&r, "pixel_accuracy") = 0.5 + epoch / 16.0;
    *epoch_row_figure(&r, "iou_pet") = 0.25;
    *epoch_row_figure(&r, "iou_border") = (double)(1.0f / 3);
    *epoch_row_figure(&r, "recall_pet") = 0.5;
    *epoch_row_figure(&r, "recall_border") = *epoch_row_figure(&r, "border_recall") = 0.75;
    *epoch_row_figure(&r, "seconds") = 12.5;
    return r;
}

#define CSV_HEADER                                                                                           \
    "epoch,lr,train_loss,val_loss,pixel_accuracy,iou,custom_iou,miou,iou_pet,iou_background,iou_border,"     \
    "border_recall,article_pixel_accuracy,images_per_second,seconds,article_iou,article_custom_iou,"         \
    "boundary_f1,precision_pet,precision_background,precision_border,recall_pet,recall_background,"          \
    "recall_border,dice_pet,dice_background,dice_border,boundary_f1_pet,boundary_f1_background,"             \
    "boundary_f1_border,class_accuracy,fw_iou\n"

#define CSV_ROW(epoch, accuracy)                                                                             \
    epoch ",0.001,0.977,," accuracy ",,,,0.25,,0.33333334,0.75,,,12.5,,,,,,,0.5,,0.75,,,,,,,,\n"

/* ---- writing ---- */

Test(records, an_epoch_is_a_row_of_json_and_of_csv_in_the_promised_order)
{
    sw_records *records = open_records();
    sw_epoch_record record = example(1);
    cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
    sw_epoch_record_deinit(&record);
    sw_records_close(records);
    assert_file("metrics.csv", CSV_HEADER CSV_ROW("1", "0.5625"));
    assert_file(
        "metrics.jsonl",
        "{\"epoch\":1,\"lr\":0.001,\"train_loss\":0.977,\"val_loss\":null,\"pixel_accuracy\":0.5625,"
        "\"iou\":null,\"custom_iou\":null,\"miou\":null,\"iou_pet\":0.25,\"iou_background\":null,"
        "\"iou_border\":0.33333334,\"border_recall\":0.75,\"article_pixel_accuracy\":null,"
        "\"images_per_second\":null,\"seconds\":12.5,\"article_iou\":null,\"article_custom_iou\":null,"
        "\"boundary_f1\":null,\"precision_pet\":null,\"precision_background\":null,"
        "\"precision_border\":null,\"recall_pet\":0.5,\"recall_background\":null,\"recall_border\":0.75,"
        "\"dice_pet\":null,\"dice_background\":null,\"dice_border\":null,\"boundary_f1_pet\":null,"
        "\"boundary_f1_background\":null,\"boundary_f1_border\":null,\"class_accuracy\":null,\"fw_iou\":null}"
        "\n");
    cr_assert_eq(warnings, 0, "absent is nothing to warn of: %s", last_warning);
}

Test(records, a_step_is_a_line_and_opening_again_appends)
{
    sw_records *records = open_records();
    cr_assert_eq(sw_records_append_step(records, &(sw_step_record){1, 1, 1.0986123, (double)1e-3f}), SW_OK);
    sw_records_close(records);
    records = open_records();
    cr_assert_eq(sw_records_append_step(records, &(sw_step_record){INT64_C(5000000000), 2, 1e-7, 0}), SW_OK);
    sw_records_close(records);
    assert_file("steps.jsonl", "{\"step\":1,\"epoch\":1,\"loss\":1.0986123,\"lr\":0.001}\n"
                               "{\"step\":5000000000,\"epoch\":2,\"loss\":1e-07,\"lr\":0}\n");
    assert_file("metrics.csv", CSV_HEADER);
}

Test(records, every_float_reads_back_as_itself)
{
    sw_records *records = open_records();
    float values[300];
    uint32_t bits = 1;
    for (int i = 0; i < 300; i++) {
        do bits = bits * 1664525u + 1013904223u;
        while ((bits & 0x7F800000u) == 0x7F800000u); /* infinities and NaN */
        memcpy(&values[i], &bits, sizeof bits);
        sw_epoch_record record = epoch_row_empty(i);
        *epoch_row_figure(&record, "train_loss") = (double)values[i];
        cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
        sw_epoch_record_deinit(&record);
    }
    sw_records_close(records);
    sw_epoch_table table;
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_OK, "%s", sw_error_message());
    cr_assert_eq(table.count, 300);
    for (int i = 0; i < 300; i++)
        cr_assert_eq((float)epoch_row_read(&table, (size_t)i, "train_loss"), values[i], "%.9g",
                     (double)values[i]);
    sw_epoch_table_deinit(&table);
}

Test(records, what_is_not_finite_is_null_and_said)
{
    sw_records *records = open_records();
    cr_assert_eq(sw_records_append_step(records, &(sw_step_record){7, 1, (double)NAN, 1e-3}), SW_OK);
    cr_assert_eq(warnings, 1);
    cr_assert_not_null(strstr(last_warning, "loss of step 7"), "%s", last_warning);
    cr_assert_eq(sw_records_append_step(records, &(sw_step_record){8, 1, -(double)INFINITY, 1e-3}), SW_OK);
    cr_assert_eq(warnings, 2);
    sw_epoch_record record = epoch_row_empty(3);
    *epoch_row_figure(&record, "val_loss") = (double)INFINITY;
    *epoch_row_figure(&record, "iou") = 1e300; /* no float */
    cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
    sw_epoch_record_deinit(&record);
    cr_assert_eq(warnings, 4);
    cr_assert_not_null(strstr(last_warning, "iou of epoch 3"), "%s", last_warning);
    sw_records_close(records);
    assert_file("steps.jsonl", "{\"step\":7,\"epoch\":1,\"loss\":null,\"lr\":0.001}\n"
                               "{\"step\":8,\"epoch\":1,\"loss\":null,\"lr\":0.001}\n");
}

Test(records, classes_of_any_name_have_their_columns)
{
    static const char *const two[] = {"road", "lane-mark_2"};
    const sw_classes classes = epoch_row_classes(two, 2);
    sw_records *records;
    cr_assert_eq(sw_records_open(&records, scratch_path("."), &classes, NULL), SW_OK);
    const sw_columns *columns = sw_records_columns(records);
    sw_epoch_record record;
    cr_assert_eq(sw_epoch_record_init(&record, 1, columns), SW_OK);
    record.values[sw_columns_find(columns, "iou_lane-mark_2")] = 0.5;
    record.values[sw_columns_find(columns, "boundary_f1_lane-mark_2")] = 0.125;
    cr_expect_eq(sw_columns_find(columns, "border_recall"), -1, "no class is the border");
    cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
    sw_epoch_record_deinit(&record);
    sw_records_close(records);
    sw_epoch_table table;
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_OK);
    cr_assert(sw_classes_same(&table.columns.classes, &classes));
    cr_assert_eq(epoch_row_read(&table, 0, "iou_lane-mark_2"), 0.5);
    cr_assert_eq(epoch_row_read(&table, 0, "boundary_f1_lane-mark_2"), 0.125);
    cr_assert(isnan(epoch_row_read(&table, 0, "iou_road")));
    sw_epoch_table_deinit(&table);
}

Test(records, each_loss_has_its_columns)
{
    const sw_loss_names losses = {.count = 2, .list = {"cross_entropy", "dice"}};
    sw_records *records;
    cr_assert_eq(sw_records_open(&records, scratch_path("."), &sw_pets_class_list.classes, &losses), SW_OK);
    const sw_columns *columns = sw_records_columns(records);
    sw_epoch_record record;
    cr_assert_eq(sw_epoch_record_init(&record, 1, columns), SW_OK);
    record.values[sw_columns_find(columns, "val_loss_cross_entropy")] = 0.5;
    record.values[sw_columns_find(columns, "val_loss_dice")] = 0.25;
    cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
    sw_epoch_record_deinit(&record);
    sw_records_close(records);
    sw_epoch_table table;
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_OK);
    cr_expect_eq(epoch_row_read(&table, 0, "val_loss_cross_entropy"), 0.5);
    cr_expect_eq(epoch_row_read(&table, 0, "val_loss_dice"), 0.25);
    cr_expect_eq(table.unknown.length, 0, "%s", table.unknown.text);
    sw_epoch_table_deinit(&table);
}

Test(records, rows_of_an_earlier_version_are_read_and_gone_on_with_under_the_columns_of_this_one)
{
    scratch_write("metrics.jsonl",
                  "{\"epoch\":1,\"lr\":0.001,\"iou_pet\":0.25,\"iou_background\":null,\"iou_border\":0.5,"
                  "\"border_recall\":0.75,\"an_old_figure\":1}\n");
    sw_epoch_table table;
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_OK);
    cr_expect_eq(epoch_row_read(&table, 0, "recall_border"), 0.75, "two names of one figure");
    sw_epoch_table_deinit(&table);
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 1, 0), SW_OK);
    sw_records *records = open_records();
    sw_epoch_record record = example(2);
    cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
    sw_epoch_record_deinit(&record);
    sw_records_close(records);
    assert_file("metrics.csv",
                CSV_HEADER "1,0.001,,,,,,,0.25,,0.5,0.75,,,,,,,,,,,,,,,,,,,,\n" CSV_ROW("2", "0.625"));
}

Test(records, a_folder_that_is_not_there_and_a_pipe_in_the_place_of_a_file_are_io_errors)
{
    sw_records *records;
    cr_assert_eq(sw_records_open(&records, scratch_path("missing"), &sw_pets_class_list.classes, NULL),
                 SW_E_IO);
    cr_assert_null(records);
    cr_assert_eq(mkfifo(scratch_path("steps.jsonl"), 0600), 0);
    cr_assert_eq(sw_records_open(&records, scratch_path("."), &sw_pets_class_list.classes, NULL), SW_E_IO);
    cr_assert_not_null(strstr(sw_error_message(), "steps.jsonl: not a regular file"), "%s",
                       sw_error_message());
}

Test(records, a_line_cut_short_by_a_full_disk_is_taken_back)
{
    sw_records *records = open_records();
    const sw_step_record step = {1, 1, 0.5, 0.5};
    cr_assert_eq(sw_records_append_step(records, &step), SW_OK);
    const size_t line = strlen("{\"step\":1,\"epoch\":1,\"loss\":0.5,\"lr\":0.5}\n");
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {.rlim_cur = line + 10, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(sw_records_append_step(records, &step), SW_E_IO);
    cr_expect(strstr(sw_error_message(), "File too large"), "the limit's own reason: %s", sw_error_message());
    sw_records_close(records);
    assert_file("steps.jsonl", "{\"step\":1,\"epoch\":1,\"loss\":0.5,\"lr\":0.5}\n");
}

/* ---- rewinding ---- */

/* Three epochs of two steps. */
static void write_run(void)
{
    sw_records *records = open_records();
    for (int epoch = 1; epoch <= 3; epoch++) {
        for (int s = 1; s <= 2; s++)
            cr_assert_eq(sw_records_append_step(
                             records, &(sw_step_record){2 * (epoch - 1) + s, epoch, 1.0 / epoch, 0.5}),
                         SW_OK);
        sw_epoch_record record = example(epoch);
        cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
        sw_epoch_record_deinit(&record);
    }
    sw_records_close(records);
}

static void append_text(const char *name, const char *text)
{
    FILE *file = fopen(scratch_path(name), "a");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

#define STEP(n, epoch, loss) "{\"step\":" n ",\"epoch\":" epoch ",\"loss\":" loss ",\"lr\":0.5}\n"

Test(records, rewinding_drops_later_rows_and_a_torn_last_line)
{
    write_run();
    append_text("steps.jsonl", "{\"step\":7,\"epo");
    append_text("metrics.jsonl", "{\"epoch\":4,\"lr\":0.");
    append_text("metrics.csv", "4,0.0");
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 2, 4), SW_OK, "%s",
                 sw_error_message());
    assert_file("steps.jsonl",
                STEP("1", "1", "1") STEP("2", "1", "1") STEP("3", "2", "0.5") STEP("4", "2", "0.5"));
    assert_file("metrics.csv", CSV_HEADER CSV_ROW("1", "0.5625") CSV_ROW("2", "0.625"));
}

Test(records, a_rewound_run_that_goes_on_has_the_files_of_one_never_interrupted)
{
    static const char *const files[] = {"steps.jsonl", "metrics.jsonl", "metrics.csv"};
    char *want[3];
    size_t length;
    write_run();
    for (int f = 0; f < 3; f++)
        cr_assert_eq(sw_fs_read(&want[f], &length, scratch_path(files[f]), 1 << 20), SW_OK);
    append_text("steps.jsonl", "{");
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 1, 2), SW_OK);
    sw_records *records = open_records();
    for (int epoch = 2; epoch <= 3; epoch++) {
        for (int s = 1; s <= 2; s++)
            cr_assert_eq(sw_records_append_step(
                             records, &(sw_step_record){2 * (epoch - 1) + s, epoch, 1.0 / epoch, 0.5}),
                         SW_OK);
        sw_epoch_record record = example(epoch);
        cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
        sw_epoch_record_deinit(&record);
    }
    sw_records_close(records);
    for (int f = 0; f < 3; f++) {
        assert_file(files[f], want[f]);
        free(want[f]);
    }
}

/* 10 has a shorter spelling, 1e+01, and is still written as 10. */
/* Means are double; this one's digits end where those of its float are rounded the other way. */
Test(records, rewinding_writes_numbers_as_they_were)
{
    char *want;
    size_t length;
    sw_records *records = open_records();
    for (int epoch = 1; epoch <= 10; epoch++) {
        cr_assert_eq(sw_records_append_step(records, &(sw_step_record){epoch, epoch, 10.0, 0.5}), SW_OK);
        sw_epoch_record record = example(epoch);
        *epoch_row_figure(&record, "iou") = 0.1941186449851896;
        cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
        sw_epoch_record_deinit(&record);
    }
    sw_records_close(records);
    cr_assert_eq(sw_fs_read(&want, &length, scratch_path("metrics.csv"), 1 << 20), SW_OK);
    cr_expect_not_null(strstr(want, "\n10,"));
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 10, 10), SW_OK, "%s",
                 sw_error_message());
    assert_file("metrics.csv", want);
    free(want);
}

Test(records, rewinding_at_every_byte_a_process_may_die_at_leaves_whole_rows)
{
    write_run();
    char *steps;
    size_t length;
    cr_assert_eq(sw_fs_read(&steps, &length, scratch_path("steps.jsonl"), 1 << 20), SW_OK);
    const size_t line = strlen(STEP("1", "1", "1"));
    for (size_t cut = 0; cut <= 2 * line; cut++) {
        FILE *file = fopen(scratch_path("steps.jsonl"), "wb");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(steps, 1, cut, file), cut);
        fclose(file);
        cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 3, 6), SW_OK,
                     "%s", sw_error_message());
        /* a line that lacks but its newline is whole */
        char want[256] = "";
        strncat(want, steps, (cut + 1) / line * line);
        assert_file("steps.jsonl", want);
    }
    free(steps);
}

Test(records, rewinding_to_the_start_leaves_files_as_new)
{
    write_run();
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 0, 0), SW_OK);
    assert_file("steps.jsonl", "");
    assert_file("metrics.jsonl", "");
    cr_assert_not(sw_fs_exists(scratch_path("metrics.csv")));
    sw_records_close(open_records());
    assert_file("metrics.csv", CSV_HEADER);
}

Test(records, rewinding_what_was_never_written_is_fine)
{
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 3, 9), SW_OK, "%s",
                 sw_error_message());
    cr_assert_not(sw_fs_exists(scratch_path("steps.jsonl")));
}

Test(records, a_broken_line_in_the_middle_is_named_and_nothing_is_changed)
{
    static const char steps[] = "{\"step\":1}\nnonsense\n{\"step\":3}\n";
    static const char *const broken[] = {"",    "{\"epoch\":\"1\"}", "{}",
                                         "[1]", "{\"epoch\":1} x",   "{\"epoch\":1"};
    scratch_write("steps.jsonl", steps);
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 3, 9), SW_E_DATA);
    cr_assert_not_null(strstr(sw_error_message(), "steps.jsonl:2:"), "%s", sw_error_message());
    assert_file("steps.jsonl", steps);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s\n{\"epoch\":2}\n", broken[i]);
        scratch_write("metrics.jsonl", text);
        sw_epoch_table table;
        cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_E_DATA, "%s", broken[i]);
        cr_assert_not_null(strstr(sw_error_message(), "metrics.jsonl:1:"), "%s", sw_error_message());
    }
}

/* ---- reading ---- */

Test(records, a_table_is_what_was_appended)
{
    write_run();
    append_text("metrics.jsonl", "{\"epoch\":4,\"l");
    sw_epoch_table table;
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_OK, "%s", sw_error_message());
    cr_assert(table.count == 3 && sw_classes_same(&table.columns.classes, &sw_pets_class_list.classes));
    for (size_t i = 0; i < 3; i++) {
        sw_epoch_record want = example((int)i + 1);
        cr_assert_eq(table.rows[i].epoch, (int)i + 1);
        cr_assert_eq((float)epoch_row_read(&table, i, "lr"), (float)*epoch_row_figure(&want, "lr"));
        cr_assert_eq(epoch_row_read(&table, i, "pixel_accuracy"), *epoch_row_figure(&want, "pixel_accuracy"));
        cr_assert_eq((float)epoch_row_read(&table, i, "iou_border"),
                     (float)*epoch_row_figure(&want, "iou_border"));
        cr_assert_eq(epoch_row_read(&table, i, "recall_border"), 0.75);
        cr_assert_eq(epoch_row_read(&table, i, "border_recall"), 0.75);
        cr_assert_eq(epoch_row_read(&table, i, "recall_pet"), 0.5);
        cr_assert(isnan(epoch_row_read(&table, i, "val_loss")) &&
                  isnan(epoch_row_read(&table, i, "iou_background")) &&
                  isnan(epoch_row_read(&table, i, "dice_pet")));
        sw_epoch_record_deinit(&want);
    }
    sw_epoch_table_deinit(&table);
}

Test(records, an_empty_file_is_an_empty_table_and_a_missing_one_an_error)
{
    sw_epoch_table table;
    scratch_write("metrics.jsonl", "");
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_OK);
    cr_assert_eq(table.count, 0);
    sw_epoch_table_deinit(&table);
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("missing.jsonl")), SW_E_IO);
}

Test(records, how_far_the_numbers_go_is_measured_and_gaps_are_found)
{
    sw_records_extent extent;
    cr_assert_eq(sw_records_measure(&extent, scratch_path(".")), SW_OK);
    cr_expect(extent.epochs == 0 && extent.steps == 0 && extent.step_epoch == 0);
    scratch_write("metrics.jsonl", "{\"epoch\":0}\n{\"epoch\":1}\n{\"epoch\":2}\n{\"epo");
    scratch_write("steps.jsonl",
                  "{\"step\":1,\"epoch\":1}\n{\"step\":2,\"epoch\":1}\n{\"step\":3,\"epoch\":2}\n");
    cr_assert_eq(sw_records_measure(&extent, scratch_path(".")), SW_OK, "%s", sw_error_message());
    cr_expect(extent.epochs == 2 && extent.steps == 3 && extent.step_epoch == 2);
    scratch_write("steps.jsonl", "{\"step\":1,\"epoch\":1}\n{\"step\":3,\"epoch\":1}\n");
    cr_expect_eq(sw_records_measure(&extent, scratch_path(".")), SW_E_DATA);
    cr_expect_not_null(strstr(sw_error_message(), "steps.jsonl:2: step 3 stands where step 2 should"));
}
