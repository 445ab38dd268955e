/* Declarations that the preloaded library's files share. The library defines functions of the C library. Calls that do not
 * concern a packet socket or the board's interface are passed on to the next definition. */
#ifndef PRELOAD_LIBRARY_H
#define PRELOAD_LIBRARY_H

#include "../protocol.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* A function that replaces the C library's for the program. */
#define SERVED __attribute__((visibility("default")))

/* The C library's function of that name. */
#define NEXT(name)                                                                                                     \
  ({                                                                                                                   \
    static typeof(&name) next_;                                                                                        \
    if (next_ == NULL)                                                                                                 \
      next_ = (typeof(&name))dlsym(RTLD_NEXT, #name);                                                                  \
    next_;                                                                                                             \
  })

/* The maximum of parts of a caller's vector: the component's. */
#define MAX_PARTS 64

/* The interfaces as the program sees them, from the environment; none if there is no server. */
struct interface {
  char name[16];
  unsigned index;
};
extern struct interface library_interfaces[PRELOAD_INTERFACES];
extern unsigned library_interface_count;

/* Returns the number of the packet socket behind a descriptor, or 0 if it is not one. Keeps errno. */
uint32_t library_number(int fd);

/* Make a descriptor for a new packet socket. `flags`: SOCK_NONBLOCK, SOCK_CLOEXEC; the kernel refuses others with EINVAL.
 * Returns -1 and sets errno on failure. */
int library_open(int type, int flags, int protocol);

/* Report once on standard error that the server does not answer. Returns -1; errno is ENETDOWN. */
int library_server_has_ended(void);

/* Make a call: `request` with the data of `out`; the answer's data goes to `in`. `fd` is the packet socket, or -1.
 * Returns the result; -1 and errno on failure: ENETDOWN when there is no server, EFAULT for what the caller pointed to. */
int library_call(int fd, struct preload_request *request, const struct iovec *out, size_t out_parts,
                 struct preload_answer *answer, const struct iovec *in, size_t in_parts);

/* The same for a call whose answer has no data, over the socket's own connection where that is possible. */
int library_send(int fd, struct preload_request *request, const struct iovec *out, size_t out_parts,
                 struct preload_answer *answer);

/* Returns true if the socket has a pending error, as far as the server has told. */
bool library_has_error(int fd, uint32_t number);

/* A call without data whose answer comes with a descriptor. Returns the result; -1 and errno on failure. */
int library_descriptor(int fd, struct preload_request *request, int *descriptor);

/* Set when this process asks for messages of an error queue. */
extern volatile bool library_has_queues;

/* Returns true if this process has mapped a ring. */
extern volatile bool library_has_rings;

/* The sockets whose rings were mapped last; descriptors that may be closed by now, or -1. */
enum { MAX_RINGS = 16 };
extern volatile int library_rings[MAX_RINGS];

#endif
