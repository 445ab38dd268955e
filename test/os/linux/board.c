#include "../../wake/board.c"
