#include "gif_film.h"

#include <criterion/criterion.h>
#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

static uint32_t colour_at(const ColorMapObject *map, int i)
{
    cr_assert(i >= 0 && i < map->ColorCount, "colour %d of %d", i, map->ColorCount);
    const GifColorType *c = &map->Colors[i];
    return (uint32_t)c->Red << 16 | (uint32_t)c->Green << 8 | c->Blue;
}

/* Applies a stored part to the picture before it. */
static void play(gif_film *film, const GifFileType *file, int frame)
{
    const SavedImage *image = &file->SavedImages[frame];
    const GifImageDesc *part = &image->ImageDesc;
    GraphicsControlBlock control = {.TransparentColor = NO_TRANSPARENT_COLOR};
    DGifSavedExtensionToGCB((GifFileType *)(uintptr_t)file, frame, &control);
    cr_assert(control.DisposalMode == DISPOSAL_UNSPECIFIED || control.DisposalMode == DISPOSE_DO_NOT);
    cr_assert_null(part->ColorMap, "frame %d has a palette of its own", frame);
    cr_assert(part->Left >= 0 && part->Left + part->Width <= film->width && part->Top >= 0 &&
              part->Top + part->Height <= film->height);
    film->delay_cs[frame] = control.DelayTime;
    film->stored_px[frame] = part->Width * part->Height;
    for (int y = 0; y < part->Height; y++)
        for (int x = 0; x < part->Width; x++) {
            int index = image->RasterBits[y * part->Width + x];
            if (index == control.TransparentColor) continue;
            film->rgb[frame][(part->Top + y) * film->width + part->Left + x] =
                colour_at(file->SColorMap, index);
        }
}

/* NETSCAPE2.0, the extension that says how often. */
static int read_loops(const GifFileType *file)
{
    const SavedImage *first = &file->SavedImages[0];
    for (int i = 0; i + 1 < first->ExtensionBlockCount; i++) {
        const ExtensionBlock *block = &first->ExtensionBlocks[i], *data = block + 1;
        if (block->Function != APPLICATION_EXT_FUNC_CODE || block->ByteCount != 11 ||
            memcmp(block->Bytes, "NETSCAPE2.0", 11) != 0)
            continue;
        cr_assert(data->ByteCount == 3 && data->Bytes[0] == 1);
        return data->Bytes[1] | data->Bytes[2] << 8;
    }
    return -1;
}

void gif_film_read(gif_film *out, const char *path)
{
    int error = 0;
    GifFileType *file = DGifOpenFileName(path, &error);
    cr_assert_not_null(file, "%s: %s", path, GifErrorString(error));
    cr_assert_eq(DGifSlurp(file), GIF_OK, "%s: %s", path, GifErrorString(file->Error));
    cr_assert_gt(file->ImageCount, 0);
    cr_assert_not_null(file->SColorMap);
    size_t frames = (size_t)file->ImageCount, pixels = (size_t)file->SWidth * (size_t)file->SHeight;
    *out = (gif_film){.width = file->SWidth,
                      .height = file->SHeight,
                      .frames = file->ImageCount,
                      .loops = read_loops(file),
                      .delay_cs = calloc(frames, sizeof(int)),
                      .stored_px = calloc(frames, sizeof(int)),
                      .rgb = calloc(frames, sizeof(uint32_t *)),
                      .colours = file->SColorMap->ColorCount};
    for (int i = 0; i < out->colours; i++) out->palette[i] = colour_at(file->SColorMap, i);
    for (size_t f = 0; f < frames; f++) {
        out->rgb[f] = calloc(pixels, sizeof(uint32_t));
        cr_assert_not_null(out->rgb[f]);
        if (f > 0) memcpy(out->rgb[f], out->rgb[f - 1], pixels * sizeof(uint32_t));
        play(out, file, (int)f);
    }
    cr_assert_eq(DGifCloseFile(file, &error), GIF_OK);
}

void gif_film_deinit(gif_film *film)
{
    for (int f = 0; f < film->frames; f++) free(film->rgb[f]);
    free(film->rgb);
    free(film->delay_cs);
    free(film->stored_px);
    *film = (gif_film){0};
}
