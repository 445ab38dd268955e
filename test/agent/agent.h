/* The conformance agent: a program that reads socket calls from its console, makes them, and answers with the
 * results. It does not judge the results; test/conformance does. The same source is built for Linux, where it calls the
 * kernel, and for every board.
 *
 * Each line is one command: the call's name and its arguments, separated by spaces. The answer is one line:
 *     = RETURNED [ERRNO] [FIELD=VALUE ...]
 * or, if the agent did not understand the command, "? WHY"; it then made no call.
 *
 * Arguments: numbers (decimal, 0x..., negative) and names of standard constants, also joined by |. "-" is a null
 * pointer. Bytes are hexadecimal, @COUNT:SEED for COUNT bytes of a pattern, zCOUNT for zeros, and any of these joined
 * by +. Structures whose layout depends on the machine are spelled out; see the commands. */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest frame with header and VLAN tag, and for sending more than is allowed. */
#define AGENT_DATA_BYTES 1600
/* A filter of 32 instructions. Frames come as patterns. */
#ifndef AGENT_LINE_BYTES
#define AGENT_LINE_BYTES 640
#endif
#define AGENT_WORDS 24
/* Receive buffers are filled with this, so that surplus bytes are detected. */
#define AGENT_UNTOUCHED 0xee

/* The words of a command after its name. Taking a missing or malformed one records an error; the caller checks agent_ok()
 * before it makes the call. */
struct agent_args {
  char *words[AGENT_WORDS];
  unsigned count;
  unsigned at;
  const char *complaint;
};

/* The bytes of a command's argument; `bytes` is NULL for "-". */
struct agent_bytes {
  uint8_t *bytes;
  size_t len;
};

typedef void agent_command(struct agent_args *args);

struct agent_entry {
  const char *name;
  agent_command *run;
};

/* Each group of commands ends with an entry without a name. */
extern const struct agent_entry agent_calls[], agent_waiting[], agent_messages[], agent_options[], agent_tasks[],
    agent_component[];

/* agent_tasks.c: a command has been read, so the delays of the other tasks start. */
void agent_next_command(void);

/* The buffers of the current call. */
extern uint8_t agent_data[AGENT_DATA_BYTES];

/* Arguments. */
bool agent_more(const struct agent_args *args);
long agent_number(struct agent_args *args);
/* Returns the number, or `otherwise` if there are no more words. */
long agent_number_or(struct agent_args *args, long otherwise);
const char *agent_word(struct agent_args *args);
struct agent_bytes agent_take_bytes(struct agent_args *args, uint8_t *to, size_t room);
/* Parse at most `end` characters of the text. Returns false if it is malformed. */
bool agent_parse_number(const char *text, const char *end, long *number);
bool agent_parse_bytes(const char *text, uint8_t *to, size_t room, size_t *len);
/* Returns the rest of `word` after `prefix`, or NULL if it does not start with it. */
const char *agent_behind(const char *word, const char *prefix);
/* Returns true if all words were present and valid; otherwise answers "? ..." and returns false. */
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
/* Read a line without its end. Returns false if there are no more. Overlong lines are truncated. */
bool agent_read_line(char *line, size_t room);
void agent_write(const char *text, size_t len);
void agent_flush(void);

/* agent_names.c: look up a standard constant by its name. Returns false if it is unknown. */
bool agent_constant(const char *name, size_t len, long *value);
/* Returns the name of an errno value, or NULL. */
const char *agent_errno_name(int error);

#endif
