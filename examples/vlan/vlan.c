/* An echo inside VLAN 5: a filter accepts only its frames, and answers carry its tag with the priority that they came with. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ETH_P_ECHO 0x88b5 /* IEEE 802: for local experiments */
#define VLAN 5u
#define TAG_BYTES 4

/* "vlan 5 and ether proto 0x88b5", for sockets whose frames come without their tag. */
static struct sock_filter instructions[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 0),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VLAN, 0, 2),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct ether_header, ether_type)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ECHO, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, 0),
    BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
};

/* As on Linux, a socket of one protocol does not see the tags of VLANs that have no interface: a socket of all protocols does. */
static int open_vlan(const char *name) {
  struct sock_fprog filter = {.len = sizeof(instructions) / sizeof(*instructions), .filter = instructions};
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETH_P_ALL),
      .sll_ifindex = (int)if_nametoindex(name),
  };
  int on = 1;
  int sd = socket(AF_PACKET, SOCK_RAW, 0); /* the filter is there before the first frame */
  if (sd < 0 || setsockopt(sd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
      setsockopt(sd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
      bind(sd, (struct sockaddr *)&address, sizeof(address)) < 0)
    return -1;
  return sd;
}

/* The tag of a received frame: 3 bits of priority, a bit, 12 bits of VLAN. */
static unsigned tag_of(struct msghdr *message) {
  struct tpacket_auxdata aux = {0};
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  if (control != NULL && control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA)
    memcpy(&aux, CMSG_DATA(control), sizeof(aux));
  return aux.tp_vlan_tci;
}

/* Turn a received frame of `len` bytes around, with the tag between the addresses and the EtherType. `frame` has room for it. */
static size_t answer_to(unsigned char *frame, size_t len, unsigned tag) {
  unsigned char sender[ETH_ALEN];
  const unsigned char bytes[TAG_BYTES] = {ETH_P_8021Q >> 8, ETH_P_8021Q & 0xff, (unsigned char)(tag >> 8),
                                          (unsigned char)tag};
  memcpy(sender, frame + ETH_ALEN, ETH_ALEN);
  memcpy(frame + ETH_ALEN, frame, ETH_ALEN);
  memcpy(frame, sender, ETH_ALEN);
  memmove(frame + 2 * ETH_ALEN + TAG_BYTES, frame + 2 * ETH_ALEN, len - 2 * ETH_ALEN);
  memcpy(frame + 2 * ETH_ALEN, bytes, TAG_BYTES);
  return len + TAG_BYTES;
}

int main(void) {
  int sd = open_vlan("eth0");
  if (sd < 0) {
    perror("eth0");
    return 1;
  }
  printf("listening in VLAN %u\n", VLAN);

  for (;;) {
    static unsigned char frame[ETH_FRAME_LEN + TAG_BYTES];
    struct sockaddr_ll from;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct iovec vector = {.iov_base = frame, .iov_len = ETH_FRAME_LEN};
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof(from),
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };
    ssize_t len = recvmsg(sd, &message, 0);
    if (len < ETH_HLEN || from.sll_pkttype != PACKET_HOST)
      continue;
    unsigned tag = tag_of(&message);
    printf("%zd bytes with priority %u\n", len, tag >> 13);
    if (send(sd, frame, answer_to(frame, (size_t)len, tag), 0) < 0)
      perror("send");
  }
}
