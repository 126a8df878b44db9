/* Reading messages in the wire format of Protocol Buffers. */
#include <criterion/criterion.h>

#include "base/protobuf.h"

/* Takes one field of the bytes; `rest` is what should be left. */
static sw_protobuf_field take(const char *bytes, size_t length, size_t rest)
{
    sw_protobuf_field field;
    const uint8_t *message = (const uint8_t *)bytes;
    cr_expect(sw_protobuf_next(&field, &message, &length), "no field in %zu bytes", length);
    cr_expect_eq(length, rest);
    return field;
}

static void expect_none(const char *bytes, size_t length)
{
    sw_protobuf_field field;
    const uint8_t *message = (const uint8_t *)bytes;
    cr_expect_not(sw_protobuf_next(&field, &message, &length), "a field in %zu bytes", length);
}

/* A part that is missing is read as an empty message: the sanitizer for undefined behaviour sees arithmetic
 * on its address. */
Test(protobuf, an_empty_message_has_no_field_also_where_it_is_null)
{
    expect_none(NULL, 0);
    expect_none("", 0);
}

Test(protobuf, each_kind_of_field_is_taken_with_its_value_and_its_bytes)
{
    const sw_protobuf_field number = take("\x08\xac\x02\x10\x01", 5, 2);
    cr_expect(number.number == 1 && number.value == 300 && !number.bytes);
    const sw_protobuf_field text = take("\x12\x02hi", 4, 0);
    cr_expect(text.number == 2 && text.length == 2 && text.bytes[0] == 'h');
    cr_expect_eq(take("\x1d\0\0\0\x3f", 5, 0).length, 4);
    cr_expect_eq(take("\x19\0\0\0\0\0\0\xf0\x3f", 9, 0).length, 8);
    cr_expect_eq(take("\x12\0", 2, 0).length, 0);
}

Test(protobuf, bytes_that_are_cut_or_of_another_kind_are_no_field)
{
    expect_none("\x08", 1);
    expect_none("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12);
    expect_none("\x12\x03hi", 4);
    expect_none("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    expect_none("\x1d\0\0\0", 4);
    expect_none("\x0b", 1);   /* a group */
    expect_none("\x02\0", 2); /* field 0 */
}
