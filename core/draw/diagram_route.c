/* The ways of arrows. An arrow leaves a block to the right, goes up or down in the gap behind its column to a
 * level that is free as far as the other block, along it, and up or down again in the gap before that one.
 * Where it runs along the track of one of the two, or of both, that much is left out. Columns hold blocks and
 * levels are free, so no arrow crosses a block. */
#include <math.h>
#include <stdlib.h>

#include "diagram_layout.h"

/* ---- levels ---- */

static int owner_of(const sw_diagram_arrow *arrow)
{
    return 2 * arrow->from + (arrow->flow == SW_DIAGRAM_OFFSETS);
}

static bool is_free(const diagram_layout *l, const diagram_span *wanted)
{
    for (int s = 0; s < l->span_count; s++) {
        const diagram_span *other = &l->spans[s];
        if (other->row == wanted->row && other->level == wanted->level && other->first <= wanted->last &&
            other->last >= wanted->first && other->owner != wanted->owner)
            return false;
    }
    return true;
}

/* Grows downwards on the page, from level to level and row to row. */
static int depth(int row, int level)
{
    return row * 10 * DIAGRAM_LANE - level;
}

/* Whether no block lies in the column between a block of it and a level. */
static bool reaches(const diagram_layout *l, const sw_diagram_block *block, int row, int level)
{
    const sw_diagram *d = l->diagram;
    const int own = depth(block->row, block->track), to = depth(row, level);
    const int top = own < to ? own : to, bottom = own < to ? to : own;
    for (int b = 0; b < d->block_count; b++) {
        const int at = depth(d->blocks[b].row, d->blocks[b].track);
        if (d->blocks[b].column == block->column && at != own && at >= top && at <= bottom) return false;
    }
    return true;
}

/* Gives the arrow that level, if it is free. */
static bool take_level(diagram_layout *l, int arrow, int row, int level)
{
    const sw_diagram_arrow *a = &l->diagram->arrows[arrow];
    const sw_diagram_block *from = &l->diagram->blocks[a->from], *to = &l->diagram->blocks[a->to];
    const bool from_own = row == from->row && level == from->track,
               to_own = row == to->row && level == to->track;
    diagram_route route = {.row = row, .level = level, .out = -1, .in = -1};
    diagram_span span = {.row = row,
                         .level = level,
                         .first = 2 * from->column + 1,
                         .last = 2 * to->column - 1,
                         .owner = owner_of(a)};
    if (!from_own && a->flow == SW_DIAGRAM_OFFSETS && depth(row, level) < depth(from->row, from->track) &&
        reaches(l, from, row, level)) {
        route.from_top = true;
        span.first--;
    }
    const bool from_above = depth(row, level) < depth(to->row, to->track);
    if (!to_own && diagram_is_sign(to) && (from_above || !*to->name) && reaches(l, to, row, level)) {
        route.into_end = true;
        span.last++;
    }
    if (!is_free(l, &span)) return false;
    l->routes[arrow] = route;
    l->spans[l->span_count++] = span;
    return true;
}

static int arrows_into(const sw_diagram *d, int block)
{
    int count = 0;
    for (int a = 0; a < d->arrow_count; a++) count += d->arrows[a].to == block;
    return count;
}

/* Within a row: the tracks of the two, others near them, then a lane above. */
static void choose_in_row(diagram_layout *l, int arrow, int own, int others)
{
    const int row = l->diagram->blocks[l->diagram->arrows[arrow].from].row;
    const diagram_row *r = &l->rows[row];
    const int farthest = r->above > r->below ? r->above : r->below;
    if (take_level(l, arrow, row, others) || take_level(l, arrow, row, own)) return;
    for (int distance = 1; distance <= farthest; distance++) {
        if (distance <= r->above && take_level(l, arrow, row, distance)) return;
        if (distance <= r->below && take_level(l, arrow, row, -distance)) return;
    }
    int lane = 0;
    while (!take_level(l, arrow, row, DIAGRAM_LANE + lane)) lane++;
    if (lane >= l->rows[row].lanes) l->rows[row].lanes = lane + 1;
}

