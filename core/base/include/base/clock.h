/* The steady clock (CLOCK_MONOTONIC): its zero means nothing, differences are what they seem. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double sw_clock_s(void);
double sw_clock_ms(void);

#endif
