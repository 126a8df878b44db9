/* The files of numbers of a run, read back and brought back to an earlier epoch. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/dataset.h"
#include "records_files.h"
#include "run/run_json.h"

/* No run writes larger files. */
#define MAX_FILE_BYTES ((size_t)1 << 30)

/* ---- rows ---- */

/* Goes through the rows of a .jsonl file. */
typedef struct rows {
    const char *path;
    char *text;
    size_t length, at;
    int line_number;
    cJSON *row;       /* the current one, owned */
    const char *line; /* its text in the file, without the newline */
    size_t line_length;
} rows;

static sw_status rows_open(rows *r, const char *path)
{
    *r = (rows){.path = path};
    return sw_fs_read(&r->text, &r->length, path, MAX_FILE_BYTES);
}

static void rows_close(rows *r)
{
    cJSON_Delete(r->row);
    free(r->text);
    *r = (rows){0};
}

static cJSON *parse_row(const char *line, size_t length, const char *key)
{
    const char *end = NULL;
    cJSON *row = cJSON_ParseWithLengthOpts(line, length, &end, 0);
    if (row && (size_t)(end - line) == length && cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(row, key)))
        return row;
    cJSON_Delete(row);
    return NULL;
}

/* Takes the next row, which must have the number `key`; r->row is NULL at the end. Only the last line may be
 * damaged, since a killed process leaves half a line. */
static sw_status rows_next(rows *r, const char *key)
{
    cJSON_Delete(r->row);
    r->row = NULL;
    if (r->at == r->length) return SW_OK;
    const char *start = r->text + r->at, *newline = memchr(start, '\n', r->length - r->at);
    r->line = start;
    r->line_length = newline ? (size_t)(newline - start) : r->length - r->at;
    r->at += r->line_length + (newline ? 1 : 0);
    r->line_number++;
    r->row = parse_row(r->line, r->line_length, key);
    if (r->row) return SW_OK;
    SW_ENSURE(sw_memory_status(r->path));
    if (r->at == r->length) return SW_OK;
    return sw_fail(SW_E_DATA, "%s:%d: not a row with a number \"%s\"", r->path, r->line_number, key);
}

/* Lists a key of the row that is no column; unknown NULL: not. */
static void note_unknown(sw_str *unknown, const char *key)
{
    if (unknown && strcmp(key, "epoch") != 0)
        sw_str_printf(unknown, "%s%s", unknown->length ? ", " : "", key);
}

/* Makes a record of a row. The row's keys are mostly the columns in their order, so that each is looked for
 * where it should be before it is looked up. */
static sw_status take_record(sw_epoch_record *record, sw_str *unknown, const cJSON *row,
                             const sw_columns *columns)
{
    int next = 0;
    SW_ENSURE(sw_epoch_record_init(record, (int)sw_json_number_of(row, "epoch"), columns));
    for (const cJSON *item = row->child; item; item = item->next) {
        const bool here = next < columns->count && strcmp(columns->list[next].key, item->string) == 0;
        const int at = here ? next : sw_columns_find(columns, item->string);
        if (at < 0) note_unknown(unknown, item->string);
        if (at < 0) continue;
        if (cJSON_IsNumber(item)) record->values[at] = item->valuedouble;
        next = at + 1;
    }
    return SW_OK;
}

/* ---- measuring ---- */

/* Counts the rows, whose `key` must go up from 1, and takes the epoch of the last. */
static sw_status count_rows(int64_t *count, int *epoch, const char *path, const char *key)
{
    sw_status status = SW_OK;
    bool there;
    rows r = {0};
    SW_ENSURE(sw_fs_find(&there, path));
    if (there) SW_TRY(rows_open(&r, path));
    while (there) {
        SW_TRY(rows_next(&r, key));
        if (!r.row) break;
        const double number = sw_json_number_of(r.row, key);
        if (number == 0 && *count == 0) continue;
        if (number != (double)++*count)
            SW_TRY(sw_fail(SW_E_DATA, "%s:%d: %s %.10g stands where %s %" PRId64 " should", path,
                           r.line_number, key, number, key, *count));
        *epoch = (int)sw_json_number_of(r.row, "epoch");
    }
done:
    rows_close(&r);
    return status;
}

/* Whether rows can be appended to the file, if it is there. */
static sw_status require_writable(const char *path)
{
    int fd;
    bool there;
    SW_ENSURE(sw_fs_find(&there, path));
    if (!there) return SW_OK;
    SW_ENSURE(sw_fs_open(&fd, path, O_WRONLY | O_APPEND));
    close(fd);
    return SW_OK;
}

