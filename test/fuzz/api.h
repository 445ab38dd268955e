/* What the calls of the fuzz target `api` share. Each of them reads its arguments from the input. */
#ifndef FUZZ_API_H
#define FUZZ_API_H

#include "world.h"

/* Operations of one run. */
#define MAX_OPERATIONS 120

/* A failed call's errno must be one of these. */
#define EXPECT(call, result, ...) api_expect(call, (long)(result), (const int[]){__VA_ARGS__, 0})
void api_expect(const char *call, long result, const int *documented);

/* A descriptor: mostly one that may be open, never the bystander's. */
int api_descriptor(struct input *in);

/* A length: mostly one at the edge of something. */
uint32_t api_length(struct input *in);

/* A sockaddr_ll, mostly a good one; returns the length to say. */
uint32_t api_address(struct input *in, struct sockaddr_storage *address);

/* Memory of just that size, for the sanitizer to guard, filled with 0xa5. */
uint8_t *api_buffer(size_t len);
/* Nothing was written from `from` on. Frees the memory. */
void api_untouched(const char *call, uint8_t *buffer, size_t from, size_t len);
/* Fills it with a frame to send instead. */
void api_frame(struct input *in, uint8_t *frame, size_t len);

/* The operations, by what they are about. */
void api_receive(struct input *in);
void api_receive_message(struct input *in);
void api_send(struct input *in);
void api_send_message(struct input *in);
void api_option(struct input *in);
void api_membership(struct input *in);
void api_attach_filter(struct input *in);
void api_ioctl(struct input *in);
void api_clock(struct input *in);
void api_poll(struct input *in);
void api_names(struct input *in);
void api_refused(struct input *in);
void api_lend(struct input *in);
void api_end_lending(struct input *in);

/* A control message with a stamp is one that can be. */
void api_check_stamps(const struct cmsghdr *c);

/* Lent frames are as they were lent; those of closed descriptors are forgotten. */
void api_check_lent(void);
void api_forget_lent(int fd);
void api_reset_lent(void);
/* SIOCADDMULTI outlives descriptors. */
void api_delete_multicast(void);
void api_forget_multicast(void);

#endif
