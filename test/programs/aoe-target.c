/* An ATA-over-Ethernet target (AoEr11) in the shape of vblade and its linux.c: a SOCK_RAW socket of AoE's EtherType,
 * SIOCGIFINDEX, bind(), a filter for one shelf and slot, SO_SNDBUF and SO_RCVBUF of many frames, SIOCGIFHWADDR and SIOCGIFMTU;
 * read() and write().
 *
 * It announces itself, tells its configuration, and reads and writes sectors in memory, until it is told to flush. */
#include <features.h> /* for the glibc version number */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#if __GLIBC__ >= 2 && __GLIBC_MINOR__ >= 1
#include <net/ethernet.h> /* the L2 protocols */
#include <netpacket/packet.h>
#else
#include <asm/types.h>
#include <linux/if_ether.h> /* the L2 protocols */
#include <linux/if_packet.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>

#define AOE_TYPE 0x88a2
#define SHELF 1
#define SLOT 2
#define SECTOR 512
#define SECTORS 4
#define BUFFERS 16

enum { ATA, CONFIG };
enum { RESPONSE = 8, ERROR = 4 };
enum { BAD_COMMAND = 1, BAD_ARGUMENT = 2 };
enum { READ_EXT = 0x24, WRITE_EXT = 0x34, FLUSH_EXT = 0xea };

struct aoe {
  uint8_t dst[6], src[6];
  uint16_t type;
  uint8_t flags, error; /* the version is in the upper half of flags */
  uint8_t major[2], minor, cmd, tag[4];
  union {
    struct {
      uint8_t bufcnt[2], firmware[2], sectors, ccmd, len[2];
    } config;
    struct {
      uint8_t flags, features, sectors, cmd, lba[6], reserved[2], data[2 * SECTOR];
    } ata;
  };
};

static uint8_t disk[SECTORS][SECTOR], own[6];

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

static int getindx(int s, const char *name) {
  struct ifreq xx;
  snprintf(xx.ifr_name, sizeof xx.ifr_name, "%s", name);
  return ioctl(s, SIOCGIFINDEX, &xx) == -1 ? -1 : xx.ifr_ifindex;
}

static int getea(int s, const char *name, uint8_t *ea) {
  struct ifreq xx;
  snprintf(xx.ifr_name, sizeof xx.ifr_name, "%s", name);
  if (ioctl(s, SIOCGIFHWADDR, &xx) == -1)
    return -1;
  memmove(ea, xx.ifr_hwaddr.sa_data, 6);
  return 0;
}

static int getmtu(int s, const char *name) {
  struct ifreq xx;
  snprintf(xx.ifr_name, sizeof xx.ifr_name, "%s", name);
  return ioctl(s, SIOCGIFMTU, &xx) == -1 ? 1500 : xx.ifr_mtu;
}

/* Requests to this shelf and slot, or to all. */
static int set_filter(int s) {
  static struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, RESPONSE, 6, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 16),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SHELF, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffff, 0, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 18),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SLOT, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffff),
  };
  struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};
  return setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int dial(const char *eth) {
  struct sockaddr_ll sa;
  int n, s = socket(PF_PACKET, SOCK_RAW, htons(AOE_TYPE));
  if (s == -1)
    return -1;
  memset(&sa, 0, sizeof sa);
  sa.sll_family = AF_PACKET;
  sa.sll_protocol = htons(AOE_TYPE);
  sa.sll_ifindex = getindx(s, eth);
  if (sa.sll_ifindex < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa) == -1 || set_filter(s) == -1)
    return -1;
  n = BUFFERS * getmtu(s, eth);
  if (setsockopt(s, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n)) < 0 ||
      setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n)) < 0)
    return -1;
  return getea(s, eth, own) < 0 ? -1 : s;
}

/* Carry out an ATA command; returns the bytes of data in the answer, or -1. */
static int ata(struct aoe *p, size_t data) {
  unsigned lba = p->ata.lba[0], n = p->ata.sectors;
  bool outside = p->ata.lba[1] != 0 || n > 2 || lba + n > SECTORS;
  switch (p->ata.cmd) {
  case READ_EXT:
    if (outside)
      return -1;
    memcpy(p->ata.data, disk[lba], n * SECTOR);
    p->ata.cmd = 0x40; /* drive ready */
    return (int)(n * SECTOR);
  case WRITE_EXT:
    if (outside || data < n * SECTOR)
      return -1;
    memcpy(disk[lba], p->ata.data, n * SECTOR);
    p->ata.cmd = 0x40;
    return 0;
  case FLUSH_EXT: p->ata.cmd = 0x40; return 0;
  default: return -1;
  }
}

/* Turn a request into its answer; returns the answer's length. */
static size_t answer(struct aoe *p, size_t len) {
  static const uint8_t config[8] = {0, BUFFERS, 0x40, 0x19, 2, 0x10, 0, 0};
  const size_t header = offsetof(struct aoe, ata), ata_header = offsetof(struct aoe, ata.data);
  memcpy(p->dst, p->src, 6);
  memcpy(p->src, own, 6);
  p->flags |= RESPONSE;
  p->major[0] = SHELF >> 8;
  p->major[1] = SHELF & 0xff;
  p->minor = SLOT;
  if (p->cmd == CONFIG) {
    memcpy(&p->config, config, sizeof(config));
    return header + sizeof(config);
  }
  int data = p->cmd == ATA && len >= ata_header ? ata(p, len - ata_header) : -1;
  if (data >= 0)
    return ata_header + (size_t)data;
  p->flags |= ERROR;
  p->error = p->cmd == ATA ? BAD_ARGUMENT : BAD_COMMAND;
  return header;
}

int main(void) {
  static struct aoe packet;
  unsigned requests = 0;
  bool flushed = false;
  for (unsigned i = 0; i < SECTORS; i++)
    memset(disk[i], 0xd0 + (int)i, SECTOR);
  int s = dial("eth0");
  if (s < 0)
    return fail("cannot open the socket");

  /* "I am here": a configuration that nobody asked for */
  memset(packet.src, 0xff, 6);
  packet.type = htons(AOE_TYPE);
  packet.flags = 0x10;
  packet.cmd = CONFIG;
  size_t len = answer(&packet, 0);
  if (write(s, &packet, len) != (ssize_t)len)
    return fail("cannot announce");
  while (!flushed) {
    ssize_t n = read(s, &packet, sizeof(packet));
    if (n < 0)
      return fail("read");
    flushed = packet.cmd == ATA && packet.ata.cmd == FLUSH_EXT;
    requests++;
    len = answer(&packet, (size_t)n);
    if (write(s, &packet, len) != (ssize_t)len)
      return fail("write");
  }
  printf("requests %u\n", requests);
  close(s);
  printf("PASS\n");
  return 0;
}
