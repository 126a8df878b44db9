#include "entries.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

sw_status entries_visit(const char *folder, sw_status (*visit)(void *user, const char *path), void *user)
{
    sw_status status = SW_OK;
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_visible, by_name);
    if (count < 0) return sw_fail(SW_E_IO, "cannot read folder %s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = sw_fs_join(folder, entries[i]->d_name);
        if (status == SW_OK) status = path ? visit(user, path) : SW_E_MEMORY;
        free(path);
        free(entries[i]);
    }
    free(entries);
    return status;
}
