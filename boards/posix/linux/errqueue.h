/* What a socket's error queue (MSG_ERRQUEUE) and SO_TIMESTAMPING report. */
#ifndef PKT_LINUX_ERRQUEUE_H
#define PKT_LINUX_ERRQUEUE_H

#include <pktsock/socket.h>
#include <time.h>

#define sock_extended_err pktsock_sock_extended_err

#define SO_EE_ORIGIN_NONE 0
#define SO_EE_ORIGIN_LOCAL 1
#define SO_EE_ORIGIN_ICMP 2
#define SO_EE_ORIGIN_ICMP6 3
#define SO_EE_ORIGIN_TXSTATUS 4
#define SO_EE_ORIGIN_TIMESTAMPING SO_EE_ORIGIN_TXSTATUS
#define SO_EE_ORIGIN_ZEROCOPY 5
#define SO_EE_OFFENDER(ee) ((struct sockaddr *)((ee) + 1))

/* SCM_TIMESTAMPING: by software, unused, by hardware. */
struct scm_timestamping {
  struct timespec ts[3];
};

/* The type of a time stamp, in ee_info. */
enum { SCM_TSTAMP_SND, SCM_TSTAMP_SCHED, SCM_TSTAMP_ACK };

#endif
