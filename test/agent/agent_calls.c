/* The agent's plain calls: sockets, addresses, data, descriptors.
 *
 * For an address that the call fills in, the argument is the room for it, "-" for no address, "nolen" for room without a
 * length, or "noaddr:N" for a length without room. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for an address that a call fills in. */
struct room {
  uint8_t bytes[32];
  socklen_t given, len;
  struct sockaddr *address;
  socklen_t *len_at;
};

static void take_room(struct agent_args *args, struct room *room) {
  memset(room->bytes, AGENT_UNTOUCHED, sizeof room->bytes);
  room->address = (struct sockaddr *)room->bytes;
  room->len_at = &room->len;
  room->len = 0;
  const char *word = agent_word(args);
  const char *alone = agent_behind(word, "noaddr:");
  const char *number = alone ? alone : word;
  long len;
  if (alone || !strcmp(word, "-"))
    room->address = NULL;
  if (!strcmp(word, "-") || !strcmp(word, "nolen"))
    room->len_at = NULL;
  else if (!agent_parse_number(number, number + strlen(number), &len))
    args->complaint = "room for an address is not understood";
  else
    room->len = (socklen_t)len;
  room->given = room->len;
}

static void show_room(const struct room *room) {
  if (room->len_at)
    agent_field_decimal("addrlen", (long)(int32_t)room->len);
  if (!room->address)
    return;
  size_t end = sizeof room->bytes;
  while (end && room->bytes[end - 1] == AGENT_UNTOUCHED)
    end--;
  agent_field_hex("addr", room->bytes, end);
}

/* Returns the number of bytes of agent_data that the call wrote to, found from the end. */
static void show_received(long got, size_t room) {
  if (got < 0)
    return;
  size_t end = sizeof agent_data;
  while (end && agent_data[end - 1] == AGENT_UNTOUCHED)
    end--;
  size_t len = (size_t)got < room ? (size_t)got : room;
  if (end > len)
    agent_field_decimal("overrun", (long)(end - len));
  agent_field_hex("data", agent_data, len);
}

/* socket DOMAIN TYPE PROTOCOL */
static void do_socket(struct agent_args *args) {
  long domain = agent_number(args), type = agent_number(args), protocol = agent_number(args);
  if (agent_ok(args))
    agent_result(socket((int)domain, (int)type, (int)protocol));
}

/* close FD */
static void do_close(struct agent_args *args) {
  long fd = agent_number(args);
  if (agent_ok(args))
    agent_result(close((int)fd));
}

/* reset FD: closes all descriptors from FD to FD + 63; answers how many were open. */
static void do_reset(struct agent_args *args) {
  long first = agent_number(args), closed = 0;
  if (!agent_ok(args))
    return;
  for (long fd = first; fd < first + 64; fd++)
    closed += !close((int)fd);
  agent_result(closed);
}

typedef int address_call(int fd, const struct sockaddr *address, socklen_t len);

static void give_address(struct agent_args *args, address_call *call) {
  uint8_t bytes[128];
  long fd = agent_number(args);
  struct agent_bytes address = agent_take_bytes(args, bytes, sizeof bytes);
  long len = agent_number_or(args, (long)address.len);
  if (agent_ok(args))
    agent_result(call((int)fd, (struct sockaddr *)address.bytes, (socklen_t)len));
}

/* bind FD ADDRESS [LENGTH] */
static void do_bind(struct agent_args *args) { give_address(args, bind); }

/* connect FD ADDRESS [LENGTH] */
static void do_connect(struct agent_args *args) { give_address(args, connect); }

typedef int name_call(int fd, struct sockaddr *address, socklen_t *len);

static void take_address(struct agent_args *args, name_call *call) {
  struct room room;
  long fd = agent_number(args);
  take_room(args, &room);
  if (!agent_ok(args))
    return;
  agent_result(call((int)fd, room.address, room.len_at));
  show_room(&room);
}

/* getsockname FD ROOM */
static void do_getsockname(struct agent_args *args) { take_address(args, getsockname); }

/* getpeername FD ROOM */
static void do_getpeername(struct agent_args *args) { take_address(args, getpeername); }

/* accept FD ROOM */
static void do_accept(struct agent_args *args) { take_address(args, accept); }

/* listen FD BACKLOG */
static void do_listen(struct agent_args *args) {
  long fd = agent_number(args), backlog = agent_number(args);
  if (agent_ok(args))
    agent_result(listen((int)fd, (int)backlog));
}

