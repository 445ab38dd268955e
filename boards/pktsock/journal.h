/* What C knows of the open sockets, so that it can open them again when the module has started afresh: how each was opened and
 * bound, and the options that it was given. It is in C's own memory, so that it is true whatever the module has done to linear
 * memory. A socket of which not everything fits (NET_PKT_JOURNAL_SIZE) is forgotten, and does not survive a trap. With the lock
 * held. */
#ifndef PKT_JOURNAL_H
#define PKT_JOURNAL_H

#include <pktsock/config.h>
#include <pktsock/pktsock.h>

#if PKTSOCK_RECOVER
void pkt_journal_clear(void);

/* A call has succeeded: the socket was opened (`type`: with SOCK_NONBLOCK and SOCK_CLOEXEC), the network stack's descriptor was
 * opened, the socket was bound, has become non-blocking or got FD_CLOEXEC or no longer is or has (`flag`: SOCK_NONBLOCK or
 * SOCK_CLOEXEC), got an option, was closed. */
void pkt_journal_open(int fd, int type, uint16_t protocol);
void pkt_journal_stack(int fd, unsigned ifindex);
void pkt_journal_bind(int fd, const struct pktsock_sockaddr_ll *address);
void pkt_journal_flag(int fd, uint32_t flag, bool on);
void pkt_journal_option(int fd, int level, int name, const void *value, pktsock_socklen_t len);
void pkt_journal_close(int fd);

/* SIOCSIFFLAGS, SIOCADDMULTI and SIOCDELMULTI have succeeded. */
void pkt_journal_iface_flags(uint32_t index, uint32_t flags);
void pkt_journal_multicast(uint32_t index, bool on, const uint8_t *address);

/* Do all of it again in a module that has just started, with its interfaces. Sockets for which that fails are forgotten. */
void pkt_journal_replay(void);
#else
static inline void pkt_journal_clear(void) {}
static inline void pkt_journal_open(int fd, int type, uint16_t protocol) { (void)fd, (void)type, (void)protocol; }
static inline void pkt_journal_stack(int fd, unsigned ifindex) { (void)fd, (void)ifindex; }
static inline void pkt_journal_bind(int fd, const struct pktsock_sockaddr_ll *address) { (void)fd, (void)address; }
static inline void pkt_journal_flag(int fd, uint32_t flag, bool on) { (void)fd, (void)flag, (void)on; }
static inline void pkt_journal_option(int fd, int level, int name, const void *value, pktsock_socklen_t len) {
  (void)fd, (void)level, (void)name, (void)value, (void)len;
}
static inline void pkt_journal_close(int fd) { (void)fd; }
static inline void pkt_journal_iface_flags(uint32_t index, uint32_t flags) { (void)index, (void)flags; }
static inline void pkt_journal_multicast(uint32_t index, bool on, const uint8_t *address) {
  (void)index, (void)on, (void)address;
}
static inline void pkt_journal_replay(void) {}
#endif

#endif
