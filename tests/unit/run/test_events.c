/* Event files against known bytes of the format, and the rewinding of a run that goes on. That
 * TensorBoard reads them: tests/golden/check_events.py. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/fs.h"
#include "data/pets.h"
#include "epoch_row.h"
#include "event_files.h"
#include "run/events.h"
#include "scratch.h"

TestSuite(events, .init = scratch_create, .fini = scratch_remove);

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

Test(events, the_checksum_is_that_of_rfc_3720)
{
    uint8_t bytes[32];
    cr_expect_eq(sw_crc32c("123456789", 9), 0xe3069283u);
    memset(bytes, 0, sizeof bytes);
    cr_expect_eq(sw_crc32c(bytes, sizeof bytes), 0x8a9136aau);
    memset(bytes, 0xff, sizeof bytes);
    cr_expect_eq(sw_crc32c(bytes, sizeof bytes), 0x62a8ab43u);
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)i;
    cr_expect_eq(sw_crc32c(bytes, sizeof bytes), 0x46dd794eu);
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)(31 - i);
    cr_expect_eq(sw_crc32c(bytes, sizeof bytes), 0x113fdb5cu);
    cr_expect_eq(sw_crc32c(bytes, 0), 0);
}

static void expect_hex(sw_str *records, const char *hex)
{
    char found[512] = "";
    cr_assert_eq(sw_str_status(records), SW_OK);
    cr_assert_lt(2 * records->length, sizeof found);
    for (size_t i = 0; i < records->length; i++)
        snprintf(found + 2 * i, 3, "%02x", (unsigned)(uint8_t)records->text[i]);
    cr_expect_str_eq(found, hex);
    sw_str_deinit(records);
}

Test(events, records_are_byte_for_byte_those_that_tensorboard_reads)
{
    sw_str records = {0};
    sw_event_append_version(&records, 0.0);
    expect_hex(&records, "1800000000000000a37f4b220900000000000000001a0d627261696e2e4576656e743a32eedf28a3");
    sw_event_append_scalar(&records, 1.0, 1, "val/acc", 0.5f);
    expect_hex(&records,
               "1d00000000000000602fdf2309000000000000f03f10012a100a0e0a0776616c2f616363150000003f1c"
               "c476f8");
}

static int list_files(char names[EVENT_FILES_MAX][300])
{
    return event_files(scratch_path("."), names);
}

static void expect_contents(const char *words)
{
    char *found = event_contents(scratch_path("."), true);
    cr_expect_str_eq(found, words);
    free(found);
}

static void write_steps(int first, int last)
{
    sw_events *events;
    must(sw_events_open(&events, scratch_path(".")));
    for (int step = first; step <= last; step++)
        must(sw_events_step(events, &(sw_step_record){.step = step, .epoch = 1, .loss = 1, .lr = 0.1}));
    sw_events_close(events);
}

static void write_epoch(int epoch)
{
    sw_columns columns;
    sw_events *events;
    sw_epoch_record record = epoch_row_empty(epoch);
    *epoch_row_figure(&record, "val_loss") = 0.25;
    *epoch_row_figure(&record, "iou_border") = 0.5;
    *epoch_row_figure(&record, "article_iou") = 0.75;
    *epoch_row_figure(&record, "seconds") = 3;
    must(sw_events_open(&events, scratch_path(".")));
    must(sw_columns_init(&columns, &sw_pets_class_list.classes, NULL));
    must(sw_events_epoch(events, &columns, &record));
    sw_events_close(events);
    sw_columns_deinit(&columns);
    sw_epoch_record_deinit(&record);
}

Test(events, every_figure_that_is_a_number_has_its_name_and_a_process_its_file)
{
    char names[EVENT_FILES_MAX][300];
    write_steps(1, 2);
    write_epoch(1);
    expect_contents(
        "brain.Event:2, step/loss 1, step/lr 1, step/loss 2, step/lr 2, brain.Event:2, val/loss 1, "
        "val/iou_border 1, time/seconds 1, article/iou 1, ");
    cr_assert_eq(list_files(names), 2);
    cr_expect_lt(strcmp(names[0], names[1]), 0);
    for (int i = 0; i < 2; i++) { /* ten digits, a dot, a host's name */
        cr_expect_eq(strspn(names[i] + 20, "0123456789"), 10, "%s", names[i]);
        cr_expect(names[i][30] == '.' && names[i][31], "%s", names[i]);
    }
}

Test(events, a_process_that_writes_nothing_leaves_no_file)
{
    char names[EVENT_FILES_MAX][300];
    sw_events *events;
    must(sw_events_open(&events, scratch_path(".")));
    sw_events_close(events);
    sw_events_close(NULL);
    cr_expect_eq(list_files(names), 0);
    must(sw_events_rewind(scratch_path("."), 0, 0));
}

Test(events, rewinding_drops_steps_and_epochs_each_by_its_own_number)
{
    write_steps(1, 5);
    write_epoch(1);
    write_epoch(2);
    must(sw_events_rewind(scratch_path("."), 1, 3));
    write_steps(4, 4);
    expect_contents("brain.Event:2, step/loss 1, step/lr 1, step/loss 2, step/lr 2, step/loss 3, step/lr 3, "
                    "brain.Event:2, val/loss 1, val/iou_border 1, time/seconds 1, article/iou 1, "
                    "brain.Event:2, brain.Event:2, step/loss 4, step/lr 4, ");
    must(sw_events_rewind(scratch_path("."), -1, 0));
    expect_contents("brain.Event:2, brain.Event:2, brain.Event:2, brain.Event:2, ");
}

Test(events, what_a_killed_process_left_of_its_last_record_is_cut_off)
{
    char names[EVENT_FILES_MAX][300], *bytes;
    size_t length;
    write_steps(1, 2);
    list_files(names);
    must(sw_fs_read(&bytes, &length, scratch_path(names[0]), 1 << 20));
    /* the last record is step/lr of step 2 */
    for (size_t cut = 1; cut < 40; cut++) {
        must(sw_fs_write(scratch_path(names[0]), bytes, length - cut));
        must(sw_events_rewind(scratch_path("."), 9, 9));
        expect_contents("brain.Event:2, step/loss 1, step/lr 1, step/loss 2, ");
    }
    free(bytes);
}

Test(events, what_stands_behind_a_damaged_record_is_removed)
{
    char names[EVENT_FILES_MAX][300], *bytes;
    size_t length;
    write_steps(1, 2);
    list_files(names);
    must(sw_fs_read(&bytes, &length, scratch_path(names[0]), 1 << 20));
    bytes[40 + 12] ^= 1; /* in the content of the second record; then in its length */
    must(sw_fs_write(scratch_path(names[0]), bytes, length));
    must(sw_events_rewind(scratch_path("."), 9, 9));
    expect_contents("brain.Event:2, ");
    bytes[40 + 12] ^= 1;
    bytes[40 + 7] = 0x7f;
    must(sw_fs_write(scratch_path(names[0]), bytes, length));
    must(sw_events_rewind(scratch_path("."), 9, 9));
    expect_contents("brain.Event:2, ");
    free(bytes);
}

Test(events, a_picture_that_is_none_is_refused)
{
    sw_events *events;
    must(sw_events_open(&events, scratch_path(".")));
    cr_expect_eq(sw_events_grid(events, 1, scratch_write("x.png", "no picture at all, this")), SW_E_DATA);
    cr_expect_not_null(strstr(sw_error_message(), "x.png: not a PNG"));
    cr_expect_eq(sw_events_grid(events, 1, scratch_path("y.png")), SW_E_IO);
    sw_events_close(events);
}
