/* The size of a picture. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

/* In pixels. In texts: "height x width". */
typedef struct sw_size {
    int height, width;
} sw_size;

#endif
