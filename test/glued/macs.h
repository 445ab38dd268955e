/* The MACs of this board, eth0 and eth1: each step of a driver is a function. Interfaces are numbered from 1. */
#ifndef MACS_H
#define MACS_H

#include <pktsock/mac.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Take an empty frame in advance. Returns false if there is none. */
bool macs_prefetch(unsigned index);

/* Receive a frame, `offset` bytes into its buffer. Returns false if it was dropped, which is counted. */
bool macs_receive(unsigned index, const uint8_t *bytes, size_t len, uint32_t offset);

/* Take the next frame to send. Returns what goes to the wire, and its length, or NULL. */
const uint8_t *macs_transmit(unsigned index, uint32_t *len);

/* Give back frame number `which`, modulo their number, of those that were taken. Returns false if there is none. */
bool macs_complete(unsigned index, unsigned which);

/* The filter that was set last; the driver's start forgets it. */
struct macs_filter {
  bool promiscuous, all_multicast;
  unsigned count;
  uint8_t addresses[64][6];
};
const struct macs_filter *macs_filter(unsigned index);

#endif
