/* Contains more data than any of the boards has RAM for. */
static volatile char large_data[1048576];

int main(void) { return large_data[0]; }
