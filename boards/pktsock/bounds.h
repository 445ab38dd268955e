/* The rule: C reads and writes linear memory only where this file lets it, and believes no number that it finds there. What lies
 * where is checked once, after init() and addIface(), and is kept here, in C; an offset, index or length that the module
 * stores or returns later is compared with that before it is used. So a faulty or hostile module, or a flipped bit, can end
 * calls with an errno or a trap and can spoil what frames contain, but cannot make C or hardware touch other memory. */
#ifndef PKT_BOUNDS_H
#define PKT_BOUNDS_H

#include "../engine/engine.h"
#include <pktsock/config.h>
#include <pktsock/layout.h>
#include <pktsock/mac.h>
#include <pktsock/pktsock.h>
#include <pktsock/ring.h>

/* Offsets and sizes are in bytes. The parts of the layout follow each other in the order of the fields. */
struct pkt_bounds {
  uint8_t *memory;
  uint32_t size;
  uint32_t table, table_length;      /* the descriptor table */
  uint32_t floor;                    /* the end of what was checked: the table, then each interface with its rings */
  uint32_t frame_table, frame_count; /* behind all interfaces and sockets */
  uint32_t umem, frame_stride, frame_size;
  uint32_t generation;                   /* of the layout, in the upper half: part of the handles of lent frames */
  uint16_t sockets[PKT_MAX_DESCRIPTORS]; /* of each open descriptor, or 0 */
  uint8_t broken[PKT_MAX_DESCRIPTORS /
                 8]; /* a bit for each descriptor that is open, but whose socket was lost with the module */
};

extern struct pkt_bounds pkt_bounds;

/* A socket, by its offset, which comes from pkt_socket_of(). */
static inline struct pkt_socket *pkt_socket_at(uint32_t socket) { return (void *)(pkt_bounds.memory + socket); }

/* Returns the offset of the socket behind a descriptor, or 0. With the lock held, as everything here. */
static inline uint32_t pkt_socket_of(int fd) {
  uint32_t index = (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  return index < PKT_MAX_DESCRIPTORS ? pkt_bounds.sockets[index] : 0;
}

/* Why a descriptor has no socket: -EIO if its socket was lost with the module, or -EBADF. */
int32_t pkt_no_socket(int fd);

/* A word of linear memory at an offset that the module wrote; drivers may write it meanwhile. 0 if it is not in memory. */
static inline uint32_t pkt_word_at(uint32_t offset) {
  if (__builtin_expect(offset > pkt_bounds.size - sizeof(uint32_t), 0))
    return 0;
  return pkt_slot_load_((const uint32_t *)(void *)(pkt_bounds.memory + (offset & ~3u)));
}

/* An export's result that counts bytes, limited to `most`; an errno stays what it is. */
static inline int32_t pkt_at_most(int32_t result, uint32_t most) {
  return result > 0 && (uint32_t)result > most ? (int32_t)most : result;
}

/* Take the layout of a module that was loaded or restarted, before and after its init(). Descriptors that are open have no
 * sockets then. Returns false if it is not one that init() can make
 * of the configuration, or does not fit into memory. */
bool pkt_bounds_begin(const struct pkt_engine *engine);
bool pkt_bounds_take(const struct pktsock_config *config);

/* Take the interface that addIface() has added, whose rings have `frames` slots each, and hand the driver its part of linear
 * memory. Returns false as above. */
bool pkt_bounds_take_iface(struct pkt_mac *mac, uint32_t frames);

/* Take the socket that an export has opened, whose result is `opened`, for the descriptor `fd`, or for the lowest free one (-1):
 * the module's own numbers are not an application's. Returns the descriptor, or the export's errno, or -EIO after a
 * false answer. */
int32_t pkt_bounds_open(int32_t opened, int fd);

/* Returns true if no further descriptor can be opened because some have lost their sockets, of which the module does not know. */
bool pkt_bounds_full(void);
void pkt_bounds_close(int fd);

/* A descriptor, or all open ones, lose their sockets, and stay open. */
void pkt_bounds_lose(int fd);
void pkt_bounds_break(void);

/* How many descriptors have a socket. */
unsigned pkt_bounds_sockets(void);

/* Returns the frame that an export has lent, or NULL if the handle is not the offset of a frame. */
const struct pkt_frame *pkt_bounds_frame(uint32_t handle);

/* The buffer of a frame, frame_size bytes. */
uint8_t *pkt_bounds_buffer(const struct pkt_frame *frame);

#endif
