/* The agent's main loop; see agent.h. */
#include "agent.h"
#include <string.h>

static unsigned split(char *line, char **words) {
  unsigned count = 0;
  for (char *word = strtok(line, " \t\r"); word && count < AGENT_WORDS; word = strtok(NULL, " \t\r"))
    words[count++] = word;
  return count;
}

static agent_command *find(const char *name) {
  static const struct agent_entry *const groups[] = {agent_calls,   agent_waiting, agent_messages,
                                                     agent_options, agent_tasks,   agent_component};
  for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++)
    for (const struct agent_entry *entry = groups[i]; entry->name; entry++)
      if (!strcmp(entry->name, name))
        return entry->run;
  return NULL;
}

int main(void) {
  static char line[AGENT_LINE_BYTES];
  agent_text("agent ready\n");
  agent_flush();
  while (agent_read_line(line, sizeof line)) {
    struct agent_args args = {.at = 1};
    args.count = split(line, args.words);
    if (!args.count)
      continue;
    agent_command *command = find(args.words[0]);
    agent_next_command();
    if (command)
      command(&args);
    else
      agent_text("? unknown command");
    agent_text("\n");
    agent_flush();
  }
  return 0;
}
