/* Colours for numbers. */
#ifndef DRAW_COLOUR_MAP_H
#define DRAW_COLOUR_MAP_H

#include <stdint.h>

typedef enum sw_colour_map {
    SW_COLOURS_HEAT,   /* 0..1 from black over violet and orange to pale yellow: each lighter than the one
                          before,   so that it can be printed in gray */
    SW_COLOURS_SIGNED, /* -1..1 from blue over white, which is 0, to orange; colour-blind eyes tell them apart
                        */
} sw_colour_map;

/* Returns 0xRRGGBB. What lies beyond the range has the colour of its end; what is not a number is gray. */
uint32_t sw_colour_map_rgb(sw_colour_map map, double value);

/* How bright a colour looks, 0 to 255 (the luma of Rec. 601). */
double sw_colour_brightness(const uint8_t rgb[3]);

#endif
