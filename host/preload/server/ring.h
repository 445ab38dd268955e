/* PACKET_RX_RING of the program's packet sockets; see ring.c. All as setsockopt(2) and getsockopt(2) where not said
 * otherwise. */
#ifndef PRELOAD_RING_H
#define PRELOAD_RING_H

#include "server.h"

/* Is it one of the options below? The component does not know them. */
bool ring_has_option(int level, int name);

int ring_setsockopt(struct connection *c, int name, const void *value, size_t len);
int ring_getsockopt(const struct connection *c, int name, uint8_t *value, socklen_t *len);

/* Move what was received to the ring. Is there something in it that the program has not taken? As poll(2) sees it on
 * Linux: in the frame that was filled last. */
bool ring_fill(struct connection *c);

/* The memory to be mapped. -1 and errno when there is no ring. */
int ring_descriptor(const struct connection *c);

void ring_close(struct connection *c);

#endif
