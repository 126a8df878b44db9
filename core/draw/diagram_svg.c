/* A diagram as SVG. Colours are classes, so that a dark page has its own; arrow heads are paths and not
 * markers, which vanish from a page that hides another diagram with the same names. */
#include <math.h>

#include "diagram_layout.h"
#include "page/html.h"

/* Fill and outline, on a light page and on a dark one. Blue, green, red and purple as Okabe and Ito chose
 * them for eyes that tell few colours apart. */
static const struct {
    const char *name;
    unsigned light, light_line, dark, dark_line;
} colours[SW_FAMILIES] = {
    [SW_FAMILY_OTHER] = {"images", 0xE7EAEE, 0x57606A, 0x3A424C, 0xA3ADB8},
    [SW_FAMILY_CONV] = {"conv", 0xB3D4EF, 0x0A5E9C, 0x1F4E78, 0x7DBDEB},
    [SW_FAMILY_DEPTHWISE] = {"depthwise", 0xB9DFE6, 0x1B7183, 0x1C5A66, 0x7CCBDA},
    [SW_FAMILY_TRANSPOSED] = {"transposed", 0xDCC8EC, 0x75459C, 0x55386E, 0xCBA6E8},
    [SW_FAMILY_NORM] = {"norm", 0xF6DE8D, 0x8A6A00, 0xB39A3A, 0xF0D060},
    [SW_FAMILY_ACTIVATION] = {"activation", 0xF09A56, 0x9A4A00, 0xCC6420, 0xFFB072},
    [SW_FAMILY_DROPOUT] = {"dropout", 0xEFC6DD, 0x9C3F73, 0x6E3555, 0xEBA3CC},
    [SW_FAMILY_POOL] = {"pool", 0x9ED8C4, 0x00704F, 0x1B5F4A, 0x6FD3B3},
    [SW_FAMILY_UNPOOL] = {"unpool", 0xF3B6AA, 0xA83A22, 0x7A3326, 0xF59C88},
    [SW_FAMILY_UPSAMPLE] = {"upsample", 0xF3B6AA, 0xA83A22, 0x7A3326, 0xF59C88},
    [SW_FAMILY_CONCAT] = {"concat", 0xE7EAEE, 0x57606A, 0x3A424C, 0xA3ADB8},
    [SW_FAMILY_SUM] = {"sum", 0xFFFFFF, 0x1B1F24, 0x14171B, 0xE8EBEF},
    [SW_FAMILY_PRODUCT] = {"product", 0xFFFFFF, 0x1B1F24, 0x14171B, 0xE8EBEF},
};

static const char *const flows[] = {
    [SW_DIAGRAM_DATA] = "data", [SW_DIAGRAM_SKIP] = "skip", [SW_DIAGRAM_OFFSETS] = "offsets"};

static const char *const types[SW_DIAGRAM_TYPES] = {[SW_DIAGRAM_NAME] = "name",
                                                    [SW_DIAGRAM_COUNT] = "count",
                                                    [SW_DIAGRAM_NOTE] = "note",
                                                    [SW_DIAGRAM_SIZE] = "size",
                                                    [SW_DIAGRAM_KEY] = "key"};

/* ---- style ---- */

#define ROOT ".segwork-net "

/* What is not drawn needs no colour; a norm and an activation may be edges of others. */
static bool is_drawn(const sw_diagram *d, int family)
{
    if (family == SW_FAMILY_NORM || family == SW_FAMILY_ACTIVATION) return true;
    for (int b = 0; b < d->block_count; b++)
        if ((int)d->blocks[b].family == family) return true;
    return false;
}

static void append_colours(sw_str *out, const sw_diagram *d, bool dark)
{
    const unsigned paper = dark ? 0x14171B : 0xFFFFFF, ink = dark ? 0xE8EBEF : 0x1B1F24,
                   faint = dark ? 0xA3ADB8 : 0x57606A, skip = dark ? 0x7DBDEB : 0x0A5E9C,
                   offsets = dark ? 0x6FD3B3 : 0x00704F;
    sw_str_printf(out, ROOT ".paper{fill:#%06x}" ROOT "text{fill:#%06x;stroke:#%06x}\n", paper, ink, paper);
    sw_str_printf(out, ROOT ".size," ROOT ".note{fill:#%06x}" ROOT ".sign{stroke:#%06x}\n", faint, ink);
    for (int flow = 0; flow <= SW_DIAGRAM_OFFSETS; flow++) {
        const unsigned colour = flow == SW_DIAGRAM_DATA ? faint : flow == SW_DIAGRAM_SKIP ? skip : offsets;
        sw_str_printf(out, ROOT ".%s{stroke:#%06x;fill:#%06x}", flows[flow], colour, colour);
    }
    sw_str_append(out, "\n");
    for (int f = 0; f < SW_FAMILIES; f++)
        if (is_drawn(d, f))
            sw_str_printf(out, ROOT ".%s{fill:#%06x;stroke:#%06x}\n", colours[f].name,
                          dark ? colours[f].dark : colours[f].light,
                          dark ? colours[f].dark_line : colours[f].light_line);
}

