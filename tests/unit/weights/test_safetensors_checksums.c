/* Checksums of the files that segwork writes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(safetensors_checksums, .init = scratch_create, .fini = scratch_remove);

static const float values[3] = {1.0f, -2.5f, 1e-9f};
static const int64_t count = 7;

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static const char *write_file(void)
{
    const char *path = scratch_path("w.safetensors");
    sw_safetensors_writer *w;
    must(sw_safetensors_writer_create(&w));
    must(sw_safetensors_writer_metadata(w, "epoch", "12"));
    must(sw_safetensors_writer_declare(w, "a.weight", SW_SAFETENSORS_F32, 1, (int64_t[]){3}));
    must(sw_safetensors_writer_declare(w, "empty", SW_SAFETENSORS_F32, 1, (int64_t[]){0}));
    must(sw_safetensors_writer_declare(w, "a.count", SW_SAFETENSORS_I64, 0, NULL));
    must(sw_safetensors_writer_add_checksums(w));
    must(sw_safetensors_writer_begin(w, path));
    must(sw_safetensors_writer_put(w, "a.weight", values, sizeof values));
    must(sw_safetensors_writer_put(w, "empty", values, 0));
    must(sw_safetensors_writer_put(w, "a.count", &count, sizeof count));
    must(sw_safetensors_writer_finish(w));
    sw_safetensors_writer_destroy(w);
    return path;
}

static sw_status read_all(const char *path)
{
    sw_safetensors_reader *reader;
    sw_status status = sw_safetensors_reader_open(&reader, path);
    if (status == SW_OK) status = sw_safetensors_reader_verify(reader);
    sw_safetensors_reader_destroy(reader);
    return status;
}

Test(safetensors_checksums, a_file_without_tensors_has_that_of_its_header_alone)
{
    sw_safetensors_writer *w;
    must(sw_safetensors_writer_create(&w));
    must(sw_safetensors_writer_add_checksums(w));
    must(sw_safetensors_writer_begin(w, scratch_path("none.safetensors")));
    must(sw_safetensors_writer_finish(w));
    sw_safetensors_writer_destroy(w);
    must(read_all(scratch_path("none.safetensors")));
}

/* The checksums of the three tensors were worked out with Python's xxhash 4.1: xxh64(b"") and so on. */
Test(safetensors_checksums, they_are_those_of_the_bytes_in_the_order_of_the_data)
{
    sw_safetensors_reader *reader;
    must(sw_safetensors_reader_open(&reader, write_file()));
    must(sw_safetensors_reader_verify(reader));
    const char *digits = sw_safetensors_reader_metadata(reader, "segwork.xxh64");
    cr_assert_not_null(digits);
    cr_assert_eq(strlen(digits), 4 * 16);
    cr_expect_str_eq(sw_safetensors_reader_get(reader, 0)->name, "a.count");
    cr_expect_eq(strncmp(digits + 16, "0876cd406afde455", 16), 0, "%s", digits);
    /* an empty tensor comes before its neighbour of the same place */
    cr_expect_not_null(strstr(digits + 16, "ef46db3751d8e999"), "%s", digits);
    cr_expect_not_null(strstr(digits + 16, "3b15cbdc127a067f"), "%s", digits);
    sw_safetensors_reader_destroy(reader);
}

Test(safetensors_checksums, every_flipped_bit_is_noticed)
{
    const char *path = write_file();
    char *bytes;
    size_t length;
    must(sw_fs_read(&bytes, &length, path, 1 << 16));
    static const char key[] = "segwork.xxh64"; /* under another name they are nobody's checksums */
    size_t key_at = 0;
    while (memcmp(bytes + key_at, key, sizeof key - 1) != 0) key_at++;
    for (size_t i = 0; i < length; i++) {
        const char was = bytes[i];
        if (was == ' ' || (i >= key_at && i < key_at + sizeof key - 1)) continue; /* ' ': before the data */
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = (char)(was ^ (1 << bit));
            must(sw_fs_write(path, bytes, length));
            cr_expect_eq(read_all(path), SW_E_DATA, "bit %d of byte %zu", bit, i);
        }
        bytes[i] = was;
    }
    must(sw_fs_write(path, bytes, length));
    must(read_all(path));
    free(bytes);
}
