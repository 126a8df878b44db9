#include "details.h"

#include <string.h>

enum { MAX_TAG = 20, CONTINUATION_INDENT = 6 };

/* ---- taking apart ---- */

typedef struct parser {
    details_visitor visit;
    void *user;
    details_block block;
    sw_str text;
    char tag[MAX_TAG + 1];
    bool open, gap;
} parser;

static void finish_block(parser *p)
{
    if (p->open && p->text.text && !p->text.failed) {
        p->block.text = p->text.text;
        p->visit(p->user, &p->block);
    }
    sw_str_deinit(&p->text);
    p->open = false;
}

static void begin_block(parser *p, details_kind kind)
{
    finish_block(p);
    p->block = (details_block){.kind = kind, .after_gap = p->gap, .tag = p->tag};
    p->open = true;
    p->gap = false;
}

/* Length of the word of "word  explanation", or 0. */
static int tag_length(const char *line, int length)
{
    const char *blank = memchr(line, ' ', (size_t)length);
    int tag = blank ? (int)(blank - line) : 0;
    return tag > 0 && tag <= MAX_TAG && tag + 2 < length && line[tag + 1] == ' ' ? tag : 0;
}

static void add_filled(parser *p, const char *line, int length)
{
    if (p->text.length) sw_str_append(&p->text, " ");
    sw_str_append_bytes(&p->text, line, (size_t)length);
}

static void add_line(parser *p, const char *line, int length)
{
    int indent = (int)strspn(line, " ");
    int tag = tag_length(line, length);
    if (length == 0) {
        finish_block(p);
        p->gap = true;
    } else if (p->open && p->block.kind == DETAILS_TAGGED && indent >= p->block.indent) {
        add_filled(p, line + indent, length - indent);
    } else if (indent > 0) {
        if (!p->open || p->block.kind != DETAILS_VERBATIM) begin_block(p, DETAILS_VERBATIM);
        sw_str_append_bytes(&p->text, line, (size_t)length);
        sw_str_append(&p->text, "\n");
    } else if (tag) {
        begin_block(p, DETAILS_TAGGED);
        memcpy(p->tag, line, (size_t)tag);
        p->tag[tag] = '\0';
        p->block.indent = tag + (int)strspn(line + tag, " ");
        add_filled(p, line + p->block.indent, length - p->block.indent);
    } else {
        if (!p->open || p->block.kind != DETAILS_TEXT) begin_block(p, DETAILS_TEXT);
        add_filled(p, line, length);
    }
}

void details_visit(const char *details, details_visitor visit, void *user)
{
    parser p = {.visit = visit, .user = user};
    while (*details) {
        int length = (int)strcspn(details, "\n");
        add_line(&p, details, length);
        details += length + (details[length] == '\n');
    }
    finish_block(&p);
}

/* ---- laying out ---- */

/* Only commands have a way to go on in the next line. */
static bool is_command(const char *line, int length)
{
    static const char name[] = "segwork ";
    for (int i = 0; i + (int)sizeof name - 1 <= length; i++)
        if (memcmp(line + i, name, sizeof name - 1) == 0) return true;
    return false;
}

/* The last blank up to `most`, preferably before an option, so that it stays with its value. */
static int break_before(const char *line, int most)
{
    int blank = 0, option = 0;
    for (int i = 1; i <= most; i++) {
        if (line[i] != ' ') continue;
        blank = i;
        if (line[i + 1] == '-') option = i;
    }
    return option > 2 * CONTINUATION_INDENT ? option : blank;
}

void details_append_line(sw_str *out, const char *line, int length, int columns)
{
    int indent = 0;
    bool can_go_on = is_command(line, length);
    while (can_go_on && indent + length > columns) {
        int cut = break_before(line, columns - indent - 2); /* room for " \" */
        if (cut <= CONTINUATION_INDENT) break;
        sw_str_append_bytes(out, line, (size_t)cut);
        sw_str_printf(out, " \\\n%*s", CONTINUATION_INDENT, "");
        line += cut + 1;
        length -= cut + 1;
        indent = CONTINUATION_INDENT;
    }
    sw_str_append_bytes(out, line, (size_t)length);
    sw_str_append(out, "\n");
}

static void append_block(void *user, const details_block *block)
{
    sw_str *out = user;
    if (block->after_gap) sw_str_append(out, "\n");
    if (block->kind == DETAILS_VERBATIM) {
        for (const char *line = block->text; *line;) {
            int length = (int)strcspn(line, "\n");
            details_append_line(out, line, length, HELP_COLUMNS);
            line += length + 1;
        }
        return;
    }
    if (block->kind == DETAILS_TAGGED) sw_str_printf(out, "%-*s", block->indent, block->tag);
    sw_str_wrap(out, block->text, block->indent, block->indent, HELP_COLUMNS);
    sw_str_append(out, "\n");
}

void details_append(sw_str *out, const char *details)
{
    details_visit(details, append_block, out);
}
