/* The files of numbers of a run. The columns are described once, in the table below; writing, reading and the
 * CSV follow from it. */
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

static const char steps_name[] = "steps.jsonl", metrics_name[] = "metrics.jsonl", csv_name[] = "metrics.csv";

/* No run writes more; a file beyond is not one of ours. */
#define MAX_FILE_BYTES ((size_t)1 << 30)

/* ---- columns ---- */

typedef enum column_kind { SINGLE, PER_CLASS, BORDER_ONLY } column_kind;

typedef struct column {
    const char *name; /* PER_CLASS: the files say "<name>_<class>" */
    column_kind kind;
    size_t offset; /* in sw_epoch_record; of the first class where there is one a class */
} column;

#define AT(field) offsetof(sw_epoch_record, field)

/* Other tools rely on the order up to `seconds`. */
static const column columns[] = {
    {"lr", SINGLE, AT(lr)},
    {"train_loss", SINGLE, AT(train_loss)},
    {"val_loss", SINGLE, AT(val_loss)},
    {"pixel_accuracy", SINGLE, AT(pixel_accuracy)},
    {"iou", SINGLE, AT(iou)},
    {"custom_iou", SINGLE, AT(custom_iou)},
    {"miou", SINGLE, AT(miou)},
    {"iou", PER_CLASS, AT(class_iou)},
    {"border_recall", BORDER_ONLY, AT(class_recall)},
    {"article_pixel_accuracy", SINGLE, AT(article_pixel_accuracy)},
    {"images_per_second", SINGLE, AT(images_per_second)},
    {"seconds", SINGLE, AT(seconds)},
    {"article_iou", SINGLE, AT(article_iou)},
    {"article_custom_iou", SINGLE, AT(article_custom_iou)},
    {"boundary_f1", SINGLE, AT(boundary_f1)},
    {"precision", PER_CLASS, AT(class_precision)},
    {"recall", PER_CLASS, AT(class_recall)},
    {"dice", PER_CLASS, AT(class_dice)},
    {"boundary_f1", PER_CLASS, AT(class_boundary_f1)},
};
enum { COLUMN_COUNT = sizeof columns / sizeof columns[0], NAME_BYTES = 64 };
_Static_assert((int)COLUMN_COUNT <= (int)SW_EPOCH_COLUMN_KINDS,
               "a layout has room for every column of every class");

typedef sw_epoch_cell cell;
typedef sw_epoch_layout layout;

static void add_cell(layout *l, size_t offset, const char *prefix, const char *class_name)
{
    cell *added = &l->cells[l->count++];
    snprintf(added->key, sizeof added->key, "%s%s%s", prefix, class_name ? "_" : "",
             class_name ? class_name : "");
    added->offset = offset;
}

static void lay_out(layout *l, char *const *class_names, int class_count)
{
    l->count = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const column *col = &columns[i];
        if (col->kind == SINGLE) add_cell(l, col->offset, col->name, NULL);
        for (int c = 0; c < class_count && col->kind != SINGLE; c++) {
            size_t offset = col->offset + (size_t)c * sizeof(double);
            if (col->kind == PER_CLASS) add_cell(l, offset, col->name, class_names[c]);
            if (col->kind == BORDER_ONLY && strcmp(class_names[c], "border") == 0)
                add_cell(l, offset, col->name, NULL);
        }
    }
}

void sw_epoch_layout_init(sw_epoch_layout *out, char *const *class_names, int class_count)
{
    lay_out(out, class_names, class_count);
}

double sw_epoch_value(const sw_epoch_record *record, const sw_epoch_cell *c)
{
    double value;
    memcpy(&value, (const char *)record + c->offset, sizeof value);
    return value;
}

static void set(sw_epoch_record *record, const cell *c, double value)
{
    memcpy((char *)record + c->offset, &value, sizeof value);
}

