/* The conformance agent: a program that makes the socket calls that it is told to on its console, and says what came of
 * them. It knows nothing of what is right; test/conformance does. The same source is built for Linux, where it calls the
 * kernel, and for every board.
 *
 * One command a line: the call's name and its arguments, separated by spaces. One line is answered:
 *     = RETURNED [ERRNO] [FIELD=VALUE ...]
 * or, when the agent did not understand, "? WHY" and no call was made.
 *
 * Arguments: numbers (decimal, 0x..., negative) and names of standard constants, also joined by |. "-" is a null
 * pointer. Bytes are hexadecimal, @COUNT:SEED for COUNT bytes of a pattern, zCOUNT for zeros, and any of these joined
 * by +. Structures whose layout depends on the machine are spelled out; see the commands. */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Payload and header of the longest frame, a VLAN tag, and room to send more than is allowed. */
#define AGENT_DATA_BYTES 1600
/* A filter of 32 instructions. Frames come as patterns. */
#ifndef AGENT_LINE_BYTES
#define AGENT_LINE_BYTES 640
#endif
#define AGENT_WORDS 24
/* What receive buffers are filled with, so that a byte too many is seen. */
#define AGENT_UNTOUCHED 0xee

/* A command's words behind its name. Taking one that is missing or malformed notes the complaint; the caller asks
 * agent_ok() before it makes the call. */
struct agent_args {
  char *words[AGENT_WORDS];
  unsigned count;
  unsigned at;
  const char *complaint;
};

/* Where bytes of a command were put; `bytes` is NULL for "-". */
struct agent_bytes {
  uint8_t *bytes;
  size_t len;
};

typedef void agent_command(struct agent_args *args);

struct agent_entry {
  const char *name;
  agent_command *run;
};

/* Each group of commands ends with an entry without name. */
extern const struct agent_entry agent_calls[], agent_waiting[], agent_messages[], agent_options[], agent_tasks[],
    agent_component[];

/* A command has been read: the time of what another task does later starts. agent_tasks.c */
void agent_next_command(void);

/* The buffers of the one call that is being made. */
extern uint8_t agent_data[AGENT_DATA_BYTES];

/* Arguments. */
bool agent_more(const struct agent_args *args);
long agent_number(struct agent_args *args);
/* The number, or `otherwise` when there are no more words. */
long agent_number_or(struct agent_args *args, long otherwise);
const char *agent_word(struct agent_args *args);
struct agent_bytes agent_take_bytes(struct agent_args *args, uint8_t *to, size_t room);
/* Parse the text itself, up to `end` characters of it. False when malformed. */
bool agent_parse_number(const char *text, const char *end, long *number);
bool agent_parse_bytes(const char *text, uint8_t *to, size_t room, size_t *len);
/* If `word` starts with `prefix`, what stands behind it, else NULL. */
const char *agent_behind(const char *word, const char *prefix);
/* True when all words were there and understood; otherwise answers "? ..." and is false. */
bool agent_ok(struct agent_args *args);

/* Answers: first agent_result(), then fields, and agent.c ends the line. */
void agent_result(long returned);
void agent_field(const char *name);
void agent_text(const char *text);
void agent_decimal(long number);
void agent_hex(const void *bytes, size_t len);
void agent_field_decimal(const char *name, long number);
void agent_field_hex(const char *name, const void *bytes, size_t len);
/* "SECONDS.FRACTION" with `digits` digits of fraction. */
void agent_time(long seconds, long fraction, unsigned digits);

/* The console: agent_console.c. */
/* Reads a line without its end; false when there are no more. Overlong lines are cut. */
bool agent_read_line(char *line, size_t room);
void agent_write(const char *text, size_t len);
void agent_flush(void);

/* The value of a standard constant by its name; false when unknown. agent_names.c */
bool agent_constant(const char *name, size_t len, long *value);
/* The name of an errno value, or NULL. */
const char *agent_errno_name(int error);

#endif
