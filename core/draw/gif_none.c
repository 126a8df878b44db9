/* Where cgif is missing. */
#include "draw/gif.h"

bool sw_gif_available(void)
{
    return false;
}

sw_status sw_gif_open(sw_gif **out, const char *path, int width, int height, const uint32_t *rgb, int colours)
{
    (void)width, (void)height, (void)rgb, (void)colours;
    *out = NULL;
    return sw_fail(SW_E_USAGE,
                   "cannot write %s: this segwork was built without cgif, which makes GIFs (libcgif-dev); "
                   "pictures of each epoch it can draw",
                   path);
}

sw_status sw_gif_add(sw_gif *gif, const uint8_t *indices, int delay_cs)
{
    (void)gif, (void)indices, (void)delay_cs;
    return SW_OK;
}

sw_status sw_gif_close(sw_gif *gif)
{
    (void)gif;
    return SW_OK;
}

void sw_gif_discard(sw_gif *gif)
{
    (void)gif;
}
