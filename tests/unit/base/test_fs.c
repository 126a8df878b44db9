/* Files written whole, looked for and opened. */
#define _GNU_SOURCE /* syscall() */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "scratch.h"

TestSuite(fs, .init = scratch_create, .fini = scratch_remove);

/* In the place of the C library's: fails with this error, if any. */
static int lstat_error;

int lstat(const char *restrict path, struct stat *restrict out)
{
    if (lstat_error) {
        errno = lstat_error;
        return -1;
    }
    return fstatat(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

/* In the place of the C library's: before the first lock, another process begins to write this file and dies.
 */
static const char *remover;

int flock(int fd, int operation)
{
    const char *path = remover;
    remover = NULL;
    if (path) {
        int code;
        sw_fs_writer writer;
        const pid_t child = fork();
        if (child == 0) _exit(sw_fs_writer_open(&writer, path) != SW_OK);
        cr_assert_eq(waitpid(child, &code, 0), child);
        cr_assert_eq(code, 0);
    }
    return (int)syscall(SYS_flock, fd, operation);
}

static void begin(sw_fs_writer *writer, const char *name, const char *text)
{
    cr_assert_eq(SW_OK, sw_fs_writer_open(writer, scratch_path(name)), "%s", sw_error_message());
    cr_assert_geq(fputs(text, writer->stream), 0);
}

/* A process that is killed while it writes the file. */
static void leave_half(const char *name)
{
    sw_fs_writer writer;
    int code;
    const char *path = scratch_path(name);
    const pid_t child = fork();
    if (child == 0) _exit(sw_fs_writer_open(&writer, path) != SW_OK || fputs("half", writer.stream) < 0);
    cr_assert_eq(waitpid(child, &code, 0), child);
    cr_assert_eq(code, 0);
}

Test(fs, a_text_that_memory_ran_out_for_leaves_the_file_as_it_was)
{
    sw_str text = {0};
    sw_str_append(&text, "new");
    cr_assert_eq(SW_OK, sw_fs_write_text(scratch_path("file"), &text));
    cr_expect_null(text.text);
    sw_str_append(&text, "half");
    text.failed = true;
    cr_expect_eq(sw_fs_write_text(scratch_path("file"), &text), SW_E_MEMORY);
    scratch_expect_text("file", "new");
}

Test(fs, of_two_that_write_one_file_each_publishes_its_own_and_nothing_else_remains)
{
    sw_fs_writer first, second, third;
    begin(&first, "file", "the first, which is longer");
    begin(&second, "file", "the second");
    begin(&third, "file", "the third");
    sw_fs_writer_discard(&third);
    cr_assert_eq(SW_OK, sw_fs_writer_commit(&second), "%s", sw_error_message());
    scratch_expect_text("file", "the second");
    cr_assert_eq(SW_OK, sw_fs_writer_commit(&first), "%s", sw_error_message());
    scratch_expect_text("file", "the first, which is longer");
    cr_expect_eq(scratch_count_files(), 1);
}

Test(fs, what_a_dead_process_left_goes_with_the_next_writing_and_what_a_living_one_writes_stays)
{
    sw_fs_writer living;
    begin(&living, "file", "of the living");
    leave_half("file");
    leave_half("file");
    cr_expect_eq(scratch_count_files(), 2, "the living one's and one left over");
    cr_assert_eq(SW_OK, sw_fs_write(scratch_path("file"), "whole", 5));
    cr_expect_eq(scratch_count_files(), 2, "the living one's and the file");
    scratch_expect_text("file", "whole");
    cr_assert_eq(SW_OK, sw_fs_writer_commit(&living));
    scratch_expect_text("file", "of the living");
    cr_expect_eq(scratch_count_files(), 1);
}

Test(fs, a_link_under_the_name_aside_is_not_followed)
{
    sw_fs_writer writer;
    scratch_write("victim", "precious");
    begin(&writer, "file", "");
    char *aside = strdup(writer.aside);
    sw_fs_writer_discard(&writer);
    cr_assert_eq(symlink("victim", aside), 0);
    cr_assert_eq(SW_OK, sw_fs_write(scratch_path("file"), "new", 3), "%s", sw_error_message());
    scratch_expect_text("file", "new");
    scratch_expect_text("victim", "precious");
    free(aside);
}

Test(fs, a_file_may_have_the_longest_name_there_is)
{
    char name[256];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert_eq(SW_OK, sw_fs_write(scratch_path(name), "text", 4), "%s", sw_error_message());
    scratch_expect_text(name, "text");
}

Test(fs, what_cannot_be_known_is_not_taken_for_absent)
{
    bool there = true;
    cr_assert_eq(SW_OK, sw_fs_find(&there, scratch_path("nothing")));
    cr_expect_not(there);
    scratch_write("file", "text");
    cr_assert_eq(SW_OK, sw_fs_find(&there, scratch_path("file")));
    cr_expect(there);
    cr_assert_eq(SW_OK, sw_fs_find(&there, scratch_path("file/below")));
    cr_expect_not(there);
    cr_assert_eq(symlink("circle", scratch_path("circle")), 0);
    cr_expect_eq(sw_fs_find(&there, scratch_path("circle")), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "circle: whether it is there cannot be seen"));
}

Test(fs, only_regular_files_are_opened)
{
    int fd;
    cr_assert_eq(mkfifo(scratch_path("pipe"), 0600), 0);
    cr_expect_eq(sw_fs_open(&fd, scratch_path("pipe"), O_RDONLY), SW_E_IO);
    cr_expect_eq(sw_fs_open(&fd, scratch_path("pipe"), O_WRONLY | O_APPEND), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "pipe: not a regular file"), "%s", sw_error_message());
    cr_expect_eq(sw_fs_open(&fd, "/dev/null", O_WRONLY), SW_E_IO);
    cr_expect_eq(sw_fs_open(&fd, scratch_path("."), O_RDONLY), SW_E_IO);
    cr_expect_eq(sw_fs_open(&fd, scratch_path("new"), O_RDONLY), SW_E_IO);
    cr_assert_eq(SW_OK, sw_fs_open(&fd, scratch_path("new"), O_WRONLY | O_CREAT));
    close(fd);
}

