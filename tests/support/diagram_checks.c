#include "diagram_checks.h"

#include <criterion/criterion.h>
#include <math.h>

typedef struct box {
    double left, top, right, bottom;
} box;

static box of_block(const sw_diagram_block *b)
{
    return (box){b->x, b->y, b->x + b->width, b->y + b->height};
}

/* Capitals and figures reach about three quarters of the size above the line, and 'g' a quarter below. */
static box of_text(const sw_diagram_text *t)
{
    const double size_px = t->type == SW_DIAGRAM_NAME || t->type == SW_DIAGRAM_KEY ? 11
                           : t->type == SW_DIAGRAM_NOTE                            ? 9
                                                                                   : 10;
    const bool deep = t->type == SW_DIAGRAM_NAME || t->type == SW_DIAGRAM_KEY;
    return (box){t->x, t->baseline - 0.75 * size_px, t->x + t->width,
                 t->baseline + (deep ? 0.22 * size_px : 0)};
}

static box of_line(sw_diagram_point a, sw_diagram_point b)
{
    return (box){fmin(a.x, b.x) - 0.5, fmin(a.y, b.y) - 0.5, fmax(a.x, b.x) + 0.5, fmax(a.y, b.y) + 0.5};
}

static bool overlap(box a, box b)
{
    const double slack = 1e-6;
    return a.left < b.right - slack && b.left < a.right - slack && a.top < b.bottom - slack &&
           b.top < a.bottom - slack;
}

static void expect_inside(const sw_diagram *d, box b, const char *what, const char *name)
{
    cr_expect(b.left >= 0 && b.top >= 0 && b.right <= d->width && b.bottom <= d->height,
              "%s: %s lies at %g..%g, %g..%g of %g x %g", what, name, b.left, b.right, b.top, b.bottom,
              d->width, d->height);
}

static void expect_blocks_apart(const sw_diagram *d, const char *what)
{
    for (int a = 0; a < d->block_count; a++) {
        const sw_diagram_block *block = &d->blocks[a];
        expect_inside(d, of_block(block), what, block->title);
        cr_expect(block->width >= 6 && block->height >= 15, "%s: %s is %g x %g", what, block->title,
                  block->width, block->height);
        for (int b = 0; b < a; b++)
            cr_expect_not(overlap(of_block(block), of_block(&d->blocks[b])), "%s: %s and %s", what,
                          block->title, d->blocks[b].title);
    }
}

static void expect_texts_apart(const sw_diagram *d, const char *what)
{
    for (int a = 0; a < d->text_count; a++) {
        const sw_diagram_text *text = &d->texts[a];
        expect_inside(d, of_text(text), what, text->text);
        for (int b = 0; b < a; b++)
            cr_expect_not(overlap(of_text(text), of_text(&d->texts[b])), "%s: '%s' and '%s'", what,
                          text->text, d->texts[b].text);
        for (int b = 0; b < d->block_count; b++)
            cr_expect_not(overlap(of_text(text), of_block(&d->blocks[b])), "%s: '%s' on %s", what, text->text,
                          d->blocks[b].title);
    }
}

static bool touches(sw_diagram_point p, const sw_diagram_block *b)
{
    const box at = of_block(b);
    const bool level = p.x >= at.left && p.x <= at.right, upright = p.y >= at.top && p.y <= at.bottom;
    return (upright && (p.x == at.left || p.x == at.right)) ||
           (level && (fabs(p.y - at.top) < 1e-6 || fabs(p.y - at.bottom) < 1e-6));
}

static void expect_arrow(const sw_diagram *d, const sw_diagram_arrow *arrow, const char *what)
{
    const sw_diagram_block *from = &d->blocks[arrow->from], *to = &d->blocks[arrow->to];
    const int last = arrow->point_count - 1;
    cr_assert(last >= 1 && last < SW_DIAGRAM_POINTS, "%s: %s to %s", what, from->title, to->title);
    cr_expect(touches(arrow->points[0], from), "%s: from %s", what, from->title);
    cr_expect(touches(arrow->points[last], to), "%s: to %s", what, to->title);
    for (int i = 0; i < last; i++) {
        const sw_diagram_point a = arrow->points[i], b = arrow->points[i + 1];
        const box line = of_line(a, b);
        cr_expect(a.x == b.x || a.y == b.y, "%s: %s to %s is slanted", what, from->title, to->title);
        expect_inside(d, line, what, "an arrow");
        for (int o = 0; o < d->block_count; o++)
            cr_expect(o == arrow->from || o == arrow->to || !overlap(line, of_block(&d->blocks[o])),
                      "%s: %s to %s crosses %s", what, from->title, to->title, d->blocks[o].title);
    }
}

static bool lie_on_each_other(sw_diagram_point a, sw_diagram_point b, sw_diagram_point c, sw_diagram_point d)
{
    const bool upright = a.x == b.x && c.x == d.x && a.x == c.x,
               level = a.y == b.y && c.y == d.y && a.y == c.y;
    if (upright) return fmin(fmax(a.y, b.y), fmax(c.y, d.y)) > fmax(fmin(a.y, b.y), fmin(c.y, d.y));
    return level && fmin(fmax(a.x, b.x), fmax(c.x, d.x)) > fmax(fmin(a.x, b.x), fmin(c.x, d.x));
}

/* Only arrows that leave the same block or come to the same one may share a part of their way. */
static void expect_arrows_apart(const sw_diagram *d, const sw_diagram_arrow *one,
                                const sw_diagram_arrow *other, const char *what)
{
    if (one->from == other->from || one->to == other->to) return;
    for (int i = 0; i + 1 < one->point_count; i++)
        for (int k = 0; k + 1 < other->point_count; k++)
            cr_expect_not(
                lie_on_each_other(one->points[i], one->points[i + 1], other->points[k], other->points[k + 1]),
                "%s: %s to %s lies on %s to %s", what, d->blocks[one->from].title, d->blocks[one->to].title,
                d->blocks[other->from].title, d->blocks[other->to].title);
}

void diagram_expect_legible(const sw_diagram *d, const char *what)
{
    expect_blocks_apart(d, what);
    expect_texts_apart(d, what);
    for (int a = 0; a < d->arrow_count; a++) {
        expect_arrow(d, &d->arrows[a], what);
        for (int b = 0; b < a; b++) expect_arrows_apart(d, &d->arrows[a], &d->arrows[b], what);
    }
}

static bool is_crossed(const sw_diagram *d, const sw_diagram_text *text)
{
    for (int a = 0; a < d->arrow_count; a++) {
        const sw_diagram_arrow *arrow = &d->arrows[a];
        for (int i = 0; i + 1 < arrow->point_count; i++)
            if (overlap(of_text(text), of_line(arrow->points[i], arrow->points[i + 1]))) return true;
    }
    return false;
}

int diagram_texts_crossed(const sw_diagram *d)
{
    int count = 0;
    for (int t = 0; t < d->text_count; t++) count += is_crossed(d, &d->texts[t]);
    return count;
}
