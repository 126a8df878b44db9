/* The numbers of a run: exact lines, and tables that are what was written. */
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
#include "records_case.h"
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

/* ---- writing ---- */

Test(records, an_epoch_is_a_row_of_json_and_of_csv_in_the_promised_order)
{
    sw_records *records = records_case_open();
    sw_epoch_record record = records_case_row(1);
    cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
    sw_epoch_record_deinit(&record);
    sw_records_close(records);
    scratch_expect_text("metrics.csv", CSV_HEADER CSV_ROW("1", "0.5625"));
    scratch_expect_text(
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
    sw_records *records = records_case_open();
    cr_assert_eq(sw_records_append_step(records, &(sw_step_record){1, 1, 1.0986123, (double)1e-3f}), SW_OK);
    sw_records_close(records);
    records = records_case_open();
    cr_assert_eq(sw_records_append_step(records, &(sw_step_record){INT64_C(5000000000), 2, 1e-7, 0}), SW_OK);
    sw_records_close(records);
    scratch_expect_text("steps.jsonl", "{\"step\":1,\"epoch\":1,\"loss\":1.0986123,\"lr\":0.001}\n"
                                       "{\"step\":5000000000,\"epoch\":2,\"loss\":1e-07,\"lr\":0}\n");
    scratch_expect_text("metrics.csv", CSV_HEADER);
}

Test(records, every_float_reads_back_as_itself)
{
    sw_records *records = records_case_open();
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
    sw_records *records = records_case_open();
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
    scratch_expect_text("steps.jsonl", "{\"step\":7,\"epoch\":1,\"loss\":null,\"lr\":0.001}\n"
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
    sw_records *records = records_case_open();
    sw_epoch_record record = records_case_row(2);
    cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
    sw_epoch_record_deinit(&record);
    sw_records_close(records);
    scratch_expect_text("metrics.csv", CSV_HEADER
                        "1,0.001,,,,,,,0.25,,0.5,0.75,,,,,,,,,,,,,,,,,,,,\n" CSV_ROW("2", "0.625"));
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
    sw_records *records = records_case_open();
    const sw_step_record step = {1, 1, 0.5, 0.5};
    cr_assert_eq(sw_records_append_step(records, &step), SW_OK);
    const size_t line = strlen("{\"step\":1,\"epoch\":1,\"loss\":0.5,\"lr\":0.5}\n");
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {.rlim_cur = line + 10, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(sw_records_append_step(records, &step), SW_E_IO);
    cr_expect(strstr(sw_error_message(), "File too large"), "the limit's own reason: %s", sw_error_message());
    sw_records_close(records);
    scratch_expect_text("steps.jsonl", "{\"step\":1,\"epoch\":1,\"loss\":0.5,\"lr\":0.5}\n");
}

/* ---- reading ---- */

Test(records, a_table_is_what_was_appended)
{
    records_case_append(1, 3);
    records_case_append_text("metrics.jsonl", "{\"epoch\":4,\"l");
    sw_epoch_table table;
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_OK, "%s", sw_error_message());
    cr_assert(table.count == 3 && sw_classes_same(&table.columns.classes, &sw_pets_class_list.classes));
    for (size_t i = 0; i < 3; i++) {
        sw_epoch_record want = records_case_row((int)i + 1);
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