static void append_style(sw_str *out, const sw_diagram *d)
{
    sw_str_printf(out,
                  "<style>\n" ROOT "text{font:%dpx Helvetica,Arial,\"Liberation Sans\",\"DejaVu Sans\","
                  "sans-serif;stroke-width:2.5px;stroke-linejoin:round;paint-order:stroke}" ROOT
                  ".count," ROOT ".size{font-size:%dpx}" ROOT ".note{font-size:%dpx}\n" ROOT
                  "path.line{fill:none;stroke-width:1.2;stroke-linejoin:round}" ROOT "path.offsets.line"
                  "{stroke-dasharray:4 2.5}" ROOT "path.head," ROOT "rect.edge{stroke:none}" ROOT
                  ".sign{fill:none;stroke-width:1.4}\n",
                  DIAGRAM_NAME_PX, DIAGRAM_COUNT_PX, DIAGRAM_NOTE_PX);
    append_colours(out, d, false);
    sw_str_append(out, "@media (prefers-color-scheme:dark){\n");
    append_colours(out, d, true);
    sw_str_append(out, "}\n</style>\n");
}

/* ---- arrows ---- */

static const double head_px = 6, corner_px = 4;

/* The point that lies `px` before b on the way from a, which is level or upright. */
static sw_diagram_point before(sw_diagram_point a, sw_diagram_point b, double px)
{
    const double dx = b.x - a.x, dy = b.y - a.y, length = fabs(dx) + fabs(dy);
    if (length == 0) return b;
    return (sw_diagram_point){b.x - dx / length * px, b.y - dy / length * px};
}

static double length_of(sw_diagram_point a, sw_diagram_point b)
{
    return fabs(b.x - a.x) + fabs(b.y - a.y);
}

/* A line of round corners that ends in the head's. */
static void append_line(sw_str *out, const sw_diagram_arrow *a)
{
    const int last = a->point_count - 1;
    sw_str_printf(out, "<path class=\"line %s\" d=\"M%g %g", flows[a->flow], a->points[0].x, a->points[0].y);
    for (int i = 1; i < last; i++) {
        const sw_diagram_point at = a->points[i];
        const double room = fmin(length_of(a->points[i - 1], at), length_of(at, a->points[i + 1])) / 2;
        const double radius = fmin(room, corner_px);
        const sw_diagram_point in = before(a->points[i - 1], at, radius),
                               on = before(a->points[i + 1], at, radius);
        sw_str_printf(out, "L%g %gQ%g %g %g %g", in.x, in.y, at.x, at.y, on.x, on.y);
    }
    const sw_diagram_point end = before(a->points[last - 1], a->points[last], head_px - 1);
    sw_str_printf(out, "L%g %g\"/>\n", end.x, end.y);
}

static void append_head(sw_str *out, const sw_diagram_arrow *a)
{
    const sw_diagram_point tip = a->points[a->point_count - 1],
                           back = before(a->points[a->point_count - 2], tip, head_px);
    const double dx = (tip.y - back.y) * 0.42, dy = (tip.x - back.x) * 0.42;
    sw_str_printf(out, "<path class=\"head %s\" d=\"M%g %gL%g %gL%g %gz\"/>\n", flows[a->flow], tip.x, tip.y,
                  back.x - dx, back.y + dy, back.x + dx, back.y - dy);
}

/* ---- blocks ---- */

static void append_rect(sw_str *out, const char *class, double x, double y, double width, double height)
{
    sw_str_printf(out, "<rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>", class, x, y,
                  width, height);
}

/* The part of a block that each input of a concatenation makes, in their order. */
static void append_parts(sw_str *out, const sw_diagram *d, int block)
{
    const sw_diagram_block *of = &d->blocks[block];
    int channels = 0;
    for (int a = 0; a < d->arrow_count; a++) {
        if (d->arrows[a].to != block) continue;
        channels += d->blocks[d->arrows[a].from].channels;
        if (channels >= of->channels) break;
        sw_str_printf(out, "<path class=\"%s\" d=\"M%.1f %gv%g\"/>", colours[of->family].name,
                      of->x + of->width * channels / of->channels, of->y, of->height);
    }
}

