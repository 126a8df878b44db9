/* JSON files of a run's folder, and what several of them say in the same way. */
#ifndef RUN_RUN_JSON_H
#define RUN_RUN_JSON_H

#include "base/classes.h"
#include "base/size.h"
#include "base/status.h"
#include "nn/metrics.h"

struct cJSON;

/* ---- whole files ---- */

/* Reads an object from a file of at most 16 MiB; the caller deletes it. Its "format" must be that number, or
 * `format` is 0. SW_E_DATA: "<path>: <complaint>", or a format of another version. */
sw_status sw_json_read(struct cJSON **out, const char *path, const char *complaint, int format) SW_NODISCARD;

/* Writes an object and a newline, aside and renamed. NULL is SW_E_MEMORY. */
sw_status sw_json_write(const char *path, const struct cJSON *object) SW_NODISCARD;

/* ---- members; `object` may be NULL or something else, which has none ---- */

const struct cJSON *sw_json_member(const struct cJSON *object, const char *key);
double sw_json_number_of(const struct cJSON *object, const char *key);    /* NaN: no number */
const char *sw_json_text_of(const struct cJSON *object, const char *key); /* "": no text */

/* Reads a whole number in low..high. SW_E_DATA, naming `path`, for everything else. */
sw_status sw_json_take_whole(int *out, const struct cJSON *object, const char *key, int low, int high,
                             const char *path) SW_NODISCARD;

/* ---- sizes, classes and confusion counts ---- */

/* Adds a size as data.size is written: a number for a square, else [height, width]. */
void sw_json_add_size(struct cJSON *object, const char *key, sw_size size);

/* Reads one, with sides of 1 to `most`. SW_E_DATA, naming `path`, for everything else. */
sw_status sw_json_take_size(sw_size *out, const struct cJSON *object, const char *key, int most,
                            const char *path) SW_NODISCARD;

/* Adds "classes": ["pet", "background", ...] and, where their names alone would not give their colours,
 * "colours": ["#f0a030", ...]. */
void sw_json_add_classes(struct cJSON *object, const sw_classes *classes);

/* Reads both. Without colours those of the data set with these names are taken, else the default ones; roles
 * follow from the names. SW_E_DATA, naming `path`: no list of 1 to SW_MAX_CLASSES distinct names, or not as
 * many colours. */
sw_status sw_json_take_classes(sw_classes *out, const struct cJSON *object, const char *path) SW_NODISCARD;

/* Rows truth, columns prediction, in pixels; the caller owns it. */
struct cJSON *sw_json_confusion(const sw_confusion *m);

/* Makes a matrix of such an array of so many classes. SW_E_DATA, naming `path`: it is none, and nothing is
 * made. */
sw_status sw_json_take_confusion(sw_confusion *out, const struct cJSON *rows, int classes,
                                 const char *path) SW_NODISCARD;

#endif