sw_status sw_records_measure(sw_records_extent *out, const char *folder)
{
    sw_status status = SW_OK;
    int64_t epochs = 0;
    char *steps = sw_fs_join(folder, steps_name), *metrics = sw_fs_join(folder, metrics_name);
    char *csv = sw_fs_join(folder, csv_name);
    *out = (sw_records_extent){0};
    if (!steps || !metrics || !csv) SW_TRY(SW_E_MEMORY);
    SW_TRY(require_writable(steps));
    SW_TRY(require_writable(metrics));
    SW_TRY(require_writable(csv));
    SW_TRY(count_rows(&epochs, &out->epochs, metrics, "epoch"));
    SW_TRY(count_rows(&out->steps, &out->step_epoch, steps, "step"));
done:
    free(steps);
    free(metrics);
    free(csv);
    return status;
}

/* ---- rewinding ---- */

/* Removes the rows with `key` > last. Does nothing if there is no such file. */
static sw_status rewind_rows(const char *path, const char *key, double last)
{
    sw_status status = SW_OK;
    bool there;
    sw_str kept = {0};
    rows r = {0};
    SW_ENSURE(sw_fs_find(&there, path));
    if (!there) return SW_OK;
    SW_TRY(rows_open(&r, path));
    do {
        SW_TRY(rows_next(&r, key));
        if (!r.row || sw_json_number_of(r.row, key) > last) continue;
        sw_str_append_bytes(&kept, r.line, r.line_length);
        sw_str_append(&kept, "\n");
    } while (r.row);
    SW_TRY(sw_str_status(&kept));
    bool same = kept.length == r.length && (kept.length == 0 || memcmp(kept.text, r.text, r.length) == 0);
    if (!same) SW_TRY(sw_fs_write_text(path, &kept));
done:
    rows_close(&r);
    sw_str_deinit(&kept);
    return status;
}

/* Writes metrics.csv with the columns of this version, whatever version wrote the rows. */
static sw_status rebuild_csv(const char *csv_path, const char *metrics_path, const sw_columns *columns)
{
    sw_status status = SW_OK;
    bool there;
    sw_str csv = {0};
    rows r = {0};
    SW_ENSURE(sw_fs_find(&there, metrics_path));
    if (there) {
        SW_TRY(rows_open(&r, metrics_path));
        SW_TRY(rows_next(&r, "epoch"));
    }
    if (!r.row) { /* sw_records_open writes the header */
        if (unlink(csv_path) != 0 && errno != ENOENT)
            SW_TRY(sw_fail(SW_E_IO, "cannot remove %s: %s", csv_path, strerror(errno)));
        goto done;
    }
    append_csv_header(&csv, columns);
    while (r.row) {
        sw_epoch_record record;
        SW_TRY(take_record(&record, NULL, r.row, columns));
        append_csv_row(&csv, columns, &record);
        sw_epoch_record_deinit(&record);
        SW_TRY(rows_next(&r, "epoch"));
    }
    SW_TRY(sw_fs_write_text(csv_path, &csv));
done:
    rows_close(&r);
    sw_str_deinit(&csv);
    return status;
}

sw_status sw_records_rewind(const char *folder, const sw_classes *classes, const sw_loss_names *losses,
                            int last_epoch, int64_t last_step)
{
    sw_status status = SW_OK;
    sw_columns columns = {0};
    char *steps = sw_fs_join(folder, steps_name);
    char *metrics = sw_fs_join(folder, metrics_name);
    char *csv = sw_fs_join(folder, csv_name);
    if (!steps || !metrics || !csv) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_columns_init(&columns, classes, losses));
    SW_TRY(rewind_rows(steps, "step", (double)last_step));
    SW_TRY(rewind_rows(metrics, "epoch", last_epoch));
    SW_TRY(rebuild_csv(csv, metrics, &columns));
done:
    sw_columns_deinit(&columns);
    free(steps);
    free(metrics);
    free(csv);
    return status;
}

/* ---- tables ---- */

