/* Prints a line for each frame on eth0, whomever it is for. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void print_address(const char *before, const unsigned char *address) {
  printf("%s%02x:%02x:%02x:%02x:%02x:%02x", before, address[0], address[1], address[2], address[3], address[4],
         address[5]);
}

/* The MAC's driver or the component takes the tag of a VLAN out of the frame. It is in a control message. */
static void print_tag(struct msghdr *message) {
  for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL; control = CMSG_NXTHDR(message, control)) {
    struct tpacket_auxdata aux;
    if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA)
      continue;
    memcpy(&aux, CMSG_DATA(control), sizeof(aux));
    if (aux.tp_status & TP_STATUS_VLAN_VALID)
      printf(", VLAN %u, priority %u", aux.tp_vlan_tci & 0xfffu, aux.tp_vlan_tci >> 13);
  }
}

static int open_sniffer(const char *name) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETH_P_ALL),
      .sll_ifindex = (int)if_nametoindex(name),
  };
  struct packet_mreq everything = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  int on = 1;
  int sd = socket(AF_PACKET, SOCK_RAW, 0); /* receives nothing before bind() */
  if (sd < 0 || bind(sd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
      setsockopt(sd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof(everything)) < 0 ||
      setsockopt(sd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0)
    return -1;
  return sd;
}

int main(void) {
  int sd = open_sniffer("eth0");
  if (sd < 0) {
    perror("eth0");
    return 1;
  }
  printf("listening\n");

  for (;;) {
    static unsigned char frame[ETH_FRAME_LEN];
    struct sockaddr_ll from;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct iovec vector = {.iov_base = frame, .iov_len = sizeof(frame)};
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof(from),
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };
    ssize_t len = recvmsg(sd, &message, MSG_TRUNC); /* the whole length, however little of the frame has room */
    if (len < ETH_HLEN)
      continue;
    printf("%s %zd bytes", from.sll_pkttype == PACKET_OUTGOING ? "out" : "in ", len);
    print_address(", ", frame + ETH_ALEN);
    print_address(" > ", frame);
    printf(", 0x%02x%02x", frame[12], frame[13]);
    print_tag(&message);
    printf("\n");
  }
}
