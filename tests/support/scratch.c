#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fs.h"

enum { MAX_PATHS = 4096 };

static char folder[64];
static char *paths[MAX_PATHS]; /* handed out, freed at the end */
static int path_count;

void scratch_create(void)
{
    snprintf(folder, sizeof folder, "/tmp/segwork-test-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void scratch_remove(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    for (int i = 0; i < path_count; i++) free(paths[i]);
    path_count = 0;
}

const char *scratch_path(const char *name)
{
    cr_assert_lt(path_count, MAX_PATHS);
    char *path = sw_fs_join(folder, name);
    cr_assert_not_null(path);
    paths[path_count++] = path;
    return path;
}

const char *scratch_write(const char *name, const char *text)
{
    const char *path = scratch_path(name);
    char *parent = sw_fs_dirname(path);
    cr_assert_eq(sw_fs_mkdirs(parent), SW_OK);
    free(parent);
    cr_assert_eq(sw_fs_write(path, text, strlen(text)), SW_OK, "%s", sw_error_message());
    return path;
}

void scratch_expect_text(const char *name, const char *text)
{
    char *found;
    size_t length;
    cr_assert_eq(sw_fs_read(&found, &length, scratch_path(name), 1 << 20), SW_OK, "%s", sw_error_message());
    cr_expect_str_eq(found, text, "%s is\n%s", name, found);
    free(found);
}

void scratch_limit_files(unsigned bytes)
{
    const struct rlimit limit = {bytes, bytes};
    signal(SIGXFSZ, SIG_IGN); /* the write fails instead */
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

int scratch_count_files(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    cr_assert_not_null(dir);
    while (readdir(dir)) count++;
    closedir(dir);
    return count - 2; /* . and .. */
}