/* shutdown FD HOW */
static void do_shutdown(struct agent_args *args) {
  long fd = agent_number(args), how = agent_number(args);
  if (agent_ok(args))
    agent_result(shutdown((int)fd, (int)how));
}

/* send FD BYTES FLAGS [LENGTH] */
static void do_send(struct agent_args *args) {
  long fd = agent_number(args);
  struct agent_bytes data = agent_take_bytes(args, agent_data, sizeof agent_data);
  long flags = agent_number(args), len = agent_number_or(args, (long)data.len);
  if (agent_ok(args))
    agent_result(send((int)fd, data.bytes, (size_t)len, (int)flags));
}

/* write FD BYTES [LENGTH] */
static void do_write(struct agent_args *args) {
  long fd = agent_number(args);
  struct agent_bytes data = agent_take_bytes(args, agent_data, sizeof agent_data);
  long len = agent_number_or(args, (long)data.len);
  if (agent_ok(args))
    agent_result(write((int)fd, data.bytes, (size_t)len));
}

/* sendto FD BYTES FLAGS ADDRESS [LENGTH OF THE ADDRESS] */
static void do_sendto(struct agent_args *args) {
  uint8_t bytes[128];
  long fd = agent_number(args);
  struct agent_bytes data = agent_take_bytes(args, agent_data, sizeof agent_data);
  long flags = agent_number(args);
  struct agent_bytes address = agent_take_bytes(args, bytes, sizeof bytes);
  long len = agent_number_or(args, (long)address.len);
  if (agent_ok(args))
    agent_result(sendto((int)fd, data.bytes, data.len, (int)flags, (struct sockaddr *)address.bytes, (socklen_t)len));
}

/* Room for data: a number, or -N for a null pointer with N bytes of room. */
static void *take_data_room(struct agent_args *args, size_t *room) {
  long number = agent_number(args);
  memset(agent_data, AGENT_UNTOUCHED, sizeof agent_data);
  *room = (size_t)(number < 0 ? -number : number);
  return number < 0 ? NULL : agent_data;
}

/* recv FD ROOM FLAGS */
static void do_recv(struct agent_args *args) {
  size_t room;
  long fd = agent_number(args);
  void *data = take_data_room(args, &room);
  long flags = agent_number(args);
  if (!agent_ok(args))
    return;
  long got = recv((int)fd, data, room, (int)flags);
  agent_result(got);
  show_received(got, room);
}

/* read FD ROOM */
static void do_read(struct agent_args *args) {
  size_t room;
  long fd = agent_number(args);
  void *data = take_data_room(args, &room);
  if (!agent_ok(args))
    return;
  long got = read((int)fd, data, room);
  agent_result(got);
  show_received(got, room);
}

/* recvfrom FD ROOM FLAGS ROOM-FOR-ADDRESS */
static void do_recvfrom(struct agent_args *args) {
  size_t data_room;
  struct room room;
  long fd = agent_number(args);
  void *data = take_data_room(args, &data_room);
  long flags = agent_number(args);
  take_room(args, &room);
  if (!agent_ok(args))
    return;
  long got = recvfrom((int)fd, data, data_room, (int)flags, room.address, room.len_at);
  agent_result(got);
  show_room(&room);
  show_received(got, data_room);
}

/* fcntl FD COMMAND [ARGUMENT]; F_GETFL also answers nonblock=. */
static void do_fcntl(struct agent_args *args) {
  long fd = agent_number(args), command = agent_number(args), argument = agent_number_or(args, 0);
  if (!agent_ok(args))
    return;
  long flags = fcntl((int)fd, (int)command, (int)argument);
  agent_result(flags);
  if (command == F_GETFL && flags >= 0)
    agent_field_decimal("nonblock", (flags & O_NONBLOCK) != 0);
}

const struct agent_entry agent_calls[] = {
    {"socket", do_socket},
    {"close", do_close},
    {"reset", do_reset},
    {"bind", do_bind},
    {"connect", do_connect},
    {"getsockname", do_getsockname},
    {"getpeername", do_getpeername},
    {"accept", do_accept},
    {"listen", do_listen},
    {"shutdown", do_shutdown},
    {"send", do_send},
    {"write", do_write},
    {"sendto", do_sendto},
    {"recv", do_recv},
    {"read", do_read},
    {"recvfrom", do_recvfrom},
    {"fcntl", do_fcntl},
    {NULL, NULL},
};
