/* A device session for a test. */
#ifndef DEVICE_CASE_H
#define DEVICE_CASE_H

#include "cl/device.h"

/* The device that tests run on; a CPU without a matrix unit gets an emulated one, for the engine that is only
 * taken by name. */
void choose_device(sw_device_info *device);

/* Criterion fixtures: open a session in check mode on the chosen device before a test, close it afterwards.
 */
extern sw_cl *session;
void session_open(void);
void session_close(void);

#endif
