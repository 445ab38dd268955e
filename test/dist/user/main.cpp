// A C++ program that starts the component with a loopback plug, and receives what it sent.
#include "template.h"
#include <array>
#include <cstdio>
#include <cstring>
#include <pktsock/pktsock.h>

extern "C" const unsigned char pktsock_wasm[];
extern "C" const unsigned int pktsock_wasm_size;

int main() {
  template_config plug = {true, true};
  template_state state = {};
  pkt_mac mac = {};
  mac.ops = &template_ops;
  mac.config = &plug;
  mac.state = &state;
  mac.hwaddr[0] = 2;
  pkt_mac *const macs[] = {&mac};

  pktsock_config config = PKTSOCK_CONFIG;
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  config.mac_count = 1;
  if (pktsock_start(&config) != 0) {
    std::printf("%s\n", pktsock_error());
    return 1;
  }
  const int sd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0xb588); // ETH_P 0x88b5 in network order
  pktsock_sockaddr_ll address = {};
  address.sll_family = PKTSOCK_AF_PACKET;
  address.sll_protocol = 0xb588;
  address.sll_ifindex = static_cast<int>(pktsock_if_nametoindex("eth0"));
  if (pktsock_bind(sd, reinterpret_cast<const pktsock_sockaddr *>(&address), sizeof(address)) != 0) {
    std::perror("bind");
    return 1;
  }
  std::array<unsigned char, 60> sent = {2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, 'h', 'i'}, received = {};
  if (pktsock_send(sd, sent.data(), sent.size(), 0) != 60 || pktsock_recv(sd, received.data(), received.size(), 0) != 60) {
    std::perror("loopback");
    return 1;
  }
  std::printf("descriptor %d, %u frames, %s\n", sd, static_cast<unsigned>(config.frames),
              sent == received ? "the same bytes" : "other bytes");
  pktsock_stop();
}
