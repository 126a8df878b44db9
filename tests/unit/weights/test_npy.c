/* .npy files, byte for byte as numpy.save writes them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "scratch.h"
#include "weights/npy.h"

TestSuite(npy, .init = scratch_create, .fini = scratch_remove);

static void expect_file(const char *dict, size_t header, sw_safetensors_dtype dtype, int rank,
                        const int64_t *shape, const void *data, size_t bytes)
{
    sw_str file = {0};
    cr_assert_eq(sw_npy_append(&file, dtype, rank, shape, data), SW_OK);
    cr_assert_eq(file.length, 10 + header + bytes);
    cr_expect_eq((10 + header) % 64, 0);
    cr_expect_eq(memcmp(file.text, "\x93NUMPY\x01\x00", 8), 0);
    cr_expect_eq((unsigned char)file.text[8] + 256u * (unsigned char)file.text[9], header);
    cr_expect_eq(strncmp(file.text + 10, dict, strlen(dict)), 0, "%.118s", file.text + 10);
    cr_expect_eq(strspn(file.text + 10 + strlen(dict), " "), header - strlen(dict) - 1);
    cr_expect_eq(file.text[10 + header - 1], '\n');
    cr_expect_eq(memcmp(file.text + 10 + header, data, bytes), 0);
    sw_str_deinit(&file);
}

Test(npy, headers_name_type_and_shape_and_align_the_data)
{
    static const uint8_t data[64 * 8] = {1, 2, 3, 4, 5, 6, 7, 8};
    expect_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }", 118, SW_SAFETENSORS_F32, 3,
                (const int64_t[]){2, 3, 4}, data, 96);
    expect_file("{'descr': '<f4', 'fortran_order': False, 'shape': (64,), }", 118, SW_SAFETENSORS_F32, 1,
                (const int64_t[]){64}, data, 256);
    expect_file("{'descr': '<i8', 'fortran_order': False, 'shape': (), }", 118, SW_SAFETENSORS_I64, 0, NULL,
                data, 8);
    expect_file("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }", 118, SW_SAFETENSORS_I32, 2,
                (const int64_t[]){1, 2}, data, 8);
    expect_file("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 7), }", 118, SW_SAFETENSORS_U8, 2,
                (const int64_t[]){0, 7}, data, 0);
    expect_file("{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }", 118, SW_SAFETENSORS_F16, 1,
                (const int64_t[]){4}, data, 8);
    expect_file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 118, SW_SAFETENSORS_F64, 1,
                (const int64_t[]){1}, data, 8);
    expect_file("{'descr': '|b1', 'fortran_order': False, 'shape': (8,), }", 118, SW_SAFETENSORS_BOOL, 1,
                (const int64_t[]){8}, data, 8);
    /* 118 + 10 bytes hold at most 117 characters; longer ones take the next multiple of 64 */
    expect_file("{'descr': '|u1', 'fortran_order': False, 'shape': "
                "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), }",
                182, SW_SAFETENSORS_U8, 23,
                (const int64_t[]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, data,
                1);
}

Test(npy, numbers_that_numpy_has_no_type_for_become_floats)
{
    static const uint16_t upper_halves[] = {0x3f80, 0xc040};
    const float same[] = {1.0f, -3.0f};
    const int64_t shape[] = {2};
    sw_str bfloats = {0}, floats = {0};
    cr_assert_eq(sw_npy_append(&bfloats, SW_SAFETENSORS_BF16, 1, shape, upper_halves), SW_OK);
    cr_assert_eq(sw_npy_append(&floats, SW_SAFETENSORS_F32, 1, shape, same), SW_OK);
    cr_assert_eq(bfloats.length, floats.length);
    cr_expect_eq(memcmp(bfloats.text, floats.text, floats.length), 0);
    sw_str_deinit(&bfloats);
    sw_str_deinit(&floats);
}

Test(npy, a_file_is_written_whole_or_not_at_all)
{
    const float value = 0.5f;
    cr_assert_eq(sw_npy_write(scratch_path("a.npy"), SW_SAFETENSORS_F32, 0, NULL, &value), SW_OK);
    char *bytes;
    size_t length;
    cr_assert_eq(sw_fs_read(&bytes, &length, scratch_path("a.npy"), 1 << 20), SW_OK);
    cr_expect_eq(length, 132);
    cr_expect_eq(memcmp(bytes + 128, &value, 4), 0);
    free(bytes);
    cr_expect_eq(sw_npy_write(scratch_path("none/a.npy"), SW_SAFETENSORS_F32, 0, NULL, &value), SW_E_IO);
}
