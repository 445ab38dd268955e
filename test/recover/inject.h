/* Traps at the edge to the engine: the linker's --wrap=pkt_engine_call puts inject.c between the glue and the engine. */
#ifndef INJECT_H
#define INJECT_H

#include "../../boards/engine/engine.h"

#define INJECTED "[trap] injected"

/* How many calls into the module there were. */
extern unsigned inject_calls;

/* The call with that number traps, instead of being made, and those after it if `inject_lasts`; 0: none. */
extern unsigned inject_at;
extern bool inject_lasts;

/* Traps at random moments, about every so many calls while the component runs, but not while it recovers: instead of the call,
 * after it, or in it. 0: none. */
extern unsigned inject_every;
extern uint32_t inject_seed; /* not 0 */

/* If it is not NULL: only where it returns true, before the call of an export. With the lock held. */
extern bool (*inject_may)(struct pkt_engine *engine);

/* How many of those hit each export, in the order of PKT_EXPORTS. */
extern unsigned inject_hits[PKT_EXPORT_COUNT];

#endif
