/* The types and numbers of the calls in pktsock.h. They have names of their own, so that this header can be included
 * together with the socket headers of any system or network stack. Layouts and numbers are Linux's: packet(7),
 * socket(7), netdevice(7). boards/posix maps the standard names to them. Multi-byte fields are in host order unless
 * stated otherwise. */
#ifndef PKTSOCK_SOCKET_H
#define PKTSOCK_SOCKET_H

#include <pktsock/numbers.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t pktsock_socklen_t;

/* ---- Addresses --------------------------------------------------------------------------------------------------- */

struct pktsock_sockaddr {
  uint16_t sa_family;
  char sa_data[14];
};

/* Room for any address: 128 bytes, the longest that the calls accept. */
struct pktsock_sockaddr_storage {
  uint16_t ss_family;
  uint32_t ss_align_[31];
};

struct pktsock_sockaddr_ll {
  uint16_t sll_family;       /* PKTSOCK_AF_PACKET */
  uint16_t sll_protocol;     /* network order */
  int sll_ifindex;           /* from 1; bind(): 0 for all interfaces */
  uint16_t sll_hatype;       /* received: PKTSOCK_ARPHRD_ETHER */
  unsigned char sll_pkttype; /* received: PKTSOCK_PACKET_HOST, ... */
  unsigned char sll_halen;   /* bytes of sll_addr: 6 */
  unsigned char sll_addr[8]; /* wire order */
};

struct pktsock_ether_addr {
  uint8_t ether_addr_octet[6]; /* wire order */
} __attribute__((packed));

struct pktsock_in_addr {
  uint32_t s_addr; /* network order */
};

#define PKTSOCK_AF_UNSPEC 0
#define PKTSOCK_AF_INET 2

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

struct pktsock_iovec {
  void *iov_base;
  size_t iov_len; /* bytes */
};

struct pktsock_msghdr {
  void *msg_name;                /* a pktsock_sockaddr_ll, or NULL */
  pktsock_socklen_t msg_namelen; /* bytes */
  struct pktsock_iovec *msg_iov;
  size_t msg_iovlen;     /* entries of msg_iov, at most 1024 */
  void *msg_control;     /* received control messages, or NULL */
  size_t msg_controllen; /* bytes */
  int msg_flags;         /* set by recvmsg(): PKTSOCK_MSG_TRUNC, PKTSOCK_MSG_CTRUNC */
};

struct pktsock_cmsghdr {
  size_t cmsg_len; /* bytes, this header included */
  int cmsg_level;
  int cmsg_type;
};

#define PKTSOCK_CMSG_ALIGN(len) (((len) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define PKTSOCK_CMSG_DATA(cmsg) ((unsigned char *)((struct pktsock_cmsghdr *)(cmsg) + 1))
#define PKTSOCK_CMSG_SPACE(len) (PKTSOCK_CMSG_ALIGN(len) + PKTSOCK_CMSG_ALIGN(sizeof(struct pktsock_cmsghdr)))
#define PKTSOCK_CMSG_LEN(len) (PKTSOCK_CMSG_ALIGN(sizeof(struct pktsock_cmsghdr)) + (len))
#define PKTSOCK_CMSG_FIRSTHDR(msg)                                                                                     \
  ((msg)->msg_controllen >= sizeof(struct pktsock_cmsghdr) ? (struct pktsock_cmsghdr *)(msg)->msg_control              \
                                                           : (struct pktsock_cmsghdr *)0)
#define PKTSOCK_CMSG_NXTHDR(msg, cmsg) pktsock_cmsg_next_(msg, cmsg)

static inline struct pktsock_cmsghdr *pktsock_cmsg_next_(struct pktsock_msghdr *msg, struct pktsock_cmsghdr *cmsg) {
  /* Lengths are compared, not pointers: a length may be anything. */
  size_t left = msg->msg_controllen - (size_t)((unsigned char *)cmsg - (unsigned char *)msg->msg_control);
  size_t len = PKTSOCK_CMSG_ALIGN(cmsg->cmsg_len);
  if (cmsg->cmsg_len < sizeof(struct pktsock_cmsghdr) || cmsg->cmsg_len > left || len > left ||
      left - len < sizeof(struct pktsock_cmsghdr))
    return NULL;
  return (struct pktsock_cmsghdr *)((unsigned char *)cmsg + len);
}

/* Control messages of PKTSOCK_SOL_SOCKET. Their data is the C library's struct timeval and struct timespec; for the
 * third, three of the latter: by the system's clock, unused, by the MAC's clock. A time that is not known is 0. */
#define PKTSOCK_SCM_TIMESTAMP PKTSOCK_SO_TIMESTAMP
#define PKTSOCK_SCM_TIMESTAMPNS PKTSOCK_SO_TIMESTAMPNS
#define PKTSOCK_SCM_TIMESTAMPING PKTSOCK_SO_TIMESTAMPING

