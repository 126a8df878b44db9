/* The size of a picture, or of what the network sees of one. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sw_size {
    int height, width; /* in px */
} sw_size;

static inline size_t sw_size_pixels(sw_size size)
{
    return (size_t)size.height * (size_t)size.width;
}

static inline bool sw_size_same(sw_size a, sw_size b)
{
    return a.height == b.height && a.width == b.width;
}

static inline sw_size sw_size_square(int side)
{
    return (sw_size){side, side};
}

/* Returns the longer and the shorter side. */
static inline int sw_size_longer(sw_size size)
{
    return size.height > size.width ? size.height : size.width;
}

static inline int sw_size_shorter(sw_size size)
{
    return size.height < size.width ? size.height : size.width;
}

#endif
