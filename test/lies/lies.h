/* A module that lies: words of linear memory and results of exports that are wrong, while an application does all that it can
 * (life.c) on interfaces without hardware (nic.c). Whatever the lie, each call must end, with a result or an errno, and no
 * byte outside linear memory and the application's buffers may be touched: the sanitizers see to that. */
#ifndef LIES_H
#define LIES_H

#include <pktsock/mac.h>
#include <pktsock/pktsock.h>
#include <stdbool.h>
#include <stdint.h>

struct lie {
  enum { NO_LIE, WORD, RESULT } kind;
  uint32_t where; /* WORD: the offset; RESULT: the export */
  uint32_t value;
  bool flips;    /* WORD: `value` is an XOR mask, applied once */
  unsigned from; /* the call into the module after which it begins */
  bool lasts;    /* it is told again after each further call */
};

/* Up to two lies of the present run. */
extern struct lie lies[2];

/* How many calls into the module there were in this run, and how many traps in all runs. */
extern unsigned module_calls, traps, refused;

/* nic.c */
#define NICS 2
extern struct pkt_mac *const nics[NICS];
void nic_reset(void);
void nic_arrive(unsigned nic, unsigned kind);
void nic_complete(void);

/* life.c: one life of the component, from its start to its stop. `middle` is called once, when sockets are open and hold frames. */
void live(const uint8_t *wasm, size_t wasm_size, void (*middle)(void));

/* lies.c: end with a finding. */
void finding(const char *sentence) __attribute__((noreturn));

#endif