/* The data of PKTSOCK_PACKET_TX_TIMESTAMP, a control message of PKTSOCK_SOL_PACKET that recvmsg() with
 * PKTSOCK_MSG_ERRQUEUE returns beside PKTSOCK_SCM_TIMESTAMPING: the frame was sent at that time. */
struct pktsock_sock_extended_err {
  uint32_t ee_errno; /* ENOMSG of the C library */
  uint8_t ee_origin; /* PKTSOCK_SO_EE_ORIGIN_TIMESTAMPING */
  uint8_t ee_type, ee_code, ee_pad;
  uint32_t ee_info; /* PKTSOCK_SCM_TSTAMP_SND */
  uint32_t ee_data; /* with PKTSOCK_SOF_TIMESTAMPING_OPT_ID: the number of the frame, from 0 */
};

#define PKTSOCK_SO_EE_ORIGIN_TIMESTAMPING 4
#define PKTSOCK_SCM_TSTAMP_SND 0

/* PKTSOCK_SO_RXQ_OVFL, a control message of PKTSOCK_SOL_SOCKET, has a uint32_t: the frames that the socket had lost
 * when it received this one. There is none while it has lost no frame. */

/* The data of PKTSOCK_PACKET_AUXDATA, a control message of PKTSOCK_SOL_PACKET. */
struct pktsock_tpacket_auxdata {
  uint32_t tp_status;                 /* PKTSOCK_TP_STATUS_* */
  uint32_t tp_len, tp_snaplen;        /* bytes: of the frame, and what the filter left of it */
  uint16_t tp_mac, tp_net;            /* offsets in bytes; tp_mac is 0 */
  uint16_t tp_vlan_tci, tp_vlan_tpid; /* host order; valid if tp_status says so */
};

#define PKTSOCK_TP_STATUS_USER 0x1
#define PKTSOCK_TP_STATUS_CSUMNOTREADY 0x8
#define PKTSOCK_TP_STATUS_VLAN_VALID 0x10
#define PKTSOCK_TP_STATUS_VLAN_TPID_VALID 0x40

/* ---- Options ----------------------------------------------------------------------------------------------------- */

/* PKTSOCK_SO_RCVTIMEO and _SNDTIMEO take the struct timeval of the C library's <sys/time.h>. */

/* PKTSOCK_PACKET_ADD_MEMBERSHIP and _DROP_MEMBERSHIP */
struct pktsock_packet_mreq {
  int mr_ifindex;              /* from 1 */
  uint16_t mr_type;            /* PKTSOCK_PACKET_MR_* */
  uint16_t mr_alen;            /* bytes of mr_address: 6 for an address */
  unsigned char mr_address[8]; /* wire order */
};

/* PKTSOCK_PACKET_STATISTICS */
struct pktsock_tpacket_stats {
  unsigned int tp_packets; /* includes the drops */
  unsigned int tp_drops;
};

/* PKTSOCK_SO_LINGER */
struct pktsock_linger {
  int l_onoff;
  int l_linger; /* seconds */
};

/* PKTSOCK_SO_ATTACH_FILTER: classic BPF, as `tcpdump -dd` prints it. */
struct pktsock_sock_filter {
  uint16_t code;
  uint8_t jt, jf; /* instructions to skip */
  uint32_t k;
};

struct pktsock_sock_fprog {
  unsigned short len; /* instructions */
  struct pktsock_sock_filter *filter;
};

/* ---- Interfaces -------------------------------------------------------------------------------------------------- */

#define PKTSOCK_IFNAMSIZ 16 /* bytes of an interface's name, with the NUL */

struct pktsock_ifmap {
  unsigned long mem_start, mem_end;
  unsigned short base_addr;
  unsigned char irq, dma, port;
};

struct pktsock_ifreq {
  union {
    char ifrn_name[PKTSOCK_IFNAMSIZ];
  } ifr_ifrn;
  union {
    struct pktsock_sockaddr ifru_addr;
    struct pktsock_sockaddr ifru_netmask;
    struct pktsock_sockaddr ifru_broadaddr;
    struct pktsock_sockaddr ifru_hwaddr;
    short ifru_flags;
    int ifru_ivalue;
    int ifru_mtu;
    struct pktsock_ifmap ifru_map;
    char ifru_newname[PKTSOCK_IFNAMSIZ];
    void *ifru_data;
  } ifr_ifru;
};

/* PKTSOCK_SIOCGIFCONF: an array of requests, each filled with a name and an address. */
struct pktsock_ifconf {
  int ifc_len; /* bytes: the room before the call, the use after it */
  union {
    char *ifcu_buf;
    struct pktsock_ifreq *ifcu_req;
  } ifc_ifcu;
};

struct pktsock_if_nameindex {
  unsigned int if_index; /* 0 ends the list */
  char *if_name;
};

