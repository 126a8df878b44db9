/* Tiles of a report's page. Sheets of many images are put into it as they are, and each image is a window
 * onto its place there: the page holds a picture once, however often it is shown. The rules of a style sheet
 * say which sheet lies behind the windows of a kind, so that the page's script exchanges all of them at once.
 */
#ifndef STUDY_REPORT_TILES_H
#define STUDY_REPORT_TILES_H

#include "report_data.h"

/* The class of a sheet: "m0", "g1". */
typedef struct report_sheet_name {
    char text[16];
} report_sheet_name;

/* A window. Its style is two classes, such as "m0 m0-input": of the sheets' geometry, and of its picture. */
typedef struct report_tile {
    const char *sheet, *kind; /* "m0", "input" */
    const char *over;         /* class of a second picture above the first; NULL: none */
    int column, columns, row, rows;
    const char *what; /* "prediction" */
    int run;          /* whose it is, to be named; -1: of all */
} report_tile;

/* Opens the figure of an image and takes its windows. report_begin_caption begins the caption, with the
 * image's name; the caller appends more markup and ends it with "</figcaption></figure>". */
void report_open_tiles(sw_str *out, int windows);
void report_window(sw_str *out, const report_data *data, const char *image, const report_tile *tile);
void report_no_window(sw_str *out, const report_data *data, const char *what, int run);
void report_begin_caption(sw_str *out, const char *image);

/* Appends the rule for the geometry of a sheet's windows: `size` of a tile, so many of them. */
void report_tile_rule(sw_str *out, const char *sheet, sw_size size, int columns, int rows);

/* Appends the rule that puts a picture behind the windows of a kind. Takes `path`; NULL: memory ran out. The
 * file is one of run `run`, which links may name; -1: the page has to hold it. */
sw_status report_picture_rule(sw_str *out, const report_data *data, const char *sheet, const char *kind,
                              int run, char *path) SW_NODISCARD;

/* Appends the colours of the classes; many are folded up. */
void report_legend(sw_str *out, const sw_classes *classes);

#endif
