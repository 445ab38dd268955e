/* nucleo-h743zi as a CubeMX project. */
#include "../project.c"

#include "../../../boards/targets/nucleo-h743zi/board.c"
