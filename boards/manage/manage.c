/* Requests and answers of the management protocol (docs/manage.md), whatever link they come over. */
#include "message.h"

#include <string.h>

uint32_t manage_read32(struct manage_body *body) {
  if (body->left < 4) {
    body->short_of = true;
    return 0;
  }
  const uint8_t *at = body->at;
  body->at += 4;
  body->left -= 4;
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void manage_write(struct manage_answer *answer, const void *bytes, uint32_t size) {
  uint32_t room = PKTSOCK_MANAGE_ANSWER - answer->size;
  if (size > room)
    size = room;
  if (size != 0)
    memcpy(answer->bytes + answer->size, bytes, size);
  answer->size += size;
}

void manage_write8(struct manage_answer *answer, uint32_t value) {
  uint8_t byte = (uint8_t)value;
  manage_write(answer, &byte, 1);
}

static void put32(uint8_t *at, uint32_t value) {
  for (unsigned i = 0; i < 4; i++)
    at[i] = (uint8_t)(value >> (24 - 8 * i));
}

void manage_write32(struct manage_answer *answer, uint32_t value) {
  uint8_t bytes[4];
  put32(bytes, value);
  manage_write(answer, bytes, sizeof(bytes));
}

void manage_write_text(struct manage_answer *answer, const char *text) {
  size_t len = text != NULL ? strlen(text) : 0;
  uint32_t room = answer->size < PKTSOCK_MANAGE_ANSWER ? PKTSOCK_MANAGE_ANSWER - answer->size - 1 : 0;
  if (len > room)
    len = room;
  if (len > UINT8_MAX)
    len = UINT8_MAX;
  manage_write8(answer, (uint32_t)len);
  manage_write(answer, text, (uint32_t)len);
}

static bool changes(unsigned operation) {
  return operation == MANAGE_SWAP || operation == MANAGE_FALLBACK || operation == MANAGE_CONFIRM;
}

static enum manage_status answer_body(struct pktsock_manage *manage, unsigned operation, uint32_t most,
                                      struct manage_body *body, struct manage_answer *answer) {
  switch (operation) {
  case MANAGE_HELLO: return manage_hello(manage, most, answer);
  case MANAGE_INTERFACE: return manage_interface(body, answer);
  case MANAGE_SOCKET: return manage_socket(body, answer);
  case MANAGE_BEGIN: return manage_begin(manage, body, answer);
  case MANAGE_DATA: return manage_data(manage, body, answer);
  case MANAGE_SWAP: return manage_swap(manage, body, answer);
  case MANAGE_FALLBACK: return manage_fallback(manage, answer);
  case MANAGE_CONFIRM: return manage_confirm(manage, answer);
  default: return MANAGE_UNKNOWN;
  }
}

size_t pktsock_manage_answer(struct pktsock_manage *manage, const uint8_t *request, size_t size, uint32_t most,
                             uint8_t *answer) {
  if (size < MANAGE_HEADER)
    return 0;
  struct manage_body header = {.at = request, .left = MANAGE_HEADER};
  uint32_t magic = manage_read32(&header), what = manage_read32(&header), id = manage_read32(&header);
  unsigned operation = what >> 24;
  struct manage_body body = {.at = request + MANAGE_HEADER, .left = what & 0xffff};
  /* An Ethernet frame may be longer than its message. */
  if (magic != MANAGE_MAGIC || (operation & MANAGE_ANSWERED) != 0 || body.left > size - MANAGE_HEADER)
    return 0;
  bool comes_again = manage->changed_size != 0 && manage->changed_by == id &&
                     manage->changed[4] == (uint8_t)(operation | MANAGE_ANSWERED);
  if (changes(operation) && comes_again) {
    memcpy(answer, manage->changed, manage->changed_size);
    return manage->changed_size;
  }
  struct manage_answer out = {.bytes = answer, .size = MANAGE_HEADER};
  enum manage_status status = answer_body(manage, operation, most, &body, &out);
  put32(answer, MANAGE_MAGIC);
  put32(answer + 4, (operation | MANAGE_ANSWERED) << 24 | (uint32_t)status << 16 | (out.size - MANAGE_HEADER));
  put32(answer + 8, id);
  if (changes(operation)) {
    manage->changed_by = id;
    manage->changed_size = out.size;
    memcpy(manage->changed, answer, out.size);
  }
  return out.size;
}
