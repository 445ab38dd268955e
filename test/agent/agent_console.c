/* The agent's console: descriptors 0 and 1, which boards have, too. */
#include "agent.h"
#include <string.h>
#include <unistd.h>

static char waiting[128];
static size_t waiting_len;

bool agent_read_line(char *line, size_t room) {
  size_t len = 0;
  for (;;) {
    char c;
    if (read(0, &c, 1) != 1)
      return false;
    if (c == '\n')
      break;
    if (len + 1 < room)
      line[len++] = c;
  }
  line[len] = 0;
  return true;
}

void agent_write(const char *text, size_t len) {
  while (len) {
    size_t part = sizeof waiting - waiting_len;
    if (part > len)
      part = len;
    memcpy(waiting + waiting_len, text, part);
    waiting_len += part;
    text += part;
    len -= part;
    if (waiting_len == sizeof waiting)
      agent_flush();
  }
}

void agent_flush(void) {
  size_t done = 0;
  while (done < waiting_len) {
    long n = write(1, waiting + done, waiting_len - done);
    if (n <= 0)
      break;
    done += (size_t)n;
  }
  waiting_len = 0;
}
