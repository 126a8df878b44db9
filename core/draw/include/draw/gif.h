/* Animated GIFs, endless, written aside and renamed. Each frame is stored as what has changed since the one
 * before. */
#ifndef DRAW_GIF_H
#define DRAW_GIF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { SW_GIF_MAX_SIDE_PX = 65535, SW_GIF_MAX_COLOURS = 255, SW_GIF_MAX_DELAY_CS = 65535 };

typedef struct sw_gif sw_gif;

/* Whether this segwork was built with cgif; without it sw_gif_open fails with SW_E_USAGE and says so. */
bool sw_gif_available(void);

/* Colours as 0xRRGGBB, 1 to SW_GIF_MAX_COLOURS. SW_E_IO: the file can't be written. */
sw_status sw_gif_open(sw_gif **out, const char *path, int width, int height, const uint32_t *rgb,
                      int colours) SW_NODISCARD;

/* indices: (height,width), each below `colours`. delay_cs: how long it is shown, in 1/100 s. */
sw_status sw_gif_add(sw_gif *gif, const uint8_t *indices, int delay_cs) SW_NODISCARD;

/* Completes the file and frees `gif`, also on failure. */
sw_status sw_gif_close(sw_gif *gif) SW_NODISCARD;
void sw_gif_discard(sw_gif *gif); /* accepts NULL */

#endif
