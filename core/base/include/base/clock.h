/* The steady clock (CLOCK_MONOTONIC). Only the difference of two readings means something. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double sw_clock_s(void);
double sw_clock_ms(void);

#endif
