/* The classes of a data set: how many there are, what they are called and how they are drawn. The data room
 * knows which values of a mask mean them (data/config.h) and passes the list on; readers of a run's folder
 * make one from the names there. */
#ifndef BASE_CLASSES_H
#define BASE_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SW_MAX_CLASSES = 255, SW_CLASS_NAME_BYTES = 64, SW_NO_CLASS = 255 };

typedef struct sw_class {
    char name[SW_CLASS_NAME_BYTES]; /* letters, digits, '_' and '-', since columns are named by it */
    uint32_t rgb;                   /* 0xRRGGBB, in every picture */
} sw_class;

/* A plain value: copied with =, nothing to free. */
typedef struct sw_classes {
    int count; /* at most SW_MAX_CLASSES */
    sw_class list[SW_MAX_CLASSES];
    int background; /* number of the class that micro IoU leaves out; -1: none */
    int border;     /* number of the class around the objects, whose masks are the least certain; -1: none */
} sw_classes;

/* Returns an empty list. */
sw_classes sw_classes_none(void);

/* Appends a class with the default colour of its place; one called "background" has that role. false: the
 * list is full, or the name is taken or no name of a class. */
bool sw_classes_add(sw_classes *classes, const char *name);

/* Tells whether a class may have this name. */
bool sw_class_name_is_valid(const char *name);

/* Returns the default colour of the class at a place. Neighbours differ in lightness first and in hue second,
 * so that they stay distinct for every kind of colour blindness and in grey print. */
uint32_t sw_class_default_rgb(int place);

/* Returns the colour of a class by its number: grey for SW_NO_CLASS, the default one for a number that the
 * list does not have. */
uint32_t sw_class_rgb(const sw_classes *classes, int c);

/* Returns the number of the class of that name, or -1. */
int sw_classes_find(const sw_classes *classes, const char *name);

/* Tells whether both have the same names in the same order. */
bool sw_classes_same(const sw_classes *a, const sw_classes *b);

#endif
