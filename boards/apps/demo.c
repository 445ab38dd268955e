/* The demo: a host that answers ARP and ping with packet sockets only. A SOCK_DGRAM socket is used for ARP and a
 * SOCK_RAW socket for IPv4 and ICMP. A third socket, bound to ETH_P_ALL, prints each frame to the console, one line per
 * frame, from which `pktsock demo` makes a pcapng file. The management protocol is answered on a fourth one and on the console
 * (docs/manage.md). The line "quit" ends the program. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "board.h"
#include <pktsock/manage.h>
#include <pktsock/os.h>
#include <pktsock/pktsock.h>
#include <pktsock/slots.h>

#ifndef DEMO_ADDRESS
#define DEMO_ADDRESS                                                                                                   \
  { 192, 0, 2, 2 }
#endif

static const uint8_t own_ip[4] = DEMO_ADDRESS;
static uint8_t own_mac[ETH_ALEN];
static unsigned arp_replies, echo_replies, tapped, send_errors;

/* ---- ARP over SOCK_DGRAM (RFC 826)
 * -------------------------------------------------------------------------------- */

static void answer_arp(int sd) {
  struct ether_arp arp;
  struct sockaddr_ll from;
  socklen_t from_len = sizeof(from);
  ssize_t n = recvfrom(sd, &arp, sizeof(arp), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
  if (n < (ssize_t)sizeof(arp) || arp.ea_hdr.ar_op != htons(ARPOP_REQUEST) || memcmp(arp.arp_tpa, own_ip, 4) != 0)
    return;
  arp.ea_hdr.ar_op = htons(ARPOP_REPLY);
  memcpy(arp.arp_tha, arp.arp_sha, ETH_ALEN);
  memcpy(arp.arp_tpa, arp.arp_spa, 4);
  memcpy(arp.arp_sha, own_mac, ETH_ALEN);
  memcpy(arp.arp_spa, own_ip, 4);
  /* `from` has interface, protocol and destination */
  if (sendto(sd, &arp, sizeof(arp), 0, (struct sockaddr *)&from, sizeof(from)) == (ssize_t)sizeof(arp))
    arp_replies++;
  else
    send_errors++;
}

/* ---- Ping over SOCK_RAW (RFC 791, RFC 792)
 * ------------------------------------------------------------------------ */

static uint16_t get16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static void put16(uint8_t *bytes, uint32_t value) {
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
}

/* The Internet checksum (RFC 1071) of `len` bytes. */
static uint16_t checksum(const uint8_t *bytes, size_t len) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < len; i += 2)
    sum += get16(bytes + i);
  if (len % 2 != 0)
    sum += (uint32_t)bytes[len - 1] << 8;
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static void answer_ping(int sd) {
  static uint8_t frame[ETH_FRAME_LEN];
  ssize_t n = recv(sd, frame, sizeof(frame), MSG_DONTWAIT);
  uint8_t *ip = frame + ETH_HLEN;
  if (n < ETH_HLEN + 20 || memcmp(frame, own_mac, ETH_ALEN) != 0 || memcmp(ip + 16, own_ip, 4) != 0)
    return;
  size_t header = (size_t)(ip[0] & 0x0f) * 4, total = get16(ip + 2);
  bool fragment = (get16(ip + 6) & 0x3fff) != 0;
  if (ip[0] >> 4 != 4 || header < 20 || total < header + 8 || total > (size_t)n - ETH_HLEN || fragment || ip[9] != 1)
    return;
  uint8_t *icmp = ip + header;
  size_t icmp_len = total - header;
  if (icmp[0] != 8 || checksum(icmp, icmp_len) != 0)
    return;

  memcpy(frame, frame + ETH_ALEN, ETH_ALEN);
  memcpy(frame + ETH_ALEN, own_mac, ETH_ALEN);
  memcpy(ip + 16, ip + 12, 4);
  memcpy(ip + 12, own_ip, 4);
  icmp[0] = 0;
  put16(icmp + 2, 0);
  put16(icmp + 2, checksum(icmp, icmp_len));
  if (send(sd, frame, ETH_HLEN + total, 0) >= 0)
    echo_replies++;
  else
    send_errors++;
}

/* ---- The tap
 * ------------------------------------------------------------------------------------------------------ */

/* False when there is no frame. */
static bool print_frame(int sd) {
  static uint8_t frame[ETH_FRAME_LEN + 4];
  struct sockaddr_ll from;
  socklen_t from_len = sizeof(from);
  ssize_t n = recvfrom(sd, frame, sizeof(frame), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
  if (n < 0)
    return false;
  uint64_t now = pkt_os_now();
  printf("frame %lu.%06lu %s ", (unsigned long)(now / 1000000), (unsigned long)(now % 1000000),
         from.sll_pkttype == PACKET_OUTGOING ? "out" : "in");
  for (ssize_t i = 0; i < n; i++)
    printf("%02x", frame[i]);
  printf("\n");
  tapped++;
  return true;
}

/* ---- */

static int open_socket(int type, int protocol, int ifindex) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = ifindex};
  int sd = socket(AF_PACKET, type, 0);
  if (sd < 0 || bind(sd, (struct sockaddr *)&address, sizeof(address)) < 0) {
    printf("cannot open a packet socket: %s\n", strerror(errno));
    board_exit(1);
  }
  return sd;
}

