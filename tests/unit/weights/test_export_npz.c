/* NumPy's archives, read back by the library that data fetch unpacks with. */
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "weights/export.h"
#include "weights/npy.h"

TestSuite(export_npz, .init = scratch_create, .fini = scratch_remove);

static sw_safetensors_reader *three_tensors(void)
{
    sw_safetensors_writer *writer;
    sw_safetensors_reader *reader;
    const int64_t six[] = {2, 3}, count = 7;
    const char *path = scratch_path("w.safetensors");
    cr_assert_eq(sw_safetensors_writer_create(&writer), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(writer, "a.weight", SW_SAFETENSORS_F32, 2, six), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(writer, "a.batches", SW_SAFETENSORS_I64, 0, NULL), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(writer, "optimizer.m.a", SW_SAFETENSORS_I64, 0, NULL), SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(writer, path), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(writer, "a.weight", (float[]){1, 2, 3, 4, 5, 6}, 24), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(writer, "a.batches", &count, 8), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(writer, "optimizer.m.a", &count, 8), SW_OK);
    cr_assert_eq(sw_safetensors_writer_finish(writer), SW_OK);
    sw_safetensors_writer_destroy(writer);
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK);
    return reader;
}

/* The next entry has this name and is this array's file. */
static void expect_entry(struct archive *a, const char *name, sw_safetensors_dtype dtype, int rank,
                         const int64_t *shape, const void *data)
{
    struct archive_entry *entry;
    sw_str file = {0};
    char content[512];
    cr_assert_eq(archive_read_next_header(a, &entry), ARCHIVE_OK, "%s", archive_error_string(a));
    cr_expect_str_eq(archive_entry_pathname(entry), name);
    cr_assert_eq(sw_npy_append(&file, dtype, rank, shape, data), SW_OK);
    la_ssize_t got = archive_read_data(a, content, sizeof content);
    cr_assert_eq(got, (la_ssize_t)file.length);
    cr_expect_eq(memcmp(content, file.text, file.length), 0);
    sw_str_deinit(&file);
}

Test(export_npz, each_weight_is_a_file_of_the_archive_and_nothing_else_is_in_it)
{
    sw_safetensors_reader *weights = three_tensors();
    const char *path = scratch_path("w.npz");
    cr_assert_eq(sw_export_npz(path, weights), SW_OK, "%s", sw_error_message());
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_format_zip(a);
    cr_assert_eq(archive_read_open_filename(a, path, 4096), ARCHIVE_OK);
    expect_entry(a, "a.batches.npy", SW_SAFETENSORS_I64, 0, NULL, &(int64_t){7});
    expect_entry(a, "a.weight.npy", SW_SAFETENSORS_F32, 2, (const int64_t[]){2, 3},
                 (const float[]){1, 2, 3, 4, 5, 6});
    cr_expect_eq(archive_read_next_header(a, &entry), ARCHIVE_EOF);
    cr_expect_eq(archive_read_free(a), ARCHIVE_OK);
    cr_expect_eq(sw_export_npz(scratch_path("none/w.npz"), weights), SW_E_IO);
    sw_safetensors_reader_destroy(weights);
}
