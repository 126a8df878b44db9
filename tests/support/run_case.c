#include "run_case.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/str.h"
#include "config_case.h"
#include "data/pets.h"
#include "epoch_row.h"
#include "scratch.h"

sw_epoch_record run_case_epoch(int epoch, double iou_border)
{
    sw_epoch_record r = epoch_row_empty(epoch);
    *epoch_row_figure(&r, "lr") = 0.01;
    *epoch_row_figure(&r, "train_loss") = 0.5 / epoch;
    *epoch_row_figure(&r, "val_loss") = 1.0 - iou_border;
    *epoch_row_figure(&r, "pixel_accuracy") = 1.0 - *epoch_row_figure(&r, "val_loss") / 2.0;
    *epoch_row_figure(&r, "miou") = *epoch_row_figure(&r, "iou_pet") = iou_border / 2.0;
    *epoch_row_figure(&r, "iou_border") = iou_border;
    *epoch_row_figure(&r, "images_per_second") = 10.0;
    *epoch_row_figure(&r, "seconds") = 2.0;
    return r;
}

static void write_in(const char *folder, const char *name, const sw_str *text)
{
    char *below = sw_strf("%s/%s", folder, name);
    cr_assert(below && sw_str_status(text) == SW_OK);
    scratch_write(below, text->text);
    free(below);
}

static void write_manifest(const run_case *made)
{
    sw_str text = {0};
    sw_str_printf(
        &text,
        "{\"experiment\": \"made\", \"seed\": 0, \"data\": {\"root\": \"pets\",\n"
        " \"train\": {\"split\": \"trainval\", \"images\": 20, \"skipped\": 1, \"fingerprint\": "
        "\"%s\"},\n"
        " \"val\": {\"split\": \"test\", \"images\": 6, \"skipped\": 0, \"fingerprint\": \"%s\"}},\n"
        " \"parameters\": 1234567, \"macs\": 2500000000, \"device_memory_bytes\": 3145728,\n"
        " \"device\": {\"name\": \"A device\", \"type\": \"cpu\", \"driver\": \"1.2\"},\n"
        " \"segwork\": {\"version\": \"0.1.0\", \"revision\": \"abc\"}, \"host\": {\"name\": "
        "\"here\"},\n",
        made->train_data ? made->train_data : "t", made->val_data ? made->val_data : "v");
    if (made->manifest) sw_str_printf(&text, " %s,\n", made->manifest);
    sw_str_append(&text, " \"sessions\": [{\"started\": \"2025-03-01T12:00:00Z\"");
    if (made->outcome)
        sw_str_printf(&text, ", \"ended\": \"2025-03-01T12:01:00Z\", \"outcome\": \"%s\"", made->outcome);
    sw_str_append(&text, "}]}\n");
    write_in(made->folder, "manifest.json", &text);
    sw_str_deinit(&text);
}

static void write_records(const run_case *made)
{
    sw_records *records;
    cr_assert_eq(sw_records_open(&records, scratch_path(made->folder), &sw_pets_class_list.classes, NULL),
                 SW_OK, "%s", sw_error_message());
    for (int e = 1; e <= made->epochs; e++) {
        sw_epoch_record epoch = run_case_epoch(e, made->iou_border[e - 1]);
        for (int s = 1; s <= 2; s++) {
            const sw_step_record step = {.step = 2 * (e - 1) + s, .epoch = e, .loss = 1.0 / e, .lr = 0.01};
            cr_assert_eq(sw_records_append_step(records, &step), SW_OK);
        }
        cr_assert_eq(sw_records_append_epoch(records, &epoch), SW_OK);
        sw_epoch_record_deinit(&epoch);
    }
    sw_records_close(records);
}

const char *run_case_write(const run_case *made)
{
    sw_str text = {0};
    sw_str_printf(&text, "%s%s", SMALL_MODEL, made->config ? made->config : "");
    write_in(made->folder, "config.yaml", &text);
    sw_str_deinit(&text);
    sw_str_append(&text, "2025-03-01 12:00:00.000Z info: made up\n");
    write_in(made->folder, "log.txt", &text);
    sw_str_deinit(&text);
    write_manifest(made);
    write_records(made);
    return scratch_path(made->folder);
}
