#include "split.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"

/* Why a name could lead out of its folder or spoil messages, or NULL when it is fine. */
static const char *name_fault(const char *name, size_t length)
{
    if (length > SPLIT_NAME_MAX_BYTES) return "the name is over 200 bytes long";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7f) return "the name has a control character";
        if (c == '/' || c == '\\') return "the name has a slash: it must be a file of the folder itself";
        if (c == '.' && i + 1 < length && name[i + 1] == '.') return "the name has '..'";
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_integer(const char *field, size_t length)
{
    return length > 0 && length <= 9 && strspn(field, "0123456789") == length;
}

/* The next field of a line: advances *cursor past it and returns its length, 0 at the end. */
static size_t next_field(const char **field, const char **cursor, const char *end)
{
    while (*cursor < end && is_blank(**cursor)) (*cursor)++;
    *field = *cursor;
    while (*cursor < end && !is_blank(**cursor)) (*cursor)++;
    return (size_t)(*cursor - *field);
}

/* One line without its newline; *name_length 0: nothing on it. */
static sw_status parse_line(const char **name, size_t *name_length, const char *line, const char *end,
                            const char *path, int number)
{
    if (end > line && end[-1] == '\r') end--;
    const char *cursor = line;
    *name_length = next_field(name, &cursor, end);
    if (*name_length == 0 || **name == '#') {
        *name_length = 0;
        return SW_OK;
    }
    const char *fault = name_fault(*name, *name_length);
    if (fault) return sw_fail(SW_E_DATA, "%s:%d: %s", path, number, fault);
    for (int i = 0; i < 3; i++) {
        const char *field;
        size_t length = next_field(&field, &cursor, end);
        if (!is_integer(field, length))
            return sw_fail(SW_E_DATA,
                           "%s:%d: '%.*s' should be followed by three numbers (class-id species breed-id)",
                           path, number, (int)*name_length, *name);
    }
    const char *rest;
    if (next_field(&rest, &cursor, end))
        return sw_fail(SW_E_DATA,
                       "%s:%d: more than 'NAME class-id species breed-id' on the line (names have no blanks)",
                       path, number);
    return SW_OK;
}

/* Names sorted by their text, to find those listed twice: with one held out and the other not, a picture
 * would be in both parts. */
typedef struct listed_name {
    const char *name;
    int line;
} listed_name;

static int compare_entries(const void *a, const void *b)
{
    const listed_name *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static sw_status refuse_duplicates(listed_name *entries, int count, const char *path)
{
    qsort(entries, (size_t)count, sizeof *entries, compare_entries);
    for (int i = 1; i < count; i++)
        if (strcmp(entries[i - 1].name, entries[i].name) == 0)
            return sw_fail(SW_E_DATA, "%s:%d: '%s' is listed already in line %d", path, entries[i].line,
                           entries[i].name, entries[i - 1].line);
    return SW_OK;
}

static bool takes(const sw_dataset_options *options, int number)
{
    return options->holdout == 0 || (number % options->holdout == 0) == options->held;
}

static sw_status parse(split_list *out, const char *text, size_t length, const char *path,
                       const sw_dataset_options *options)
{
    sw_status status = SW_OK;
    listed_name *entries = NULL;
    const char *end = text + length;
    size_t most = length / (sizeof "a 1 1 1" - 1) + 1; /* names, by the shortest line there can be */
    out->names = sw_arena_alloc(&out->arena, most * sizeof *out->names);
    if (!out->names) return SW_E_MEMORY;
    entries = malloc(most * sizeof *entries);
    if (!entries) return sw_fail_alloc(path, most * sizeof *entries);
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) text += 3; /* byte-order mark */
    int number = 0, listed = 0; /* lines, and names on them, also those of the other part */
    for (const char *line = text; line < end && (options->limit == 0 || out->count < options->limit);) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end, *name;
        size_t name_length;
        number++;
        SW_TRY(parse_line(&name, &name_length, line, stop, path, number));
        if (name_length) {
            char *copy = sw_arena_alloc(&out->arena, name_length + 1);
            if (!copy) SW_TRY(SW_E_MEMORY);
            memcpy(copy, name, name_length);
            entries[listed++] = (listed_name){copy, number};
            if (takes(options, listed)) out->names[out->count++] = copy;
        }
        line = newline ? newline + 1 : end;
    }
    if (out->count == 0)
        SW_TRY(listed ? sw_fail(SW_E_CONFIG, "%s: data.holdout %d leaves none of its %d names", path,
                                options->holdout, listed)
                      : sw_fail(SW_E_DATA, "%s: no name in it", path));
    SW_TRY(refuse_duplicates(entries, listed, path));
done:
    free(entries);
    return status;
}

static sw_status missing_root(const char *root)
{
    if (sw_fs_exists(root))
        return sw_fail(SW_E_CONFIG, "%s is a file; a data folder has images/ and annotations/ in it", root);
    return sw_fail(
        SW_E_CONFIG,
        "there is no data folder %s. Two ways on: 'segwork data fetch %s' downloads the Oxford-IIIT Pet set "
        "(811 MB), 'segwork data synth %s' makes synthetic pets; or set data.root to a folder that is there",
        root, root, root);
}

sw_status split_read(split_list *out, const sw_dataset_options *options)
{
    sw_status status = SW_OK;
    const char *root = options->root, *name = options->split;
    char *path = NULL, *text = NULL;
    size_t length = 0;
    *out = (split_list){0};
    if (!sw_fs_is_dir(root)) return missing_root(root);
    if (name[0] == '\0' || name_fault(name, strlen(name)))
        return sw_fail(SW_E_CONFIG, "'%s' is no name of a split (trainval and test are the official ones)",
                       name);
    path = sw_strf("%s/annotations/%s.txt", root, name);
    if (!path) return SW_E_MEMORY;
    if (!sw_fs_exists(path))
        SW_TRY(sw_fail(SW_E_CONFIG,
                       "%s is missing: is %s a folder in the Oxford-IIIT Pet layout (images/, "
                       "annotations/trimaps/, annotations/%s.txt)?",
                       path, root, name));
    SW_TRY(sw_fs_read(&text, &length, path, SPLIT_FILE_MAX_BYTES));
    SW_TRY(parse(out, text, length, path, options));
done:
    free(path);
    free(text);
    if (status != SW_OK) split_deinit(out);
    return status;
}

void split_deinit(split_list *split)
{
    sw_arena_deinit(&split->arena);
    *split = (split_list){0};
}
