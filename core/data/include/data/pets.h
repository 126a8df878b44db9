/* The classes of the Oxford-IIIT Pet trimaps. The only place that knows them. */
#ifndef DATA_PETS_H
#define DATA_PETS_H

#include "data/config.h"

extern const sw_class_list sw_pets_class_list; /* pet, background, border */

#endif
