/* Declarations that the server's files share. The server is the process that runs the component for `pktsock run`. */
#ifndef PRELOAD_SERVER_H
#define PRELOAD_SERVER_H

#include "../protocol.h"
#include "rings.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/* ---- Connections (connections.c) ---- */

/* A connection from a program: a packet socket, or a call in progress. */
struct connection {
  int fd;              /* -1: unused */
  int socket;          /* the component's descriptor; -1: a call */
  uint32_t age;        /* lower than that of connections that came later */
  bool known;          /* its user is root or that of this process */
  uint32_t number;     /* identifies the socket in calls */
  bool framed;         /* a frame is on the connection, and was not taken: the first of the queue, unless `reclaimed` */
  bool taken;          /* the program has received it, but it is still in the queue, behind a pending error */
  bool reclaimed;      /* the component has dropped that frame for another socket; the program gets it nevertheless */
  bool reported;       /* a byte is on the connection, behind the frame, and was not taken */
  int sent;            /* what SIOCOUTQ reported after the last of the two was sent */
  uint32_t received;   /* frames that left the component's queue */
  uint32_t pool_empty; /* the component's drops when `reclaimed` was found out */
  uint32_t undropped;  /* reclaimed frames that the program has received */

  struct preload_answers *answers; /* or NULL; only written here */
  int answers_fd;
  uint32_t turn; /* answers so far */

  int error; /* a pending error that the component has told; 0: none */
  int queue
      [2]; /* a pipe that shows whether there is a message in the error queue, or an error (messages.c); -1: closed */
  struct rings rings;
};

/* Slots for the maximum of connections. Only the thread of server.c uses them. */
enum { CONNECTIONS = 128 };
extern struct connection connections[CONNECTIONS];

/* The packet socket of that number, or NULL. */
struct connection *connection_of(uint32_t number);

/* Any open packet socket of the component, or -1. */
int any_socket(void);

/* Returns true if there is more to receive than a frame on the connection: further frames, an error, frames in the ring, which
 * this call fills. */
bool connection_has_more(struct connection *connection);

/* Find out what the program has taken from the connection, and take the same out of the component's queue. Do this before the
 * component receives further frames, which may not fit into a full queue. */
void connection_update(struct connection *connection);
void update_all(void);

/* pktsock_recvmsg(), without waiting. Returns -1 if there is no frame; a pending error does not hide it, and is kept. */
ssize_t connection_receive(struct connection *connection, struct pktsock_msghdr *message, int flags);

/* Returns the error that was kept, which the program then has; 0 if there is none. */
int connection_take_error(struct connection *connection);

/* Make each packet socket readable that has something to receive. */
void notify_ready(void);

/* When notify_ready() must be called at the latest, in terms of pkt_os_now(); UINT64_MAX: no matter when. */
uint64_t notify_deadline(void);

/* Discard what the socket has received, as a new ring does. The library takes what is on the connection. */
void connection_purge(struct connection *connection);

/* Returns the descriptor of the memory for answers, or -1 and errno. */
int answers_descriptor(struct connection *connection);

/* Answer a request that came over the socket's own connection. */
void connection_answer(struct connection *connection, const struct preload_answer *answer);

/* Returns a descriptor of shared memory whose size nobody can change, or -1 and errno. If a program could make it shorter, this
 * process would die of SIGBUS. */
int sealed_memory(const char *name, size_t size);

/* Close a connection, and its packet socket. */
void connection_drop(struct connection *connection);

/* Report on standard error how many frames were dropped since the start, by reason; nothing if there was none. */
void report_drops(void);

/* Close the packet sockets whose last descriptor is closed. */
void reap_connections(void);

/* ---- Error queues (messages.c) ---- */

/* Returns the descriptor on which poll(2) reports POLLERR while there is a message or a pending error, or -1 and errno. */
int messages_descriptor(struct connection *connection);

/* Show on that descriptor, if there is one, whether there is any of that. */
void messages_show(struct connection *connection, bool any);

/* Take a message of the error queue: a struct preload_frame and its bytes. `flags`: as recvmsg(2). Returns the length; 0 and errno
 * if there is none. */
size_t messages_receive(struct connection *connection, int flags, uint8_t *out);

void messages_close(struct connection *connection);

/* ---- Calls (calls.c) ---- */

/* Make the call `request`, with `len` bytes of data. Writes the answer's data to `out`, PRELOAD_DATA bytes at most, and
 * returns its length. `connection` is the socket, or NULL. */
size_t server_call(struct connection *connection, const struct preload_request *request, uint8_t *data, size_t len,
                   struct preload_answer *answer, uint8_t *out);

/* ---- Missing options (missing.c) ---- */

/* Report once that `call`, setsockopt(2) or getsockopt(2), found no such option. */
void missing_option(const char *call, int level, int name);

/* ---- The interfaces as the program sees them (view.c) ---- */

/* Set the view of the component's interface `which`, the last one: `name` and `index` instead of "eth0" and its index; `address`
 * like "192.0.2.2/24", or NULL. Returns false if there is no such interface, or the address is invalid. */
bool view_set(unsigned which, const char *name, unsigned index, const char *address);

/* The component's index for the program's, and the other way. 0 stays 0; any other index becomes one that does not exist. */
int view_to_component(int index);
int view_to_program(int index);

/* The same for the sll_ifindex of an address of `len` bytes. */
void view_address_to_component(uint8_t *address, size_t len);
void view_address_to_program(uint8_t *address, size_t len);

/* The component's name for the program's: IFNAMSIZ bytes, replaced in place. */
void view_name_to_component(char *name);

/* ioctl(2) on the component's socket with a struct ifreq of the program. As ioctl(2). */
int view_ioctl(int socket, unsigned long request, struct ifreq *argument);

/* ---- The kernel's view (stand_in.c) ---- */

/* Move the calling thread to a new network namespace. False and errno on failure. */
bool stand_in_network(void);

/* Make an interface there. False and errno on failure. */
bool stand_in_add(const char *name, unsigned index);

#endif
