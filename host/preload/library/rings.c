/* Packet rings in shared memory (see server/rings.h): mmap(2) of a packet socket. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <unistd.h>

volatile bool library_has_rings;
volatile int library_rings[MAX_RINGS] = {[0 ... MAX_RINGS - 1] = -1};

static void note(int fd) {
  static unsigned next; /* races only lose a descriptor */
  for (int i = 0; i < MAX_RINGS; i++)
    if (library_rings[i] == fd)
      return;
  library_rings[next++ % MAX_RINGS] = fd;
}

/* The memory of a ring. */
struct memory {
  int fd; /* -1: there is no such ring */
  size_t size;
};

static struct memory memory_of(int fd, uint32_t number, int name) {
  struct preload_request request = {.call = CALL_MMAP, .number = number, .arguments = {name}};
  int descriptor, size = library_descriptor(fd, &request, &descriptor);
  return size < 0 || descriptor < 0 ? (struct memory){-1, 0} : (struct memory){descriptor, (size_t)size};
}

/* Linux maps the rings as one: first that which receives. */
static void *map(void *address, size_t len, int protection, int flags, struct memory rx, struct memory tx) {
  struct memory first = rx.fd >= 0 ? rx : tx, second = rx.fd >= 0 ? tx : rx;
  size_t page = (size_t)getpagesize();
  if (first.fd < 0 || (len + page - 1) / page * page != rx.size + tx.size) {
    errno = EINVAL;
    return MAP_FAILED;
  }
  uint8_t *mapped = NEXT(mmap)(address, len, protection, flags, first.fd, 0);
  if (mapped == MAP_FAILED || second.fd < 0)
    return mapped;
  if (NEXT(mmap)(mapped + first.size, second.size, protection, flags | MAP_FIXED, second.fd, 0) != MAP_FAILED)
    return mapped;
  int error = errno;
  munmap(mapped, len);
  errno = error;
  return MAP_FAILED;
}

static void discard(struct memory memory) {
  int error = errno;
  if (memory.fd >= 0)
    NEXT(close)(memory.fd);
  errno = error;
}

SERVED void *mmap(void *address, size_t len, int protection, int flags, int fd, off_t offset) {
  uint32_t number = fd < 0 || (flags & MAP_ANONYMOUS) != 0 ? 0 : library_number(fd);
  if (number == 0)
    return NEXT(mmap)(address, len, protection, flags, fd, offset);
  if (offset != 0) {
    errno = EINVAL;
    return MAP_FAILED;
  }
  struct memory rx = memory_of(fd, number, PACKET_RX_RING), tx = memory_of(fd, number, PACKET_TX_RING);
  void *mapped = map(address, len, protection, flags, rx, tx);
  discard(rx);
  discard(tx);
  library_has_rings = true;
  note(fd);
  return mapped;
}

SERVED void *mmap64(void *address, size_t len, int protection, int flags, int fd, off64_t offset) {
  return mmap(address, len, protection, flags, fd, offset);
}
