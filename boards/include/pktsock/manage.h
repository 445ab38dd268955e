/* The management protocol, on the board: what sockets, interfaces and module it has, and how another module arrives. It
 * is documented byte by byte in docs/manage.md; `pktsock stat` and `pktsock swap` speak it. A product decides whether
 * it links boards/manage: anyone who reaches the interface or the line can list, and do what `allowed` permits.
 *
 * Nothing waits, but for a swap, which takes the time to verify and parse a module.
 *
 * Context: one task, the same for all calls with the same structure.
 * Source: this component's own. */
#ifndef PKTSOCK_MANAGE_H
#define PKTSOCK_MANAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* EtherType of the protocol: IEEE 802's for local experiments. A product that is delivered takes one of its own. */
#ifndef PKTSOCK_MANAGE_PROTOCOL
#define PKTSOCK_MANAGE_PROTOCOL 0x88b5
#endif

/* The longest request and the longest answer, in bytes without the link's header. */
#define PKTSOCK_MANAGE_REQUEST 1040
#define PKTSOCK_MANAGE_ANSWER 320
/* The longest request on a serial line. */
#ifndef PKTSOCK_MANAGE_LINE
#define PKTSOCK_MANAGE_LINE 272
#endif

/* What those who ask may change. Whether a module is genuine is for config.verify of pktsock_start() to say. */
#define PKTSOCK_MANAGE_SWAP 1     /* bring another module */
#define PKTSOCK_MANAGE_RESTART 2  /* bring one with another layout of linear memory */
#define PKTSOCK_MANAGE_OLDER 4    /* bring one whose version does not rise */
#define PKTSOCK_MANAGE_FALLBACK 8 /* return to the module before, and confirm the one that is on trial */

/* A file that arrives, that runs, or that ran before and may run again. */
struct pktsock_manage_file {
  uint8_t *bytes; /* NULL: none */
  uint32_t size;  /* bytes */
};

struct pktsock_manage {
  /* Set by the firmware before the first call. */
  const char *board; /* for people, at most 63 bytes of it are reported */
  unsigned allowed;  /* PKTSOCK_MANAGE_* */
  /* Memory for a file, from allocate() until release(). allocate() returns NULL if there is none. Up to three files are
   * there at a time: one that arrives, one that runs, and the one before while that is on trial. */
  void *(*allocate)(size_t size);
  void (*release)(void *memory);

  /* 0 at first, and not touched by the firmware. */
  int fd;
  struct pktsock_manage_file arriving, running, before;
  uint32_t have;      /* bytes of the file that arrives */
  uint32_t fallbacks; /* of pktsock_logic(), when the files were tidied up last */
  uint32_t kept;      /* swaps of pktsock_logic(), when a file was kept last, or could not be */
  uint8_t hash[32];
  uint32_t changed_by; /* the last request that has changed something, and its answer, in case that it comes again */
  uint32_t changed_size;
  uint8_t changed[PKTSOCK_MANAGE_ANSWER];
};

/* Answer a request of `size` bytes, which may be from anywhere. `most` is the longest request that the link carries.
 * Writes at most PKTSOCK_MANAGE_ANSWER bytes to `answer`.
 *
 * Returns: the bytes of the answer; 0: the bytes are no request, and there is no answer.
 * Errors: none; the answer says what failed. */
size_t pktsock_manage_answer(struct pktsock_manage *manage, const uint8_t *request, size_t size, uint32_t most,
                             uint8_t *answer);

/* Open a packet socket for the protocol on an interface.
 *
 * Returns: the descriptor, to poll() for POLLIN; or -1 and errno.
 * Errors: those of pktsock_socket() and pktsock_bind(). */
int pktsock_manage_open(struct pktsock_manage *manage, unsigned ifindex);

/* Answer the requests that wait at that socket, eight at most. An answer that cannot be sent is dropped: the request
 * comes again.
 *
 * Returns: nothing.
 * Errors: none. */
void pktsock_manage_receive(struct pktsock_manage *manage);

struct pktsock_flash;

/* Keep the file of the module that runs in one of two slots (slots.h), if the protocol has brought it and it is proven.
 * Call it now and then; it does nothing if that was done. Waits while the flash is erased and written.
 *
 * Returns: 1 if a file was kept; 0 if there was nothing to do; or a negative number, and the file is not tried again.
 * Errors: those of pktsock_slots_keep(). */
int pktsock_manage_keep(struct pktsock_manage *manage, const struct pktsock_flash *flash);

/* A serial line that text and the protocol share: messages are SLIP frames (RFC 1055) whose last four bytes are the CRC
 * of Ethernet's FCS. */
struct pktsock_manage_line {
  /* Set by the firmware. */
  struct pktsock_manage *manage;
  void (*write)(const char *bytes, unsigned len);

  /* 0 at first, and not touched by the firmware. */
  bool inside, escaped, too_long;
  uint32_t size;
  uint8_t message[PKTSOCK_MANAGE_LINE + 4];
};

/* Take a byte that the line has received, and answer the request that ends with it.
 *
 * Returns: false if the byte is text.
 * Errors: none. */
bool pktsock_manage_byte(struct pktsock_manage_line *line, uint8_t byte);

#ifdef __cplusplus
}
#endif

#endif
