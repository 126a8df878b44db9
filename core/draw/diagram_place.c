/* Where a block goes: the column by its depth, the row by the size of what it makes, and within the row the
 * track. */
#include <math.h>
#include <stdlib.h>

#include "diagram_layout.h"

static const double tallest = 92, shortest = 20, thinnest = 6;

bool diagram_is_sign(const sw_diagram_block *block)
{
    return block->family == SW_FAMILY_SUM || block->family == SW_FAMILY_PRODUCT;
}

/* ---- columns and rows ---- */

static void find_columns(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    for (int b = 0; b < d->block_count; b++) {
        int column = 0;
        for (int a = 0; a < d->arrow_count; a++)
            if (d->arrows[a].to == b && d->blocks[d->arrows[a].from].column >= column)
                column = d->blocks[d->arrows[a].from].column + 1;
        d->blocks[b].column = column;
        if (column >= l->column_count) l->column_count = column + 1;
    }
}

static double area(int height_px, int width_px)
{
    return (double)height_px * width_px;
}

/* Larger images first. */
static int compare_rows(const void *a, const void *b)
{
    const diagram_row *one = a, *other = b;
    const double difference = area(other->height_px, other->width_px) - area(one->height_px, one->width_px);
    if (difference != 0) return difference < 0 ? -1 : 1;
    return other->height_px - one->height_px;
}

static int find_row(const diagram_layout *l, const sw_diagram_block *block)
{
    int r = 0;
    while (r < l->row_count &&
           (l->rows[r].height_px != block->height_px || l->rows[r].width_px != block->width_px))
        r++;
    return r;
}

static void find_rows(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    for (int b = 0; b < d->block_count; b++) {
        const int r = find_row(l, &d->blocks[b]);
        if (r == l->row_count)
            l->rows[l->row_count++] =
                (diagram_row){.height_px = d->blocks[b].height_px, .width_px = d->blocks[b].width_px};
    }
    qsort(l->rows, (size_t)l->row_count, sizeof *l->rows, compare_rows);
    for (int b = 0; b < d->block_count; b++) d->blocks[b].row = find_row(l, &d->blocks[b]);
}

/* ---- tracks ---- */

/* What a block keeps free behind it on its track. */
typedef struct side_block {
    bool placed;
    int until; /* column */
} side_block;

/* The block before it on a longest way from the images; -1: none. */
static int before(const sw_diagram *d, int block)
{
    for (int a = 0; a < d->arrow_count; a++)
        if (d->arrows[a].to == block && d->blocks[d->arrows[a].from].column == d->blocks[block].column - 1)
            return d->arrows[a].from;
    return -1;
}

/* The column up to which a block's arrows run along its own track: its last reader's, if all are in its row.
 */
static int runs_until(const sw_diagram *d, int block)
{
    int until = d->blocks[block].column;
    for (int a = 0; a < d->arrow_count; a++) {
        if (d->arrows[a].from != block) continue;
        const sw_diagram_block *reader = &d->blocks[d->arrows[a].to];
        if (reader->row != d->blocks[block].row) return d->blocks[block].column;
        if (reader->column - 1 > until) until = reader->column - 1;
    }
    return until;
}

static bool track_is_free(const sw_diagram *d, const side_block *side, int block, int track)
{
    for (int b = 0; b < d->block_count; b++) {
        if (!side[b].placed || d->blocks[b].row != d->blocks[block].row || d->blocks[b].track != track)
            continue;
        if (d->blocks[b].column <= side[block].until && side[b].until >= d->blocks[block].column)
            return false;
    }
    return true;
}

/* The nearest track to the main line, above before below; that of the block before it if it can stay there.
 */
static void choose_track(sw_diagram *d, side_block *side, int block)
{
    const int from = before(d, block);
    int track = from >= 0 && d->blocks[from].row == d->blocks[block].row ? d->blocks[from].track : 0;
    for (int tried = 0; !track_is_free(d, side, block, track); tried++)
        track = tried % 2 ? -(tried / 2 + 1) : tried / 2 + 1;
    d->blocks[block].track = track;
    side[block].placed = true;
}

/* The longest way to the last block is the main line of every row that it passes. */
static sw_status find_tracks(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    side_block *side = sw_arena_alloc(&d->arena, (size_t)d->block_count * sizeof *side);
    if (!side) return SW_E_MEMORY;
    for (int b = d->block_count - 1; b >= 0; b = before(d, b))
        side[b] = (side_block){.placed = true, .until = d->blocks[b].column};
    for (int b = 0; b < d->block_count; b++) {
        if (side[b].placed) continue;
        side[b].until = runs_until(d, b);
        choose_track(d, side, b);
    }
    for (int b = 0; b < d->block_count; b++) {
        diagram_row *row = &l->rows[d->blocks[b].row];
        if (d->blocks[b].track > row->above) row->above = d->blocks[b].track;
        if (-d->blocks[b].track > row->below) row->below = -d->blocks[b].track;
    }
    for (int r = 0; r < l->row_count; r++) {
        const int tracks = l->rows[r].above + l->rows[r].below + 1;
        l->rows[r].tracks = sw_arena_alloc(&d->arena, (size_t)tracks * sizeof *l->rows[r].tracks);
        if (!l->rows[r].tracks) return SW_E_MEMORY;
    }
    return SW_OK;
}

/* ---- sizes ---- */

/* By the square root, as the side of an image and the work of a convolution between as many channels go. Half
 * px, so that outlines are sharp. */
static double scaled(double value, double largest, double most, double least)
{
    return fmax(floor(2 * most * sqrt(value / largest)) / 2, least);
}

static void find_sizes(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    int channels = 1;
    const double thickest = fmax(22, fmin(40, floor(1100.0 / l->column_count)));
    const double largest = sqrt(area(l->rows[0].height_px, l->rows[0].width_px));
    for (int r = 0; r < l->row_count; r++)
        l->rows[r].block_height =
            scaled(sqrt(area(l->rows[r].height_px, l->rows[r].width_px)), largest, tallest, shortest);
    for (int b = 0; b < d->block_count; b++)
        if (d->blocks[b].channels > channels) channels = d->blocks[b].channels;
    for (int b = 0; b < d->block_count; b++) {
        sw_diagram_block *block = &d->blocks[b];
        const int edges = block->norm + block->activation;
        block->width = scaled(block->channels, channels, thickest, thinnest + DIAGRAM_EDGE * edges);
        block->height = l->rows[block->row].block_height;
        if (diagram_is_sign(block)) block->width = block->height = DIAGRAM_SIGN;
    }
}

sw_status diagram_place(diagram_layout *l)
{
    find_columns(l);
    find_rows(l);
    SW_ENSURE(find_tracks(l));
    find_sizes(l);
    return SW_OK;
}
