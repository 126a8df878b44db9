/* Paths taken apart, folders for caches, and files that are appended to, shortened and flushed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "scratch.h"

TestSuite(fs_paths, .init = scratch_create, .fini = scratch_remove);

static void expect_and_free(char *text, const char *expected)
{
    cr_assert_not_null(text);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(fs_paths, a_path_has_a_folder_and_a_name)
{
    expect_and_free(sw_fs_dirname("a/b/c"), "a/b");
    expect_and_free(sw_fs_dirname("/a"), "/");
    expect_and_free(sw_fs_dirname("a"), ".");
    expect_and_free(sw_fs_join("a", "b"), "a/b");
    expect_and_free(sw_fs_without_last_slash("a/b//"), "a/b");
    expect_and_free(sw_fs_without_last_slash("a"), "a");
    expect_and_free(sw_fs_without_last_slash("/"), "/");
    expect_and_free(sw_fs_without_last_slash("//"), "/");
}

Test(fs_paths, two_paths_share_folders_but_no_part_of_a_name)
{
    cr_expect_eq(sw_fs_shared_folder("/a/b/c", "/a/b/d"), 5);
    cr_expect_eq(sw_fs_shared_folder("/a/bc", "/a/bd"), 3);
    cr_expect_eq(sw_fs_shared_folder("/a/b", "/a/b"), 3);
    cr_expect_eq(sw_fs_shared_folder("/a/b/", "/a/b/c"), 5);
    cr_expect_eq(sw_fs_shared_folder("a", "b"), 0);
    cr_expect_eq(sw_fs_shared_folder("", "/a"), 0);
}

static void expect_cache(const char *own, const char *all, const char *home, const char *expected)
{
    const char *const names[] = {"SEGWORK_CACHE_DIR", "XDG_CACHE_HOME", "HOME"};
    const char *const values[] = {own, all, home};
    char *folder;
    for (int i = 0; i < 3; i++)
        if (values[i])
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
    cr_expect_eq(sw_fs_cache_folder(&folder), expected ? SW_OK : SW_E_IO);
    if (expected)
        expect_and_free(folder, expected);
    else
        cr_expect_null(folder);
}

Test(fs_paths, the_cache_is_where_the_variables_say)
{
    expect_cache("own", "/all", "/home", "own");
    expect_cache("", "/all", "/home", "/all/segwork");
    expect_cache(NULL, "/all", NULL, "/all/segwork");
    expect_cache(NULL, "relative", "/home", "/home/.cache/segwork");
    expect_cache(NULL, NULL, "/home", "/home/.cache/segwork");
    expect_cache(NULL, "", "", NULL);
    expect_cache(NULL, NULL, NULL, NULL);
}

Test(fs_paths, a_cache_folder_is_made_for_its_owner_alone)
{
    struct stat info;
    const mode_t mask = umask(0);
    char *folder = strdup(scratch_path("parent/cache"));
    cr_assert_eq(sw_fs_make_cache_folder(folder), SW_OK, "%s", sw_error_message());
    umask(mask);
    cr_assert_eq(stat(folder, &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0700);
    cr_expect(sw_fs_is_own(folder));
    cr_assert_eq(sw_fs_make_cache_folder(folder), SW_OK, "one that is there is taken as it is");
    cr_assert_eq(chmod(folder, 0722), 0);
    cr_expect_not(sw_fs_is_own(folder), "others can write to it");
    scratch_write("file", "text");
    cr_expect_eq(sw_fs_make_cache_folder(scratch_path("file/cache")), SW_E_IO);
    cr_assert_eq(symlink("nowhere/at/all", scratch_path("link")), 0);
    cr_assert_eq(sw_fs_make_cache_folder(scratch_path("link/cache")), SW_E_IO);
    free(folder);
}

Test(fs_paths, one_file_under_two_names_is_the_same)
{
    char *first = strdup(scratch_path("first")), *second = strdup(scratch_path("second"));
    scratch_write("first", "text");
    cr_expect_not(sw_fs_same(first, second));
    scratch_write("second", "text");
    cr_expect_not(sw_fs_same(first, second));
    cr_assert_eq(unlink(second), 0);
    cr_assert_eq(symlink("first", second), 0);
    cr_expect(sw_fs_same(first, second));
    free(first);
    free(second);
}

static void count_line(void *user, sw_log_level level, const char *line)
{
    (void)level, (void)line;
    ++*(int *)user;
}

Test(fs_paths, what_is_appended_is_there_whole_or_not_at_all)
{
    const char *path = scratch_path("rows");
    int fd, warnings = 0;
    sw_log_add_sink(count_line, &warnings);
    scratch_write("rows", "abc\n");
    cr_assert_eq(sw_fs_open(&fd, path, O_WRONLY | O_APPEND), SW_OK);
    cr_assert_eq(sw_fs_append(fd, path, "de\n", 3), SW_OK);
    cr_assert_eq(sw_fs_append(fd, path, "", 0), SW_OK);
    scratch_expect_text("rows", "abc\nde\n");
    for (unsigned room = 3; room-- > 0;) { /* bytes that the disk still takes */
        scratch_limit_files(7 + room);
        cr_expect_eq(sw_fs_append(fd, path, "fgh\n", 4), SW_E_IO);
        cr_expect_not_null(strstr(sw_error_message(), "rows: File too large"), "%s", sw_error_message());
        scratch_expect_text("rows", "abc\nde\n");
    }
    cr_expect_eq(warnings, 0, "nothing is incomplete");
    close(fd);
}

Test(fs_paths, a_disk_has_room_or_it_is_said_why_that_is_not_known)
{
    uint64_t bytes = 0;
    cr_expect_eq(sw_fs_free_bytes(&bytes, scratch_path(".")), SW_OK);
    cr_expect_gt(bytes, 0);
    cr_expect_eq(sw_fs_free_bytes(&bytes, scratch_path("nothing")), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "nothing: No such file"), "%s", sw_error_message());
}

Test(fs_paths, a_file_is_shortened_and_what_cannot_be_is_said)
{
    scratch_write("file", "text");
    cr_assert_eq(sw_fs_truncate(scratch_path("file"), 2), SW_OK);
    scratch_expect_text("file", "te");
    cr_expect_eq(sw_fs_truncate(scratch_path("nothing"), 2), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "cannot shorten"), "%s", sw_error_message());
}

Test(fs_paths, files_are_flushed_and_pipes_need_not_be)
{
    int fd, ends[2];
    cr_assert_eq(sw_fs_open(&fd, scratch_path("file"), O_WRONLY | O_CREAT), SW_OK);
    cr_expect_eq(sw_fs_flush(fd, "file"), SW_OK);
    close(fd);
    cr_assert_eq(pipe(ends), 0);
    cr_expect_eq(sw_fs_flush(ends[1], "pipe"), SW_OK);
    close(ends[0]);
    close(ends[1]);
    cr_expect_eq(sw_fs_flush(ends[1], "closed"), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "closed: Bad file descriptor"), "%s", sw_error_message());
}
