/* The agent's console: standard input and output of a process, the board's own console elsewhere. */
#include "agent.h"
#include <stdio.h>
#include <string.h>

void agent_start(void) {
}

bool agent_read_line(char *line, size_t room) {
  size_t len = 0;
  for (;;) {
    int c = getchar();
    if (c == EOF)
      return false;
    if (c == '\n')
      break;
    if (len + 1 < room)
      line[len++] = (char)c;
  }
  line[len] = 0;
  return true;
}

void agent_write(const char *text, size_t len) {
  fwrite(text, 1, len, stdout);
}

void agent_flush(void) {
  fflush(stdout);
}
