/* The management protocol over a serial line that is also the console. SLIP's END is no byte of a text in UTF-8, so what is
 * between two of them is a message, and everything else text. */
#include "message.h"

#define END 0xc0
#define ESCAPE 0xdb
#define ESCAPED_END 0xdc
#define ESCAPED_ESCAPE 0xdd
#define CRC_BYTES 4

static void write_byte(const struct pktsock_manage_line *line, uint8_t byte) {
  char bytes[2] = {(char)byte, 0};
  unsigned len = 1;
  if (byte == END || byte == ESCAPE) {
    bytes[0] = (char)ESCAPE;
    bytes[len++] = (char)(byte == END ? ESCAPED_END : ESCAPED_ESCAPE);
  }
  line->write(bytes, len);
}

static void write_message(const struct pktsock_manage_line *line, const uint8_t *message, size_t size) {
  static const char end = (char)END;
  uint32_t crc = manage_crc(message, size);
  line->write(&end, 1);
  for (size_t i = 0; i < size; i++)
    write_byte(line, message[i]);
  for (unsigned i = 0; i < CRC_BYTES; i++)
    write_byte(line, (uint8_t)(crc >> 8 * i));
  line->write(&end, 1);
}

/* A message that was damaged on the line gets no answer: it comes again. */
static void answer_message(struct pktsock_manage_line *line) {
  static uint8_t answer[PKTSOCK_MANAGE_ANSWER];
  if (line->too_long || line->size < CRC_BYTES)
    return;
  uint32_t size = line->size - CRC_BYTES, crc = manage_crc(line->message, size);
  for (unsigned i = 0; i < CRC_BYTES; i++)
    if (line->message[size + i] != (uint8_t)(crc >> 8 * i))
      return;
  size_t answered = pktsock_manage_answer(line->manage, line->message, size, PKTSOCK_MANAGE_LINE, answer);
  if (answered != 0)
    write_message(line, answer, answered);
}

bool pktsock_manage_byte(struct pktsock_manage_line *line, uint8_t byte) {
  if (byte == END) {
    if (line->inside && line->size != 0) {
      answer_message(line);
      line->inside = false;
    } else {
      line->inside = true; /* two in succession: the second one begins, in case that the first one has ended noise */
    }
    line->size = 0;
    line->escaped = line->too_long = false;
    return true;
  }
  if (!line->inside)
    return false;
  /* A byte that noise has turned into END must not swallow the text behind it. */
  if (line->size < sizeof(uint32_t) && byte != (uint8_t)(MANAGE_MAGIC >> (24 - 8 * line->size))) {
    line->inside = false;
    return false;
  }
  if (byte == ESCAPE) {
    line->escaped = true;
    return true;
  }
  if (line->escaped) {
    byte = byte == ESCAPED_END ? END : byte == ESCAPED_ESCAPE ? ESCAPE : byte;
    line->escaped = false;
  }
  if (line->size < sizeof(line->message))
    line->message[line->size++] = byte;
  else
    line->too_long = true;
  return true;
}
