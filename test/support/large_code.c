/* Contains more code than any of the boards has room for. */
extern const char large_code[];

__asm__(".section .text.large_code,\"ax\"\n"
        ".global large_code\n"
        "large_code:\n"
        ".space 3145728\n"
        ".text\n");

int main(void) { return large_code[0]; }