sw_epoch_record sw_epoch_record_empty(int epoch)
{
    const double absent = (double)NAN;
    sw_epoch_record record = {.epoch = epoch,
                              .lr = absent,
                              .train_loss = absent,
                              .val_loss = absent,
                              .pixel_accuracy = absent,
                              .iou = absent,
                              .custom_iou = absent,
                              .miou = absent,
                              .article_pixel_accuracy = absent,
                              .article_iou = absent,
                              .article_custom_iou = absent,
                              .images_per_second = absent,
                              .seconds = absent,
                              .boundary_f1 = absent};
    for (int c = 0; c < SW_MAX_CLASSES; c++)
        record.class_iou[c] = record.class_precision[c] = record.class_recall[c] = record.class_dice[c] =
            record.class_boundary_f1[c] = absent;
    return record;
}

/* ---- numbers ---- */

static bool is_writable(double value)
{
    return fabs(value) <= (double)FLT_MAX; /* false for NaN too */
}

/* The shortest digits that read back as the same float: 0.001, not 0.00100000005. Whole numbers as such: 10,
 * not 1e+01. Of the float's own digits, so that what was read back is written alike. */
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
    layout layout;
};

static sw_status appender_open(appender *a, const char *folder, const char *name)
{
    a->path = sw_fs_join(folder, name);
    if (!a->path) return SW_E_MEMORY;
    a->fd = open(a->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return a->fd >= 0 ? SW_OK : sw_fail(SW_E_IO, "cannot write %s: %s", a->path, strerror(errno));
}

static void appender_close(appender *a)
{
    if (a->fd >= 0) close(a->fd);
    free(a->path);
}

static sw_status append_line(const appender *a, const sw_str *line)
{
    sw_status status = sw_str_status(line);
    return status == SW_OK ? sw_fs_append(a->fd, a->path, line->text, line->length) : status;
}

static bool is_class_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < NAME_BYTES &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static sw_status write_csv_header(const sw_records *records)
{
    if (lseek(records->csv.fd, 0, SEEK_END) != 0) return SW_OK;
    sw_str line = {0};
    sw_str_append(&line, "epoch");
    for (int i = 0; i < records->layout.count; i++) sw_str_printf(&line, ",%s", records->layout.cells[i].key);
    sw_str_append(&line, "\n");
    sw_status status = append_line(&records->csv, &line);
    sw_str_deinit(&line);
    return status;
}

sw_status sw_records_open(sw_records **out, const char *folder, const char *const *class_names,
                          int class_count)
{
    assert(class_count > 0 && class_count <= SW_MAX_CLASSES);
    sw_status status = SW_OK;
    *out = NULL;
    char *names[SW_MAX_CLASSES];
    for (int c = 0; c < class_count; c++) {
        if (!is_class_name(class_names[c]))
            return sw_fail(SW_E_CONFIG,
                           "'%s' cannot name a class: up to %d letters, digits, '_' and '-' name a column",
                           class_names[c], NAME_BYTES - 1);
        names[c] = (char *)class_names[c];
    }
    sw_records *records = calloc(1, sizeof *records);
    if (!records) return sw_fail_alloc("records of the run", sizeof *records);
    records->steps.fd = records->metrics.fd = records->csv.fd = -1;
    lay_out(&records->layout, names, class_count);
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
    sw_status status = append_line(&records->steps, &line);
    sw_str_deinit(&line);
    return status;
}

sw_status sw_records_append_epoch(sw_records *records, const sw_epoch_record *epoch)
{
    sw_status status = SW_OK;
    sw_str json = {0}, csv = {0};
    sw_str_printf(&json, "{\"epoch\":%d", epoch->epoch);
    sw_str_printf(&csv, "%d", epoch->epoch);
    for (int i = 0; i < records->layout.count; i++) {
        const cell *c = &records->layout.cells[i];
        double value = sw_epoch_value(epoch, c);
        warn_if_infinite(value, records->metrics.path, c->key, "epoch", epoch->epoch);
        sw_str_printf(&json, ",\"%s\":", c->key);
        append_number(&json, value, "null");
        sw_str_append(&csv, ",");
        append_number(&csv, value, "");
    }
    sw_str_append(&json, "}\n");
    sw_str_append(&csv, "\n");
    SW_TRY(append_line(&records->metrics, &json));
    SW_TRY(append_line(&records->csv, &csv));
done:
    sw_str_deinit(&json);
    sw_str_deinit(&csv);
    return status;
}

void sw_records_visit(const sw_records *records, const sw_epoch_record *epoch,
                      void (*visit)(void *user, const char *key, double value), void *user)
{
    for (int i = 0; i < records->layout.count; i++)
        visit(user, records->layout.cells[i].key, sw_epoch_value(epoch, &records->layout.cells[i]));
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
    free(records);
}

/* ---- reading ---- */

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

/* Takes the next row that has the number `key`; r->row is NULL at the end. What is no such row is an error,
 * but the last line may be what a killed process left. */
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
    if (r->row || r->at == r->length) return SW_OK;
    return sw_fail(SW_E_DATA, "%s:%d: not a row with a number \"%s\"", r->path, r->line_number, key);
}

