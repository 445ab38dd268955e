# Without socket layer: neither boards/port nor engine nor module.
APP_BARE := 1
