/* An animated GIF played by giflib: what a viewer would show. */
#ifndef GIF_FILM_H
#define GIF_FILM_H

#include <stdint.h>

typedef struct gif_film {
    int width, height, frames;
    int loops;      /* 0: endless; -1: plays once */
    int *delay_cs;  /* (frames) */
    uint32_t **rgb; /* (frames) of (height,width), 0xRRGGBB */
    int *stored_px; /* (frames) pixels of the part that the file stores of the frame */
    int colours;    /* of the palette in the file: a power of two */
    uint32_t palette[256];
} gif_film;

/* Asserts that the file is a whole GIF of the kind segwork writes: one palette, frames that stay. */
void gif_film_read(gif_film *out, const char *path);
void gif_film_deinit(gif_film *film);

#endif