static double row_number(const cJSON *row, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

/* ---- rewinding ---- */

/* Leaves the rows with `key` <= last. A file that is not there is left so. */
static sw_status rewind_rows(const char *path, const char *key, double last)
{
    if (!sw_fs_exists(path)) return SW_OK;
    sw_status status = SW_OK;
    sw_str kept = {0};
    rows r;
    SW_TRY(rows_open(&r, path));
    do {
        SW_TRY(rows_next(&r, key));
        if (!r.row || row_number(r.row, key) > last) continue;
        sw_str_append_bytes(&kept, r.line, r.line_length);
        sw_str_append(&kept, "\n");
    } while (r.row);
    SW_TRY(sw_str_status(&kept));
    bool same = kept.length == r.length && (kept.length == 0 || memcmp(kept.text, r.text, r.length) == 0);
    if (!same) SW_TRY(sw_fs_write(path, kept.text ? kept.text : "", kept.length));
done:
    rows_close(&r);
    sw_str_deinit(&kept);
    return status;
}

/* The columns are the keys of the first row, so that the file is right for whatever version wrote the rows.
 */
static sw_status csv_from_rows(sw_str *csv, rows *r)
{
    sw_status status = SW_OK;
    cJSON *header = NULL;
    SW_TRY(rows_next(r, "epoch"));
    if (!r->row) goto done;
    header = cJSON_Duplicate(r->row, 1);
    if (!header) {
        status = sw_fail_alloc("columns of metrics.csv", 0);
        goto done;
    }
    for (const cJSON *item = header->child; item; item = item->next)
        sw_str_printf(csv, "%s%s", item == header->child ? "" : ",", item->string);
    sw_str_append(csv, "\n");
    while (r->row) {
        for (const cJSON *item = header->child; item; item = item->next) {
            if (item != header->child) sw_str_append(csv, ",");
            append_number(csv, row_number(r->row, item->string), "");
        }
        sw_str_append(csv, "\n");
        SW_TRY(rows_next(r, "epoch"));
    }
    status = sw_str_status(csv);
done:
    cJSON_Delete(header);
    return status;
}

static sw_status rebuild_csv(const char *csv_path, const char *metrics_path)
{
    sw_status status = SW_OK;
    sw_str csv = {0};
    rows r = {0};
    if (sw_fs_exists(metrics_path)) {
        SW_TRY(rows_open(&r, metrics_path));
        SW_TRY(csv_from_rows(&csv, &r));
    }
    if (csv.length > 0) {
        SW_TRY(sw_fs_write(csv_path, csv.text, csv.length));
    } else if (unlink(csv_path) != 0 && errno != ENOENT) { /* sw_records_open writes the header anew */
        status = sw_fail(SW_E_IO, "cannot remove %s: %s", csv_path, strerror(errno));
    }
done:
    rows_close(&r);
    sw_str_deinit(&csv);
    return status;
}

sw_status sw_records_rewind(const char *folder, int last_epoch, int64_t last_step)
{
    sw_status status = SW_OK;
    char *steps = sw_fs_join(folder, steps_name);
    char *metrics = sw_fs_join(folder, metrics_name);
    char *csv = sw_fs_join(folder, csv_name);
    if (!steps || !metrics || !csv) {
        status = SW_E_MEMORY;
        goto done;
    }
    SW_TRY(rewind_rows(steps, "step", (double)last_step));
    SW_TRY(rewind_rows(metrics, "epoch", last_epoch));
    SW_TRY(rebuild_csv(csv, metrics));
done:
    free(steps);
    free(metrics);
    free(csv);
    return status;
}

/* ---- tables ---- */

static sw_status take_class_names(sw_epoch_table *table, const cJSON *row, const char *path)
{
    static const char prefix[] = "iou_";
    for (const cJSON *item = row->child; item; item = item->next) {
        if (strncmp(item->string, prefix, sizeof prefix - 1) != 0) continue;
        const char *name = item->string + sizeof prefix - 1;
        if (table->class_count == SW_MAX_CLASSES || !is_class_name(name))
            return sw_fail(SW_E_DATA, "%s: its columns iou_<class> name no classes of a run", path);
        table->class_names[table->class_count] = sw_strf("%s", name);
        if (!table->class_names[table->class_count]) return SW_E_MEMORY;
        table->class_count++;
    }
    return SW_OK;
}

static sw_status add_row(sw_epoch_table *table, const cJSON *row, const layout *l)
{
    sw_epoch_record *grown = realloc(table->rows, (table->count + 1) * sizeof *grown);
    if (!grown) return sw_fail_alloc("table of epochs", (table->count + 1) * sizeof *grown);
    table->rows = grown;
    sw_epoch_record *record = &grown[table->count++];
    *record = sw_epoch_record_empty(cJSON_GetObjectItemCaseSensitive(row, "epoch")->valueint);
    for (int i = 0; i < l->count; i++) {
        /* border_recall and recall_border are one number; whichever is there counts */
        double value = row_number(row, l->cells[i].key);
        if (!isnan(value)) set(record, &l->cells[i], value);
    }
    return SW_OK;
}

sw_status sw_epoch_table_read(sw_epoch_table *out, const char *path)
{
    sw_status status = SW_OK;
    rows r = {0};
    *out = (sw_epoch_table){0};
    layout *l = calloc(1, sizeof *l);
    if (!l) return sw_fail_alloc("columns of the metrics", sizeof *l);
    SW_TRY(rows_open(&r, path));
    SW_TRY(rows_next(&r, "epoch"));
    if (r.row) SW_TRY(take_class_names(out, r.row, path));
    lay_out(l, out->class_names, out->class_count);
    while (r.row) {
        SW_TRY(add_row(out, r.row, l));
        SW_TRY(rows_next(&r, "epoch"));
    }
done:
    rows_close(&r);
    free(l);
    if (status != SW_OK) sw_epoch_table_deinit(out);
    return status;
}

void sw_epoch_table_deinit(sw_epoch_table *table)
{
    for (int c = 0; c < table->class_count; c++) free(table->class_names[c]);
    free(table->rows);
    *table = (sw_epoch_table){0};
}

static sw_status add_step(sw_step_table *table, size_t *capacity, const cJSON *row, const rows *r)
{
    const int64_t number = (table->count ? table->rows[table->count - 1].step : 0) + 1;
    double found = row_number(row, "step"), epoch = row_number(row, "epoch");
    if (found != (double)number)
        return sw_fail(SW_E_DATA, "%s:%d: step %.10g stands where step %" PRId64 " should", r->path,
                       r->line_number, found, number);
    if (!(epoch >= 1.0 && epoch <= INT32_MAX))
        return sw_fail(SW_E_DATA, "%s:%d: the step has no epoch", r->path, r->line_number);
    sw_step_record step = {
        .step = number, .epoch = (int)epoch, .loss = row_number(row, "loss"), .lr = row_number(row, "lr")};
    if (table->count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 1024;
        sw_step_record *grown = realloc(table->rows, *capacity * sizeof *grown);
        if (!grown) return sw_fail_alloc("table of steps", *capacity * sizeof *grown);
        table->rows = grown;
    }
    table->rows[table->count++] = step;
    return SW_OK;
}

sw_status sw_step_table_read(sw_step_table *out, const char *path)
{
    sw_status status = SW_OK;
    size_t capacity = 0;
    rows r = {0};
    *out = (sw_step_table){0};
    SW_TRY(rows_open(&r, path));
    SW_TRY(rows_next(&r, "step"));
    while (r.row) {
        SW_TRY(add_step(out, &capacity, r.row, &r));
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
