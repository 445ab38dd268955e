/* Messages of the management protocol: what the files of this directory share. Numbers are in network order. */
#ifndef PKTSOCK_MANAGE_MESSAGE_H
#define PKTSOCK_MANAGE_MESSAGE_H

#include <pktsock/manage.h>

/* A header: the word MAGIC, operation, status, length of the body in 2 bytes, identifier in 4. */
#define MANAGE_MAGIC 0x706b7431u /* "pkt1" */
#define MANAGE_HEADER 12
#define MANAGE_ANSWERED 0x80 /* in the operation of an answer */

enum {
  MANAGE_HELLO = 1,
  MANAGE_INTERFACE,
  MANAGE_SOCKET,
  MANAGE_BEGIN,
  MANAGE_DATA,
  MANAGE_SWAP,
  MANAGE_FALLBACK,
  MANAGE_CONFIRM,
};

/* The body of a request, which is read from the front: a read beyond its end returns 0, and `short_of` stays true. */
struct manage_body {
  const uint8_t *at;
  uint32_t left;
  bool short_of;
};

uint32_t manage_read32(struct manage_body *body);

/* An answer under construction. It has room for everything that is written here: text is cut. */
struct manage_answer {
  uint8_t *bytes;
  uint32_t size;
};

void manage_write8(struct manage_answer *answer, uint32_t value);
void manage_write32(struct manage_answer *answer, uint32_t value);
void manage_write(struct manage_answer *answer, const void *bytes, uint32_t size);
/* A byte with the length, and so many bytes of UTF-8; NULL has none. */
void manage_write_text(struct manage_answer *answer, const char *text);

/* The status of an answer. With any but MANAGE_OK its body is a text that says why, or empty. */
enum manage_status {
  MANAGE_OK = 0,
  MANAGE_INVALID,     /* the request: too short, or a number in it is out of range */
  MANAGE_UNKNOWN,     /* no such operation */
  MANAGE_NOT_THERE,   /* no such interface, no further socket, no file, no module before */
  MANAGE_NOT_ALLOWED, /* by this firmware */
  MANAGE_NO_ROOM,     /* for a file of this size */
  MANAGE_BUSY,        /* the module that runs is still on trial */
  MANAGE_DAMAGED,     /* the file that arrived is not the one that was sent */
  MANAGE_REFUSED,     /* by the component */
};

enum manage_status manage_hello(const struct pktsock_manage *manage, uint32_t most, struct manage_answer *answer);
enum manage_status manage_interface(struct manage_body *body, struct manage_answer *answer);
enum manage_status manage_socket(struct manage_body *body, struct manage_answer *answer);
enum manage_status manage_begin(struct pktsock_manage *manage, struct manage_body *body, struct manage_answer *answer);
enum manage_status manage_data(struct pktsock_manage *manage, struct manage_body *body, struct manage_answer *answer);
enum manage_status manage_swap(struct pktsock_manage *manage, struct manage_body *body, struct manage_answer *answer);
enum manage_status manage_fallback(const struct pktsock_manage *manage, struct manage_answer *answer);
enum manage_status manage_confirm(const struct pktsock_manage *manage, struct manage_answer *answer);

/* Release the files that no module uses any more; not while the one before may still be needed. */
enum manage_status manage_tidy_up(struct pktsock_manage *manage);

/* The CRC of IEEE 802.3 (its FCS). */
uint32_t manage_crc(const uint8_t *bytes, size_t size);

#endif
