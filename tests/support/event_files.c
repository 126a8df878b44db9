#include "event_files.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/protobuf.h"
#include "base/str.h"

enum { HEAD_BYTES = 12, TAIL_BYTES = 4 }; /* of a record: length and checksum; checksum */

int event_files(const char *folder, char names[EVENT_FILES_MAX][300])
{
    static const char prefix[] = "events.out.tfevents.";
    struct dirent **found;
    int count = scandir(folder, &found, NULL, alphasort), files = 0;
    cr_assert_geq(count, 0);
    for (int i = 0; i < count; i++) {
        if (strncmp(found[i]->d_name, prefix, sizeof prefix - 1) == 0) {
            cr_assert_lt(files, EVENT_FILES_MAX);
            snprintf(names[files++], 300, "%s", found[i]->d_name);
        }
        free(found[i]);
    }
    free(found);
    return files;
}

/* The first field of a message: of a summary its value, of a value its tag. */
static sw_protobuf_field first_of(sw_protobuf_field message)
{
    sw_protobuf_field field;
    cr_assert(sw_protobuf_next(&field, &message.bytes, &message.length) && field.number == 1 && field.bytes);
    return field;
}

static void add_event(sw_str *text, const uint8_t *event, size_t length, bool with_versions)
{
    sw_protobuf_field field;
    long long step = -1;
    while (sw_protobuf_next(&field, &event, &length)) {
        if (field.number == 2) step = (long long)field.value;
        if (field.number == 3 && with_versions)
            sw_str_printf(text, "%.*s, ", (int)field.length, (const char *)field.bytes);
        if (field.number != 5) continue;
        const sw_protobuf_field tag = first_of(first_of(field));
        sw_str_printf(text, "%.*s %lld, ", (int)tag.length, (const char *)tag.bytes, step);
    }
    cr_assert_eq(length, 0, "an event that is no message");
}

static void add_file(sw_str *text, const char *path, bool with_versions)
{
    char *bytes;
    size_t length;
    cr_assert_eq(sw_fs_read(&bytes, &length, path, 1 << 28), SW_OK, "%s", sw_error_message());
    for (size_t at = 0; at < length;) {
        uint64_t count = 0;
        cr_assert_leq(at + HEAD_BYTES, length, "%s ends within a record", path);
        for (int i = 0; i < 8; i++) count |= (uint64_t)(uint8_t)bytes[at + (size_t)i] << 8 * i;
        cr_assert_leq(count, length - at - HEAD_BYTES - TAIL_BYTES, "%s ends within a record", path);
        add_event(text, (const uint8_t *)bytes + at + HEAD_BYTES, (size_t)count, with_versions);
        at += HEAD_BYTES + (size_t)count + TAIL_BYTES;
    }
    free(bytes);
}

char *event_contents(const char *folder, bool with_versions)
{
    char names[EVENT_FILES_MAX][300], *result;
    sw_str text = {0};
    int files = event_files(folder, names);
    for (int i = 0; i < files; i++) {
        char *path = sw_fs_join(folder, names[i]);
        add_file(&text, path, with_versions);
        free(path);
    }
    sw_str_append(&text, "");
    cr_assert_eq(sw_str_take(&result, &text), SW_OK);
    return result;
}
