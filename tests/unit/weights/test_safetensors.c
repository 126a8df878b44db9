/* Checkpoint files: the writer's bytes, and a reader that believes nothing. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(safetensors, .init = scratch_create, .fini = scratch_remove);

enum { MAX_FILE = 4096 };

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

/* A file of this header and `data_bytes` bytes of anything. */
static void write_file(const char *path, const char *header, size_t data_bytes)
{
    unsigned char file[MAX_FILE] = {0};
    uint64_t length = strlen(header);
    cr_assert(8 + length + data_bytes <= sizeof file);
    memcpy(file, &length, 8);
    memcpy(file + 8, header, length);
    write_bytes(path, file, 8 + length + data_bytes);
}

/* ---- what is right ---- */

/* a = [1, 2] as F32, as the format's own library writes it */
static const char golden[] = "\x38\0\0\0\0\0\0\0"
                             "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  "
                             "\0\0\x80\x3f\0\0\0\x40";
enum { GOLDEN_BYTES = sizeof golden - 1 };
static const float golden_values[2] = {1, 2};

Test(safetensors, the_writer_writes_the_bytes_of_the_reference)
{
    const char *path = scratch_path("golden.safetensors");
    sw_safetensors_writer *writer;
    cr_assert_eq(sw_safetensors_writer_create(&writer), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(writer, "a", SW_SAFETENSORS_F32, 1, (int64_t[]){2}), SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(writer, path), SW_OK);
    cr_assert_not(sw_fs_exists(path), "nothing under the real name before finish");
    cr_assert_eq(sw_safetensors_writer_put(writer, "a", golden_values, 8), SW_OK);
    cr_assert_eq(sw_safetensors_writer_finish(writer), SW_OK);
    sw_safetensors_writer_destroy(writer);
    char *bytes;
    size_t length;
    cr_assert_eq(sw_fs_read(&bytes, &length, path, MAX_FILE), SW_OK);
    cr_assert_eq(length, (size_t)GOLDEN_BYTES);
    cr_assert_arr_eq(bytes, golden, GOLDEN_BYTES);
    free(bytes);
}

Test(safetensors, the_reader_reads_the_bytes_of_the_reference)
{
    const char *path = scratch_path("golden.safetensors");
    write_bytes(path, golden, GOLDEN_BYTES);
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_safetensors_reader_count(reader), 1);
    const sw_safetensors_tensor *a = sw_safetensors_reader_find(reader, "a");
    cr_assert_eq(a, sw_safetensors_reader_get(reader, 0));
    cr_assert(a->dtype == SW_SAFETENSORS_F32 && a->rank == 1 && a->shape[0] == 2 && a->elems == 2 &&
              a->bytes == 8);
    float values[2];
    cr_assert_eq(sw_safetensors_reader_read(reader, a, values, sizeof values), SW_OK);
    cr_assert_arr_eq(values, golden_values, sizeof values);
    cr_assert_null(sw_safetensors_reader_find(reader, "b"));
    cr_assert_null(sw_safetensors_reader_metadata(reader, "format"));
    sw_safetensors_reader_destroy(reader);
}

static const float weights[6] = {1.5f, -2, 3, 0, 1e-30f, 7};
static const int64_t batches = INT64_C(-0x123456789abcdef);
static const int32_t order[3] = {7, -8, 9};
static const uint8_t mask[5] = {0, 1, 2, 254, 255};

