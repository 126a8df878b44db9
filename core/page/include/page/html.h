/* The pieces a page is made of: text, attributes, pictures inside the page. */
#ifndef PAGE_HTML_H
#define PAGE_HTML_H

#include <stddef.h>

#include "base/str.h"

/* Appends text for an element or a quoted attribute: & < > " ' are escaped; bytes that are no UTF-8 and
 * control characters but tab and newline become U+FFFD, so that no file name can break a page. */
void sw_html_text(sw_str *out, const char *text);

/* Appends markup, a text as sw_html_text (NULL: none), and markup. */
void sw_html_between(sw_str *out, const char *before, const char *text, const char *after);

/* Appends "data:<mime>;base64,..." */
void sw_html_data_uri(sw_str *out, const char *mime, const void *bytes, size_t length);

/* Copies text with what is no UTF-8 and every control character replaced by U+FFFD, for drawing. On the heap;
 * NULL when memory is out. */
char *sw_html_clean(const char *text);

#endif
