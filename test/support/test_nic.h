/* eth0 of a test: a MAC and the other end of its cable, which the test controls. */
#ifndef TEST_NIC_H
#define TEST_NIC_H

#include <pktsock/mac.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern struct pkt_mac test_nic;

/* Receive a frame, as in an interrupt. */
void nic_arrive(const void *frame, size_t len);

/* From now on hold frames to be sent in the MAC, or let them pass at once. */
void nic_hold(bool hold);

/* Complete the held frames, as in an interrupt. */
void nic_complete(void);

/* The test provides these: keep the test's interrupts out, and let them in again. The state is passed on. */
uint32_t nic_mask(void);
void nic_unmask(uint32_t state);

#endif
