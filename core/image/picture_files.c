#include "image/picture_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/fs.h"

bool sw_is_picture_name(const char *name)
{
    const char *slash = strrchr(name, '/'), *file = slash ? slash + 1 : name, *dot = strrchr(file, '.');
    if (!dot || file[0] == '.') return false;
    return strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 || strcasecmp(dot, ".png") == 0;
}

int sw_stem_length(const char *path)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
    return (int)(dot && dot != file ? (size_t)(dot - path) : strlen(path));
}

/* `prefix`: where the folder lies below the one that is listed ("", "sub/"). */
static sw_status list_folder(sw_picture_files *out, const char *folder, const char *prefix, int depth)
{
    sw_status status = SW_OK;
    DIR *stream = opendir(folder);
    if (!stream) return sw_fail(SW_E_IO, "%s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (entry->d_name[0] == '.') continue;
        char *below = sw_arena_printf(&out->arena, "%s%s", prefix, entry->d_name);
        char *path = below ? sw_arena_printf(&out->arena, "%s/%s", folder, entry->d_name) : NULL;
        if (!path) SW_TRY(SW_E_MEMORY);
        if (sw_is_picture_name(entry->d_name) && !sw_fs_is_dir(path)) {
            SW_TRY(SW_ARRAY_GROW(out->paths, out->count, "a list of pictures"));
            out->paths[out->count++] = below;
        } else if (depth > 0 && sw_fs_is_dir(path)) {
            const char *deeper = sw_arena_printf(&out->arena, "%s/", below);
            if (!deeper) SW_TRY(SW_E_MEMORY);
            SW_TRY(list_folder(out, path, deeper, depth - 1));
        }
    }
done:
    closedir(stream);
    return status;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

sw_status sw_picture_files_list(sw_picture_files *out, const char *folder, bool deep)
{
    *out = (sw_picture_files){0};
    sw_status status = list_folder(out, folder, "", deep ? SW_PICTURE_FILES_DEPTH : 0);
    if (status != SW_OK)
        sw_picture_files_deinit(out);
    else if (out->count > 0)
        qsort(out->paths, (size_t)out->count, sizeof *out->paths, compare_paths);
    return status;
}

void sw_picture_files_deinit(sw_picture_files *files)
{
    free(files->paths);
    sw_arena_deinit(&files->arena);
    *files = (sw_picture_files){0};
}