/* Declared in an order that is not the file's, put in a third. */
static void write_model(const char *path)
{
    sw_safetensors_writer *w;
    cr_assert_eq(sw_safetensors_writer_create(&w), SW_OK);
    cr_assert_eq(sw_safetensors_writer_metadata(w, "format", "pt"), SW_OK);
    cr_assert_eq(sw_safetensors_writer_metadata(w, "epoch", "3 \"\xC3\xBC\"\n"), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "mask", SW_SAFETENSORS_U8, 1, (int64_t[]){5}), SW_OK);
    cr_assert_eq(
        sw_safetensors_writer_declare(w, "dc1.seq.0.weight", SW_SAFETENSORS_F32, 2, (int64_t[]){3, 2}),
        SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "empty", SW_SAFETENSORS_F32, 3, (int64_t[]){4, 0, 9}),
                 SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "n", SW_SAFETENSORS_I64, 0, NULL), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "\xC3\xB6rder", SW_SAFETENSORS_I32, 1, (int64_t[]){3}),
                 SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(w, path), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "\xC3\xB6rder", order, sizeof order), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "mask", mask, sizeof mask), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "empty", "", 0), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "n", &batches, sizeof batches), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "dc1.seq.0.weight", weights, sizeof weights), SW_OK);
    cr_assert_eq(sw_safetensors_writer_finish(w), SW_OK, "%s", sw_error_message());
    sw_safetensors_writer_destroy(w);
}

static void assert_tensor(const sw_safetensors_reader *reader, const char *name, sw_safetensors_dtype dtype,
                          int rank, const int64_t *shape, const void *data, size_t bytes)
{
    const sw_safetensors_tensor *t = sw_safetensors_reader_find(reader, name);
    cr_assert_not_null(t, "%s", name);
    cr_assert(t->dtype == dtype && t->rank == rank && t->bytes == bytes, "%s", name);
    for (int i = 0; i < rank; i++) cr_assert_eq(t->shape[i], shape[i], "%s", name);
    unsigned char got[64];
    cr_assert_eq(sw_safetensors_reader_read(reader, t, got, bytes), SW_OK);
    cr_assert_eq(memcmp(got, data, bytes), 0, "%s", name);
}

Test(safetensors, every_type_shape_and_metadata_string_comes_back)
{
    const char *path = scratch_path("model.safetensors");
    write_model(path);
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_safetensors_reader_count(reader), 5);
    assert_tensor(reader, "mask", SW_SAFETENSORS_U8, 1, (int64_t[]){5}, mask, sizeof mask);
    assert_tensor(reader, "dc1.seq.0.weight", SW_SAFETENSORS_F32, 2, (int64_t[]){3, 2}, weights,
                  sizeof weights);
    assert_tensor(reader, "empty", SW_SAFETENSORS_F32, 3, (int64_t[]){4, 0, 9}, "", 0);
    assert_tensor(reader, "n", SW_SAFETENSORS_I64, 0, NULL, &batches, sizeof batches);
    assert_tensor(reader, "\xC3\xB6rder", SW_SAFETENSORS_I32, 1, (int64_t[]){3}, order, sizeof order);
    cr_assert_str_eq(sw_safetensors_reader_metadata(reader, "format"), "pt");
    cr_assert_str_eq(sw_safetensors_reader_metadata(reader, "epoch"), "3 \"\xC3\xBC\"\n");
    sw_safetensors_reader_destroy(reader);
}

Test(safetensors, header_and_wider_elements_first_keep_every_tensor_aligned)
{
    const char *path = scratch_path("model.safetensors");
    write_model(path);
    char *file;
    size_t length;
    uint64_t header_bytes;
    cr_assert_eq(sw_fs_read(&file, &length, path, MAX_FILE), SW_OK);
    memcpy(&header_bytes, file, 8);
    cr_assert_eq(header_bytes % 8, 0);
    static const size_t widths[5] = {8, 4, 4, 4, 1};
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK);
    for (size_t i = 0; i < 5; i++)
        cr_assert_eq(sw_safetensors_dtype_bytes(sw_safetensors_reader_get(reader, i)->dtype), widths[i]);
    cr_assert_eq(memcmp(file + 8 + header_bytes, &batches, 8), 0, "the I64 stands first");
    sw_safetensors_reader_destroy(reader);
    free(file);
}

