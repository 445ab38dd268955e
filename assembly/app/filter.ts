// The filter of an application's socket: one test, as SO_ATTACH_FILTER makes it of a program.

import { FILTER } from "../features";
import { EVERYTHING, freeFilter } from "../filter";
import { makeTests } from "../filtertests";
import { allocate, free } from "../heap";
import { Socket, Special } from "../layout";
import { ENOMEM, ENOPROTOOPT } from "../packet";
import { rebind } from "../sockets";

const INSTRUCTIONS: u32 = 5;

/** Writes a struct sock_filter; `op` is its code with jt and jf. Returns where the next one goes. */
function write(at: usize, op: u32, k: u32): usize {
  store<u32>(at, op);
  store<u32>(at, k, 4);
  return at + 8;
}

/**
 * Lets only frames pass whose 32 bits at `at`, in network order, are `value` under `mask`. Returns 0, -ENOMEM, or -ENOPROTOOPT: the
 * module was built without filters.
 */
export function setFilter(socket: Socket, at: u32, mask: u32, value: u32): i32 {
  if (!FILTER) return -ENOPROTOOPT;
  const program = allocate(INSTRUCTIONS * 8);
  if (!program) return -ENOMEM;
  let end = write(program, 0x20, at); // ld [at]
  end = write(end, 0x54, mask); // and #mask
  end = write(end, 0x01000015, value); // jeq #value, 0, 1
  end = write(end, 0x06, EVERYTHING); // ret #-1
  write(end, 0x06, 0); // ret #0
  const tests = makeTests(socket.skip, program, INSTRUCTIONS);
  free(program);
  if (!tests) return -ENOMEM;
  freeFilter(socket);
  socket.filter = socket.filterTests = tests;
  socket.filterLength = INSTRUCTIONS;
  socket.special |= Special.SNAP;
  let entry = socket.head;
  // Rounds: queue
  do {
    entry.snap = EVERYTHING;
    entry = entry.next;
  } while (entry != socket.head);
  rebind(socket);
  return 0;
}
