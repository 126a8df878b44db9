#include "records_case.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "data/pets.h"
#include "epoch_row.h"
#include "scratch.h"

sw_records *records_case_open(void)
{
    sw_records *records;
    cr_assert_eq(sw_records_open(&records, scratch_path("."), &sw_pets_class_list.classes, NULL), SW_OK, "%s",
                 sw_error_message());
    return records;
}

sw_epoch_record records_case_row(int epoch)
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

void records_case_append(int first_epoch, int last_epoch)
{
    sw_records *records = records_case_open();
    for (int epoch = first_epoch; epoch <= last_epoch; epoch++) {
        for (int s = 1; s <= 2; s++)
            cr_assert_eq(sw_records_append_step(
                             records, &(sw_step_record){2 * (epoch - 1) + s, epoch, 1.0 / epoch, 0.5}),
                         SW_OK);
        sw_epoch_record record = records_case_row(epoch);
        cr_assert_eq(sw_records_append_epoch(records, &record), SW_OK);
        sw_epoch_record_deinit(&record);
    }
    sw_records_close(records);
}

void records_case_append_text(const char *name, const char *text)
{
    FILE *file = fopen(scratch_path(name), "a");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}
