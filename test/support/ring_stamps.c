/* Checks of the stamps in packet rings (PACKET_TIMESTAMP and the bits of tp_status), on the Linux kernel's sockets and, with
 * `pktsock run`, on ours. Prints a line for each check and ends with 0 if all held. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TYPE 0x88b5
#define BLOCK 4096u
#define STAMPED (TP_STATUS_TS_SOFTWARE | TP_STATUS_TS_SYS_HARDWARE | TP_STATUS_TS_RAW_HARDWARE)

static int failures, ifindex, sender, asker;

static void check(int version, const char *what, int held) {
  printf("%s: version %d: %s\n", held ? "ok" : "FAILED", version + 1, what);
  failures += !held;
}

static int open_bound(int protocol) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = ifindex};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    perror("a packet socket");
  return fd;
}

/* Returns 0 or the errno. */
static int set(int fd, int name, int value) {
  return setsockopt(fd, SOL_PACKET, name, &value, sizeof(value)) < 0 ? errno : 0;
}

static int get(int fd) {
  int value = -1;
  socklen_t len = sizeof(value);
  return getsockopt(fd, SOL_PACKET, PACKET_TIMESTAMP, &value, &len) < 0 ? -errno : value;
}

static void *ring_of(int fd, int name, int version) {
  struct tpacket_req3 ring = {.tp_block_size = BLOCK, .tp_block_nr = 1, .tp_frame_size = BLOCK / 2, .tp_frame_nr = 2};
  if (name == PACKET_RX_RING)
    ring.tp_retire_blk_tov = 20;
  socklen_t len = version == TPACKET_V3 ? sizeof(ring) : sizeof(struct tpacket_req);
  if (set(fd, PACKET_VERSION, version) != 0 || setsockopt(fd, SOL_PACKET, name, &ring, len) < 0)
    perror("a ring");
  return mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void send_frame(void) {
  static const uint8_t frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, TYPE >> 8, TYPE & 255};
  if (send(sender, frame, sizeof(frame), 0) != sizeof(frame))
    perror("send");
}

/* Linux turns stamps on in the background: wait until the socket that has asked for them gets one. */
static void wait_for_stamps(void) {
  char control[256], bytes[60];
  for (;;) {
    struct iovec part = {bytes, sizeof(bytes)};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    send_frame();
    if (recvmsg(asker, &message, 0) > 0 && CMSG_FIRSTHDR(&message) != NULL)
      return;
  }
}

/* What a header in a ring says. */
struct said {
  unsigned long status;
  long sec;
};

static struct said read_header(const void *header, int version) {
  const struct tpacket_hdr *v1 = header;
  const struct tpacket2_hdr *v2 = header;
  const struct tpacket3_hdr *v3 = header;
  return version == TPACKET_V1   ? (struct said){__atomic_load_n(&v1->tp_status, __ATOMIC_ACQUIRE), v1->tp_sec}
         : version == TPACKET_V2 ? (struct said){__atomic_load_n(&v2->tp_status, __ATOMIC_ACQUIRE), v2->tp_sec}
                                 : (struct said){__atomic_load_n(&v3->tp_status, __ATOMIC_ACQUIRE), v3->tp_sec};
}

/* The socket that asks for stamps keeps no frames. */
static void drain_asker(void) {
  char byte;
  while (recv(asker, &byte, 1, MSG_DONTWAIT) >= 0)
    ;
}

static int is_now(long sec, time_t before) { return sec >= before && sec <= time(NULL); }

/* A frame that was received after PACKET_TIMESTAMP was set to `asked`. */
static void receives(int version, int asked, const char *what) {
  int fd = open_bound(ETH_P_ALL);
  struct pollfd p = {fd, POLLIN, 0};
  uint8_t *memory = ring_of(fd, PACKET_RX_RING, version);
  check(version, "PACKET_TIMESTAMP is set beside a ring", set(fd, PACKET_TIMESTAMP, asked) == 0 && get(fd) == asked);
  const time_t before = time(NULL);
  send_frame();
  drain_asker();
  poll(&p, 1, 20000);
  const struct tpacket_block_desc *block = (const void *)memory;
  struct said said = read_header(version == TPACKET_V3 ? memory + block->hdr.bh1.offset_to_first_pkt : memory, version);
  check(version, what, (said.status & STAMPED) == TP_STATUS_TS_SOFTWARE && is_now(said.sec, before));
  munmap(memory, BLOCK);
  close(fd);
}

/* A frame that was sent after PACKET_TIMESTAMP was set to `asked`: whether it then has a stamp. */
static void sends(int version, int asked, int stamped, const char *what) {
  int fd = open_bound(0);
  uint8_t *memory = ring_of(fd, PACKET_TX_RING, version);
  const time_t before = time(NULL);
  set(fd, PACKET_TIMESTAMP, asked);
  if (version == TPACKET_V1)
    *(struct tpacket_hdr *)(void *)memory = (struct tpacket_hdr){.tp_len = 60, .tp_status = TP_STATUS_SEND_REQUEST};
  else if (version == TPACKET_V2)
    *(struct tpacket2_hdr *)(void *)memory = (struct tpacket2_hdr){.tp_len = 60, .tp_status = TP_STATUS_SEND_REQUEST};
  else
    *(struct tpacket3_hdr *)(void *)memory = (struct tpacket3_hdr){.tp_len = 60, .tp_status = TP_STATUS_SEND_REQUEST};
  send(fd, NULL, 0, 0);
  drain_asker();
  struct said said = read_header(memory, version);
  const int status = TP_STATUS_AVAILABLE | (stamped ? TP_STATUS_TS_SOFTWARE : 0);
  check(version, what, said.status == (unsigned long)status && (stamped ? is_now(said.sec, before) : said.sec == 0));
  munmap(memory, BLOCK);
  close(fd);
}

int main(void) {
  const int one = 1;
  ifindex = (int)if_nametoindex("eth0");
  sender = open_bound(0);
  asker = open_bound(ETH_P_ALL);
  setsockopt(asker, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
  wait_for_stamps();
  for (int version = TPACKET_V1; version <= TPACKET_V3; version++) {
    int fd = open_bound(0);
    char byte = 0;
    check(version, "PACKET_TIMESTAMP is 0 at first", get(fd) == 0);
    check(version, "... and any number", set(fd, PACKET_TIMESTAMP, -7) == 0 && get(fd) == -7);
    check(version, "... of four bytes",
          setsockopt(fd, SOL_PACKET, PACKET_TIMESTAMP, &byte, 1) < 0 && errno == EINVAL && get(fd) == -7);
    close(fd);
    receives(version, 0, "a stamp of software, unasked");
    receives(version, SOF_TIMESTAMPING_SOFTWARE, "a stamp of software");
    receives(version, SOF_TIMESTAMPING_RAW_HARDWARE, "a stamp of software where the hardware takes none");
    sends(version, 0, 0, "a sent frame has no stamp, unasked");
    sends(version, SOF_TIMESTAMPING_RAW_HARDWARE, 0, "a sent frame has none where the hardware takes none");
    sends(version, SOF_TIMESTAMPING_SOFTWARE, 1, "a sent frame has a stamp of software");
  }
  return failures != 0;
}