/* ---- Management --------------------------------------------------------------------------------------------------- */

/* Anyone who reaches the board may send it a module, which must be signed with the key of SWAP_KEY. */

static struct pktsock_manage manage = {
    .board = "pktsock demo",
    .allowed = PKTSOCK_MANAGE_SWAP | PKTSOCK_MANAGE_RESTART | PKTSOCK_MANAGE_FALLBACK,
    .allocate = malloc,
    .release = free,
};
static struct pktsock_manage_line line = {.manage = &manage, .write = board_console_write};

#ifdef PKTSOCK_SWAP_SLOTS
static unsigned long version_that_runs(void) {
  struct pktsock_logic logic;
  return pktsock_logic(&logic) == 0 ? logic.version : 0;
}

/* The module that was kept in the flash takes over. */
static void swap_in_kept(void) {
  int result = pktsock_slots_swap_in(board_flash());
  if (result > 0)
    printf("version %lu was kept, and runs\n", version_that_runs());
  else if (result < 0)
    printf("what was kept does not run: %s\n", pktsock_error());
}

static void keep_proven(void) {
  int result = pktsock_manage_keep(&manage, board_flash());
  if (result > 0)
    printf("version %lu is kept\n", version_that_runs());
  else if (result < 0)
    printf("version %lu is not kept: %s\n", version_that_runs(), board_flash_trouble(result));
}
#else
static void swap_in_kept(void) {}
static void keep_proven(void) {}
#endif

/* The console's ring of 64 characters holds what a line of 115200 baud brings in this time, in milliseconds. */
#define CONSOLE_PAUSE 5

/* Was the line "quit" received? */
static bool has_quit_line(void) {
  static char word[8];
  static unsigned len;
  int c;
  while ((c = board_console_read()) >= 0) {
    if (pktsock_manage_byte(&line, (uint8_t)c))
      continue;
    if (c == '\n' || c == '\r') {
      bool quit = len == 4 && memcmp(word, "quit", 4) == 0;
      len = 0;
      if (quit)
        return true;
    } else if (len < sizeof(word)) {
      word[len++] = (char)c;
    }
  }
  return false;
}

static void print_counters(int tap, unsigned ifindex) {
  struct tpacket_stats stats = {0, 0};
  struct pktsock_counters c;
  socklen_t len = sizeof(stats);
  if (getsockopt(tap, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0 || pktsock_counters(ifindex, &c) < 0) {
    printf("no counters: %s\n", strerror(errno));
    return;
  }
  printf("counters arp_replies=%u echo_replies=%u send_errors=%u tapped=%u tap_drops=%u rx_frames=%lu tx_frames=%lu "
         "rx_no_frame=%lu rx_pool_empty=%lu rx_too_short=%lu rx_too_long=%lu rx_errors=%lu tx_errors=%lu traps=%lu\n",
         arp_replies, echo_replies, send_errors, tapped, stats.tp_drops, (unsigned long)c.rx_frames,
         (unsigned long)c.tx_frames, (unsigned long)c.rx_no_frame, (unsigned long)c.rx_pool_empty,
         (unsigned long)c.rx_too_short, (unsigned long)c.rx_too_long, (unsigned long)c.rx_errors,
         (unsigned long)c.tx_errors, (unsigned long)c.traps);
}

int main(void) {
  swap_in_kept();
  int ifindex = (int)if_nametoindex("eth0");
  int arp = open_socket(SOCK_DGRAM, ETH_P_ARP, ifindex);
  int ip = open_socket(SOCK_RAW, ETH_P_IP, ifindex);
  int tap = open_socket(SOCK_RAW, ETH_P_ALL, ifindex);
  struct ifreq request = {.ifr_name = "eth0"};
  if (ioctl(arp, SIOCGIFHWADDR, &request) < 0)
    board_exit(1);
  memcpy(own_mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
  printf("ready %02x:%02x:%02x:%02x:%02x:%02x %u.%u.%u.%u\n", own_mac[0], own_mac[1], own_mac[2], own_mac[3],
         own_mac[4], own_mac[5], own_ip[0], own_ip[1], own_ip[2], own_ip[3]);

  struct pollfd fds[] = {{.fd = arp, .events = POLLIN},
                         {.fd = ip, .events = POLLIN},
                         {.fd = tap, .events = POLLIN},
                         {.fd = pktsock_manage_open(&manage, (unsigned)ifindex), .events = POLLIN}};
  while (!has_quit_line()) {
    if (poll(fds, 4, CONSOLE_PAUSE) < 0)
      break;
    if (fds[0].revents & POLLIN)
      answer_arp(arp);
    if (fds[1].revents & POLLIN)
      answer_ping(ip);
    if (fds[3].revents & POLLIN)
      pktsock_manage_receive(&manage);
    keep_proven();
    if (fds[2].revents & POLLIN)
      print_frame(tap);
  }
  while (print_frame(tap)) {
  }
  print_counters(tap, (unsigned)ifindex);
  board_exit(0);
}
