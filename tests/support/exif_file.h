/* JPEG files with Exif data of the test's choice. */
#ifndef EXIF_FILE_H
#define EXIF_FILE_H

#include <stddef.h>

/* Writes a marker with this TIFF structure into a JPEG file, right after its start. */
void exif_file_insert(const char *path, const char *tiff, size_t tiff_bytes);

/* The same with a structure that says only how the picture is to be turned, 1 to 8. */
void exif_file_turn(const char *path, int orientation);

#endif
