/* The classes of the Oxford-IIIT Pet trimaps. The only place that knows them. */
#ifndef DATA_PETS_H
#define DATA_PETS_H

#include "base/classes.h"

extern const sw_classes sw_pets_classes; /* pet, background, border */

#endif