Test(fs, only_a_file_is_replaced)
{
    sw_fs_writer writer;
    cr_assert_eq(mkdir(scratch_path("folder"), 0777), 0);
    cr_expect_eq(sw_fs_write(scratch_path("folder"), "text", 4), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "folder: a folder of that name"), "%s", sw_error_message());
    cr_assert_eq(mkfifo(scratch_path("pipe"), 0600), 0);
    cr_expect_eq(sw_fs_write(scratch_path("pipe"), "text", 4), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "pipe: it is a device or a pipe"), "%s",
                       sw_error_message());
    cr_expect_eq(sw_fs_write(scratch_path("none/file"), "text", 4), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "there is no folder"), "%s", sw_error_message());
    begin(&writer, "file", "text");
    cr_assert_eq(mkdir(scratch_path("file"), 0777), 0);
    cr_expect_eq(sw_fs_writer_commit(&writer), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "cannot rename"), "%s", sw_error_message());
    cr_expect_eq(scratch_count_files(), 3, "nothing is left aside");
}

static int count_open_files(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    cr_assert_not_null(folder);
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

Test(fs, no_file_stays_open_and_an_old_error_is_not_taken_for_a_new_one)
{
    sw_fs_writer writer;
    const int before = count_open_files();
    begin(&writer, "file", "text");
    errno = EIO;
    cr_expect_eq(sw_fs_writer_commit(&writer), SW_OK, "%s", sw_error_message());
    begin(&writer, "file", "other");
    sw_fs_writer_discard(&writer);
    cr_expect_eq(sw_fs_write(scratch_path("none/file"), "text", 4), SW_E_IO);
    cr_expect_eq(count_open_files(), before);
    scratch_expect_text("file", "text");
}

Test(fs, a_file_is_written_where_nothing_can_be_seen_and_what_a_dead_process_left_goes_later)
{
    const int errors[] = {ELOOP, EACCES, ENOENT};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        lstat_error = errors[i];
        cr_expect_eq(sw_fs_write(scratch_path("file"), "text", 4), SW_OK, "%s", sw_error_message());
        cr_expect_eq(scratch_count_files(), 1);
        lstat_error = 0;
        leave_half("file");
        lstat_error = errors[i];
        cr_expect_eq(sw_fs_write(scratch_path("file"), "more", 4), SW_OK, "%s", sw_error_message());
        lstat_error = 0;
        cr_expect_eq(scratch_count_files(), 2);
        scratch_expect_text("file", "more");
        cr_expect_eq(sw_fs_write(scratch_path("file"), "last", 4), SW_OK, "%s", sw_error_message());
        cr_expect_eq(scratch_count_files(), 1);
    }
}

Test(fs, a_new_file_that_another_process_removes_before_it_is_locked_is_made_again)
{
    sw_fs_writer first, second;
    remover = scratch_path("file");
    begin(&first, "file", "first");
    cr_assert_null(remover, "another writer came between");
    begin(&second, "file", "second");
    cr_expect_eq(sw_fs_writer_commit(&first), SW_OK, "%s", sw_error_message());
    scratch_expect_text("file", "first");
    cr_expect_eq(sw_fs_writer_commit(&second), SW_OK, "%s", sw_error_message());
    scratch_expect_text("file", "second");
    cr_expect_eq(scratch_count_files(), 1);
}

/* A limit on the size of files stands for a full disk. */
Test(fs, a_file_that_cannot_be_written_whole_leaves_nothing_and_the_old_one_as_it_was)
{
    enum { LIMIT = 1 << 12 };
    static const char large[2 * LIMIT];
    sw_fs_writer writer;
    scratch_write("file", "old");
    scratch_limit_files(LIMIT);
    cr_expect_eq(sw_fs_write(scratch_path("file"), large, sizeof large), SW_E_IO);
    cr_expect_eq(sw_fs_write(scratch_path("new"), large, sizeof large), SW_E_IO);
    cr_assert_eq(SW_OK, sw_fs_writer_open(&writer, scratch_path("third")));
    sw_fs_writer_discard(&writer);
    cr_expect_eq(scratch_count_files(), 1);
    scratch_expect_text("file", "old");
}
