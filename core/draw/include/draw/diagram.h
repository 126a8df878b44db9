/* A network drawn as papers draw it: a block a layer, in columns by depth and in rows by the size of the
 * image; its height is the image's, its thickness the channels'. Blocks and arrows are given, then laid out,
 * then written as SVG. Everything follows from what is given: no font is asked how wide a text is, so that
 * the bytes are the same everywhere.
 *
 * Any acyclic graph can be drawn. No block or text covers another, no arrow crosses a block, and arrows lie
 * on each other only beside a block that they have in common. */
#ifndef DRAW_DIAGRAM_H
#define DRAW_DIAGRAM_H

#include "base/arena.h"
#include "base/str.h"
#include "graph/op.h"

enum { SW_DIAGRAM_POINTS = 6 };

/* Texts are borrowed; those that a layout makes are in the diagram's arena. Places are px from the top left.
 */
typedef struct sw_diagram_block {
    const char *name;                  /* written beneath it, once for neighbours of one name; "": not */
    const char *title;                 /* what the pointer shows: lines */
    const char *note;                  /* in small type beneath it: "7\xC3\x97" "7"; "": nothing */
    sw_op_family family;               /* the colour; SW_FAMILY_OTHER is for the images */
    bool norm, activation;             /* does these as well: edges of their colours */
    bool counts;                       /* its channels are written above it */
    int height_px, width_px, channels; /* of what it makes */

    /* the layout's */
    int column, row, track;     /* rows by size, largest first; track 0 is the row's main line, 1 above it */
    double x, y, width, height; /* left and top */
} sw_diagram_block;

typedef enum sw_diagram_flow {
    SW_DIAGRAM_DATA,
    SW_DIAGRAM_SKIP,    /* data that goes round other blocks: the layout's choice */
    SW_DIAGRAM_OFFSETS, /* the places of a pool's maxima */
} sw_diagram_flow;

typedef struct sw_diagram_point {
    double x, y;
} sw_diagram_point;

typedef struct sw_diagram_arrow {
    int from, to; /* blocks; from < to */
    sw_diagram_flow flow;
    int point_count; /* the layout's: a line of level and upright parts */
    sw_diagram_point points[SW_DIAGRAM_POINTS];
} sw_diagram_arrow;

typedef enum sw_diagram_type {
    SW_DIAGRAM_NAME,  /* of a block, or a line of it */
    SW_DIAGRAM_COUNT, /* channels */
    SW_DIAGRAM_NOTE,
    SW_DIAGRAM_SIZE, /* of a row: "128\xC3\x97" "128", height first */
    SW_DIAGRAM_KEY,  /* of the legend */
    SW_DIAGRAM_TYPES
} sw_diagram_type;

typedef struct sw_diagram_text {
    const char *text;
    sw_diagram_type type;
    double x, baseline; /* where it begins */
    double width;       /* at most: what it would be in a wide type */
} sw_diagram_text;

/* What the legend explains beside a text. */
typedef enum sw_diagram_key_kind {
    SW_DIAGRAM_KEY_BLOCK,
    SW_DIAGRAM_KEY_EDGE,
    SW_DIAGRAM_KEY_ARROW
} sw_diagram_key_kind;

typedef struct sw_diagram_key {
    sw_diagram_key_kind kind;
    int of;      /* the sw_op_family or the sw_diagram_flow */
    double x, y; /* left and middle */
} sw_diagram_key;

typedef struct sw_diagram {
    const char *title;               /* for those who do not see it */
    const char *legend[SW_FAMILIES]; /* what the legend says of each family that is drawn, or only an edge of
                                        a block */
    sw_diagram_block *blocks;        /* [0]: the images */
    sw_diagram_arrow *arrows;
    int block_count, arrow_count;

    /* the layout's */
    double width, height;
    sw_diagram_text *texts;
    sw_diagram_key *keys;
    int text_count, key_count;
    sw_arena arena; /* also for texts of whoever makes the diagram */
} sw_diagram;

/* Appends a block, and an arrow of data or of offsets between blocks that are there; a second one between the
 * same blocks is left out. SW_E_MEMORY. Zero-initialise a diagram before use. */
sw_status sw_diagram_add_block(sw_diagram *diagram, const sw_diagram_block *block) SW_NODISCARD;
sw_status sw_diagram_add_arrow(sw_diagram *diagram, int from, int to, bool offsets) SW_NODISCARD;

/* Finds a place for everything. SW_E_MEMORY. */
sw_status sw_diagram_lay_out(sw_diagram *diagram) SW_NODISCARD;

/* Appends a diagram that was laid out as an <svg> element, whose colours follow the reader's choice of light
 * or dark. `alone`: as a file of its own, with the XML namespace that an element of an HTML page does
 * without. */
void sw_diagram_svg(sw_str *out, const sw_diagram *diagram, bool alone);

void sw_diagram_deinit(sw_diagram *diagram); /* accepts a zeroed one */

#endif