static void choose_between_rows(diagram_layout *l, int arrow)
{
    const sw_diagram_arrow *a = &l->diagram->arrows[arrow];
    const sw_diagram_block *from = &l->diagram->blocks[a->from], *to = &l->diagram->blocks[a->to];
    /* of several arrows into a neighbour, this one comes by a line of its own, beside the middle */
    const bool aside = to->column == from->column + 1 && arrows_into(l->diagram, a->to) > 1;
    const sw_diagram_block *first = aside ? from : to, *second = aside ? to : from;
    if (take_level(l, arrow, first->row, first->track) || take_level(l, arrow, second->row, second->track))
        return;
    const int row = from->row > to->row ? from->row : to->row; /* its lanes lie between the two */
    int lane = 0;
    while (!take_level(l, arrow, row, DIAGRAM_LANE + lane)) lane++;
    if (lane >= l->rows[row].lanes) l->rows[row].lanes = lane + 1;
}

static void choose_level(diagram_layout *l, int arrow)
{
    const sw_diagram_arrow *a = &l->diagram->arrows[arrow];
    const sw_diagram_block *from = &l->diagram->blocks[a->from], *to = &l->diagram->blocks[a->to];
    if (from->row == to->row)
        choose_in_row(l, arrow, from->track, to->track);
    else
        choose_between_rows(l, arrow);
}

static bool goes_on_elsewhere(const sw_diagram *d, const sw_diagram_arrow *arrow)
{
    for (int a = 0; a < d->arrow_count; a++)
        if (d->arrows[a].from == arrow->from && d->arrows[a].to != arrow->to) return true;
    return false;
}

/* Short arrows first: they get the nearest levels, and long ones go round them. */
sw_status diagram_choose_levels(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    for (int b = 0; b < d->block_count; b++)
        l->spans[l->span_count++] = (diagram_span){.row = d->blocks[b].row,
                                                   .level = d->blocks[b].track,
                                                   .first = 2 * d->blocks[b].column,
                                                   .last = 2 * d->blocks[b].column,
                                                   .owner = -1};
    for (int length = 1; length < l->column_count; length++)
        for (int a = 0; a < d->arrow_count; a++) {
            sw_diagram_arrow *arrow = &d->arrows[a];
            if (d->blocks[arrow->to].column - d->blocks[arrow->from].column != length) continue;
            choose_level(l, a);
            if (length > 1 && arrow->flow == SW_DIAGRAM_DATA && arrows_into(d, arrow->to) > 1 &&
                goes_on_elsewhere(d, arrow))
                arrow->flow = SW_DIAGRAM_SKIP;
        }
    return SW_OK;
}

/* ---- upright lines ---- */

static double middle(const sw_diagram_block *block)
{
    return block->y + block->height / 2;
}

static double level_y(const diagram_layout *l, const diagram_route *route)
{
    if (route->level >= DIAGRAM_LANE)
        return l->rows[route->row].lane_y - DIAGRAM_LINE_GAP * (route->level - DIAGRAM_LANE);
    return diagram_track_of(l, route->row, route->level)->middle;
}

/* Where an arrow meets the block that it goes to: in the middle, or beside it where there are others. */
static double entry_y(const diagram_layout *l, int arrow)
{
    const sw_diagram_arrow *a = &l->diagram->arrows[arrow];
    const sw_diagram_block *to = &l->diagram->blocks[a->to];
    const double y = level_y(l, &l->routes[arrow]), aside = floor(to->height / 4);
    if (diagram_is_sign(to) || arrows_into(l->diagram, a->to) == 1) return middle(to);
    return middle(to) + (y < middle(to) ? -aside : aside);
}

/* The line of that key in the gap, which reaches from y to y, or is made to. */
static int line_between(diagram_layout *l, int column, int key, double from, double to)
{
    const double top = fmin(from, to), bottom = fmax(from, to);
    for (int i = 0; i < l->line_count; i++) {
        diagram_line *line = &l->lines[i];
        if (line->column != column || line->key != key) continue;
        line->top = fmin(line->top, top);
        line->bottom = fmax(line->bottom, bottom);
        return i;
    }
    l->lines[l->line_count] = (diagram_line){.column = column, .key = key, .top = top, .bottom = bottom};
    return l->line_count++;
}

