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
            other->last >= wanted->first && other->owner != wanted->owner && other->from != wanted->from &&
            other->to != wanted->to)
            return false;
    }
    return true;
}

static void take_span(diagram_layout *l, diagram_span span)
{
    l->spans[l->span_count++] = span;
}

/* A block's place, and the gaps beside it, where its arrows turn. */
static void take_place(diagram_layout *l, int block)
{
    const sw_diagram_block *b = &l->diagram->blocks[block];
    diagram_span span = {.row = b->row, .level = b->track, .owner = -1, .from = -1, .to = -1};
    span.first = span.last = 2 * b->column;
    take_span(l, span);
    span.first = span.last = 2 * b->column + 1;
    span.from = block;
    take_span(l, span);
    span.first = span.last = 2 * b->column - 1;
    span.from = -1;
    span.to = block;
    take_span(l, span);
}

/* Grows downwards on the page, from level to level and row to row. */
static int depth(int row, int level)
{
    return row * 10 * DIAGRAM_LANE - level;
}

/* Whether the depths between a block and a level, upright through its middle, hold `at` .. `end`. */
static bool covers(int own, int to, int at, int end)
{
    const int top = own < to ? own : to, bottom = own < to ? to : own;
    const int first = at < end ? at : end, last = at < end ? end : at;
    return first <= bottom && last >= top;
}

/* Whether an arrow goes up or down from the middle of another block of that column, over these depths. */
static bool is_passed(const diagram_layout *l, int arrow, int block, int own, int to)
{
    const sw_diagram *d = l->diagram;
    const diagram_route *route = &l->routes[arrow];
    const int ends[] = {route->from_top ? d->arrows[arrow].from : block,
                        route->into_end ? d->arrows[arrow].to : block};
    for (int e = 0; e < 2; e++) {
        const sw_diagram_block *end = &d->blocks[ends[e]];
        if (ends[e] != block && end->column == d->blocks[block].column &&
            covers(own, to, depth(end->row, end->track), depth(route->row, route->level)))
            return true;
    }
    return false;
}

/* Whether the way is free between a block and a level above or below it, upright through its middle. */
static bool reaches(const diagram_layout *l, int block, int row, int level)
{
    const sw_diagram *d = l->diagram;
    const int own = depth(d->blocks[block].row, d->blocks[block].track), to = depth(row, level);
    for (int b = 0; b < d->block_count; b++) {
        const int at = depth(d->blocks[b].row, d->blocks[b].track);
        if (b != block && d->blocks[b].column == d->blocks[block].column && covers(own, to, at, at))
            return false;
    }
    for (int a = 0; a < d->arrow_count; a++)
        if (is_passed(l, a, block, own, to)) return false;
    return true;
}

/* Whether an arrow leaves its block at the top: that of a pool's offsets does, so that it cannot be taken for
 * the arrow of the pool's output. */
static bool leaves_upwards(const diagram_layout *l, const sw_diagram_arrow *a, int row, int level)
{
    const sw_diagram_block *from = &l->diagram->blocks[a->from];
    return a->flow == SW_DIAGRAM_OFFSETS && !diagram_is_sign(from) &&
           depth(row, level) < depth(from->row, from->track) && reaches(l, a->from, row, level);
}

/* Whether an arrow enters a sum sign at its top or bottom: at the bottom only if no name is written there. */
static bool comes_to_its_end(const diagram_layout *l, const sw_diagram_arrow *a, int row, int level)
{
    const sw_diagram_block *to = &l->diagram->blocks[a->to];
    return diagram_is_sign(to) && (!*to->name || depth(row, level) < depth(to->row, to->track)) &&
           reaches(l, a->to, row, level);
}

static int arrows_into(const sw_diagram *d, int block)
{
    int count = 0;
    for (int a = 0; a < d->arrow_count; a++) count += d->arrows[a].to == block;
    return count;
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
                         .owner = owner_of(a),
                         .from = a->from,
                         .to = a->to};
    route.from_top = !from_own && leaves_upwards(l, a, row, level);
    route.into_end = !to_own && comes_to_its_end(l, a, row, level);
    span.first -= route.from_top;
    span.last += route.into_end;
    if (!is_free(l, &span)) return false;
    l->routes[arrow] = route;
    span.from = span.to = -1;
    take_span(l, span);
    return true;
}

