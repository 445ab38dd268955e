/* The agent's arguments and answers; see agent.h. */
#include "agent.h"
#include <errno.h>
#include <string.h>

uint8_t agent_data[AGENT_DATA_BYTES];

bool agent_more(const struct agent_args *args) { return args->at < args->count; }

const char *agent_word(struct agent_args *args) {
  if (agent_more(args))
    return args->words[args->at++];
  if (!args->complaint)
    args->complaint = "an argument is missing";
  return "";
}

static int digit_of(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

static bool parse_digits(const char *text, const char *end, long *number) {
  unsigned long value = 0;
  int base = 10;
  if (end - text > 2 && text[0] == '0' && text[1] == 'x') {
    base = 16;
    text += 2;
  }
  if (text == end)
    return false;
  for (; text < end; text++) {
    int digit = digit_of(*text);
    if (digit < 0 || digit >= base)
      return false;
    value = value * base + digit;
  }
  *number = (long)value;
  return true;
}

bool agent_parse_number(const char *text, const char *end, long *number) {
  *number = 0;
  for (;;) {
    const char *bar = memchr(text, '|', end - text);
    const char *stop = bar ? bar : end;
    long part;
    if (text < stop && *text == '-') {
      if (!parse_digits(text + 1, stop, &part))
        return false;
      part = -part;
    } else if (!parse_digits(text, stop, &part) && !agent_constant(text, stop - text, &part)) {
      return false;
    }
    *number |= part;
    if (!bar)
      return true;
    text = bar + 1;
  }
}

long agent_number(struct agent_args *args) {
  const char *word = agent_word(args);
  long number = 0;
  if (!agent_parse_number(word, word + strlen(word), &number) && !args->complaint)
    args->complaint = "an argument is not a number";
  return number;
}

long agent_number_or(struct agent_args *args, long otherwise) {
  return agent_more(args) ? agent_number(args) : otherwise;
}

/* COUNT bytes of the generator that test/conformance/bytes.ts also has. */
static void fill_pattern(uint8_t *to, size_t count, uint32_t seed) {
  uint32_t state = seed;
  while (count--) {
    state = state * 1103515245u + 12345u;
    *to++ = (uint8_t)(state >> 16);
  }
}

static bool parse_hex(const char *text, const char *end, uint8_t *to, size_t room, size_t *len) {
  if ((end - text) % 2 || (size_t)(end - text) / 2 > room)
    return false;
  for (*len = 0; text < end; text += 2) {
    int high = digit_of(text[0]), low = digit_of(text[1]);
    if (high < 0 || low < 0)
      return false;
    to[(*len)++] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool parse_piece(const char *text, const char *end, uint8_t *to, size_t room, size_t *len) {
  long count, seed = 0;
  if (text < end && *text == '@') {
    const char *colon = memchr(text, ':', end - text);
    if (!colon || !parse_digits(text + 1, colon, &count) || !parse_digits(colon + 1, end, &seed))
      return false;
  } else if (text < end && *text == 'z') {
    if (!parse_digits(text + 1, end, &count))
      return false;
  } else {
    return parse_hex(text, end, to, room, len);
  }
  if ((size_t)count > room)
    return false;
  if (*text == '@')
    fill_pattern(to, count, (uint32_t)seed);
  else
    memset(to, 0, count);
  *len = count;
  return true;
}

bool agent_parse_bytes(const char *text, uint8_t *to, size_t room, size_t *len) {
  const char *end = text + strlen(text);
  *len = 0;
  for (;;) {
    const char *plus = memchr(text, '+', end - text);
    size_t piece;
    if (!parse_piece(text, plus ? plus : end, to + *len, room - *len, &piece))
      return false;
    *len += piece;
    if (!plus)
      return true;
    text = plus + 1;
  }
}

struct agent_bytes agent_take_bytes(struct agent_args *args, uint8_t *to, size_t room) {
  struct agent_bytes bytes = {.bytes = to};
  const char *word = agent_word(args);
  if (!strcmp(word, "-"))
    bytes.bytes = NULL;
  else if (!agent_parse_bytes(word, to, room, &bytes.len) && !args->complaint)
    args->complaint = "bytes are malformed or too many";
  return bytes;
}

const char *agent_behind(const char *word, const char *prefix) {
  size_t len = strlen(prefix);
  return strncmp(word, prefix, len) ? NULL : word + len;
}

bool agent_ok(struct agent_args *args) {
  if (!args->complaint && agent_more(args))
    args->complaint = "too many arguments";
  if (!args->complaint)
    return true;
  agent_text("? ");
  agent_text(args->complaint);
  return false;
}

void agent_text(const char *text) { agent_write(text, strlen(text)); }

static void unsigned_decimal(unsigned long number, unsigned digits) {
  char text[24];
  unsigned at = sizeof text;
  do {
    text[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number || sizeof text - at < digits);
  agent_write(text + at, sizeof text - at);
}

void agent_decimal(long number) {
  if (number < 0)
    agent_text("-");
  unsigned_decimal(number < 0 ? 0ul - (unsigned long)number : (unsigned long)number, 1);
}

void agent_time(long seconds, long fraction, unsigned digits) {
  agent_decimal(seconds);
  agent_text(".");
  unsigned_decimal((unsigned long)fraction, digits);
}

void agent_hex(const void *bytes, size_t len) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *at = bytes;
  for (size_t i = 0; i < len; i++) {
    char pair[2] = {digits[at[i] >> 4], digits[at[i] & 15]};
    agent_write(pair, sizeof pair);
  }
}

void agent_result(long returned) {
  int error = errno;
  agent_text("= ");
  agent_decimal(returned);
  if (returned != -1)
    return;
  const char *name = agent_errno_name(error);
  agent_text(" ");
  if (name)
    agent_text(name);
  else
    agent_decimal(error);
}

void agent_field(const char *name) {
  agent_text(" ");
  agent_text(name);
  agent_text("=");
}

void agent_field_decimal(const char *name, long number) {
  agent_field(name);
  agent_decimal(number);
}

void agent_field_hex(const char *name, const void *bytes, size_t len) {
  agent_field(name);
  agent_hex(bytes, len);
}