Test(safetensors, a_file_without_tensors_is_a_file)
{
    const char *path = scratch_path("none.safetensors");
    sw_safetensors_writer *writer;
    cr_assert_eq(sw_safetensors_writer_create(&writer), SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(writer, path), SW_OK);
    cr_assert_eq(sw_safetensors_writer_finish(writer), SW_OK);
    sw_safetensors_writer_destroy(writer);
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_safetensors_reader_count(reader), 0);
    cr_assert_null(sw_safetensors_reader_find(reader, "a"));
    sw_safetensors_reader_destroy(reader);
}

/* ---- the writer's refusals ---- */

Test(safetensors, the_writer_refuses_what_would_make_no_valid_file)
{
    sw_safetensors_writer *w;
    const int64_t two[] = {2}, negative[] = {-1}, huge[] = {INT64_C(1) << 40, INT64_C(1) << 40};
    cr_assert_eq(sw_safetensors_writer_create(&w), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "a", SW_SAFETENSORS_F32, 1, two), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "a", SW_SAFETENSORS_I64, 1, two), SW_E_DATA);
    cr_assert_eq(sw_safetensors_writer_declare(w, "", SW_SAFETENSORS_F32, 1, two), SW_E_DATA);
    cr_assert_eq(sw_safetensors_writer_declare(w, "__metadata__", SW_SAFETENSORS_F32, 1, two), SW_E_DATA);
    cr_assert_eq(sw_safetensors_writer_declare(w, "\xFF", SW_SAFETENSORS_F32, 1, two), SW_E_DATA);
    cr_assert_eq(sw_safetensors_writer_declare(w, "b", SW_SAFETENSORS_F32, 1, negative), SW_E_DATA);
    cr_assert_eq(sw_safetensors_writer_declare(w, "b", SW_SAFETENSORS_F32, 2, huge), SW_E_DATA);
    cr_assert_eq(sw_safetensors_writer_metadata(w, "k", "v"), SW_OK);
    cr_assert_eq(sw_safetensors_writer_metadata(w, "k", "w"), SW_E_DATA);
    cr_assert_eq(sw_safetensors_writer_metadata(w, "l", "\x80"), SW_E_DATA);
    sw_safetensors_writer_destroy(w);
}

Test(safetensors, an_unfinished_file_leaves_the_earlier_one_alone)
{
    const char *folder = scratch_path("checkpoints"), *path = scratch_path("checkpoints/last.safetensors");
    cr_assert_eq(mkdir(folder, 0700), 0);
    write_bytes(path, golden, GOLDEN_BYTES);
    sw_safetensors_writer *w;
    cr_assert_eq(sw_safetensors_writer_create(&w), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "b", SW_SAFETENSORS_F32, 1, (int64_t[]){2}), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "c", SW_SAFETENSORS_F32, 1, (int64_t[]){2}), SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(w, path), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "b", golden_values, 4), SW_E_DATA, "wrong size");
    cr_assert_eq(sw_safetensors_writer_put(w, "a", golden_values, 8), SW_E_DATA, "never declared");
    cr_assert_eq(sw_safetensors_writer_put(w, "b", golden_values, 8), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(w, "b", golden_values, 8), SW_E_DATA, "twice");
    cr_assert_eq(sw_safetensors_writer_finish(w), SW_E_DATA);
    cr_assert_not_null(strstr(sw_error_message(), "'c'"), "the message names what is missing: %s",
                       sw_error_message());
    sw_safetensors_writer_destroy(w);
    char *bytes;
    size_t length;
    cr_assert_eq(sw_fs_read(&bytes, &length, path, MAX_FILE), SW_OK);
    cr_assert(length == GOLDEN_BYTES && memcmp(bytes, golden, length) == 0);
    free(bytes);
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(rmdir(folder), 0, "nothing else is left in the folder");
}

