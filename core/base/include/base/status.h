/* How every fallible function of segwork reports failure.
 *
 * A function returns a sw_status; 0 is success. sw_fail writes the message where the cause is known, with the
 * place, the limits and what to do about it; callers may add what they were doing (sw_fail_in). The message
 * belongs to the calling thread. Library code never prints or exits. Programming errors are asserts, not
 * statuses.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stddef.h>

#if defined(__GNUC__)
#define SW_PRINTF(fmt_index, args_index) __attribute__((format(printf, fmt_index, args_index)))
#define SW_NODISCARD                     __attribute__((warn_unused_result))
#else
#define SW_PRINTF(fmt_index, args_index)
#define SW_NODISCARD
#endif

typedef enum sw_status {
    SW_OK = 0,
    SW_E_USAGE,       /* wrong command line                                   -> exit code 2   */
    SW_E_CONFIG,      /* wrong or impossible configuration, missing data root -> exit code 2   */
    SW_E_IO,          /* the system refused a read or a write                 -> exit code 1   */
    SW_E_DATA,        /* a file's content is not what its format demands      -> exit code 1   */
    SW_E_DEVICE,      /* no device, or an OpenCL or CLBlast call failed       -> exit code 1   */
    SW_E_MEMORY,      /* does not fit the host's or the device's memory       -> exit code 1   */
    SW_E_NUMERIC,     /* NaN or infinity where a number is needed             -> exit code 1   */
    SW_E_INTERRUPTED, /* the user asked to stop; what was done is saved       -> exit code 130 */
} sw_status;

/* Records the message (printf-style) for the calling thread, replacing any earlier one; returns `kind`.
 * Control characters but newlines and tabs become '?', so that no file's text can steer a terminal. */
sw_status sw_fail(sw_status kind, const char *fmt, ...) SW_PRINTF(2, 3);

/* Puts "<frame>: " before the recorded message; returns `status` unchanged. With SW_OK it does nothing. */
sw_status sw_fail_in(sw_status status, const char *fmt, ...) SW_PRINTF(2, 3);

/* Returns SW_E_MEMORY, with a message that names what could not be allocated and its size in bytes. */
sw_status sw_fail_alloc(const char *what, size_t bytes);

/* Returns the calling thread's last message, never NULL, valid until its next sw_fail or sw_fail_in. */
const char *sw_error_message(void);
void sw_error_clear(void);

/* Returns the exit code of a program for a status (0, 1, 2 or 130). */
int sw_exit_code(sw_status status);

/* Goes to `done:` with the call's status unless it is SW_OK. For functions that free something: they declare
 * `sw_status status`, free after that label and return it. Own failures take the same way:
 * if (bad) SW_TRY(sw_fail(...)). */
#define SW_TRY(call)                                                                                         \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != SW_OK) goto done;                                                                      \
    } while (0)

/* Returns the call's status at once unless it is SW_OK. For functions that have nothing to free. */
#define SW_ENSURE(call)                                                                                      \
    do {                                                                                                     \
        sw_status ensured_ = (call);                                                                         \
        if (ensured_ != SW_OK) return ensured_;                                                              \
    } while (0)

#endif
