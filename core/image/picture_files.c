#include "image/picture_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/file_set.h"
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

/* A folder that is still to be looked at. */
typedef struct folder_link {
    const char *path, *below; /* `below` the folder that is listed: "sub/" */
    int depth;
} folder_link;

typedef struct walk {
    sw_picture_files *out;
    sw_visits visits;
    folder_link *links; /* links to folders come after the folders themselves */
    int link_count;
} walk;

static sw_status list_folder(walk *w, const char *folder, const char *prefix, int depth);

static bool is_link(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

static sw_status go_deeper(walk *w, const char *path, const char *below, int depth)
{
    const char *deeper = sw_arena_printf(&w->out->arena, "%s/", below);
    if (!deeper) return SW_E_MEMORY;
    if (!is_link(path)) return list_folder(w, path, deeper, depth);
    SW_ENSURE(SW_ARRAY_GROW(w->links, w->link_count, "a list of folders"));
    w->links[w->link_count++] = (folder_link){path, deeper, depth};
    return SW_OK;
}

/* `prefix`: where the folder lies below the one that is listed ("", "sub/"). */
static sw_status list_folder(walk *w, const char *folder, const char *prefix, int depth)
{
    sw_status status = SW_OK;
    sw_picture_files *out = w->out;
    bool first;
    SW_ENSURE(sw_visits_add(&first, &w->visits, folder));
    DIR *stream = opendir(folder);
    if (!stream) return sw_fail(SW_E_IO, "%s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while (first && (entry = readdir(stream))) {
        if (entry->d_name[0] == '.') continue;
        char *below = sw_arena_printf(&out->arena, "%s%s", prefix, entry->d_name);
        char *path = below ? sw_arena_printf(&out->arena, "%s/%s", folder, entry->d_name) : NULL;
        if (!path) SW_TRY(SW_E_MEMORY);
        if (sw_is_picture_name(entry->d_name) && !sw_fs_is_dir(path)) {
            SW_TRY(SW_ARRAY_GROW(out->paths, out->count, "a list of pictures"));
            out->paths[out->count++] = below;
        } else if (depth > 0 && sw_fs_is_dir(path)) {
            SW_TRY(go_deeper(w, path, below, depth - 1));
        }
    }
done:
    closedir(stream);
    return status;
}

static int compare_links(const void *a, const void *b)
{
    return strcmp(((const folder_link *)a)->below, ((const folder_link *)b)->below);
}

/* Follows the links in the order of their names, whatever order the folder has. */
static sw_status list_all(walk *w, const char *folder, int depth)
{
    SW_ENSURE(list_folder(w, folder, "", depth));
    for (int done = 0; done < w->link_count; done++) {
        qsort(w->links + done, (size_t)(w->link_count - done), sizeof *w->links, compare_links);
        const folder_link next = w->links[done];
        SW_ENSURE(list_folder(w, next.path, next.below, next.depth));
    }
    return SW_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

sw_status sw_picture_files_list(sw_picture_files *out, const char *folder, bool deep)
{
    *out = (sw_picture_files){0};
    walk w = {.out = out};
    sw_status status = list_all(&w, folder, deep ? SW_PICTURE_FILES_DEPTH : 0);
    sw_visits_deinit(&w.visits);
    free(w.links);
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
