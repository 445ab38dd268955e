# nucleo-h743zi, with its MAC prepared as in a CubeMX project (boards/mac/cubemx.c).
BOARD_CODE := own
include boards/targets/nucleo-h743zi/board.mk
