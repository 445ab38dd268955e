# Without the socket layer, as boards/apps/bare.c.
APP_BARE := 1
