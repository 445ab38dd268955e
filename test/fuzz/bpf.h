/* Classic BPF once more, written from Linux's documentation (Documentation/networking/filter.rst, and what
 * bpf_check_classic() refuses) and not from assembly/filter.ts: what the module is compared with. */
#ifndef FUZZ_BPF_H
#define FUZZ_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* A frame, as a socket sees it. */
struct bpf_packet {
  const uint8_t *bytes; /* from the link-layer header on */
  uint32_t len;
  uint32_t seen_from; /* 0, or 14 for SOCK_DGRAM */
  uint32_t protocol, type, ifindex;
  bool tagged;
  uint32_t tci, tpid;
};

/* Is it a program that may be attached? Loads that docs/differences.md says we do not have are not. */
bool bpf_valid(const struct sock_filter *program, uint32_t count);

/* Does it read SKF_AD_RANDOM? Nobody can say what it decides then. */
bool bpf_is_random(const struct sock_filter *program, uint32_t count);

/* Runs a valid program: the bytes that pass. */
uint32_t bpf_run(const struct sock_filter *program, const struct bpf_packet *packet);

#endif
