/* The address of local sockets, which there are none of: programs name it in unions. */
#ifndef PKT_SYS_UN_H
#define PKT_SYS_UN_H

#include <sys/socket.h>

struct sockaddr_un {
  sa_family_t sun_family;
  char sun_path[108];
};

#endif