static void append_edges(sw_str *out, const sw_diagram_block *b)
{
    double x = b->x + b->width - 0.5;
    const double y = b->y + 0.5, height = b->height - 1;
    if (b->activation) {
        x -= DIAGRAM_EDGE;
        append_rect(out, "edge activation", x, y, DIAGRAM_EDGE, height);
    }
    if (b->norm) append_rect(out, "edge norm", x - DIAGRAM_EDGE, y, DIAGRAM_EDGE, height);
}

static void append_sign(sw_str *out, const sw_diagram_block *b)
{
    const double r = b->width / 2, x = b->x + r, y = b->y + r, arm = 4, slant = 3;
    sw_str_printf(out, "<circle class=\"%s\" cx=\"%g\" cy=\"%g\" r=\"%g\"/>",
                  b->activation ? "activation" : colours[b->family].name, x, y, r - 0.5);
    if (b->family == SW_FAMILY_SUM)
        sw_str_printf(out, "<path class=\"sign\" d=\"M%g %gh%gM%g %gv%g\"/>", x - arm, y, 2 * arm, x, y - arm,
                      2 * arm);
    else
        sw_str_printf(out, "<path class=\"sign\" d=\"M%g %gl%g %gm0 %gl%g %g\"/>", x - slant, y - slant,
                      2 * slant, 2 * slant, -2 * slant, -2 * slant, 2 * slant);
}

static void append_block(sw_str *out, const sw_diagram *d, int block)
{
    const sw_diagram_block *b = &d->blocks[block];
    sw_html_between(out, "<g><title>", b->title, "</title>");
    if (diagram_is_sign(b)) {
        append_sign(out, b);
    } else {
        append_rect(out, colours[b->family].name, b->x, b->y, b->width, b->height);
        if (b->family == SW_FAMILY_CONCAT) append_parts(out, d, block);
        append_edges(out, b);
    }
    sw_str_append(out, "</g>\n");
}

/* ---- legend and texts ---- */

static void append_key(sw_str *out, const sw_diagram_key *key)
{
    const sw_diagram_arrow arrow = {.flow = (sw_diagram_flow)key->of,
                                    .point_count = 2,
                                    .points = {{key->x, key->y}, {key->x + 18, key->y}}};
    const sw_diagram_block sign = {
        .family = (sw_op_family)key->of, .x = key->x + 2, .y = key->y - 7.5, .width = 15, .height = 15};
    if (key->kind == SW_DIAGRAM_KEY_ARROW) {
        append_line(out, &arrow);
        append_head(out, &arrow);
    } else if (key->kind == SW_DIAGRAM_KEY_EDGE) {
        const char *class = key->of == SW_FAMILY_NORM ? "edge norm" : "edge activation";
        append_rect(out, class, key->x + 8, key->y - 6, DIAGRAM_EDGE + 1, 12);
    } else if (diagram_is_sign(&sign)) {
        append_sign(out, &sign);
    } else {
        append_rect(out, colours[key->of].name, key->x + 2, key->y - 5.5, 15, 11);
    }
    sw_str_append(out, "\n");
}

static void append_text(sw_str *out, const sw_diagram_text *t)
{
    const bool centred = t->type != SW_DIAGRAM_KEY;
    sw_str_printf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%g\"%s>", types[t->type],
                  centred ? t->x + t->width / 2 : t->x, t->baseline,
                  centred ? " text-anchor=\"middle\"" : "");
    sw_html_between(out, "", t->text, "</text>\n");
}

void sw_diagram_svg(sw_str *out, const sw_diagram *d, bool alone)
{
    sw_str_printf(out, "<svg%s class=\"segwork-net\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\" ",
                  alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", d->width, d->height, d->width,
                  d->height);
    sw_html_between(out, "role=\"img\" aria-label=\"", d->title, "\">\n");
    append_style(out, d);
    append_rect(out, "paper", 0, 0, d->width, d->height);
    sw_str_append(out, "\n");
    for (int flow = SW_DIAGRAM_OFFSETS; flow >= SW_DIAGRAM_DATA; flow--) /* data above what it leaves with */
        for (int a = 0; a < d->arrow_count; a++)
            if ((int)d->arrows[a].flow == flow) append_line(out, &d->arrows[a]);
    for (int b = 0; b < d->block_count; b++) append_block(out, d, b);
    for (int a = 0; a < d->arrow_count; a++) append_head(out, &d->arrows[a]);
    for (int k = 0; k < d->key_count; k++) append_key(out, &d->keys[k]);
    for (int t = 0; t < d->text_count; t++) append_text(out, &d->texts[t]);
    sw_str_append(out, "</svg>\n");
}
