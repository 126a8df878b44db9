/* How a diagram is laid out, step by step: columns, rows and tracks; a level for every arrow; widths, heights
 * and names; then places. */
#ifndef DIAGRAM_LAYOUT_H
#define DIAGRAM_LAYOUT_H

#include "draw/diagram.h"

/* px */
enum {
    DIAGRAM_MARGIN = 10,
    DIAGRAM_GAP = 12,      /* between columns, with one upright line in it */
    DIAGRAM_LINE_GAP = 6,  /* between lines side by side */
    DIAGRAM_EDGE = 3,      /* of a colour for a norm or an activation */
    DIAGRAM_SIGN = 15,     /* a sum's circle */
    DIAGRAM_COUNT_PX = 10, /* sizes of type */
    DIAGRAM_NOTE_PX = 9,
    DIAGRAM_NAME_PX = 11,
    DIAGRAM_LINE_PX = 13, /* from a line of type to the next */
    DIAGRAM_LANE = 10000, /* level of a row's first lane */
};

/* A row has levels that arrows run along: its tracks, in the middle of the blocks there, and above all of
 * them lanes: DIAGRAM_LANE, DIAGRAM_LANE + 1, ... */
typedef struct diagram_track {
    bool counts, notes;
    int name_lines;
    double middle; /* y */
} diagram_track;

typedef struct diagram_row {
    int height_px, width_px;
    int above, below, lanes; /* tracks on both sides of track 0; lanes in use */
    double block_height, lane_y;
    diagram_track *tracks; /* [track + below] */
} diagram_row;

/* The gap belongs to the column before it. */
typedef struct diagram_column {
    double x, width, gap;
} diagram_column;

/* A name under neighbouring blocks of one track, in lines of at most `limit` px. */
typedef struct diagram_name {
    int block, last; /* the first one, and the last one's column */
    double limit;
} diagram_name;

/* The level that an arrow runs along, and the upright lines that take it there and away. */
typedef struct diagram_route {
    int row, level;
    bool from_top; /* leaves the block upwards, not to the right */
    bool into_end; /* enters from above, or below where no name is, not from the left */
    int out, in;   /* lines in the gaps behind the one block and before the other; -1: none */
} diagram_route;

typedef struct diagram_line {
    int column;  /* in the gap behind it */
    bool coming; /* to a block in the next column; else leaving one */
    int key;     /* which: arrows with the same one share the line */
    double top, bottom;
    int slot; /* place in the gap, from the left */
} diagram_line;

/* What is taken along a level, from one place to another: columns are even, the gaps behind them odd. Beside
 * a block, a gap is for the arrows that leave it or come to it. */
typedef struct diagram_span {
    int row, level, first, last;
    int owner;    /* 2 * block + 1 for its offsets, 2 * block for its data */
    int from, to; /* arrows that may go there besides those of the owner; -1: none */
} diagram_span;

typedef struct diagram_layout {
    sw_diagram *diagram;
    diagram_row *rows;
    diagram_column *columns;
    diagram_route *routes; /* one an arrow */
    diagram_span *spans;
    diagram_line *lines;
    diagram_name *names;
    int row_count, column_count, span_count, line_count, name_count;
} diagram_layout;

/* diagram_place.c */
sw_status diagram_place(diagram_layout *layout) SW_NODISCARD;
bool diagram_is_sign(const sw_diagram_block *block); /* a circle with a sign in it */

/* diagram_route.c: levels first, lines once heights are known, points in the end. */
void diagram_choose_levels(diagram_layout *layout);
void diagram_draw_lines(diagram_layout *layout);
void diagram_join_points(diagram_layout *layout);

/* diagram_text.c: names and the width of columns; texts in their places; the legend from `top` on. */
sw_status diagram_measure(diagram_layout *layout) SW_NODISCARD;
sw_status diagram_write_texts(diagram_layout *layout) SW_NODISCARD;
sw_status diagram_write_keys(diagram_layout *layout, double top) SW_NODISCARD;
double diagram_text_width(const char *text, double size_px);
/* The width of the label with a row's size; it stands to the left of *column. */
double diagram_size_room(const diagram_layout *layout, int row, int *column);

static inline diagram_track *diagram_track_of(const diagram_layout *layout, int row, int track)
{
    return &layout->rows[row].tracks[track + layout->rows[row].below];
}

#endif
