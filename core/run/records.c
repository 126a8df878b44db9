/* The files of numbers of a run, written. Their reader is records_read.c. */
#include "run/records.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "records_files.h"

sw_status sw_epoch_record_init(sw_epoch_record *out, int epoch, const sw_columns *columns)
{
    const size_t bytes = (size_t)columns->count * sizeof *out->values;
    *out = (sw_epoch_record){.epoch = epoch, .values = malloc(bytes)};
    if (!out->values) return sw_fail_alloc("the metrics of an epoch", bytes);
    for (int i = 0; i < columns->count; i++) out->values[i] = (double)NAN;
    return SW_OK;
}

void sw_epoch_record_deinit(sw_epoch_record *record)
{
    free(record->values);
    *record = (sw_epoch_record){0};
}

/* ---- numbers ---- */

static bool is_writable(double value)
{
    return fabs(value) <= (double)FLT_MAX; /* false for NaN too */
}

/* Appends the shortest digits that read back as the same float: 0.001, not 0.00100000005. Whole numbers are
 * written as such: 10, not 1e+01. Going by the float, a number that was read back is written the same again.
 */
static void append_number(sw_str *s, double value, const char *absent)
{
    char digits[40];
    if (!is_writable(value)) {
        sw_str_append(s, absent);
        return;
    }
    if (value == trunc(value) && fabs(value) < 1e7) {
        snprintf(digits, sizeof digits, "%.0f", value);
    } else {
        for (int precision = 1; precision <= 9; precision++) {
            snprintf(digits, sizeof digits, "%.*g", precision, (double)(float)value);
            if (strtof(digits, NULL) == (float)value) break;
        }
    }
    sw_str_append(s, digits);
}

static void warn_if_infinite(double value, const char *file, const char *key, const char *unit,
                             int64_t number)
{
    if (!isnan(value) && !is_writable(value))
        sw_log(SW_LOG_WARNING, "%s: %s of %s %" PRId64 " is not finite; written as null", file, key, unit,
               number);
}

/* ---- appending ---- */

typedef struct appender {
    int fd;
    char *path;
} appender;

struct sw_records {
    appender steps, metrics, csv;
    sw_columns columns;
};

static sw_status appender_open(appender *a, const char *folder, const char *name)
{
    a->path = sw_fs_join(folder, name);
    if (!a->path) return SW_E_MEMORY;
    return sw_fs_open(&a->fd, a->path, O_WRONLY | O_CREAT | O_APPEND);
}

static void appender_close(appender *a)
{
    if (a->fd >= 0) close(a->fd);
    free(a->path);
}

/* Empties the line. */
static sw_status append_line(const appender *a, sw_str *line)
{
    sw_status status = sw_str_status(line);
    if (status == SW_OK) status = sw_fs_append(a->fd, a->path, line->text, line->length);
    sw_str_deinit(line);
    return status;
}

void append_csv_header(sw_str *out, const sw_columns *columns)
{
    sw_str_append(out, "epoch");
    for (int i = 0; i < columns->count; i++) sw_str_printf(out, ",%s", columns->list[i].key);
    sw_str_append(out, "\n");
}

void append_csv_row(sw_str *out, const sw_columns *columns, const sw_epoch_record *record)
{
    sw_str_printf(out, "%d", record->epoch);
    for (int i = 0; i < columns->count; i++) {
        sw_str_append(out, ",");
        append_number(out, record->values[i], "");
    }
    sw_str_append(out, "\n");
}

static sw_status write_csv_header(const sw_records *records)
{
    if (lseek(records->csv.fd, 0, SEEK_END) != 0) return SW_OK;
    sw_str line = {0};
    append_csv_header(&line, &records->columns);
    return append_line(&records->csv, &line);
}

sw_status sw_records_open(sw_records **out, const char *folder, const sw_classes *classes,
                          const sw_loss_names *losses)
{
    assert(classes->count > 0);
    sw_status status = SW_OK;
    *out = NULL;
    sw_records *records = calloc(1, sizeof *records);
    if (!records) return sw_fail_alloc("records of the run", sizeof *records);
    records->steps.fd = records->metrics.fd = records->csv.fd = -1;
    SW_TRY(sw_columns_init(&records->columns, classes, losses));
    SW_TRY(appender_open(&records->steps, folder, steps_name));
    SW_TRY(appender_open(&records->metrics, folder, metrics_name));
    SW_TRY(appender_open(&records->csv, folder, csv_name));
    SW_TRY(write_csv_header(records));
    *out = records;
    records = NULL;
done:
    sw_records_close(records);
    return status;
}

sw_status sw_records_append_step(sw_records *records, const sw_step_record *step)
{
    sw_str line = {0};
    if (!is_writable(step->loss))
        sw_log(SW_LOG_WARNING, "%s: loss of step %" PRId64 " is not finite; written as null",
               records->steps.path, step->step);
    warn_if_infinite(step->lr, records->steps.path, "lr", "step", step->step);
    sw_str_printf(&line, "{\"step\":%" PRId64 ",\"epoch\":%d,\"loss\":", step->step, step->epoch);
    append_number(&line, step->loss, "null");
    sw_str_append(&line, ",\"lr\":");
    append_number(&line, step->lr, "null");
    sw_str_append(&line, "}\n");
    return append_line(&records->steps, &line);
}

sw_status sw_records_append_epoch(sw_records *records, const sw_epoch_record *epoch)
{
    sw_str json = {0}, csv = {0};
    sw_str_printf(&json, "{\"epoch\":%d", epoch->epoch);
    for (int i = 0; i < records->columns.count; i++) {
        const char *key = records->columns.list[i].key;
        warn_if_infinite(epoch->values[i], records->metrics.path, key, "epoch", epoch->epoch);
        sw_str_printf(&json, ",\"%s\":", key);
        append_number(&json, epoch->values[i], "null");
    }
    sw_str_append(&json, "}\n");
    SW_ENSURE(append_line(&records->metrics, &json));
    append_csv_row(&csv, &records->columns, epoch);
    return append_line(&records->csv, &csv);
}

const sw_columns *sw_records_columns(const sw_records *records)
{
    return &records->columns;
}

sw_status sw_records_flush(const sw_records *records)
{
    const appender *const files[] = {&records->steps, &records->metrics, &records->csv};
    sw_status status = SW_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && status == SW_OK; i++)
        status = sw_fs_flush(files[i]->fd, files[i]->path);
    return status;
}

void sw_records_close(sw_records *records)
{
    if (!records) return;
    appender_close(&records->steps);
    appender_close(&records->metrics);
    appender_close(&records->csv);
    sw_columns_deinit(&records->columns);
    free(records);
}
