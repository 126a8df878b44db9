/* What is written in a diagram, and the room it takes. No type is at hand: widths are those of DejaVu Sans,
 * which is wide, so that what a reader has instead is narrower. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "diagram_layout.h"

#define TIMES "\xC3\x97"

/* ---- widths ---- */

/* Thousandths of the size, a to z. */
static const short letters[] = {613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974,
                                634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525};

static double letter_width(unsigned char letter)
{
    if ((letter & 0xC0) == 0x80) return 0; /* within a character */
    if (letter >= 0xC0) return 0.84;
    if (letter >= 'a' && letter <= 'z') return letters[letter - 'a'] / 1000.0;
    if (letter >= 'A' && letter <= 'Z') return letter == 'M' || letter == 'W' ? 0.99 : 0.79;
    if (letter == ' ' || letter == '.' || letter == ',' || letter == ':') return 0.34;
    return letter == '+' ? 0.84 : 0.64;
}

double diagram_text_width(const char *text, double size_px)
{
    double width = 0;
    for (; *text; text++) width += letter_width((unsigned char)*text);
    return width * size_px;
}

static double size_px(sw_diagram_type type)
{
    return type == SW_DIAGRAM_NOTE                               ? DIAGRAM_NOTE_PX
           : type == SW_DIAGRAM_COUNT || type == SW_DIAGRAM_SIZE ? DIAGRAM_COUNT_PX
                                                                 : DIAGRAM_NAME_PX;
}

/* anchor: 0 begins at x, 0.5 is centred on it, 1 ends there. */
static sw_status write_text(sw_diagram *d, sw_diagram_type type, const char *text, double x, double baseline,
                            double anchor)
{
    if (!text) return SW_E_MEMORY;
    const double width = diagram_text_width(text, size_px(type));
    SW_ENSURE(SW_ARRAY_GROW(d->texts, d->text_count, "texts of a diagram"));
    d->texts[d->text_count++] = (sw_diagram_text){
        .text = text, .type = type, .x = x - anchor * width, .baseline = baseline, .width = width};
    return SW_OK;
}

/* ---- names ---- */

static int block_at(const sw_diagram *d, const sw_diagram_block *beside, int column)
{
    for (int b = 0; b < d->block_count; b++)
        if (d->blocks[b].row == beside->row && d->blocks[b].track == beside->track &&
            d->blocks[b].column == column)
            return b;
    return -1;
}

static bool same_name_at(const sw_diagram *d, const sw_diagram_block *block, int column)
{
    const int other = block_at(d, block, column);
    return other >= 0 && strcmp(d->blocks[other].name, block->name) == 0;
}

/* Whether a name stands in the row already where it is seen better: nearer to the main line, or below it. */
static bool stands_elsewhere(const sw_diagram *d, const sw_diagram_block *block)
{
    const int own = 2 * (block->track < 0 ? -block->track : block->track) + (block->track > 0);
    for (int b = 0; b < d->block_count; b++) {
        const sw_diagram_block *other = &d->blocks[b];
        const int its = 2 * (other->track < 0 ? -other->track : other->track) + (other->track > 0);
        if (other->row == block->row && its < own && strcmp(other->name, block->name) == 0) return true;
    }
    return false;
}

static double room_of(const diagram_layout *l, int first, int last)
{
    double room = l->columns[first].width;
    for (int c = first + 1; c <= last; c++) room += DIAGRAM_GAP + l->columns[c].width;
    return room;
}

/* Returns the bytes of a name's first line, which is broken behind '_', '-' or '.' if it can be. */
static size_t line_bytes(const char *name, double limit)
{
    size_t best = 0, bytes = 0;
    double width = 0;
    for (; name[bytes]; bytes++) {
        width += letter_width((unsigned char)name[bytes]) * DIAGRAM_NAME_PX;
        if (width > limit && bytes > 0) return best ? best : bytes;
        if (strchr("_-.", name[bytes])) best = bytes + 1;
    }
    return bytes;
}

static char *line_text(sw_diagram *d, const char **name, double limit)
{
    const size_t bytes = line_bytes(*name, limit);
    char *line = sw_arena_printf(&d->arena, "%.*s", (int)bytes, *name);
    *name += bytes;
    return line;
}

