/* The numbers of a run brought back to an epoch, whatever a killed process left behind. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "data/pets.h"
#include "epoch_row.h"
#include "records_case.h"
#include "scratch.h"

TestSuite(records_rewind, .init = scratch_create, .fini = scratch_remove);

Test(records_rewind, rewinding_drops_later_rows_and_a_torn_last_line)
{
    records_case_append(1, 3);
    records_case_append_text("steps.jsonl", "{\"step\":7,\"epo");
    records_case_append_text("metrics.jsonl", "{\"epoch\":4,\"lr\":0.");
    records_case_append_text("metrics.csv", "4,0.0");
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 2, 4), SW_OK, "%s",
                 sw_error_message());
    scratch_expect_text("steps.jsonl",
                        STEP("1", "1", "1") STEP("2", "1", "1") STEP("3", "2", "0.5") STEP("4", "2", "0.5"));
    scratch_expect_text("metrics.csv", CSV_HEADER CSV_ROW("1", "0.5625") CSV_ROW("2", "0.625"));
}

Test(records_rewind, a_rewound_run_that_goes_on_has_the_files_of_one_never_interrupted)
{
    static const char *const files[] = {"steps.jsonl", "metrics.jsonl", "metrics.csv"};
    char *want[3];
    size_t length;
    records_case_append(1, 3);
    for (int f = 0; f < 3; f++)
        cr_assert_eq(sw_fs_read(&want[f], &length, scratch_path(files[f]), 1 << 20), SW_OK);
    records_case_append_text("steps.jsonl", "{");
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 1, 2), SW_OK);
    records_case_append(2, 3);
    for (int f = 0; f < 3; f++) {
        scratch_expect_text(files[f], want[f]);
        free(want[f]);
    }
}

/* 10 has a shorter spelling, 1e+01, and is still written as 10. Means are double; this one's digits end where
 * those of its float are rounded the other way. */
Test(records_rewind, rewinding_writes_numbers_as_they_were)
{
    char *want;
    size_t length;
    sw_records *records = records_case_open();
    for (int epoch = 1; epoch <= 10; epoch++) {
        cr_assert_eq(sw_records_append_step(records, &(sw_step_record){epoch, epoch, 10.0, 0.5}), SW_OK);
        sw_epoch_record record = records_case_row(epoch);
        *epoch_row_figure(&record, "iou") = 0.1941186449851896;
        cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
        sw_epoch_record_deinit(&record);
    }
    sw_records_close(records);
    cr_assert_eq(sw_fs_read(&want, &length, scratch_path("metrics.csv"), 1 << 20), SW_OK);
    cr_expect_not_null(strstr(want, "\n10,"));
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 10, 10), SW_OK, "%s",
                 sw_error_message());
    scratch_expect_text("metrics.csv", want);
    free(want);
}

Test(records_rewind, rewinding_at_every_byte_a_process_may_die_at_leaves_whole_rows)
{
    records_case_append(1, 3);
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
        scratch_expect_text("steps.jsonl", want);
    }
    free(steps);
}

Test(records_rewind, rewinding_to_the_start_leaves_files_as_new)
{
    records_case_append(1, 3);
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 0, 0), SW_OK);
    scratch_expect_text("steps.jsonl", "");
    scratch_expect_text("metrics.jsonl", "");
    cr_assert_not(sw_fs_exists(scratch_path("metrics.csv")));
    sw_records_close(records_case_open());
    scratch_expect_text("metrics.csv", CSV_HEADER);
}

Test(records_rewind, rewinding_what_was_never_written_is_fine)
{
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 3, 9), SW_OK, "%s",
                 sw_error_message());
    cr_assert_not(sw_fs_exists(scratch_path("steps.jsonl")));
}

Test(records_rewind, a_broken_line_in_the_middle_is_named_and_nothing_is_changed)
{
    static const char steps[] = "{\"step\":1}\nnonsense\n{\"step\":3}\n";
    static const char *const broken[] = {"",    "{\"epoch\":\"1\"}", "{}",
                                         "[1]", "{\"epoch\":1} x",   "{\"epoch\":1"};
    scratch_write("steps.jsonl", steps);
    cr_assert_eq(sw_records_rewind(scratch_path("."), &sw_pets_class_list.classes, NULL, 3, 9), SW_E_DATA);
    cr_assert_not_null(strstr(sw_error_message(), "steps.jsonl:2:"), "%s", sw_error_message());
    scratch_expect_text("steps.jsonl", steps);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s\n{\"epoch\":2}\n", broken[i]);
        scratch_write("metrics.jsonl", text);
        sw_epoch_table table;
        cr_assert_eq(sw_epoch_table_read(&table, scratch_path("metrics.jsonl")), SW_E_DATA, "%s", broken[i]);
        cr_assert_not_null(strstr(sw_error_message(), "metrics.jsonl:1:"), "%s", sw_error_message());
    }
}
