#include "draw/colour_map.h"

#include <math.h>
#include <stddef.h>

enum { NO_NUMBER_RGB = 0x808080 };

/* Stops at equal distances. */
static const uint32_t heat[] = {0x000000, 0x2A1250, 0x722A77, 0xBB4666, 0xF07C3C, 0xFCC04D, 0xFDF6C4};
static const uint32_t two_signs[] = {0x003F66, 0x0072B2, 0x8CC3E3, 0xFFFFFF, 0xF6B98C, 0xC44F00, 0x6E2C00};

static uint32_t between(uint32_t a, uint32_t b, double share)
{
    uint32_t rgb = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        const double from = a >> shift & 0xFF, to = b >> shift & 0xFF;
        rgb |= (uint32_t)lround(from + (to - from) * share) << shift;
    }
    return rgb;
}

static uint32_t along(const uint32_t *stops, size_t count, double place)
{
    const double at = fmin(fmax(place, 0), 1) * (double)(count - 1);
    const size_t first = at < (double)(count - 1) ? (size_t)at : count - 2;
    return between(stops[first], stops[first + 1], at - (double)first);
}

uint32_t sw_colour_map_rgb(sw_colour_map map, double value)
{
    if (isnan(value)) return NO_NUMBER_RGB;
    if (map == SW_COLOURS_SIGNED)
        return along(two_signs, sizeof two_signs / sizeof *two_signs, (value + 1) / 2);
    return along(heat, sizeof heat / sizeof *heat, value);
}

double sw_colour_brightness(const uint8_t rgb[3])
{
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}