static bool slot_is_free(const diagram_layout *l, int line, int slot)
{
    const diagram_line *wanted = &l->lines[line];
    for (int i = 0; i < line; i++) {
        const diagram_line *other = &l->lines[i];
        if (other->column == wanted->column && other->slot == slot &&
            other->top < wanted->bottom + DIAGRAM_LINE_GAP && other->bottom > wanted->top - DIAGRAM_LINE_GAP)
            return false;
    }
    return true;
}

/* Arrows that leave a block together, or come to it from the same side, share their line. */
sw_status diagram_draw_lines(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    const int into = 2 * d->block_count;
    for (int a = 0; a < d->arrow_count; a++) {
        const sw_diagram_arrow *arrow = &d->arrows[a];
        const sw_diagram_block *from = &d->blocks[arrow->from], *to = &d->blocks[arrow->to];
        diagram_route *route = &l->routes[a];
        const double y = level_y(l, route);
        if (!route->from_top && !(route->row == from->row && route->level == from->track))
            route->out = line_between(l, from->column, owner_of(arrow), middle(from), y);
        if (!route->into_end && !(route->row == to->row && route->level == to->track))
            route->in =
                line_between(l, to->column - 1, into + 2 * arrow->to + (y < middle(to)), y, entry_y(l, a));
    }
    for (int c = 0; c < l->column_count; c++) l->columns[c].gap = DIAGRAM_GAP;
    for (int i = 0; i < l->line_count; i++) {
        diagram_line *line = &l->lines[i];
        while (!slot_is_free(l, i, line->slot)) line->slot++;
        const double gap = DIAGRAM_GAP + DIAGRAM_LINE_GAP * line->slot;
        if (l->columns[line->column].gap < gap) l->columns[line->column].gap = gap;
    }
    return SW_OK;
}

/* ---- points ---- */

static double line_x(const diagram_layout *l, int line)
{
    const diagram_column *column = &l->columns[l->lines[line].column];
    return column->x + column->width + 4 + DIAGRAM_LINE_GAP * l->lines[line].slot;
}

static void add_point(sw_diagram_arrow *arrow, double x, double y)
{
    const sw_diagram_point *last = &arrow->points[arrow->point_count - 1];
    if (arrow->point_count > 0 && last->x == x && last->y == y) return;
    arrow->points[arrow->point_count++] = (sw_diagram_point){x, y};
}

static void join_points(const diagram_layout *l, int a)
{
    sw_diagram_arrow *arrow = &l->diagram->arrows[a];
    const sw_diagram_block *from = &l->diagram->blocks[arrow->from], *to = &l->diagram->blocks[arrow->to];
    const diagram_route *route = &l->routes[a];
    const double y = level_y(l, route), centre = to->x + to->width / 2;
    if (route->from_top) {
        add_point(arrow, from->x + from->width / 2, from->y);
        add_point(arrow, from->x + from->width / 2, y);
    } else {
        add_point(arrow, from->x + from->width, middle(from));
    }
    if (route->out >= 0) {
        add_point(arrow, line_x(l, route->out), middle(from));
        add_point(arrow, line_x(l, route->out), y);
    }
    if (route->into_end) {
        add_point(arrow, centre, y);
        add_point(arrow, centre, y < to->y ? to->y : to->y + to->height);
    } else {
        const double end = route->in >= 0 ? entry_y(l, a) : y;
        if (route->in >= 0) {
            add_point(arrow, line_x(l, route->in), y);
            add_point(arrow, line_x(l, route->in), end);
        }
        add_point(arrow, to->x, end);
    }
}

void diagram_join_points(diagram_layout *l)
{
    for (int a = 0; a < l->diagram->arrow_count; a++) join_points(l, a);
}
