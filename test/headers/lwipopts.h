/* lwIP as firmware that uses its sockets configures it; headers.test.ts adds LWIP_COMPAT_SOCKETS. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 0
#define LWIP_SOCKET 1
#define LWIP_SOCKET_OFFSET 3
#define MEMP_NUM_NETCONN 10

#endif