static void take_lane(diagram_layout *l, int arrow, int row)
{
    int lane = 0;
    while (!take_level(l, arrow, row, DIAGRAM_LANE + lane)) lane++;
    if (lane >= l->rows[row].lanes) l->rows[row].lanes = lane + 1;
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
    take_lane(l, arrow, row);
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
    take_lane(l, arrow, from->row > to->row ? from->row : to->row); /* whose lanes lie between the two */
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
void diagram_choose_levels(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    for (int b = 0; b < d->block_count; b++) take_place(l, b);
    for (int length = 1; length < l->column_count; length++)
        for (int a = 0; a < d->arrow_count; a++) {
            sw_diagram_arrow *arrow = &d->arrows[a];
            if (d->blocks[arrow->to].column - d->blocks[arrow->from].column != length) continue;
            choose_level(l, a);
            if (length > 1 && arrow->flow == SW_DIAGRAM_DATA && arrows_into(d, arrow->to) > 1 &&
                goes_on_elsewhere(d, arrow))
                arrow->flow = SW_DIAGRAM_SKIP;
        }
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

/* Returns the vertical line in a gap that leaves or enters a block's side, and spans these heights; one that
 * is there already is made longer. */
static int line_between(diagram_layout *l, diagram_line line, double from, double to)
{
    line.top = fmin(from, to);
    line.bottom = fmax(from, to);
    line.slot = -1;
    for (int i = 0; i < l->line_count; i++) {
        diagram_line *other = &l->lines[i];
        if (other->column != line.column || other->coming != line.coming || other->key != line.key) continue;
        other->top = fmin(other->top, line.top);
        other->bottom = fmax(other->bottom, line.bottom);
        return i;
    }
    l->lines[l->line_count] = line;
    return l->line_count++;
}

static bool meets(const diagram_line *line, const diagram_line *other)
{
    return other->column == line->column && other->top < line->bottom + DIAGRAM_LINE_GAP &&
           other->bottom > line->top - DIAGRAM_LINE_GAP;
}

static bool slot_is_free(const diagram_layout *l, const diagram_line *line, int slot)
{
    for (int i = 0; i < l->line_count; i++)
        if (l->lines[i].slot == slot && meets(line, &l->lines[i])) return false;
    return true;
}

/* Gives the lines of a kind their places in the gaps. Those that come to a block lie behind those that leave
 * one: a line that joins an arrow would seem to go on into what leaves the arrow after it. */
static void place_lines(diagram_layout *l, bool coming)
{
    for (int i = 0; i < l->line_count; i++) {
        diagram_line *line = &l->lines[i];
        int slot = 0;
        if (line->coming != coming) continue;
        for (int o = 0; coming && o < l->line_count; o++)
            if (!l->lines[o].coming && meets(line, &l->lines[o]) && l->lines[o].slot >= slot)
                slot = l->lines[o].slot + 1;
        while (!slot_is_free(l, line, slot)) slot++;
        line->slot = slot;
        const double gap = DIAGRAM_GAP + DIAGRAM_LINE_GAP * slot;
        if (l->columns[line->column].gap < gap) l->columns[line->column].gap = gap;
    }
}

/* Arrows that leave a block together, or come to it from the same side, share their line. */
void diagram_draw_lines(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    for (int a = 0; a < d->arrow_count; a++) {
        const sw_diagram_arrow *arrow = &d->arrows[a];
        const sw_diagram_block *from = &d->blocks[arrow->from], *to = &d->blocks[arrow->to];
        diagram_route *route = &l->routes[a];
        const double y = level_y(l, route);
        if (!route->from_top && !(route->row == from->row && route->level == from->track))
            route->out = line_between(l, (diagram_line){.column = from->column, .key = owner_of(arrow)},
                                      middle(from), y);
        if (!route->into_end && !(route->row == to->row && route->level == to->track)) {
            const diagram_line line = {
                .column = to->column - 1, .coming = true, .key = 2 * arrow->to + (y < middle(to))};
            route->in = line_between(l, line, y, entry_y(l, a));
        }
    }
    for (int c = 0; c < l->column_count; c++) l->columns[c].gap = DIAGRAM_GAP;
    place_lines(l, false);
    place_lines(l, true);
}

/* ---- points ---- */

static double line_x(const diagram_layout *l, int line)
{
    const diagram_column *column = &l->columns[l->lines[line].column];
    return column->x + column->width + 4 + DIAGRAM_LINE_GAP * l->lines[line].slot;
}

static void add_point(sw_diagram_arrow *arrow, double x, double y)
{
    const sw_diagram_point *last = arrow->point_count > 0 ? &arrow->points[arrow->point_count - 1] : NULL;
    if (last && last->x == x && last->y == y) return;
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
