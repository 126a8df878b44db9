/* The ending that masks have behind the names of their pictures. */
#ifndef DATA_GUESS_SUFFIX_H
#define DATA_GUESS_SUFFIX_H

#include "stems.h"

/* Finds the ending by which nearly all masks differ from a picture's stem ("-cells" for a.jpg and
 * a-cells.png); both may be one folder, in which nearly half of the files are masks then. NULL: there is no
 * such ending; "": memory is out. The text lives in the arena. */
const char *suffix_find(sw_arena *arena, const stem_index *pictures, const stem_index *masks);

#endif
