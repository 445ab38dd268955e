/* Packet rings in shared memory (see server/ring.c): mmap(2) of a packet socket. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

volatile bool library_has_rings;

SERVED void *mmap(void *address, size_t len, int protection, int flags, int fd, off_t offset) {
  uint32_t number = fd < 0 || (flags & MAP_ANONYMOUS) != 0 ? 0 : library_number(fd);
  if (number == 0)
    return NEXT(mmap)(address, len, protection, flags, fd, offset);
  struct preload_request request = {.call = CALL_MMAP, .number = number};
  int memory = library_descriptor(fd, &request);
  if (memory < 0)
    return MAP_FAILED;
  void *mapped = NEXT(mmap)(address, len, protection, flags, memory, offset);
  int error = errno;
  NEXT(close)(memory);
  errno = error;
  library_has_rings = true;
  return mapped;
}

SERVED void *mmap64(void *address, size_t len, int protection, int flags, int fd, off64_t offset) {
  return mmap(address, len, protection, flags, fd, offset);
}
