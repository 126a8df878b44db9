#include "details.h"

#include <string.h>

enum { MAX_TAG = 20 };

typedef struct parser {
    details_visitor visit;
    void *user;
    details_block block;
    int indent; /* TAGGED: column of the explanation */
    sw_str text;
    char tag[MAX_TAG + 1];
    bool open, gap;
} parser;

static void finish_block(parser *p)
{
    p->block.text = &p->text;
    if (p->open) p->visit(p->user, &p->block);
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
    } else if (p->open && p->block.kind == DETAILS_TAGGED && indent >= p->indent) {
        add_filled(p, line + indent, length - indent);
    } else if (indent > 0) {
        if (!p->open || p->block.kind != DETAILS_VERBATIM) begin_block(p, DETAILS_VERBATIM);
        sw_str_append_bytes(&p->text, line, (size_t)length);
        sw_str_append(&p->text, "\n");
    } else if (tag) {
        begin_block(p, DETAILS_TAGGED);
        memcpy(p->tag, line, (size_t)tag);
        p->tag[tag] = '\0';
        p->indent = tag + (int)strspn(line + tag, " ");
        add_filled(p, line + p->indent, length - p->indent);
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
