#include "exif_file.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

void exif_file_insert(const char *path, const char *tiff, size_t tiff_bytes)
{
    enum { START = 2, HEADER = 6 };
    char *jpeg;
    size_t length;
    cr_assert_eq(sw_fs_read(&jpeg, &length, path, 1 << 20), SW_OK, "%s", sw_error_message());
    const size_t segment = 2 + HEADER + tiff_bytes;
    const unsigned char marker[] = {0xff, 0xe1, (unsigned char)(segment >> 8), (unsigned char)segment};
    sw_str file = {0};
    sw_str_append_bytes(&file, jpeg, START);
    sw_str_append_bytes(&file, marker, sizeof marker);
    sw_str_append_bytes(&file, "Exif\0", HEADER);
    sw_str_append_bytes(&file, tiff, tiff_bytes);
    sw_str_append_bytes(&file, jpeg + START, length - START);
    cr_assert_eq(sw_fs_write(path, file.text, file.length), SW_OK, "%s", sw_error_message());
    sw_str_deinit(&file);
    free(jpeg);
}

void exif_file_turn(const char *path, int orientation)
{
    char tiff[] = "II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\0\0\0";
    tiff[18] = (char)orientation;
    exif_file_insert(path, tiff, sizeof tiff);
}
