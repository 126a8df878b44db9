#include "draw/gif.h"

#include <assert.h>
#include <cgif.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

struct sw_gif {
    CGIF *encoder;
    sw_fs_writer writer; /* its cause is that of the first failed write */
};

bool sw_gif_available(void)
{
    return true;
}

static int write_bytes(void *context, const uint8_t *bytes, const size_t count)
{
    sw_gif *gif = context;
    if (fwrite(bytes, 1, count, gif->writer.stream) == count) return 0;
    if (!gif->writer.cause) gif->writer.cause = errno ? errno : EIO;
    return -1;
}

static sw_status failure(const sw_gif *gif)
{
    const int cause = gif->writer.cause;
    if (cause) return sw_fail(SW_E_IO, "cannot write %s: %s", gif->writer.path, strerror(cause));
    return sw_fail(SW_E_MEMORY, "out of host memory for the animation %s", gif->writer.path);
}

sw_status sw_gif_open(sw_gif **out, const char *path, int width, int height, const uint32_t *rgb, int colours)
{
    sw_status status = SW_OK;
    uint8_t palette[3 * SW_GIF_MAX_COLOURS];
    assert(width > 0 && width <= SW_GIF_MAX_SIDE_PX && height > 0 && height <= SW_GIF_MAX_SIDE_PX);
    assert(colours > 0 && colours <= SW_GIF_MAX_COLOURS);
    *out = NULL;
    sw_gif *gif = calloc(1, sizeof *gif);
    if (!gif) return sw_fail_alloc("an animation", sizeof *gif);
    SW_TRY(sw_fs_writer_open(&gif->writer, path));
    for (int i = 0; i < colours; i++)
        for (int c = 0; c < 3; c++) palette[3 * i + c] = (uint8_t)(rgb[i] >> (16 - 8 * c));
    CGIF_Config config = {.pGlobalPalette = palette,
                          .numGlobalPaletteEntries = (uint16_t)colours,
                          .attrFlags = CGIF_ATTR_IS_ANIMATED,
                          .width = (uint16_t)width,
                          .height = (uint16_t)height,
                          .numLoops = CGIF_INFINITE_LOOP,
                          .pWriteFn = write_bytes,
                          .pContext = gif};
#ifdef CGIF_GEN_KEEP_IDENT_FRAMES /* from cgif 0.4 on a frame like the one before would be left out */
    config.genFlags = CGIF_GEN_KEEP_IDENT_FRAMES;
#endif
    gif->encoder = cgif_newgif(&config);
    if (!gif->encoder) SW_TRY(failure(gif));
    *out = gif;
    gif = NULL;
done:
    sw_gif_discard(gif);
    return status;
}

sw_status sw_gif_add(sw_gif *gif, const uint8_t *indices, int delay_cs)
{
    assert(delay_cs >= 0 && delay_cs <= SW_GIF_MAX_DELAY_CS);
    CGIF_FrameConfig frame = {.pImageData = (uint8_t *)indices, /* only read */
                              .genFlags = CGIF_FRAME_GEN_USE_TRANSPARENCY | CGIF_FRAME_GEN_USE_DIFF_WINDOW,
                              .delay = (uint16_t)delay_cs};
    return cgif_addframe(gif->encoder, &frame) == CGIF_OK ? SW_OK : failure(gif);
}

sw_status sw_gif_close(sw_gif *gif)
{
    int result = cgif_close(gif->encoder);
    gif->encoder = NULL;
    sw_status status = result == CGIF_OK ? sw_fs_writer_commit(&gif->writer) : failure(gif);
    sw_gif_discard(gif);
    return status;
}

void sw_gif_discard(sw_gif *gif)
{
    if (!gif) return;
    if (gif->encoder) cgif_close(gif->encoder);
    sw_fs_writer_discard(&gif->writer);
    free(gif);
}
