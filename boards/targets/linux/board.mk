# BOARD=linux: see board.c for how its interface is connected.
FAMILY := linux
