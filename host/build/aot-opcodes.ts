// WebAssembly's instructions on i32 in C: an expression of the operands, or a function of boards/engine/aot.c.

export const ADD = 0x6a;
export const AND = 0x71;

export const signed = (value: string): string => `(int32_t)${value}`;
const infix =
  (operator: string) =>
  (a: string, b: string): string =>
    `${a} ${operator} ${b}`;
const infixSigned =
  (operator: string) =>
  (a: string, b: string): string =>
    `${signed(a)} ${operator} ${signed(b)}`;

export const binary: Readonly<Record<number, (a: string, b: string) => string>> = {
  0x46: infix("=="),
  0x47: infix("!="),
  0x48: infixSigned("<"),
  0x49: infix("<"),
  0x4a: infixSigned(">"),
  0x4b: infix(">"),
  0x4c: infixSigned("<="),
  0x4d: infix("<="),
  0x4e: infixSigned(">="),
  0x4f: infix(">="),
  [ADD]: infix("+"),
  0x6b: infix("-"),
  0x6c: infix("*"),
  [AND]: infix("&"),
  0x72: infix("|"),
  0x73: infix("^"),
  0x74: (a, b) => `${a} << (${b} & 31)`,
  0x75: (a, b) => `(uint32_t)(${signed(a)} >> (${b} & 31))`,
  0x76: (a, b) => `${a} >> (${b} & 31)`,
  0x77: (a, b) => `rotate_left(${a}, ${b})`,
  0x78: (a, b) => `rotate_left(${a}, 0u - ${b})`,
};

export const trapping: Readonly<Record<number, string>> = {
  0x6d: "divide_signed",
  0x6e: "divide",
  0x6f: "remainder_signed",
  0x70: "remainder_of",
};

export const unary: Readonly<Record<number, (a: string) => string>> = {
  0x45: (a) => `${a} == 0`,
  0x67: (a) => `leading_zeros(${a})`,
  0x68: (a) => `trailing_zeros(${a})`,
  0x69: (a) => `(uint32_t)__builtin_popcount(${a})`,
  0xc0: (a) => `(uint32_t)(int8_t)${a}`,
  0xc1: (a) => `(uint32_t)(int16_t)${a}`,
};

export const loads: Readonly<Record<number, readonly [access: string, bytes: number, narrowed: string]>> = {
  0x28: ["load32", 4, ""],
  0x2c: ["load8", 1, "(uint32_t)(int8_t)"],
  0x2d: ["load8", 1, ""],
  0x2e: ["load16", 2, "(uint32_t)(int16_t)"],
  0x2f: ["load16", 2, ""],
};
export const stores: Readonly<Record<number, readonly [access: string, bytes: number]>> = {
  0x36: ["store32", 4],
  0x3a: ["store8", 1],
  0x3b: ["store16", 2],
};

export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
