#include "run/epoch_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/str.h"

char *sw_epoch_file(const char *run, const char *folder, int epoch, const char *ending)
{
    return sw_strf("%s/%s/epoch_%02d%s", run, folder, epoch, ending);
}

/* The epoch of a file's name, or -1: a name that no run writes ("epoch_7.png") is not one of its files. */
static int epoch_of(const char *name, const sw_epoch_files *files, bool any_ending)
{
    static const char prefix[] = "epoch_";
    enum { MAX_DIGITS = 9 };
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) return -1;
    const char *number = name + sizeof prefix - 1;
    size_t digits = strspn(number, "0123456789");
    if (digits < 2 || digits > MAX_DIGITS || (digits > 2 && number[0] == '0')) return -1;
    for (int i = 0; files->endings[i] && (i == 0 || any_ending); i++)
        if (strcmp(number + digits, files->endings[i]) == 0) return (int)strtol(number, NULL, 10);
    return -1;
}

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* With any ending, an epoch is listed once for each of its files. */
static sw_status list(int **out, int *count, const char *run, const sw_epoch_files *files, bool any_ending)
{
    sw_status status = SW_OK;
    const struct dirent *entry;
    DIR *dir = NULL;
    char *folder = sw_fs_join(run, files->folder);
    *out = NULL;
    *count = 0;
    if (!folder) return SW_E_MEMORY;
    if (!sw_fs_is_dir(folder)) goto done;
    dir = opendir(folder);
    if (!dir) SW_TRY(sw_fail(SW_E_IO, "cannot read folder %s: %s", folder, strerror(errno)));
    while ((entry = readdir(dir))) {
        int epoch = epoch_of(entry->d_name, files, any_ending);
        if (epoch < 0) continue;
        SW_TRY(SW_ARRAY_GROW(*out, *count, "a list of epochs"));
        (*out)[(*count)++] = epoch;
    }
    if (*count) qsort(*out, (size_t)*count, sizeof **out, compare);
done:
    if (dir) closedir(dir);
    free(folder);
    return status;
}

sw_status sw_epoch_files_list(int **out, int *count, const char *run, const sw_epoch_files *files)
{
    return list(out, count, run, files, false);
}

static sw_status remove_epoch(const char *run, const sw_epoch_files *files, int epoch)
{
    sw_status status = SW_OK;
    for (int i = 0; files->endings[i] && status == SW_OK; i++) {
        char *path = sw_epoch_file(run, files->folder, epoch, files->endings[i]);
        if (!path) return SW_E_MEMORY;
        if (unlink(path) != 0 && errno != ENOENT)
            status = sw_fail(SW_E_IO, "cannot remove %s: %s", path, strerror(errno));
        free(path);
    }
    return status;
}

sw_status sw_epoch_files_keep(const char *run, const sw_epoch_files *files, int first, int last)
{
    int *epochs, count;
    sw_status status = list(&epochs, &count, run, files, true);
    for (int i = 0; i < count && status == SW_OK; i++)
        if (epochs[i] < first || epochs[i] > last) status = remove_epoch(run, files, epochs[i]);
    free(epochs);
    return status;
}
