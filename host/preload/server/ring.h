/* PACKET_RX_RING of the program's packet sockets; see ring.c. The functions return what setsockopt(2) and getsockopt(2)
 * do, unless stated otherwise. */
#ifndef PRELOAD_RING_H
#define PRELOAD_RING_H

#include "server.h"

/* Returns true if it is one of the options below, which the component does not have. */
bool ring_has_option(int level, int name);

int ring_setsockopt(struct connection *c, int name, const void *value, size_t len);
int ring_getsockopt(const struct connection *c, int name, uint8_t *value, socklen_t *len);

/* Move received frames to the ring. Returns true if the program has not yet taken the frame that was filled last, which is
 * what poll(2) checks on Linux. */
bool ring_fill(struct connection *c);

/* Returns the descriptor of the memory to be mapped, or -1 and errno if there is no ring. */
int ring_descriptor(const struct connection *c);

void ring_close(struct connection *c);

#endif
