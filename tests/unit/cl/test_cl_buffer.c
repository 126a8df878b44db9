/* Device memory: what is written is read, and what cannot be had is refused. */
#include <criterion/criterion.h>
#include <string.h>

#include "cl/buffer.h"
#include "device_case.h"

TestSuite(cl_buffer, .init = session_open, .fini = session_close);

#define OK(call) cr_assert_eq(call, SW_OK, "%s", sw_error_message())

enum { BYTES = 1027 }; /* odd: the rest behind whole patterns is touched separately */

Test(cl_buffer, a_new_buffer_is_there_and_zero_to_its_last_byte)
{
    cl_mem buffer;
    unsigned char host[BYTES];
    memset(host, 0xee, sizeof host);
    OK(sw_buffer_create(&buffer, session, BYTES, "a test"));
    OK(sw_buffer_read(session, buffer, 0, host, BYTES));
    for (size_t i = 0; i < BYTES; i++) cr_assert_eq(host[i], 0, "byte %zu", i);
    sw_buffer_release(&buffer);
    cr_expect_null(buffer);
    sw_buffer_release(&buffer);
}

Test(cl_buffer, writes_fills_and_copies_change_their_range_and_nothing_beside_it)
{
    cl_mem a, b;
    unsigned char host[BYTES], want[BYTES];
    for (size_t i = 0; i < BYTES; i++) want[i] = (unsigned char)(i * 7);
    OK(sw_buffer_create(&a, session, BYTES, "a test"));
    OK(sw_buffer_create(&b, session, BYTES, "a test"));
    OK(sw_buffer_write(session, a, 0, want, BYTES));
    OK(sw_buffer_write(session, a, 100, "abc", 3));
    memcpy(want + 100, "abc", 3);
    OK(sw_buffer_fill(session, a, 200, 8, 0x44332211u));
    memcpy(want + 200, "\x11\x22\x33\x44\x11\x22\x33\x44", 8);
    OK(sw_buffer_fill(session, a, 300, 0, 1));
    OK(sw_buffer_read(session, a, 0, host, BYTES));
    cr_expect_arr_eq(host, want, BYTES);

    memset(want + 3, 0, BYTES - 3);
    OK(sw_buffer_write(session, a, 5, want, 3));
    OK(sw_buffer_copy(session, b, 0, a, 5, 3));
    OK(sw_buffer_read(session, b, 0, host, BYTES));
    cr_expect_arr_eq(host, want, BYTES);
    sw_buffer_release(&a);
    sw_buffer_release(&b);
}

Test(cl_buffer, a_sub_buffer_is_a_window_on_its_slab)
{
    cl_mem slab, part, outside;
    size_t origin = 2 * sw_cl_device(session)->base_align_bytes;
    char host[4] = "";
    OK(sw_buffer_create(&slab, session, origin + 64, "a test"));
    OK(sw_buffer_sub(&part, session, slab, origin, 64));
    OK(sw_buffer_write(session, part, 8, "abc", 3));
    OK(sw_buffer_read(session, slab, origin + 8, host, 3));
    cr_expect_str_eq(host, "abc");
    cr_expect_eq(sw_buffer_sub(&outside, session, slab, origin, 65), SW_E_DEVICE);
    cr_expect_null(outside);
    cr_expect_not_null(strstr(sw_error_message(), "65 bytes"), "%s", sw_error_message());
    sw_buffer_release(&part);
    sw_buffer_release(&slab);
}

Test(cl_buffer, more_memory_than_a_buffer_may_have_is_refused_with_what_for_and_what_to_do)
{
    cl_mem buffer;
    size_t bytes = sw_cl_device(session)->max_alloc_bytes + 1;
    cr_expect_eq(sw_buffer_create(&buffer, session, bytes, "activations slab 0"), SW_E_MEMORY);
    cr_expect_null(buffer);
    cr_expect_not_null(strstr(sw_error_message(), "activations slab 0: "), "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "a smaller batch"), "%s", sw_error_message());
}