/* An address of an interface: getifaddrs(3). */
struct pktsock_ifaddrs {
  struct pktsock_ifaddrs *ifa_next; /* NULL ends the list */
  char *ifa_name;
  unsigned int ifa_flags;               /* PKTSOCK_IFF_* */
  struct pktsock_sockaddr *ifa_addr;    /* a pktsock_sockaddr_ll, or an IPv4 address (struct sockaddr_in) */
  struct pktsock_sockaddr *ifa_netmask; /* of an IPv4 address, or NULL */
  union {
    struct pktsock_sockaddr *ifu_broadaddr; /* of the same kind as ifa_addr, or NULL */
    struct pktsock_sockaddr *ifu_dstaddr;
  } ifa_ifu;
  void *ifa_data; /* NULL */
};

#define PKTSOCK_FIONBIO 0x5421
#define PKTSOCK_SIOCINQ PKTSOCK_FIONREAD
#define PKTSOCK_SIOCOUTQ 0x5411
#define PKTSOCK_SIOCGSTAMP 0x8906   /* the C library's struct timeval */
#define PKTSOCK_SIOCGSTAMPNS 0x8907 /* the C library's struct timespec */
#define PKTSOCK_SIOCGIFNAME 0x8910
#define PKTSOCK_SIOCGIFCONF 0x8912
#define PKTSOCK_SIOCGIFFLAGS 0x8913
#define PKTSOCK_SIOCSIFFLAGS 0x8914
#define PKTSOCK_SIOCGIFADDR 0x8915
#define PKTSOCK_SIOCSIFADDR 0x8916
#define PKTSOCK_SIOCGIFDSTADDR 0x8917
#define PKTSOCK_SIOCGIFBRDADDR 0x8919
#define PKTSOCK_SIOCGIFNETMASK 0x891b
#define PKTSOCK_SIOCGIFMTU 0x8921
#define PKTSOCK_SIOCSIFMTU 0x8922
#define PKTSOCK_SIOCSIFHWADDR 0x8924
#define PKTSOCK_SIOCGIFHWADDR 0x8927
#define PKTSOCK_SIOCADDMULTI 0x8931
#define PKTSOCK_SIOCDELMULTI 0x8932
#define PKTSOCK_SIOCGIFINDEX 0x8933
#define PKTSOCK_SIOCETHTOOL 0x8946   /* ifru_data: a command; PKTSOCK_ETHTOOL_GET_TS_INFO only */
#define PKTSOCK_SIOCSHWTSTAMP 0x89b0 /* ifru_data: struct pktsock_hwtstamp_config, in and out */
#define PKTSOCK_SIOCGHWTSTAMP 0x89b1

/* Which frames the MAC stamps. A MAC stamps all received frames or none, and says so. Without such a MAC:
 * EOPNOTSUPP. */
struct pktsock_hwtstamp_config {
  int flags;     /* 0, or PKTSOCK_HWTSTAMP_FLAG_BONDED_PHC_INDEX, which changes nothing */
  int tx_type;   /* PKTSOCK_HWTSTAMP_TX_OFF or _ON: frames that ask for it with PKTSOCK_SO_TIMESTAMPING */
  int rx_filter; /* PKTSOCK_HWTSTAMP_FILTER_NONE; any other one becomes _ALL */
};

#define PKTSOCK_HWTSTAMP_FLAG_BONDED_PHC_INDEX 1
#define PKTSOCK_HWTSTAMP_TX_OFF 0
#define PKTSOCK_HWTSTAMP_TX_ON 1
#define PKTSOCK_HWTSTAMP_TX_ONESTEP_P2P 3
#define PKTSOCK_HWTSTAMP_FILTER_NONE 0
#define PKTSOCK_HWTSTAMP_FILTER_ALL 1
#define PKTSOCK_HWTSTAMP_FILTER_NTP_ALL 15

/* What an interface can stamp. */
struct pktsock_ethtool_ts_info {
  uint32_t cmd;             /* PKTSOCK_ETHTOOL_GET_TS_INFO */
  uint32_t so_timestamping; /* PKTSOCK_SOF_TIMESTAMPING_* */
  int32_t phc_index;        /* -1: the clock has no device file */
  uint32_t tx_types;        /* bits 1 << PKTSOCK_HWTSTAMP_TX_* */
  uint32_t tx_reserved[3];
  uint32_t rx_filters; /* bits 1 << PKTSOCK_HWTSTAMP_FILTER_* */
  uint32_t rx_reserved[3];
};

#define PKTSOCK_ETHTOOL_GET_TS_INFO 0x41

/* ---- Waiting ----------------------------------------------------------------------------------------------------- */

struct pktsock_pollfd {
  int fd;        /* negative: the entry is ignored */
  short events;  /* PKTSOCK_POLL* to wait for */
  short revents; /* PKTSOCK_POLL* that happened; PKTSOCK_POLLERR and _POLLNVAL without being asked for */
};

#define PKTSOCK_POLLNVAL 0x020
#define PKTSOCK_POLLRDNORM 0x040
#define PKTSOCK_POLLWRNORM 0x100

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

/* errno of socket() for an unsupported type, if <errno.h> has no ESOCKTNOSUPPORT: newlib's number. */
#define PKTSOCK_ESOCKTNOSUPPORT 124

#ifdef __cplusplus
}
#endif

#endif
