/* Writes and rewinds the event files of a run. Their bytes are made in event_format.c. */
#include "run/events.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "event_format.h"

static const char file_prefix[] = "events.out.tfevents.", step_prefix[] = "step/";

/* More than a run writes in weeks. */
#define MAX_FILE_BYTES ((size_t)4 << 30)

/* The largest of the format's ten digits. */
#define LAST_TIME 9999999999LL

enum { MAX_PICTURE_BYTES = 1 << 30, HOST_BYTES = 64, TAG_BYTES = 192 };

struct sw_events {
    char *folder, *path; /* path NULL: nothing was written yet */
    int fd;
};

sw_status sw_events_open(sw_events **out, const char *folder)
{
    sw_events *events = *out = calloc(1, sizeof *events);
    if (!events) return sw_fail_alloc("event files", sizeof *events);
    events->fd = -1;
    events->folder = sw_strf("%s", folder);
    if (events->folder) return SW_OK;
    sw_events_close(events);
    *out = NULL;
    return SW_E_MEMORY;
}

sw_status sw_events_flush(const sw_events *events)
{
    return events->path ? sw_fs_flush(events->fd, events->path) : SW_OK;
}

void sw_events_close(sw_events *events)
{
    if (!events) return;
    if (events->fd >= 0) close(events->fd);
    free(events->folder);
    free(events->path);
    free(events);
}

/* --- the folder's files ---------------------------------------------------------------------- */

static int is_event_file(const struct dirent *entry)
{
    return strncmp(entry->d_name, file_prefix, sizeof file_prefix - 1) == 0;
}

/* All event files of a folder by name, for free_names. */
static sw_status list_files(struct dirent ***out, int *count, const char *folder)
{
    *count = scandir(folder, out, is_event_file, alphasort);
    return *count >= 0 ? SW_OK : sw_fail(SW_E_IO, "cannot read folder %s: %s", folder, strerror(errno));
}

static void free_names(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++) free(names[i]);
    if (count >= 0) free(names);
}

/* TensorBoard reads the files in the order of their names. A new file therefore gets a later time than all
 * others, even if the clock was set back. */
static sw_status next_time(int64_t *out, const char *folder)
{
    struct dirent **names;
    int count;
    SW_ENSURE(list_files(&names, &count, folder));
    *out = (int64_t)time(NULL);
    for (int i = 0; i < count; i++) {
        const long long taken = strtoll(names[i]->d_name + sizeof file_prefix - 1, NULL, 10);
        if (taken >= *out && taken < LAST_TIME) *out = taken + 1;
    }
    free_names(names, count);
    return SW_OK;
}

static void host_name(char *host)
{
    if (gethostname(host, HOST_BYTES) != 0 || !host[0]) strcpy(host, "unknown");
    host[HOST_BYTES - 1] = '\0';
    for (char *c = host; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '.') *c = '_';
}

/* --- writing --------------------------------------------------------------------------------- */

static double wall_time_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static sw_status append(sw_events *events, sw_str *records)
{
    sw_status status = sw_str_status(records);
    if (status == SW_OK && records->length)
        status = sw_fs_append(events->fd, events->path, records->text, records->length);
    sw_str_deinit(records);
    return status;
}

/* Makes the file, once there is something to write. */
static sw_status need_file(sw_events *events)
{
    char host[HOST_BYTES], name[sizeof file_prefix + 24 + HOST_BYTES];
    int64_t stamp;
    sw_str first = {0};
    if (events->path) return SW_OK;
    host_name(host);
    SW_ENSURE(next_time(&stamp, events->folder));
    snprintf(name, sizeof name, "%s%010" PRId64 ".%s", file_prefix, stamp, host);
    events->path = sw_fs_join(events->folder, name);
    if (!events->path) return SW_E_MEMORY;
    SW_ENSURE(sw_fs_open(&events->fd, events->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND));
    sw_event_append_version(&first, wall_time_s());
    return append(events, &first);
}

sw_status sw_events_step(sw_events *events, const sw_step_record *step)
{
    const double now_s = wall_time_s();
    sw_str records = {0};
    SW_ENSURE(need_file(events));
    sw_event_append_scalar(&records, now_s, step->step, "step/loss", (float)step->loss);
    sw_event_append_scalar(&records, now_s, step->step, "step/lr", (float)step->lr);
    return append(events, &records);
}