/* The classes of the columns iou_<class>. */
static sw_status take_classes(sw_classes *classes, const cJSON *row, const char *path)
{
    static const char prefix[] = "iou_";
    *classes = sw_classes_none();
    for (const cJSON *item = row ? row->child : NULL; item; item = item->next)
        if (strncmp(item->string, prefix, sizeof prefix - 1) == 0 &&
            !sw_classes_add(classes, item->string + sizeof prefix - 1))
            return sw_fail(SW_E_DATA, "%s: its columns iou_<class> name no classes of a run", path);
    sw_data_recognise_classes(classes);
    return SW_OK;
}

/* The losses of the columns val_loss_<loss>. */
static void take_losses(sw_loss_names *losses, const cJSON *row)
{
    static const char prefix[] = "val_loss_";
    *losses = (sw_loss_names){0};
    for (const cJSON *item = row ? row->child : NULL; item; item = item->next) {
        if (strncmp(item->string, prefix, sizeof prefix - 1) != 0 || losses->count == SW_MAX_LOSSES) continue;
        snprintf(losses->list[losses->count++], SW_LOSS_NAME_BYTES, "%s", item->string + sizeof prefix - 1);
    }
}

static sw_status add_row(sw_epoch_table *table, const cJSON *row)
{
    SW_ENSURE(SW_ARRAY_GROW(table->rows, table->count, "table of epochs"));
    sw_epoch_record *record = &table->rows[table->count];
    sw_str *unknown = table->unknown.length ? NULL : &table->unknown;
    SW_ENSURE(take_record(record, unknown, row, &table->columns));
    table->count++;
    /* of a figure with two names, early versions wrote one */
    for (int i = 0; i < table->columns.count; i++) {
        const int same = table->columns.list[i].same;
        if (isnan(record->values[i]) && same >= 0) record->values[i] = record->values[same];
    }
    return SW_OK;
}

sw_status sw_epoch_table_read(sw_epoch_table *out, const char *path)
{
    sw_status status = SW_OK;
    rows r = {0};
    sw_classes classes;
    sw_loss_names losses;
    *out = (sw_epoch_table){0};
    SW_TRY(rows_open(&r, path));
    SW_TRY(rows_next(&r, "epoch"));
    SW_TRY(take_classes(&classes, r.row, path));
    take_losses(&losses, r.row);
    SW_TRY(sw_columns_init(&out->columns, &classes, &losses));
    while (r.row) {
        SW_TRY(add_row(out, r.row));
        SW_TRY(rows_next(&r, "epoch"));
    }
    SW_TRY(sw_str_status(&out->unknown));
done:
    rows_close(&r);
    if (status != SW_OK) sw_epoch_table_deinit(out);
    return status;
}

void sw_epoch_table_deinit(sw_epoch_table *table)
{
    for (size_t i = 0; i < table->count; i++) sw_epoch_record_deinit(&table->rows[i]);
    free(table->rows);
    sw_str_deinit(&table->unknown);
    sw_columns_deinit(&table->columns);
    *table = (sw_epoch_table){0};
}

static sw_status add_step(sw_step_table *table, const cJSON *row, const rows *r)
{
    const int64_t number = (table->count ? table->rows[table->count - 1].step : 0) + 1;
    double found = sw_json_number_of(row, "step"), epoch = sw_json_number_of(row, "epoch");
    if (found != (double)number)
        return sw_fail(SW_E_DATA, "%s:%d: step %.10g stands where step %" PRId64 " should", r->path,
                       r->line_number, found, number);
    if (!(epoch >= 1.0 && epoch <= INT32_MAX))
        return sw_fail(SW_E_DATA, "%s:%d: the step has no epoch", r->path, r->line_number);
    sw_step_record step = {.step = number,
                           .epoch = (int)epoch,
                           .loss = sw_json_number_of(row, "loss"),
                           .lr = sw_json_number_of(row, "lr")};
    SW_ENSURE(SW_ARRAY_GROW(table->rows, table->count, "table of steps"));
    table->rows[table->count++] = step;
    return SW_OK;
}

sw_status sw_step_table_read(sw_step_table *out, const char *path)
{
    sw_status status = SW_OK;
    rows r = {0};
    *out = (sw_step_table){0};
    SW_TRY(rows_open(&r, path));
    SW_TRY(rows_next(&r, "step"));
    while (r.row) {
        SW_TRY(add_step(out, r.row, &r));
        SW_TRY(rows_next(&r, "step"));
    }
done:
    rows_close(&r);
    if (status != SW_OK) sw_step_table_deinit(out);
    return status;
}

void sw_step_table_deinit(sw_step_table *table)
{
    free(table->rows);
    *table = (sw_step_table){0};
}