Test(safetensors, a_full_disk_is_an_error_that_names_the_file)
{
    const char *path = scratch_path("last.safetensors");
    scratch_limit_files(16);
    sw_safetensors_writer *w;
    cr_assert_eq(sw_safetensors_writer_create(&w), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(w, "b", SW_SAFETENSORS_F32, 1, (int64_t[]){2}), SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(w, path), SW_OK);
    sw_status put = sw_safetensors_writer_put(w, "b", golden_values, 8);
    sw_status finish = put == SW_OK ? sw_safetensors_writer_finish(w) : put;
    cr_assert_eq(finish, SW_E_IO);
    cr_assert_not_null(strstr(sw_error_message(), "last.safetensors"), "%s", sw_error_message());
    sw_safetensors_writer_destroy(w);
    cr_assert_not(sw_fs_exists(path));
}

/* ---- the reader's refusals ---- */

#define F32(name, shape, offsets)                                                                            \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const struct {
    const char *header;
    size_t data_bytes;
    const char *says; /* part of the message */
} broken[] = {
    {"", 0, "too few"},
    {"[]", 8, "does not begin with '{'"},
    {" {}", 0, "does not begin with '{'"},
    {"{", 8, "not valid JSON"},
    {"{\"a\"}", 8, "not valid JSON"},
    {"{" F32("a", "[2]", "[0,8]") "} x", 8, "follows the header"},
    {"{} {}", 0, "follows the header"},
    {"{\"a\xff\":1}", 0, "UTF-8"},
    {"{\"\xc0\x80\":1}", 0, "UTF-8"},
    {"{\"\xed\xa0\x80\":1}", 0, "UTF-8"},
    {"{\"\xf4\x90\x80\x80\":1}", 0, "UTF-8"},
    {"{\"a\x01\":1}", 0, "control character"},
    {"{\x02}", 0, "control character"},
    {"{" F32("a\\u0000b", "[2]", "[0,8]") "}", 8, "NUL"},
    {"{" F32("a\\u001b[2J", "[2]", "[0,8]") "}", 8, "control characters"},
    {"{" F32("", "[2]", "[0,8]") "}", 8, "name is empty"},
    {"{\"a\":3}", 8, "not an object"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "once each"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8, "once each"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "once each"},
    {"{\"a\":{\"dtype\":\"F32\",\"Shape\":[2],\"data_offsets\":[0,8]}}", 8, "once each"},
    {"{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8, "dtype"},
    {"{\"a\":{\"dtype\":4,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype"},
    {"{" F32("a", "2", "[0,8]") "}", 8, "shape is not a list"},
    {"{" F32("a", "[-2]", "[0,8]") "}", 8, "dimension 0"},
    {"{" F32("a", "[1,2.5]", "[0,8]") "}", 8, "dimension 1"},
    {"{" F32("a", "[\"2\"]", "[0,8]") "}", 8, "dimension 0"},
    {"{" F32("a", "[1e300]", "[0,8]") "}", 8, "dimension 0"},
    {"{" F32("a", "[1,1,1,1,1,1,1,1,2]", "[0,8]") "}", 8, "more than 8 dimensions"},
    {"{" F32("a", "[4294967296,4294967296]", "[0,0]") "}", 0, "too large"},
    {"{" F32("a", "[9007199254740992,9007199254740992,0]", "[0,0]") "}", 0, "too large"},
    {"{" F32("a", "[4611686018427387906]", "[0,8]") "}", 8, "dimension 0"},
    {"{" F32("a", "[2]", "[0]") "}", 8, "data_offsets"},
    {"{" F32("a", "[2]", "[0,8,8]") "}", 8, "data_offsets"},
    {"{" F32("a", "[2]", "8") "}", 8, "data_offsets"},
    {"{" F32("a", "[2]", "[0,-8]") "}", 8, "data_offsets"},
    {"{" F32("a", "[2]", "[8,0]") "}", 8, "do not lie"},
    {"{" F32("a", "[2]", "[8,16]") "}", 8, "do not lie"},
    {"{" F32("a", "[2]", "[0,8]") "}", 7, "do not lie"},
    {"{" F32("a", "[3]", "[0,8]") "}", 8, "needs 12 bytes"},
    {"{" F32("a", "[]", "[0,8]") "}", 8, "needs 4 bytes"},
    {"{" F32("a", "[2]", "[0,8]") "}", 9, "the file has 9 bytes"},
    {"{}", 1, "the file has 1 bytes"},
    {"{" F32("a", "[2]", "[4,12]") "}", 12, "a hole"},
    {"{" F32("a", "[1]", "[0,4]") "," F32("b", "[1]", "[8,12]") "}", 12, "'b' begins at 8, a hole after 4"},
    {"{" F32("a", "[2]", "[0,8]") "," F32("b", "[2]", "[4,12]") "}", 12, "'b' begins at 4, over 8"},
    {"{" F32("a", "[2]", "[0,8]") "," F32("b", "[2]", "[0,8]") "}", 8, "over"},
    {"{" F32("a", "[1]", "[0,4]") "," F32("a", "[1]", "[4,8]") "}", 8, "two tensors are called 'a'"},
    {"{" F32("a", "[1]", "[0,4]") "," F32("\\u0061", "[1]", "[4,8]") "}", 8, "two tensors are called 'a'"},
    {"{\"__metadata__\":\"x\"}", 0, "not an object"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "not a string"},
    {"{\"__metadata__\":{\"a\":\"1\",\"b\":\"\",\"a\":\"2\"}}", 0, "two metadata entries are called 'a'"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "two __metadata__"},
};

Test(safetensors, every_broken_header_is_refused_with_the_file_and_the_reason)
{
    const char *path = scratch_path("broken.safetensors");
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        write_file(path, broken[i].header, broken[i].data_bytes);
        sw_safetensors_reader *reader;
        sw_status status = sw_safetensors_reader_open(&reader, path);
        cr_assert_eq(status, SW_E_DATA, "case %zu: %s", i, broken[i].header);
        cr_assert_null(reader);
        const char *message = sw_error_message();
        cr_assert_not_null(strstr(message, path), "case %zu: %s", i, message);
        cr_assert_not_null(strstr(message, broken[i].says), "case %zu (%s): %s", i, broken[i].header,
                           message);
        cr_assert_null(strchr(message, '\n'), "case %zu: %s", i, message);
    }
}

