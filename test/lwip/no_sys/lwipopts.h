/* lwIP without an operating system, as a firmware with a main loop has it. */
#define NO_SYS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_IGMP 1
#define LWIP_SUPPORT_CUSTOM_PBUF 1
