/* Images of one size as tiles of one PNG: what the folders masks/ and gallery/ of a run hold. */
#ifndef RUN_TILE_SHEET_H
#define RUN_TILE_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/classes.h"
#include "base/size.h"
#include "base/status.h"

typedef enum sw_tile_kind {
    SW_TILE_RGB,     /* (H,W,3) */
    SW_TILE_CLASSES, /* (H,W) class numbers; the PNG has a palette of the classes' colours */
    SW_TILE_GRAY     /* (H,W) */
} sw_tile_kind;

/* Tile i is in row i / columns and column i % columns of the PNG, without gaps. What is beyond the last tile
 * is 0; columns that no tile is in are left out. */
typedef struct sw_tile_sheet {
    int count, columns;
    sw_size size;              /* of a tile */
    const sw_classes *classes; /* of the class maps */
} sw_tile_sheet;

/* Columns and rows of the PNG, in tiles. */
void sw_tile_sheet_shape(int *columns, int *rows, const sw_tile_sheet *sheet);

/* Whether the PNG is within the limits of image/image.h. */
bool sw_tile_sheet_fits(const sw_tile_sheet *sheet);

/* Writes a sheet that fits, aside and renamed. `tiles` has sheet->count images. The kinds are those of tiles
 * 0, 1, ..., kind_count - 1 and again from the first; one kind makes a PNG of that kind, several make an RGB
 * one, with classes in their colours. */
sw_status sw_tile_sheet_write(const char *path, const sw_tile_sheet *sheet, const uint8_t *const *tiles,
                              const sw_tile_kind *kinds, int kind_count) SW_NODISCARD;

/* Reads a sheet of one kind, tile after tile; with `out` NULL it is only checked. `names` are those of the
 * tiles, for messages, and may be NULL unless they are class maps. SW_E_IO, SW_E_DATA: the file is missing,
 * damaged, of another size, or has a pixel that is neither a class nor ignored. */
sw_status sw_tile_sheet_read(uint8_t *out, const sw_tile_sheet *sheet, const char *path, sw_tile_kind kind,
                             const char *const *names) SW_NODISCARD;

#endif
