/* What must hold of every diagram that was laid out, whatever is in it. */
#ifndef DIAGRAM_CHECKS_H
#define DIAGRAM_CHECKS_H

#include "draw/diagram.h"

/* No two blocks touch, no text lies on a block, on another text or over the edge of the page, every arrow
 * begins and ends at its blocks and crosses none, and arrows lie on each other only beside a block that they
 * have in common. `what` names the diagram in messages. */
void diagram_expect_legible(const sw_diagram *diagram, const char *what);

/* Counts the texts that an arrow runs behind: they can be read, but are better left alone. */
int diagram_texts_crossed(const sw_diagram *diagram);

#endif
