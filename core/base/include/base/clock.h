/* The steady clock (CLOCK_MONOTONIC) in seconds and milliseconds. Only differences of readings are
 * meaningful. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double sw_clock_s(void);
double sw_clock_ms(void);

#endif
