/* eth0 of the test: what a MAC and the other end of its cable do, when the test says so. */
#ifndef NIC_H
#define NIC_H

#include <stdbool.h>
#include <stddef.h>

/* A frame comes in, as in an interrupt. */
void nic_arrive(const void *frame, size_t len);

/* From now on frames to be sent stay in the MAC, or pass at once. */
void nic_hold(bool hold);

/* The frames that are held have left, as in an interrupt. */
void nic_complete(void);

#endif
