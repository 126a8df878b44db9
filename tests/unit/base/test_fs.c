/* Files written whole. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "scratch.h"

TestSuite(fs, .init = scratch_create, .fini = scratch_remove);

Test(fs, a_text_that_memory_ran_out_for_leaves_the_file_as_it_was)
{
    sw_str text = {0};
    char *found;
    size_t length;
    sw_str_append(&text, "new");
    cr_assert_eq(SW_OK, sw_fs_write_text(scratch_path("file"), &text));
    cr_expect_null(text.text);
    sw_str_append(&text, "half");
    text.failed = true;
    cr_expect_eq(sw_fs_write_text(scratch_path("file"), &text), SW_E_MEMORY);
    cr_assert_eq(SW_OK, sw_fs_read(&found, &length, scratch_path("file"), 100));
    cr_expect_str_eq(found, "new");
    free(found);
}

static int files_in(const char *folder)
{
    int count = 0;
    DIR *entries = opendir(folder);
    cr_assert_not_null(entries);
    for (struct dirent *e; (e = readdir(entries)) != NULL;)
        count += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(entries);
    return count;
}

/* A limit on the size of files stands for a full disk. */
Test(fs, a_file_that_cannot_be_written_whole_leaves_nothing_and_the_old_one_as_it_was)
{
    enum { LIMIT = 1 << 12 };
    static const char large[2 * LIMIT];
    const struct rlimit limit = {LIMIT, RLIM_INFINITY};
    sw_fs_writer writer;
    char *found;
    size_t length;
    cr_assert_eq(SW_OK, sw_fs_write(scratch_path("file"), "old", 3));
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(sw_fs_write(scratch_path("file"), large, sizeof large), SW_E_IO);
    cr_expect_eq(sw_fs_write(scratch_path("new"), large, sizeof large), SW_E_IO);
    cr_assert_eq(SW_OK, sw_fs_writer_open(&writer, scratch_path("third")));
    sw_fs_writer_discard(&writer);
    cr_expect_eq(files_in(scratch_path(".")), 1);
    cr_assert_eq(SW_OK, sw_fs_read(&found, &length, scratch_path("file"), 100));
    cr_expect_str_eq(found, "old");
    free(found);
}
