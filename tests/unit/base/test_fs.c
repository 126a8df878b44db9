/* Files written whole. */
#include <criterion/criterion.h>
#include <stdlib.h>

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
