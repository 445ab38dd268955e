// Filters of an application's socket: SO_ATTACH_FILTER of a program that the application has written instruction by instruction.

import { INSTRUCTION, MAX_INSTRUCTIONS } from "../bpf";
import { FILTER } from "../features";
import { EVERYTHING, attachProgram } from "../filter";
import { allocate, free } from "../heap";
import { Socket } from "../layout";
import { EINVAL, ENOMEM, ENOPROTOOPT } from "../packet";
import { rebind } from "../sockets";
import { head } from "./head";

/** Forgets the program that was begun. */
export function dropProgram(): void {
  free(head.program);
  head.program = 0;
}

/** Begins a program of `count` instructions. Returns 0, -EINVAL, -ENOMEM, or -ENOPROTOOPT: the module was built without filters. */
export function beginProgram(count: u32): i32 {
  if (!FILTER) return -ENOPROTOOPT;
  dropProgram();
  if (!count || count > MAX_INSTRUCTIONS) return -EINVAL;
  head.program = head.programAt = allocate(count * INSTRUCTION);
  head.programEnd = head.program + count * INSTRUCTION;
  return head.program ? 0 : -ENOMEM;
}

/** Writes the next struct sock_filter; `op` is its code with jt and jf. One too many makes the program invalid. */
export function writeInstruction(op: u32, k: u32): void {
  const at = head.programAt;
  head.programAt = at + INSTRUCTION;
  if (!head.program || at >= head.programEnd) return;
  store<u32>(at, op);
  store<u32>(at, k, 4);
}

/** Attaches the program. Returns 0, -EINVAL, -ENOMEM or -ENOPROTOOPT; then the socket keeps the filter that it had. */
export function attach(socket: Socket): i32 {
  if (!FILTER) return -ENOPROTOOPT;
  const program = head.program;
  if (!program) return -EINVAL;
  if (head.programAt != head.programEnd) {
    dropProgram();
    return -EINVAL;
  }
  head.program = 0;
  const result = attachProgram(socket, program, <u32>(head.programEnd - program) / INSTRUCTION);
  if (!result) rebind(socket);
  return result;
}

/**
 * Lets only frames pass whose 32 bits at `at`, in network order, are `value` under `mask`. Returns 0, -ENOMEM, or -ENOPROTOOPT: the
 * module was built without filters.
 */
export function setFilter(socket: Socket, at: u32, mask: u32, value: u32): i32 {
  const result = beginProgram(5);
  if (result) return result;
  writeInstruction(0x20, at); // ld [at]
  writeInstruction(0x54, mask); // and #mask
  writeInstruction(0x01000015, value); // jeq #value, 0, 1
  writeInstruction(0x06, EVERYTHING); // ret #-1
  writeInstruction(0x06, 0); // ret #0
  return attach(socket);
}
