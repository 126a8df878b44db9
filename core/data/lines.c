#include "lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

enum { LIST_MAX_BYTES = 64 << 20 };

sw_status data_lines_open(data_lines *lines, const char *path)
{
    size_t length = 0;
    *lines = (data_lines){0};
    SW_ENSURE(sw_fs_read(&lines->text, &length, path, LIST_MAX_BYTES));
    if (strlen(lines->text) != length) {
        data_lines_deinit(lines);
        return sw_fail(SW_E_DATA, "%s: no text file: it has the control character 0", path);
    }
    lines->next = lines->text;
    if (length >= 3 && memcmp(lines->text, "\xef\xbb\xbf", 3) == 0) lines->next += 3; /* byte-order mark */
    return SW_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without blanks around it. */
static char *trim(char *text)
{
    while (is_blank(*text)) text++;
    char *end = text + strlen(text);
    while (end > text && is_blank(end[-1])) *--end = '\0';
    return text;
}

char *data_lines_next(data_lines *lines)
{
    while (lines->next && *lines->next) {
        char *line = lines->next, *newline = strchr(line, '\n');
        lines->next = newline ? newline + 1 : NULL;
        if (newline) *newline = '\0';
        lines->number++;
        line = trim(line);
        if (*line && *line != '#') return line;
    }
    return NULL;
}

void data_lines_deinit(data_lines *lines)
{
    free(lines->text);
    *lines = (data_lines){0};
}

/* Takes the quotes off a field that begins with one and returns what follows it; NULL: it has no end. */
static char *unquote(char *field)
{
    char *to = field;
    for (char *from = field + 1;; from++) {
        if (*from == '"' && from[1] == '"')
            from++;
        else if (*from == '"' || *from == '\0') {
            char *rest = *from ? from + 1 : NULL;
            *to = '\0';
            return rest;
        }
        *to++ = *from;
    }
}

int data_line_split(char *fields[DATA_LINE_FIELDS], char *line)
{
    int count = 0;
    const char separator = strchr(line, '\t')  ? '\t'
                           : strchr(line, ',') ? ','
                           : strchr(line, ';') ? ';' /* as some countries' spreadsheets write CSV */
                                               : ' ';
    const char end[] = {separator, '\0'};
    for (char *field = line; field;) {
        char *rest = field;
        while (*field == ' ') field++;
        if (separator != ' ' && *field == '"') {
            rest = unquote(field);
            if (!rest) return -1;
            rest += strcspn(rest, end);
        } else {
            rest = field + strcspn(field, end);
        }
        char *next = *rest ? rest + 1 : NULL;
        *rest = '\0';
        if (separator != ' ' || *field) {
            if (count < DATA_LINE_FIELDS) fields[count] = trim(field);
            count++;
        }
        field = next;
    }
    return count;
}