/* "val_loss" is val/loss: the group of a metric, then its key without it. */
static void name_figure(char *tag, const sw_column *column)
{
    const char *group = sw_metric_group_name(column->metric->group), *key = column->key;
    const size_t length = strlen(group);
    if (strncmp(key, group, length) == 0 && key[length] == '_') key += length + 1;
    snprintf(tag, TAG_BYTES, "%s/%s", group, key);
}

sw_status sw_events_epoch(sw_events *events, const sw_columns *columns, const sw_epoch_record *epoch)
{
    sw_str records = {0};
    char tag[TAG_BYTES];
    const double now_s = wall_time_s();
    SW_ENSURE(need_file(events));
    for (int i = 0; i < columns->count; i++) {
        if (isnan(epoch->values[i])) continue;
        name_figure(tag, &columns->list[i]);
        sw_event_append_scalar(&records, now_s, epoch->epoch, tag, (float)epoch->values[i]);
    }
    return append(events, &records);
}

static int big_endian(const char *bytes)
{
    const uint8_t *b = (const uint8_t *)bytes;
    return (b[0] & 0x7f) << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

sw_status sw_events_grid(sw_events *events, int epoch, const char *png_path)
{
    enum { WIDTH_AT = 16, HEIGHT_AT = 20, HEADER_END = 24 };
    static const char signature[] = "\x89PNG\r\n\x1a\n";
    sw_status status = SW_OK;
    char *png = NULL;
    size_t length;
    sw_str records = {0};
    SW_TRY(sw_fs_read(&png, &length, png_path, MAX_PICTURE_BYTES));
    if (length < HEADER_END || memcmp(png, signature, sizeof signature - 1) != 0)
        SW_TRY(sw_fail(SW_E_DATA, "%s: not a PNG", png_path));
    SW_TRY(need_file(events));
    sw_event_append_image(&records, wall_time_s(), epoch, "grid", png, length, big_endian(png + WIDTH_AT),
                          big_endian(png + HEIGHT_AT));
    SW_TRY(append(events, &records));
done:
    free(png);
    return status;
}

/* --- rewinding ------------------------------------------------------------------------------- */

static bool is_past(const uint8_t *event, size_t count, int last_epoch, int64_t last_step)
{
    int64_t number;
    char tag[TAG_BYTES];
    sw_event_identify(&number, tag, sizeof tag, event, count);
    if (!tag[0]) return false; /* the version at the head of the file */
    return number > (strncmp(tag, step_prefix, sizeof step_prefix - 1) == 0 ? last_step : last_epoch);
}

/* Appends to `kept` the records that stay. */
static void keep_records(sw_str *kept, const char *path, const uint8_t *bytes, size_t count, int last_epoch,
                         int64_t last_step)
{
    const uint8_t *at = bytes, *content;
    size_t left = count, record_bytes, content_bytes;
    sw_event_record_state state;
    while ((state = sw_event_next_record(&record_bytes, &content, &content_bytes, at, left)) ==
           SW_EVENT_RECORD) {
        if (!is_past(content, content_bytes, last_epoch, last_step))
            sw_str_append_bytes(kept, at, record_bytes);
        at += record_bytes;
        left -= record_bytes;
    }
    if (state == SW_EVENT_DAMAGED)
        sw_log(SW_LOG_WARNING, "%s is damaged at byte %zu: what follows was removed", path,
               (size_t)(at - bytes));
}

static sw_status rewind_file(const char *path, int last_epoch, int64_t last_step)
{
    sw_status status = SW_OK;
    char *bytes = NULL;
    size_t count;
    sw_str kept = {0};
    SW_TRY(sw_fs_read(&bytes, &count, path, MAX_FILE_BYTES));
    keep_records(&kept, path, (const uint8_t *)bytes, count, last_epoch, last_step);
    SW_TRY(sw_str_status(&kept));
    /* records are only ever left out, so the same length is the same file */
    if (kept.length != count) SW_TRY(sw_fs_write_text(path, &kept));
done:
    free(bytes);
    sw_str_deinit(&kept);
    return status;
}

sw_status sw_events_rewind(const char *folder, int last_epoch, int64_t last_step)
{
    struct dirent **names;
    int count;
    sw_status status = list_files(&names, &count, folder);
    for (int i = 0; status == SW_OK && i < count; i++) {
        char *path = sw_fs_join(folder, names[i]->d_name);
        status = path ? rewind_file(path, last_epoch, last_step) : SW_E_MEMORY;
        free(path);
    }
    free_names(names, count);
    return status;
}
