/* nucleo-f767zi as a CubeMX project. */
#include "../project.c"

#include "../../../boards/targets/nucleo-f767zi/board.c"