/* Makes room for the name of blocks side by side, by wider columns where it needs them. */
static void add_name(diagram_layout *l, int block)
{
    enum { SHORT = 64 }; /* px: no name is broken that is shorter */
    const sw_diagram *d = l->diagram;
    const sw_diagram_block *first = &d->blocks[block];
    diagram_track *track = diagram_track_of(l, first->row, first->track);
    diagram_name *name = &l->names[l->name_count++];
    *name = (diagram_name){.block = block, .last = first->column};
    while (same_name_at(d, first, name->last + 1)) name->last++;
    const double room = room_of(l, first->column, name->last);
    name->limit = fmax(room, SHORT);
    double widest = 0;
    int lines = 0;
    for (const char *rest = first->name; *rest; lines++) {
        const size_t bytes = line_bytes(rest, name->limit);
        double width = 0;
        for (size_t i = 0; i < bytes; i++) width += letter_width((unsigned char)rest[i]) * DIAGRAM_NAME_PX;
        widest = fmax(widest, width);
        rest += bytes;
    }
    for (int c = first->column; c <= name->last; c++)
        l->columns[c].width += fmax(0, ceil((widest - room) / (name->last - first->column + 1)));
    if (lines > track->name_lines) track->name_lines = lines;
}

/* ---- measure ---- */

static const char *count_text(sw_diagram *d, const sw_diagram_block *block)
{
    return sw_arena_printf(&d->arena, "%d", block->channels);
}

static const char *size_text(sw_diagram *d, const diagram_row *row)
{
    return sw_arena_printf(&d->arena, "%d" TIMES "%d", row->height_px, row->width_px);
}

sw_status diagram_measure(diagram_layout *l)
{
    sw_diagram *d = l->diagram;
    for (int b = 0; b < d->block_count; b++) {
        const sw_diagram_block *block = &d->blocks[b];
        diagram_column *column = &l->columns[block->column];
        diagram_track *track = diagram_track_of(l, block->row, block->track);
        const char *count = count_text(d, block);
        if (!count) return SW_E_MEMORY;
        double width = fmax(block->width, diagram_text_width(block->note, DIAGRAM_NOTE_PX));
        if (block->counts) width = fmax(width, diagram_text_width(count, DIAGRAM_COUNT_PX));
        column->width = fmax(column->width, ceil(width));
        track->counts |= block->counts;
        track->notes |= *block->note != '\0';
    }
    for (int b = 0; b < d->block_count; b++) {
        const sw_diagram_block *block = &d->blocks[b];
        if (*block->name && !same_name_at(d, block, block->column - 1) && !stands_elsewhere(d, block))
            add_name(l, b);
    }
    return SW_OK;
}

/* Before the first block of the row: what is written of it, and the gap. */
double diagram_size_room(const diagram_layout *l, int row, int *column)
{
    const sw_diagram *d = l->diagram;
    *column = l->column_count;
    for (int b = 0; b < d->block_count; b++)
        if (d->blocks[b].row == row && d->blocks[b].column < *column) *column = d->blocks[b].column;
    char text[32];
    snprintf(text, sizeof text, "%d" TIMES "%d", l->rows[row].height_px, l->rows[row].width_px);
    return diagram_text_width(text, DIAGRAM_COUNT_PX) + (*column > 0 ? l->columns[*column - 1].gap : 6);
}

/* ---- texts ---- */

static bool has_note(const diagram_layout *l, const diagram_name *name)
{
    const sw_diagram_block *first = &l->diagram->blocks[name->block];
    for (int c = first->column; c <= name->last; c++)
        if (*l->diagram->blocks[block_at(l->diagram, first, c)].note) return true;
    return false;
}

static sw_status write_name(diagram_layout *l, const diagram_name *name)
{
    sw_diagram *d = l->diagram;
    const sw_diagram_block *block = &d->blocks[name->block];
    const diagram_track *track = diagram_track_of(l, block->row, block->track);
    const diagram_column *first = &l->columns[block->column], *last = &l->columns[name->last];
    const double middle = (first->x + last->x + last->width) / 2;
    double baseline = track->middle + ceil(l->rows[block->row].block_height / 2) + DIAGRAM_LINE_PX +
                      (has_note(l, name) ? DIAGRAM_NOTE_PX + 2 : 0);
    for (const char *rest = block->name; *rest; baseline += DIAGRAM_LINE_PX)
        SW_ENSURE(write_text(d, SW_DIAGRAM_NAME, line_text(d, &rest, name->limit), middle, baseline, 0.5));
    return SW_OK;
}

static sw_status write_block(sw_diagram *d, const sw_diagram_block *block)
{
    const double middle = block->x + block->width / 2, bottom = block->y + block->height;
    if (block->counts)
        SW_ENSURE(write_text(d, SW_DIAGRAM_COUNT, count_text(d, block), middle, block->y - 4, 0.5));
    if (*block->note)
        SW_ENSURE(write_text(d, SW_DIAGRAM_NOTE, block->note, middle, bottom + DIAGRAM_NOTE_PX + 1, 0.5));
    return SW_OK;
}

