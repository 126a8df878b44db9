#include "report_pictures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "image/image.h"
#include "page/html.h"

/* ---- links ---- */

/* Appends a path as a link has it. */
static void append_escaped(sw_str *out, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    for (; *path; path++) {
        if (strchr(plain, *path))
            sw_str_append_bytes(out, path, 1);
        else
            sw_str_printf(out, "%%%02X", (unsigned)(unsigned char)*path);
    }
}

/* Appends the way from a folder to a file or folder, both absolute. */
static void append_way(sw_str *out, const char *from, const char *to)
{
    size_t shared = 0;
    for (size_t i = 0;; i++) {
        const bool ends = (from[i] == '/' || !from[i]) && (to[i] == '/' || !to[i]);
        if (ends) shared = i;
        if (from[i] != to[i] || !from[i]) break;
    }
    for (const char *c = from + shared; *c; c++)
        if (*c == '/' && c[1]) sw_str_append(out, "../");
    to += shared;
    append_escaped(out, *to == '/' ? to + 1 : *to ? to : ".");
}

/* Finds the absolute path of a folder, that of `named`. */
static sw_status find_folder(char **out, const char *path, const char *named)
{
    *out = realpath(path, NULL);
    return *out ? SW_OK : sw_fail(SW_E_IO, "%s: cannot find the folder %s: %s", named, path, strerror(errno));
}

sw_status report_pictures_open(report_pictures *out, const run_list *runs, const char *page)
{
    sw_status status = SW_OK;
    char *folder = sw_fs_dirname(page), *from = NULL, *to = NULL;
    *out = (report_pictures){0};
    if (!folder) return SW_E_MEMORY;
    SW_TRY(find_folder(&from, folder, page));
    for (int r = 0; r < runs->count; r++) {
        sw_str way = {0};
        SW_TRY(find_folder(&to, runs->runs[r].path, runs->runs[r].path));
        append_way(&way, from, to);
        SW_TRY(sw_str_take(&out->folders[r], &way));
        free(to);
        to = NULL;
    }
done:
    free(folder);
    free(from);
    free(to);
    if (status != SW_OK) report_pictures_close(out);
    return status;
}

void report_pictures_close(report_pictures *pictures)
{
    for (int r = 0; r < SW_CHART_RUNS; r++) free(pictures->folders[r]);
    *pictures = (report_pictures){0};
}

/* ---- pictures ---- */

sw_status report_picture_inside(sw_str *out, report_pictures *pictures, char *path)
{
    char *bytes;
    size_t length;
    if (!path) return SW_E_MEMORY;
    const size_t before = out->length;
    sw_status status = sw_fs_read(&bytes, &length, path, SW_IMAGE_MAX_FILE_BYTES);
    free(path);
    if (status != SW_OK) return status;
    sw_html_data_uri(out, "image/png", bytes, length);
    pictures->inside += out->length - before;
    free(bytes);
    return SW_OK;
}

sw_status report_picture(sw_str *out, report_pictures *pictures, const run_list *runs, int run, char *path)
{
    if (!path) return SW_E_MEMORY;
    if (!pictures->linked && !report_pictures_too_many(pictures))
        return report_picture_inside(out, pictures, path);
    if (pictures->linked) {
        sw_str_append(out, pictures->folders[run]);
        append_escaped(out, path + strlen(runs->runs[run].path));
    }
    free(path);
    return SW_OK;
}

bool report_pictures_too_many(const report_pictures *pictures)
{
    return !pictures->linked && pictures->limit > 0 && pictures->inside > pictures->limit;
}
