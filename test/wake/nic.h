/* eth0 of the test: a MAC and the other end of its cable, which the test controls. */
#ifndef NIC_H
#define NIC_H

#include <stdbool.h>
#include <stddef.h>

/* Receive a frame, as in an interrupt. */
void nic_arrive(const void *frame, size_t len);

/* From now on hold frames to be sent in the MAC, or let them pass at once. */
void nic_hold(bool hold);

/* Complete the held frames, as in an interrupt. */
void nic_complete(void);

#endif