static sw_status write_size(diagram_layout *l, int row)
{
    sw_diagram *d = l->diagram;
    int column, block = 0;
    const double room = diagram_size_room(l, row, &column);
    while (d->blocks[block].row != row || d->blocks[block].column != column) block++;
    const sw_diagram_block *first = &d->blocks[block];
    const double middle = diagram_track_of(l, row, first->track)->middle;
    return write_text(d, SW_DIAGRAM_SIZE, size_text(d, &l->rows[row]), l->columns[column].x - room,
                      middle + 4, 0);
}

sw_status diagram_write_texts(diagram_layout *l)
{
    for (int n = 0; n < l->name_count; n++) SW_ENSURE(write_name(l, &l->names[n]));
    for (int b = 0; b < l->diagram->block_count; b++)
        SW_ENSURE(write_block(l->diagram, &l->diagram->blocks[b]));
    for (int r = 0; r < l->row_count; r++) SW_ENSURE(write_size(l, r));
    return SW_OK;
}

/* ---- legend ---- */

typedef struct legend {
    sw_diagram *diagram;
    double x, y; /* of the next one */
} legend;

/* Behind the last one, or in a new line where the page ends. */
static sw_status write_key(legend *g, sw_diagram_key_kind kind, int of, const char *text)
{
    enum { SWATCH = 22, BETWEEN = 24 }; /* between them: more than the widths are off */
    sw_diagram *d = g->diagram;
    const double width = SWATCH + diagram_text_width(text, DIAGRAM_NAME_PX);
    if (g->x > DIAGRAM_MARGIN && g->x + width > d->width - DIAGRAM_MARGIN) {
        g->x = DIAGRAM_MARGIN;
        g->y += DIAGRAM_LINE_PX + 4;
    }
    SW_ENSURE(SW_ARRAY_GROW(d->keys, d->key_count, "the legend of a diagram"));
    d->keys[d->key_count++] = (sw_diagram_key){.kind = kind, .of = of, .x = g->x, .y = g->y};
    SW_ENSURE(write_text(d, SW_DIAGRAM_KEY, text, g->x + SWATCH, g->y + 4, 0));
    g->x += 0.9 * width + BETWEEN;
    return SW_OK;
}

static bool has_edge(const sw_diagram *d, sw_op_family family)
{
    for (int b = 0; b < d->block_count; b++)
        if (family == SW_FAMILY_NORM ? d->blocks[b].norm : d->blocks[b].activation) return true;
    return false;
}

static bool has_family(const sw_diagram *d, sw_op_family family)
{
    for (int b = 0; b < d->block_count; b++)
        if (d->blocks[b].family == family) return true;
    return false;
}

static bool has_flow(const sw_diagram *d, sw_diagram_flow flow)
{
    for (int a = 0; a < d->arrow_count; a++)
        if (d->arrows[a].flow == flow) return true;
    return false;
}

sw_status diagram_write_keys(diagram_layout *l, double top)
{
    sw_diagram *d = l->diagram;
    legend g = {.diagram = d, .x = DIAGRAM_MARGIN, .y = top + DIAGRAM_LINE_PX};
    d->width = fmax(ceil(d->width), 320);
    for (int f = SW_FAMILY_OTHER + 1; f < SW_FAMILIES; f++) {
        const sw_op_family family = (sw_op_family)f;
        const bool edge = (family == SW_FAMILY_NORM || family == SW_FAMILY_ACTIVATION) && has_edge(d, family);
        if (has_family(d, family))
            SW_ENSURE(write_key(&g, SW_DIAGRAM_KEY_BLOCK, f, d->legend[f]));
        else if (edge)
            SW_ENSURE(write_key(&g, SW_DIAGRAM_KEY_EDGE, f, d->legend[f]));
    }
    if (has_flow(d, SW_DIAGRAM_SKIP))
        SW_ENSURE(write_key(&g, SW_DIAGRAM_KEY_ARROW, SW_DIAGRAM_SKIP, "skip connection"));
    if (has_flow(d, SW_DIAGRAM_OFFSETS))
        SW_ENSURE(write_key(&g, SW_DIAGRAM_KEY_ARROW, SW_DIAGRAM_OFFSETS, "places of the maxima"));
    d->height = ceil(g.y + DIAGRAM_LINE_PX);
    return SW_OK;
}
