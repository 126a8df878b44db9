/* Text that comes from file names and configurations, made fit for a page. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page/html.h"
#include "page/json_text.h"

typedef void (*append)(sw_str *out, const char *text);

static void expect(append how, const char *text, const char *want)
{
    sw_str out = {0};
    how(&out, text);
    cr_expect_str_eq(out.text ? out.text : "", want);
    sw_str_deinit(&out);
}

Test(html, markup_in_a_text_becomes_text)
{
    expect(sw_html_text, "<script>alert(\"1\" & '2')</script>",
           "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    expect(sw_html_text, "", "");
    expect(sw_html_text,
           "Gr\xC3\xB6\xC3\x9F"
           "e \xE2\x82\xAC \xF0\x9F\x90\xB6",
           "Gr\xC3\xB6\xC3\x9F"
           "e \xE2\x82\xAC \xF0\x9F\x90\xB6");
}

#define BAD "\xEF\xBF\xBD"

Test(html, what_is_no_text_is_replaced_byte_by_byte)
{
    expect(sw_html_text,
           "a\xFF"
           "b",
           "a" BAD "b");
    expect(sw_html_text, "\xC3", BAD);                         /* cut off */
    expect(sw_html_text, "\xE2\x82", BAD BAD);                 /* cut off */
    expect(sw_html_text, "\xC0\xAF", BAD BAD);                 /* overlong */
    expect(sw_html_text, "\xE0\x80\xAF", BAD BAD BAD);         /* overlong */
    expect(sw_html_text, "\xED\xA0\x80", BAD BAD BAD);         /* a surrogate */
    expect(sw_html_text, "\xF4\x90\x80\x80", BAD BAD BAD BAD); /* past the last character */
    expect(sw_html_text, "\x80<", BAD "&lt;");
    expect(sw_html_text, "a\x01\x7F\x1B[1m\tb\n", "a" BAD BAD BAD "[1m\tb\n");
    expect(sw_html_text, "\xC2\x85", BAD); /* a control character of two bytes */
}

Test(html, a_string_in_a_script_can_end_neither_the_string_nor_the_script)
{
    expect(sw_json_string, "</script>", "\"\\u003c/script>\"");
    expect(sw_json_string, "Gr\xC3\xB6\xDF\xE9", "\"Gr\xC3\xB6" BAD BAD "\"");
    expect(sw_json_string, "<!--&\"\\\n", "\"\\u003c!--\\u0026\\\"\\\\\\u000a\"");
}

Test(html, numbers_that_are_none_are_null)
{
    static const struct {
        double value;
        const char *want;
    } cases[] = {{0.5, "0.5"},        {NAN, "null"},   {INFINITY, "null"},
                 {-INFINITY, "null"}, {1e-5, "1e-05"}, {0, "0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_str out = {0};
        sw_json_number(&out, cases[i].value, 5);
        cr_expect_str_eq(out.text, cases[i].want);
        sw_str_deinit(&out);
    }
}

Test(html, a_json_document_ends_in_a_newline_and_none_is_a_failure)
{
    sw_str out = {0};
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "a", 1);
    cr_expect_eq(sw_json_document(&out, root), SW_OK);
    cr_expect_str_eq(out.text, "{\n\t\"a\":\t1\n}\n");
    cr_expect_eq(sw_json_document(&out, NULL), SW_E_MEMORY);
    cJSON_Delete(root);
    sw_str_deinit(&out);
}

Test(html, data_addresses_are_base64_of_every_length)
{
    /* RFC 4648, section 10 */
    static const char *const encoded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t n = 0; n <= 6; n++) {
        sw_str out = {0};
        sw_html_data_uri(&out, "image/png", "foobar", n);
        cr_expect_eq(strncmp(out.text, "data:image/png;base64,", 22), 0);
        cr_expect_str_eq(out.text + 22, encoded[n]);
        sw_str_deinit(&out);
    }
    sw_str out = {0};
    sw_html_data_uri(&out, "x", "\xFB\xFF\xFE\x00", 4);
    cr_expect_str_eq(out.text, "data:x;base64,+//+AA==");
    sw_str_deinit(&out);
}

Test(html, a_cleaned_text_has_no_control_character_and_keeps_markup)
{
    char *clean = sw_html_clean("a<b>\n\xFF&");
    cr_expect_str_eq(clean, "a<b>" BAD BAD "&");
    free(clean);
    clean = sw_html_clean("");
    cr_expect_str_eq(clean, "");
    free(clean);
}
