#include "draw/diagram.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "diagram_layout.h"

sw_status sw_diagram_add_block(sw_diagram *d, const sw_diagram_block *block)
{
    SW_ENSURE(SW_ARRAY_GROW(d->blocks, d->block_count, "blocks of a diagram"));
    d->blocks[d->block_count++] = *block;
    return SW_OK;
}

sw_status sw_diagram_add_arrow(sw_diagram *d, int from, int to, bool offsets)
{
    const sw_diagram_flow flow = offsets ? SW_DIAGRAM_OFFSETS : SW_DIAGRAM_DATA;
    for (int a = 0; a < d->arrow_count; a++)
        if (d->arrows[a].from == from && d->arrows[a].to == to && d->arrows[a].flow == flow) return SW_OK;
    SW_ENSURE(SW_ARRAY_GROW(d->arrows, d->arrow_count, "arrows of a diagram"));
    d->arrows[d->arrow_count++] = (sw_diagram_arrow){.from = from, .to = to, .flow = flow};
    return SW_OK;
}

void sw_diagram_deinit(sw_diagram *d)
{
    free(d->blocks);
    free(d->arrows);
    free(d->texts);
    free(d->keys);
    sw_arena_deinit(&d->arena);
    *d = (sw_diagram){0};
}

/* ---- layout ---- */

/* As many as there can be of each, at most. */
static sw_status open_layout(diagram_layout *l, sw_diagram *d)
{
    const size_t blocks = (size_t)d->block_count, arrows = (size_t)d->arrow_count;
    *l = (diagram_layout){.diagram = d};
    l->rows = sw_arena_alloc(&d->arena, blocks * sizeof *l->rows);
    l->columns = sw_arena_alloc(&d->arena, blocks * sizeof *l->columns);
    l->routes = sw_arena_alloc(&d->arena, arrows * sizeof *l->routes);
    l->spans = sw_arena_alloc(&d->arena, (3 * blocks + arrows) * sizeof *l->spans);
    l->lines = sw_arena_alloc(&d->arena, 2 * arrows * sizeof *l->lines);
    l->names = sw_arena_alloc(&d->arena, blocks * sizeof *l->names);
    return l->rows && l->columns && l->routes && l->spans && l->lines && l->names ? SW_OK : SW_E_MEMORY;
}

/* From top to bottom: lanes, then each track with the counts above and notes and names beneath. Returns where
 * the last row ends. */
static double place_rows(diagram_layout *l)
{
    double y = DIAGRAM_MARGIN;
    for (int r = 0; r < l->row_count; r++) {
        diagram_row *row = &l->rows[r];
        if (row->lanes > 0) y += DIAGRAM_LINE_GAP * row->lanes;
        row->lane_y = y;
        for (int t = row->above; t >= -row->below; t--) {
            diagram_track *track = diagram_track_of(l, r, t);
            y += track->counts ? DIAGRAM_LINE_PX : 4;
            track->middle = floor(y + row->block_height / 2);
            y += ceil(row->block_height) + 2;
            if (track->notes) y += DIAGRAM_NOTE_PX + 2;
            y += DIAGRAM_LINE_PX * track->name_lines + 3;
        }
        y += DIAGRAM_LINE_PX;
    }
    return y;
}

static void place_columns(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    double x = DIAGRAM_MARGIN, shift = 0;
    for (int c = 0; c < l->column_count; c++) {
        l->columns[c].x = x;
        x += l->columns[c].width + l->columns[c].gap;
    }
    for (int r = 0; r < l->row_count; r++) {
        int column;
        const double room = diagram_size_room(l, r, &column);
        shift = fmax(shift, ceil(DIAGRAM_MARGIN + room - l->columns[column].x));
    }
    for (int c = 0; c < l->column_count; c++) l->columns[c].x += shift;
    d->width = shift + x - l->columns[l->column_count - 1].gap + DIAGRAM_MARGIN;
}

static void place_blocks(diagram_layout *l)
{
    for (int b = 0; b < l->diagram->block_count; b++) {
        sw_diagram_block *block = &l->diagram->blocks[b];
        const diagram_column *column = &l->columns[block->column];
        block->x = floor(column->x + (column->width - block->width) / 2);
        block->y = diagram_track_of(l, block->row, block->track)->middle - block->height / 2;
    }
}

sw_status sw_diagram_lay_out(sw_diagram *d)
{
    diagram_layout l;
    SW_ENSURE(open_layout(&l, d));
    SW_ENSURE(diagram_place(&l));
    diagram_choose_levels(&l);
    SW_ENSURE(diagram_measure(&l));
    const double bottom = place_rows(&l);
    place_blocks(&l); /* for their y, which lines need; columns come after these */
    diagram_draw_lines(&l);
    place_columns(&l);
    place_blocks(&l);
    diagram_join_points(&l);
    SW_ENSURE(diagram_write_texts(&l));
    return diagram_write_keys(&l, bottom);
}