Test(safetensors, odd_but_valid_headers_are_read)
{
    static const char *const headers[] = {
        "{" F32("b", "[1]", "[4,8]") "," F32("a", "[1]", "[0,4]") "}",
        "{\n\t" F32("a", "[1]", "[0,4]") " ,\r\n" F32("b", "[1, 1]", "[4, 8]") "}  \n ",
        "{" F32("e", "[0]", "[4,4]") "," F32("b", "[1]", "[4,8]") "," F32("a", "[1]", "[0,4]") "}",
        "{" F32("\\\\u0000", "[1]", "[0,4]") "," F32("b", "[1]", "[4,8]") ",\"__metadata__\":{}}",
    };
    const char *path = scratch_path("odd.safetensors");
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        write_file(path, headers[i], 8);
        sw_safetensors_reader *reader;
        cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK, "%s: %s", headers[i],
                     sw_error_message());
        cr_assert_not_null(sw_safetensors_reader_find(reader, "b"));
        sw_safetensors_reader_destroy(reader);
    }
}

Test(safetensors, impossible_header_lengths_are_refused_before_anything_is_allocated)
{
    static const uint64_t lengths[] = {
        0, 1, 57, 64, 65, 100000000, 100000001, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 7};
    const char *path = scratch_path("length.safetensors");
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        unsigned char file[GOLDEN_BYTES];
        memcpy(file, golden, sizeof file);
        memcpy(file, &lengths[i], 8);
        write_bytes(path, file, sizeof file);
        sw_safetensors_reader *reader;
        cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_E_DATA, "%" PRIu64, lengths[i]);
    }
}

