/* The fuzzer's input, read from the front; reads beyond its end return zeros. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
  const uint8_t *at, *end;
};

static inline size_t input_left(const struct input *in) { return (size_t)(in->end - in->at); }

static inline void input_bytes(struct input *in, void *bytes, size_t len) {
  size_t n = len < input_left(in) ? len : input_left(in);
  if (n != 0)
    memcpy(bytes, in->at, n);
  memset((uint8_t *)bytes + n, 0, len - n);
  in->at += n;
}

static inline uint8_t input_u8(struct input *in) { return in->at < in->end ? *in->at++ : 0; }

static inline uint16_t input_u16(struct input *in) {
  uint16_t value;
  input_bytes(in, &value, sizeof(value));
  return value;
}

static inline uint32_t input_u32(struct input *in) {
  uint32_t value;
  input_bytes(in, &value, sizeof(value));
  return value;
}

static inline bool input_bool(struct input *in) { return (input_u8(in) & 1) != 0; }

#endif