Test(safetensors, a_header_over_the_format_s_limit_is_refused_however_large_the_file)
{
    const uint64_t length = 100000001;
    const char *path = scratch_path("large.safetensors");
    write_bytes(path, &length, sizeof length);
    cr_assert_eq(truncate(path, 100000100), 0, "a file with a hole: it takes no room");
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_E_DATA);
    cr_assert_not_null(strstr(sw_error_message(), "at most 100,000,000"), "%s", sw_error_message());
}

Test(safetensors, what_is_no_regular_file_is_an_io_error)
{
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, scratch_path("missing")), SW_E_IO);
    cr_assert_eq(sw_safetensors_reader_open(&reader, scratch_path(".")), SW_E_IO);
    const char *fifo = scratch_path("fifo");
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    cr_assert_eq(sw_safetensors_reader_open(&reader, fifo), SW_E_IO);
}

Test(safetensors, a_file_that_shrinks_while_open_is_said)
{
    const char *path = scratch_path("shrinks.safetensors");
    write_bytes(path, golden, GOLDEN_BYTES);
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK);
    cr_assert_eq(truncate(path, GOLDEN_BYTES - 3), 0);
    float values[2];
    cr_assert_eq(
        sw_safetensors_reader_read(reader, sw_safetensors_reader_get(reader, 0), values, sizeof values),
        SW_E_DATA);
    cr_assert_not_null(strstr(sw_error_message(), "shorter"), "%s", sw_error_message());
    cr_assert_not_null(strstr(sw_error_message(), "'a'"), "%s", sw_error_message());
    sw_safetensors_reader_destroy(reader);
}

/* Either the file is refused, or all it says is true of it: every tensor can be read and the tensors together
 * are the file's data. Returns whether it was read. */
static int open_and_read_all(const char *path, const unsigned char *file, size_t length)
{
    sw_safetensors_reader *reader;
    sw_status status = sw_safetensors_reader_open(&reader, path);
    if (status != SW_OK) {
        cr_assert_eq(status, SW_E_DATA);
        return 0;
    }
    uint64_t at;
    memcpy(&at, file, 8);
    at += 8;
    for (size_t i = 0; i < sw_safetensors_reader_count(reader); i++) {
        const sw_safetensors_tensor *t = sw_safetensors_reader_get(reader, i);
        unsigned char bytes[MAX_FILE];
        cr_assert(at + t->bytes <= length);
        cr_assert_eq(sw_safetensors_reader_read(reader, t, bytes, t->bytes), SW_OK);
        cr_assert_eq(memcmp(bytes, file + at, t->bytes), 0);
        cr_assert_eq(sw_safetensors_reader_find(reader, t->name), t);
        at += t->bytes;
    }
    cr_assert_eq(at, length);
    sw_safetensors_reader_destroy(reader);
    return 1;
}

Test(safetensors, no_flipped_bit_and_no_truncation_gets_past_the_checks)
{
    const char *whole = scratch_path("model.safetensors"), *path = scratch_path("harmed.safetensors");
    write_model(whole);
    char *bytes;
    size_t length;
    cr_assert_eq(sw_fs_read(&bytes, &length, whole, MAX_FILE), SW_OK);
    unsigned char *file = (unsigned char *)bytes;
    uint64_t header_bytes;
    memcpy(&header_bytes, file, 8);
    for (size_t cut = 0; cut < length; cut++) {
        write_bytes(path, file, cut);
        cr_assert_not(open_and_read_all(path, file, cut), "cut to %zu of %zu bytes", cut, length);
    }
    for (size_t at = 0; at < length; at++)
        for (int bit = 0; bit <= 8; bit++) { /* 8: all bits */
            unsigned char flip = (unsigned char)(bit == 8 ? 0xFF : 1 << bit);
            file[at] ^= flip;
            write_bytes(path, file, length);
            int read = open_and_read_all(path, file, length);
            if (at < 8) cr_assert_not(read, "header length, byte %zu", at);
            if (at >= 8 + header_bytes) cr_assert(read, "data, byte %zu", at);
            file[at] ^= flip;
        }
    free(bytes);
}
